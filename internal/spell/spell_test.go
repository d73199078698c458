package spell

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		seconds                  float64
		position, tenths, length string
	}{
		{0, "0:00", "0:00.0", "0:00"},
		{38, "0:38", "0:38.0", "0:38"},
		{38.96, "0:38", "0:38.9", "0:39"},
		{59.4, "0:59", "0:59.4", "0:59"},
		{59.5, "0:59", "0:59.5", "1:00"},
		{59.9999999, "1:00", "1:00.0", "1:00"}, // an error of float64, no sample
		{59.99997, "0:59", "0:59.9", "1:00"},   // the last sample of a minute at 48 kHz
		{1421.4, "23:41", "23:41.4", "23:41"},
		{0.1 + 0.2, "0:00", "0:00.3", "0:00"},
		{2470, "41:10", "41:10.0", "41:10"},
		{3599.7, "59:59", "59:59.7", "1:00:00"},
		{3894.976, "1:04:54", "1:04:54.9", "1:04:55"},
		{36000, "10:00:00", "10:00:00.0", "10:00:00"},
		{-1, "–", "–", "–"},
		{math.NaN(), "–", "–", "–"},
		{math.Inf(1), "–", "–", "–"},
	} {
		t.Run(fmt.Sprint(tt.seconds), func(t *testing.T) {
			if got := Position(tt.seconds); got != tt.position {
				t.Errorf("as a position %q, want %q", got, tt.position)
			}
			if got := Tenths(tt.seconds); got != tt.tenths {
				t.Errorf("with tenths %q, want %q", got, tt.tenths)
			}
			if got := Moment(tt.seconds); got != strings.TrimSuffix(tt.tenths, ".0") {
				t.Errorf("as a moment %q", got)
			}
			if got := Length(tt.seconds); got != tt.length {
				t.Errorf("as a length %q, want %q", got, tt.length)
			}
		})
	}
}

func TestExact(t *testing.T) {
	for in, want := range map[float64]string{0: "0:00", 0.5: "0:00.5", 3723.25: "1:02:03.25", 59.9996: "1:00", 12.0213: "0:12.021", -1: "–"} {
		t.Run(want, func(t *testing.T) {
			if got := Exact(in); got != want {
				t.Errorf("%g is %q", in, got)
			}
		})
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[float64]string{0: "0 s", 0.0213: "0.021 s", 0.4: "0.4 s", 3: "3 s", 17.5: "17.5 s", 600: "10 min"} {
		t.Run(want, func(t *testing.T) {
			if got := Short(in); got != want {
				t.Errorf("%g is %q", in, got)
			}
		})
	}
}

func TestLeft(t *testing.T) {
	for in, want := range map[string]string{
		"0s": "a few seconds left", "-3s": "a few seconds left", "4.9s": "a few seconds left",
		"5s": "5 s left", "38s": "40 s left", "54s": "55 s left",
		"55s": "1 min left", "89s": "1 min left", "3m51s": "4 min left", "59m29s": "59 min left",
		"59m30s": "1 h left", "1h22m": "1 h 20 min left", "1h56m": "2 h left", "33h": "33 h left",
	} {
		t.Run(in, func(t *testing.T) {
			d, err := time.ParseDuration(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := Left(d); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1500: "1.5 kB", 49021660: "49 MB", 80e6: "80 MB", 53687091200: "54 GB"} {
		t.Run(want, func(t *testing.T) {
			if got := Size(in); got != want {
				t.Errorf("%d is %q", in, got)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Count(0, "clip"), "0 clips"}, {Count(1, "clip"), "1 clip"}, {Count(2, "clip"), "2 clips"},
		{Plural(1, "Space is", "Spaces are"), "1 Space is"}, {Plural(3, "Space is", "Spaces are"), "3 Spaces are"},
		{Or(nil), ""}, {Or([]string{"a"}), "a"}, {Or([]string{"a", "b", "c"}), "a, b or c"},
		{First([]string{"a", "b"}, 2), "a, b"}, {First([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("%q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestZones(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip(err)
	}
	z := Zones{Location: paris}
	if z.Any() || z.String() != "local time" {
		t.Errorf("before any time it names %q", z.String())
	}
	if got := z.Format(time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), "15:04"); got != "20:00" || z.String() != "CEST" || !z.Any() {
		t.Error(got, z.String())
	}
	if got := z.Format(time.Date(2021, 12, 14, 18, 0, 0, 0, time.UTC), "15:04"); got != "19:00" || z.String() != "CEST, CET" {
		t.Error(got, z.String())
	}
	if got := z.Format(time.Time{}, "15:04"); got != Unknown {
		t.Error(got)
	}
	if got := Zone(time.Date(2021, 6, 14, 18, 0, 0, 0, time.FixedZone("", 5*3600+1800))); got != "UTC+05:30" {
		t.Error(got)
	}
}

func TestParseSince(t *testing.T) {
	zone := time.FixedZone("CEST", 2*3600)
	now := time.Date(2021, 6, 30, 23, 30, 0, 0, time.UTC) // 1 July in the zone
	for in, want := range map[string]string{
		"today":      "2021-07-01 2021-07-02",
		"Yesterday":  "2021-06-30 2021-07-01",
		"0d":         "2021-07-01 2021-07-02",
		"7d":         "2021-06-24 2021-06-25",
		"2w":         "2021-06-17 2021-06-18",
		"2021-06":    "2021-06-01 2021-07-01",
		" 2021 ":     "2021-01-01 2022-01-01",
		"2021-06-14": "2021-06-14 2021-06-15",
	} {
		t.Run(in, func(t *testing.T) {
			start, end, err := ParseSince(in, now, zone)
			if got := start.Format(time.DateOnly) + " " + end.Format(time.DateOnly); got != want || err != nil {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
		})
	}
	for _, in := range []string{"d", "-7d", "7", "7 d", "7m", "99999999999999999999d", "40000d", "2021-13"} {
		t.Run("not "+in, func(t *testing.T) {
			if start, _, err := ParseSince(in, now, zone); err == nil {
				t.Errorf("%q is taken for %v", in, start)
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	zone := time.FixedZone("CEST", 2*3600)
	for in, want := range map[string]string{
		"2021":                      "2020-12-31T22:00:00Z 2021-12-31T22:00:00Z",
		"2021-06":                   "2021-05-31T22:00:00Z 2021-06-30T22:00:00Z",
		"2021-06-14":                "2021-06-13T22:00:00Z 2021-06-14T22:00:00Z",
		"2021-06-14T20:00":          "2021-06-14T18:00:00Z 2021-06-14T18:00:00Z",
		"2021-06-14 20:00:01":       "2021-06-14T18:00:01Z 2021-06-14T18:00:01Z",
		"2021-06-14T18:00:00Z":      "2021-06-14T18:00:00Z 2021-06-14T18:00:00Z",
		"2021-06-14T18:00:00+01:00": "2021-06-14T17:00:00Z 2021-06-14T17:00:00Z",
	} {
		t.Run(in, func(t *testing.T) {
			start, end, err := ParseDate(in, zone)
			if got := start.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339); got != want || err != nil {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
		})
	}
	for _, in := range []string{"", "soon", "14.06.2021", "2021-13", "2021-02-30"} {
		t.Run("not "+in, func(t *testing.T) {
			if start, _, err := ParseDate(in, zone); err == nil {
				t.Errorf("%q is taken for %v", in, start)
			}
		})
	}
}
