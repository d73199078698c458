package spell

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Layouts of times with their offset, and of those without.
var (
	offsetLayouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}
	localLayouts  = [...]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"}
)

// ParseStamp reads a date with a time of day. hasOffset reports whether it says its
// offset from UTC; otherwise t is what clocks show, as a time in UTC.
func ParseStamp(s string) (t time.Time, hasOffset, ok bool) {
	for _, layout := range offsetLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true, true
		}
	}
	for _, layout := range localLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// ParseDate reads a time as people write it: a year, month or day, with or
// without a time of day, or RFC 3339. Without an offset it is meant in zone; where
// clocks showed it twice or never there, the error is a *TwiceError or a
// *SkippedError. The second result is where the stretch that was named ends: the
// next year, month or day, or the time itself where a time of day was given.
func ParseDate(s string, zone *time.Location) (start, end time.Time, err error) {
	s = strings.TrimSpace(s)
	if t, hasOffset, ok := ParseStamp(s); ok {
		if !hasOffset {
			t, err = Local(s, t, zone)
		}
		return t, t, err
	}
	for _, stretch := range [...]struct {
		layout  string
		y, m, d int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.Parse(stretch.layout, s); err == nil {
			return firstOf(t, zone), firstOf(t.AddDate(stretch.y, stretch.m, stretch.d), zone), nil
		}
	}
	return time.Time{}, time.Time{}, fmt.Errorf("%q is not a valid date (try 2021-06-14, 2021-06-14T20:00 or 2021-06-14T18:00:00Z)", s)
}

// firstOf returns the first instant, in zone, of the day of t.
func firstOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.Date()
	return dayStart(y, m, d, zone)
}

// ParseSince is ParseDate for what lies behind now: today, yesterday, and a number
// of days or weeks that have gone by, as 7d or 2w, are understood too. A time of day
// that clocks showed twice reaches from the first to the second, and one that they
// never showed is when they were set forward.
func ParseSince(s string, now time.Time, zone *time.Location) (start, end time.Time, err error) {
	now = now.In(zone)
	day := func(ago int) time.Time { return dayStart(now.Year(), now.Month(), now.Day()-ago, zone) }
	word := strings.ToLower(strings.TrimSpace(s))
	switch word {
	case "today":
		return day(0), day(-1), nil
	case "yesterday":
		return day(1), day(0), nil
	}
	if n := len(word) - 1; n > 0 && strings.Trim(word[:n], "0123456789") == "" {
		days, err := strconv.Atoi(word[:n])
		switch word[n] {
		case 'w':
			days *= 7
			fallthrough
		case 'd':
			const most = 36500
			if err == nil && days <= most {
				return day(days), day(days - 1), nil
			}
		}
	}
	start, end, err = ParseDate(s, zone)
	var twice *TwiceError
	var skipped *SkippedError
	switch {
	case errors.As(err, &twice):
		return twice.First, twice.Second, nil
	case errors.As(err, &skipped):
		return skipped.After, skipped.After, nil
	case err != nil:
		err = fmt.Errorf("%q is not a valid date (try 7d, yesterday, 2021-06, 2021-06-14 or 2021-06-14T20:00)", s)
	}
	return start, end, err
}

// Zones writes times in local time and names the zones that they were in: CET,
// or "CEST, CET" when some lie in summer and some in winter.
type Zones struct {
	Location *time.Location
	names    []string
}

// Format writes a time in local time and takes note of its zone.
func (z *Zones) Format(t time.Time, layout string) string {
	if t.IsZero() {
		return Unknown
	}
	t = t.In(z.Location)
	name := Zone(t)
	if !slices.Contains(z.names, name) {
		z.names = append(z.names, name)
	}
	return t.Format(layout)
}

// Any reports whether a time was written.
func (z *Zones) Any() bool { return len(z.names) > 0 }

func (z *Zones) String() string {
	if len(z.names) == 0 {
		return "local time"
	}
	return strings.Join(z.names, ", ")
}

// Zone is the abbreviation of a time's zone; zones without one are named by
// their offset.
func Zone(t time.Time) string {
	name, _ := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		return "UTC" + t.Format("-07:00")
	}
	return name
}
