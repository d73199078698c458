package recording

import (
	"errors"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/spell"
)

// ParseClock reads a wall clock: a time of day ("18:31:05", "18:31"), or one
// with its date, in RFC 3339 or without an offset. What has no offset is
// meant in zone, what has no date on the day on which the recording has that
// time. Of two instants at which clocks showed it, it is the one in the recording
// and after another instant, which may be zero; if both are, the error names both.
func (r *Recording) ParseClock(s string, zone *time.Location, after time.Time) (time.Time, error) {
	text := strings.TrimSpace(s)
	if t, hasOffset, ok := spell.ParseStamp(text); ok {
		if hasOffset {
			return t, nil
		}
		return r.clockOn(text, t, zone, after)
	}
	clock, zone, ok := timeOfDay(text, zone)
	if !ok {
		return time.Time{}, Problemf(BadTime, "", "%q is not a valid time of day (try 18:31:05 or 2021-06-14T18:31:05Z)", s)
	}
	first := r.Wall(0)
	if first.IsZero() {
		return time.Time{}, r.noClock()
	}
	// A Space may go on past midnight: the first day that has the time.
	y, m, d := first.In(zone).Date()
	var on error
	for n := range 3 {
		t, err := r.clockOn(text, time.Date(y, m, d+n, clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), time.UTC), zone, after)
		var p *Problem
		if err == nil && r.has(t) || errors.As(err, &p) && p.Cause == Twice {
			return t, err
		}
		if n == 0 {
			first.Time, on = t, err
		}
	}
	return first.Time, on
}

// timeOfDay reads a time without a date, and the zone that it is meant in.
func timeOfDay(text string, zone *time.Location) (time.Time, *time.Location, bool) {
	for _, layout := range [...]string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, zone, true
		}
		if t, err := time.Parse(layout+"Z07:00", text); err == nil {
			_, offset := t.Zone()
			return t, time.FixedZone("", offset), true
		}
	}
	return time.Time{}, nil, false
}

// clockOn returns the instant at which clocks of a zone showed what t does.
func (r *Recording) clockOn(text string, t time.Time, zone *time.Location, after time.Time) (time.Time, error) {
	found, err := spell.Instants(t, zone)
	var skipped *spell.SkippedError
	if errors.As(err, &skipped) {
		skipped.Text = text
		return time.Time{}, Problemf(BadTime, "", "%v", skipped)
	}
	var inside []time.Time
	for _, at := range found {
		if r.has(at) && at.After(after) {
			inside = append(inside, at)
		}
	}
	switch {
	case len(inside) > 1:
		return time.Time{}, Problemf(BadTime, Twice, "%v",
			&spell.TwiceError{Text: text, First: inside[0], Second: inside[len(inside)-1]})
	case len(inside) == 1:
		return inside[0], nil
	}
	return found[0], nil
}

// has reports whether t lies between the beginning and the end of the recording.
func (r *Recording) has(t time.Time) bool {
	first, last := r.Wall(0), r.Wall(r.Samples-1)
	return !first.IsZero() && !t.Before(first.Time) && !t.After(last.Time)
}
