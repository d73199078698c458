package recording

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
)

func TestParseTime(t *testing.T) {
	const ms = time.Millisecond
	for text, want := range map[string]time.Duration{
		"75": 75000 * ms, "75.5": 75500 * ms, "75,5": 75500 * ms, " 0 ": 0, "1:15": 75000 * ms, "75:30": 4530000 * ms,
		"1:02:03.250": 3723250 * ms, "62m3s": 3723000 * ms, "1h2m3s": 3723000 * ms, "1h": 3600000 * ms, "90M": 5400000 * ms,
		"1.5h": 5400000 * ms, "30s": 30000 * ms, "1h 2m 3.5s": 3723500 * ms, "-5": -5000 * ms, ".5": 500 * ms,
		"0.000000001": 1, "0.0000000019": 1, "0.5m": 30000 * ms, "00:00:01": 1000 * ms, "120m": 7200000 * ms,
	} {
		if got, err := ParseTime(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "1:75", "1:2:3:4", "1.5:30", "1:", ":30", "3s2m", "1h1h", "5ms", "1e3", "NaN", "Inf", "0x10", "+5", "--5", "1:-5", "99999999999999", "1m.s", "m"} {
		if got, err := ParseTime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// What Mark writes, ParseTime reads.
func TestMark(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "5s": 5 * time.Second, "12m30s": 750 * time.Second, "1h02m03.25s": 3723250 * time.Millisecond, "59m59.999s": 3599999 * time.Millisecond, "10s": 10 * time.Second,
	} {
		got := Mark(d)
		back, err := ParseTime(got)
		if got != want || err != nil || back != d {
			t.Errorf("%v is marked %q (read as %v), want %q", d, got, back, want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"75", "1:02:03.250", "62m3s", "-1,5", "9999:59:59.999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseTime(s)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Kind != BadTime {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if d < -30000*time.Hour || d > 30000*time.Hour {
			t.Fatalf("%q is %v", s, d)
		}
		if d >= 0 && d%time.Millisecond == 0 {
			if back, err := ParseTime(Mark(d)); err != nil || back != d {
				t.Fatalf("%q is %v, marked %s, read as %v, %v", s, d, Mark(d), back, err)
			}
		}
	})
}

// paper is a recording of an hour that is not on any disk: 40 min from 18:00
// UTC on, a gap of 5 min, and 20 min of another rate.
func paper(t *testing.T) *Recording {
	t.Helper()
	return paperFrom(t, time.Date(2021, 6, 14, 23, 30, 0, 0, time.UTC))
}

// paperFrom is paper at another time.
func paperFrom(t *testing.T, start time.Time) *Recording {
	t.Helper()
	config := func(rate int) *library.SoundFile {
		return &library.SoundFile{Config: track.Config{Codec: track.AACLC, SampleRate: rate, Channels: 1, UnitSamples: 1024}}
	}
	s := &space.Space{Recording: space.Recording{ID: "1ypKdEXvkMLGW", Folder: "x"}}
	s.Timeline = []space.Run{
		{SampleRate: 48000, Samples: 2400 * 48000, Wall: space.Time{Time: start}},
		{SampleRate: 44100, File: 1, FirstSample: 2400 * 48000, Samples: 1200 * 44100, GapBefore: 300, Wall: space.Time{Time: start.Add(45 * time.Minute)}},
	}
	r, err := newRecording(&library.Sound{Space: s, Files: []*library.SoundFile{config(48000), config(44100)}}, t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFind(t *testing.T) {
	r := paper(t)
	cest := time.FixedZone("CEST", 2*3600)
	const s = 48000
	for _, tt := range []struct {
		name string
		p    Place
		want Span // in samples; Samples 0: an error
		says string
	}{
		{"at", Place{At: "1:15"}, span(75*s, 30*s), ""},
		{"length", Place{At: "0", Length: "2.5"}, span(0, 120000), ""},
		{"end", Place{At: "10", End: "0:12"}, span(10*s, 2*s), ""},
		{"around", Place{At: "60", Around: true}, span(45*s, 30*s), ""},
		{"around the start", Place{At: "5", Around: true}, span(0, 20*s), ""},
		{"around the end", Place{At: "59:55", Around: true}, span(3580*s, 20*s), ""},
		{"to the end", Place{At: "59:30"}, span(3570*s, 30*s), ""},
		{"cut by the end", Place{At: "59:40"}, span(3580*s, 20*s), ""},
		{"cut by the end, exact", Place{At: "59:40", Exact: true}, Span{}, "1:00:00 long"},
		{"around the end, exact", Place{At: "59:55", Around: true, Exact: true}, Span{}, "1:00:00 long"},
		{"beyond", Place{At: "60:00"}, Span{}, "past the end"},
		{"beyond, clamped", Place{At: "61:00", Clamp: true}, Span{}, "past the end"},
		{"end beyond", Place{At: "1", End: "61:00"}, span(1*s, 3599*s), ""},
		{"end beyond, exact", Place{At: "1", End: "61:00", Exact: true}, Span{}, "past the end"},
		{"end beyond, in hours by mistake", Place{At: "1", End: "15:30:00"}, Span{}, "past the end"},
		{"negative", Place{At: "-5"}, Span{}, "before the start"},
		{"negative, clamped", Place{At: "-5", Clamp: true}, span(0, 25*s), ""},
		{"far negative, clamped", Place{At: "-50", Clamp: true}, Span{}, "before the start"},
		{"no length", Place{At: "5", Length: "0"}, Span{}, "cannot be 0 long"},
		{"backwards", Place{At: "5", End: "4"}, Span{}, "not after the start"},
		{"both", Place{At: "5", End: "9", Length: "4"}, Span{}, "both"},
		{"nonsense", Place{At: "soon"}, Span{}, "not a valid time"},
		{"clock", Place{Clock: "23:31:05", Zone: time.UTC}, span(65*s, 30*s), ""},
		{"clock in a zone", Place{Clock: "01:31:05", Zone: cest}, span(65*s, 30*s), ""},
		{"clock past midnight", Place{Clock: "00:01", Zone: time.UTC}, span(1860*s, 30*s), ""},
		{"clock with date", Place{Clock: "2021-06-14T23:31:05Z", Zone: cest}, span(65*s, 30*s), ""},
		{"clock with offset", Place{Clock: "2021-06-15T01:31:05+02:00", Zone: time.UTC}, span(65*s, 30*s), ""},
		{"clock after the gap", Place{Clock: "00:16", Zone: time.UTC}, span(2460*s, 30*s), ""},
		{"clock to clock", Place{Clock: "23:31", End: "23:31:02", Zone: time.UTC}, span(60*s, 2*s), ""},
		{"clock in the gap", Place{Clock: "00:12", Zone: time.UTC}, Span{}, "300 s were lost there"},
		{"clock in the gap, clamped", Place{Clock: "00:12", Zone: time.UTC, Clamp: true}, span(2400*s, 30*s), ""},
		{"clock before", Place{Clock: "2021-06-14T23:00:00Z"}, Span{}, "is before the recording"},
		{"clock after", Place{Clock: "2021-06-15T03:00:00Z"}, Span{}, "after the recording"},
		{"no clock", Place{Clock: "noon", Zone: time.UTC}, Span{}, "not a valid time of day"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := r.Find(tt.p)
			var p *Problem
			switch {
			case tt.want.Samples > 0 && (err != nil || got != tt.want):
				t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
			case tt.want.Samples == 0 && (!errors.As(err, &p) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%s: %+v, %v; want an error about %q", tt.name, got, err, tt.says)
			}
		})
	}
}

// A clip that is shorter than what was asked for says so.
func TestShortened(t *testing.T) {
	r := paper(t)
	for _, tt := range []struct {
		name string
		p    Place
		want bool
	}{
		{"whole", Place{At: "1:15"}, false},
		{"to the last sample", Place{At: "59:30"}, false},
		{"past the end", Place{At: "59:40"}, true},
		{"end past the end", Place{At: "1", End: "61:00"}, true},
		{"around the start", Place{At: "5", Around: true}, true},
		{"before the start", Place{At: "-5", Clamp: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, shortened, err := r.Find(tt.p); err != nil || shortened != tt.want {
				t.Errorf("shortened is %v, want %v; %v", shortened, tt.want, err)
			}
		})
	}
}

// Spreadsheets make 15:30:00 of 15:30.
func TestSuggestsMinutes(t *testing.T) {
	r := paper(t)
	_, _, err := r.Find(Place{At: "15:30:00"})
	var p *Problem
	if !errors.As(err, &p) || p.Cause != HoursMeant || p.At != 15*time.Minute+30*time.Second {
		t.Errorf("%v: %+v", err, p)
	}
	if _, _, err = r.Find(Place{At: "75:30:00"}); !errors.As(err, &p) || p.Cause != "" {
		t.Errorf("75 minutes are too many for an hour: %+v", p)
	}
}

func TestTurns(t *testing.T) {
	r := paper(t)
	turns := &space.Turns{Turns: []space.Turn{{Handle: "Ann", Start: 0, End: 4}, {Handle: "bob", Start: 4, End: 5.5}, {Handle: "ann", Start: 3599, End: 3700}}}
	got, err := r.Turns(turns, "@ANN")
	if err != nil || len(got) != 2 || got[0] != (span(0, 192000)) || got[1] != (span(3599*48000, 48000)) {
		t.Errorf("%+v, %v", got, err)
	}
	var p *Problem
	if _, err := r.Turns(turns, "eve"); !errors.As(err, &p) || !slices.Equal(p.Known, []string{"Ann", "bob"}) {
		t.Errorf("%v", err)
	}
	if _, err := r.Turns(nil, "ann"); !errors.As(err, &p) {
		t.Errorf("%v", err)
	}
}

// A span over two configurations lies in two files.
func TestMixedConfigurations(t *testing.T) {
	r := paper(t)
	list := r.Extents(span(2399*48000, 2*48000))
	if len(list) != 2 || list[0].Samples != 48000 || list[1].Samples != 44100 || list[1].Start != 0 {
		t.Errorf("%+v", list)
	}
}
