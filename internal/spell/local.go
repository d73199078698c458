package spell

import (
	"fmt"
	"time"
)

// A TwiceError is a local time that there was twice, as clocks were set back.
type TwiceError struct {
	Text          string
	First, Second time.Time
}

func (e *TwiceError) Error() string {
	return fmt.Sprintf("clocks showed %q twice, because they were set back: write %s or %s", e.Text, WithOffset(e.First), WithOffset(e.Second))
}

// A SkippedError is a local time that there never was, as clocks were set forward.
type SkippedError struct {
	Text string
	// Before and After are the same instant, as clocks said before they were set
	// forward and after.
	Before, After time.Time
}

func (e *SkippedError) Error() string {
	return fmt.Sprintf("clocks never showed %q: they were set forward from %s to %s on %s",
		e.Text, e.Before.Format("15:04"), e.After.Format("15:04"), e.After.Format("2 January 2006"))
}

// WithOffset writes a time as it can be typed in, so that no zone has to be known to
// read it.
func WithOffset(t time.Time) string {
	layout := "2006-01-02T15:04-07:00"
	if t.Second() != 0 || t.Nanosecond() != 0 {
		layout = "2006-01-02T15:04:05.999999999-07:00"
	}
	return t.Format(layout)
}

// Instants returns the instants at which clocks of a zone show what those of another
// show at t: one, two in an order of time where clocks were set back, or none. Then
// the error is a *SkippedError.
func Instants(t time.Time, zone *time.Location) ([]time.Time, error) {
	y, m, d := t.Date()
	shown := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	guess := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	// Date takes the offset before or after a change of clocks that is near.
	around := []time.Time{guess}
	start, end := guess.ZoneBounds()
	if !start.IsZero() {
		around = append(around, start.Add(-time.Nanosecond))
	}
	if !end.IsZero() {
		around = append(around, end)
	}
	var found []time.Time
	for _, near := range around {
		_, offset := near.In(zone).Zone()
		at := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, own := at.Zone(); own != offset {
			continue
		}
		switch {
		case len(found) == 0 || at.After(found[len(found)-1]):
			found = append(found, at)
		case at.Before(found[0]):
			found = append([]time.Time{at}, found...)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	// Of the two changes beside the guess, it is the one that shown lies in.
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		after := change.In(zone)
		_, was := change.Add(-time.Nanosecond).In(zone).Zone()
		before := change.In(time.FixedZone("", was))
		if !shown.Before(clockOf(before)) && shown.Before(clockOf(after)) {
			return nil, &SkippedError{shown.Format("2006-01-02T15:04:05"), before, after}
		}
	}
	return []time.Time{guess}, nil
}

// clockOf returns what clocks show at t, as a time in UTC.
func clockOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// Local returns the instant of a local time that was written as text. The error is a
// *TwiceError or a *SkippedError.
func Local(text string, t time.Time, zone *time.Location) (time.Time, error) {
	found, err := Instants(t, zone)
	switch e, ok := err.(*SkippedError); {
	case ok:
		e.Text = text
		return time.Time{}, e
	case len(found) > 1:
		return time.Time{}, &TwiceError{text, found[0], found[len(found)-1]}
	}
	return found[0], nil
}

// dayStart returns the first instant of a day, which is not midnight where clocks
// are set forward then.
func dayStart(y int, m time.Month, d int, zone *time.Location) time.Time {
	found, err := Instants(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), zone)
	if e, ok := err.(*SkippedError); ok {
		return e.After
	}
	return found[0]
}
