package spell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseDate reads a time as people write it: a year, month or day, with or
// without a time of day, or RFC 3339. Without an offset it is meant in zone.
// The second result is where the stretch that was named ends: the next year,
// month or day, or the time itself where a time of day was given.
func ParseDate(s string, zone *time.Location) (start, end time.Time, err error) {
	s = strings.TrimSpace(s)
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, t, nil
		}
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, t, nil
		}
	}
	if t, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
		return t, t.AddDate(0, 0, 1), nil
	}
	if t, err := time.ParseInLocation("2006-01", s, zone); err == nil {
		return t, t.AddDate(0, 1, 0), nil
	}
	if t, err := time.ParseInLocation("2006", s, zone); err == nil {
		return t, t.AddDate(1, 0, 0), nil
	}
	return time.Time{}, time.Time{}, fmt.Errorf("%q is not a valid date (try 2021-06-14, 2021-06-14T20:00 or 2021-06-14T18:00:00Z)", s)
}

// ParseSince is ParseDate for what lies behind now: today, yesterday, and a number
// of days or weeks that have gone by, as 7d or 2w, are understood too.
func ParseSince(s string, now time.Time, zone *time.Location) (start, end time.Time, err error) {
	now = now.In(zone)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	word := strings.ToLower(strings.TrimSpace(s))
	switch word {
	case "today":
		return day, day.AddDate(0, 0, 1), nil
	case "yesterday":
		return day.AddDate(0, 0, -1), day, nil
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
				day = day.AddDate(0, 0, -days)
				return day, day.AddDate(0, 0, 1), nil
			}
		}
	}
	start, end, err = ParseDate(s, zone)
	if err != nil {
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
