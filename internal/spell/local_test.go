package spell

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Skip(err)
	}
	return zone
}

// What clocks of a zone show at every instant is what Instants finds it by: no
// instant more, none less, however far the clocks are set.
func TestInstants(t *testing.T) {
	const step = 10 * time.Minute
	for _, zoneDay := range [][2]string{
		{"Europe/Berlin", "2021-10-31"}, {"Europe/Berlin", "2021-03-28"},
		{"America/New_York", "2021-11-07"}, {"America/New_York", "2021-03-14"},
		{"Australia/Lord_Howe", "2021-04-04"}, {"Australia/Lord_Howe", "2021-10-03"}, // half an hour
		{"Asia/Kolkata", "2021-10-31"},                            // never
		{"America/Havana", "2021-11-07"},                          // midnight is twice
		{"America/Sao_Paulo", "2018-11-04"},                       // midnight never is
		{"Pacific/Apia", "2011-12-30"},                            // the day never is
		{"Antarctica/Troll", "2021-10-31"}, {"UTC", "2021-10-31"}, // two hours
	} {
		zone := load(t, zoneDay[0])
		day, _ := time.Parse(time.DateOnly, zoneDay[1])
		shown := map[time.Time][]time.Time{}
		for at := day.Add(-96 * time.Hour); at.Before(day.Add(96 * time.Hour)); at = at.Add(step) {
			clock := clockOf(at.In(zone))
			shown[clock] = append(shown[clock], at)
		}
		for clock := day.Add(-48 * time.Hour); clock.Before(day.Add(48 * time.Hour)); clock = clock.Add(step) {
			found, err := Instants(clock, zone)
			if !slices.EqualFunc(found, shown[clock], time.Time.Equal) {
				t.Errorf("%s, %v: %v, %v; want %v", zoneDay[0], clock, found, err, shown[clock])
			}
			var skipped *SkippedError
			if (err != nil) != (len(shown[clock]) == 0) || err != nil && (!errors.As(err, &skipped) ||
				!skipped.Before.Equal(skipped.After) || clock.Before(clockOf(skipped.Before)) || !clock.Before(clockOf(skipped.After))) {
				t.Errorf("%s, %v: %v", zoneDay[0], clock, err)
			}
		}
	}
}

// A time that clocks showed twice, or never, is refused with what to write.
func TestParseDateClocksSet(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Berlin", "2021-10-31T02:30", `clocks showed "2021-10-31T02:30" twice, because they were set back: write 2021-10-31T02:30+02:00 or 2021-10-31T02:30+01:00`},
		{"America/New_York", "2021-11-07 01:59:30", `clocks showed "2021-11-07 01:59:30" twice, because they were set back: write 2021-11-07T01:59:30-04:00 or 2021-11-07T01:59:30-05:00`},
		{"Australia/Lord_Howe", "2021-04-04T01:45", `clocks showed "2021-04-04T01:45" twice, because they were set back: write 2021-04-04T01:45+11:00 or 2021-04-04T01:45+10:30`},
		{"Europe/Berlin", "2021-03-28T02:30", `clocks never showed "2021-03-28T02:30": they were set forward from 02:00 to 03:00 on 28 March 2021`},
		{"Australia/Lord_Howe", "2021-10-03 02:15", `clocks never showed "2021-10-03 02:15": they were set forward from 02:00 to 02:30 on 3 October 2021`},
	} {
		if _, _, err := ParseDate(c.text, load(t, c.zone)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.zone, err, c.want)
		}
	}
	for _, c := range []struct{ zone, text, start, end string }{
		{"Europe/Berlin", "2021-10-31T02:30+02:00", "2021-10-31T00:30:00Z", "2021-10-31T00:30:00Z"},
		{"Europe/Berlin", "2021-10-31T02:30+01:00", "2021-10-31T01:30:00Z", "2021-10-31T01:30:00Z"},
		{"Europe/Berlin", "2021-10-31 02:30:05+01:00", "2021-10-31T01:30:05Z", "2021-10-31T01:30:05Z"},
		{"Europe/Berlin", "2021-10-31T03:00", "2021-10-31T02:00:00Z", "2021-10-31T02:00:00Z"},
		{"Europe/Berlin", "2021-10-31", "2021-10-30T22:00:00Z", "2021-10-31T23:00:00Z"},
		{"Asia/Kolkata", "2021-10-31T02:30", "2021-10-30T21:00:00Z", "2021-10-30T21:00:00Z"},
		{"America/Havana", "2021-11-07", "2021-11-07T04:00:00Z", "2021-11-08T05:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"America/Sao_Paulo", "2018-11", "2018-11-01T03:00:00Z", "2018-12-01T02:00:00Z"},
	} {
		start, end, err := ParseDate(c.text, load(t, c.zone))
		if got := start.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339); got != c.start+" "+c.end || err != nil {
			t.Errorf("%s, %s: %s, %v; want %s %s", c.zone, c.text, got, err, c.start, c.end)
		}
	}
}

// A filter takes the wider of two readings.
func TestParseSinceClocksSet(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	now := time.Date(2021, 11, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2021-10-31T02:30": "2021-10-31T00:30:00Z 2021-10-31T01:30:00Z",
		"2021-03-28T02:30": "2021-03-28T01:00:00Z 2021-03-28T01:00:00Z",
		"1d":               "2021-10-30T22:00:00Z 2021-10-31T23:00:00Z",
	} {
		start, end, err := ParseSince(text, now, berlin)
		if got := start.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}
