package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"Débat : l’été #Spaces": "Débat : l’été #Spaces",
		"مرحبا 👩‍👩‍👧‍👦":         "مرحبا 👩‍👩‍👧‍👦",
		"a\x1b[31mb":            "a�[31mb",
		"a\nb\tc\rd":            "a b c d",
		"a\u202eb\u2066c":       "a�b�c",
		"bell\a\x00\x7f\u0085":  "bell����",
	} {
		if got := safe(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		max  int
		want string
	}{
		{"title", 5, "title"},
		{"title", 4, "tit…"},
		{"title", 1, "…"},
		{"title", 0, ""},
		{"東京の夜", 8, "東京の夜"},
		{"東京の夜", 7, "東京の…"},
		{"東京の夜", 6, "東京…"},
		{"ab👩‍👩‍👧‍👦cd", 5, "ab👩‍👩‍👧‍👦…"},
		{"ab👩‍👩‍👧‍👦cd", 4, "ab…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		t.Run(fmt.Sprintf("%q to %d", tt.in, tt.max), func(t *testing.T) {
			got := truncate(tt.in, tt.max)
			if got != tt.want || width(got) > tt.max {
				t.Errorf("%q to %d: %q, want %q", tt.in, tt.max, got, tt.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	tab := table{header: []string{"ID", "N", "NAMES", "TITLE"}, right: map[int]bool{1: true}, max: map[int]int{2: 6}}
	tab.add("a", "1", "东京", "title 🎉 one")
	tab.add("bbb", "100", "longer name", "مرحبا")
	var b strings.Builder
	tab.write(&b, 0)
	if want := "ID     N  NAMES        TITLE\na      1  东京         title 🎉 one\nbbb  100  longer name  مرحبا\n"; b.String() != want {
		t.Errorf("piped:\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	tab.write(&b, 25)
	if want := "ID     N  NAMES   TITLE\na      1  东京    title …\nbbb  100  longe…  مرحبا\n"; b.String() != want {
		t.Errorf("on a terminal:\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	(&table{header: []string{"A"}}).write(&b, 0)
	if b.Len() > 0 {
		t.Errorf("an empty table prints %q", b.String())
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[float64]string{3894.976: "1:04:55", 2470: "41:10", 59.4: "0:59", 59.9: "1:00", 0: "0:00", -1: "–", 36000: "10:00:00"} {
		if got := clock(in); got != want {
			t.Errorf("clock(%g) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1500: "1.5 kB", 49021660: "49 MB", 80e6: "80 MB", 53687091200: "54 GB"} {
		if got := size(in); got != want {
			t.Errorf("size(%d) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[float64]string{0: "0 s", 0.0213: "0.021 s", 0.4: "0.4 s", 3: "3 s", 17.5: "17.5 s", 600: "10 min"} {
		if got := short(in); got != want {
			t.Errorf("short(%g) = %q, want %q", in, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip(err)
	}
	z := zones{location: paris}
	if got := z.format(time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), "15:04"); got != "20:00" || z.String() != "CEST" {
		t.Error(got, z.String())
	}
	if got := z.format(time.Date(2021, 12, 14, 18, 0, 0, 0, time.UTC), "15:04"); got != "19:00" || z.String() != "CEST, CET" {
		t.Error(got, z.String())
	}
	if got := z.format(time.Time{}, "15:04"); got != "–" {
		t.Error(got)
	}
	if got := zoneName(time.Date(2021, 6, 14, 18, 0, 0, 0, time.FixedZone("", 5*3600+1800))); got != "UTC+05:30" {
		t.Error(got)
	}
}

func TestParseTime(t *testing.T) {
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
		start, end, err := parseTime(in, zone)
		if got := start.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "soon", "14.06.2021", "2021-13", "2021-02-30"} {
		if _, _, err := parseTime(in, zone); err == nil {
			t.Errorf("%q is taken for a time", in)
		}
	}
}

func TestReadIDs(t *testing.T) {
	got, err := readIDs(strings.NewReader("1ypKdEXvkMLGW\n\n{\"id\":\"1eaJbNqXaXWxX\",\"x\":{}}\r\n" +
		`{"type":"recording","id":"1abcdefghijkl"}` + "\n" + `{"type":"summary"}` + "\n"))
	if want := "1ypKdEXvkMLGW 1eaJbNqXaXWxX 1abcdefghijkl"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"{", `{"ID":1}`, `{"title":"x"}`} {
		if _, err := readIDs(strings.NewReader(in)); classify(err).code != exitUsage {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestTimeline(t *testing.T) {
	turns := &space.Turns{Turns: []space.Turn{{Handle: "h", Start: 0, End: 30}, {Handle: "g", Start: 30, End: 50}}}
	s := &space.Space{Recording: space.Recording{Speakers: []space.Speaker{{Handle: "h"}, {Handle: "g"}}}}
	runs := []space.Run{{SampleRate: 10, Samples: 200}, {SampleRate: 10, Samples: 400, GapBefore: 17.5}}
	want := strings.Repeat("A", 20) + "|" + strings.Repeat("A", 9) + strings.Repeat("B", 20) + strings.Repeat("-", 10)
	if got := timeline(60, speakerMarks(s, turns), turns, (&space.Space{Timeline: runs}).Gaps()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := timeline(60, nil, nil, nil), strings.Repeat("=", 60); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a=b": "a=b", "=1+1": "'=1+1", "+49": "'+49", "-5": "'-5", "@guest": "'@guest", "\t=1": "' =1", "\r=1": "' =1",
		" =1": "' =1", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "a\x1b[2J\u202eb": "a�[2J�b",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
