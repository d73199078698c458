package cli

import (
	"fmt"
	"strings"
	"time"
)

// parseTime reads a time as people write it: a year, month or day, with or
// without a time of day, or RFC 3339. Without an offset it is meant in zone.
// The second result is where the stretch that was named ends: the next year,
// month or day, or the time itself where a time of day was given.
func parseTime(s string, zone *time.Location) (start, end time.Time, err error) {
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
	return time.Time{}, time.Time{}, fmt.Errorf("%q is no time such as 2021-06-14, 2021-06-14T20:00 or 2021-06-14T18:00:00Z", s)
}
