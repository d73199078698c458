package space

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// broken is a recording of three runs: a gap before the second one, and another
// coding in the third.
func broken() *Space {
	return &Space{Timeline: []Run{
		{SampleRate: 48000, Samples: 480000},
		{Piece: 1, SampleRate: 48000, FirstUnit: 469, FirstSample: 480000, Samples: 240000, GapBefore: 2.5},
		{Piece: 1, File: 1, SampleRate: 44100, FirstSample: 720000, Samples: 44100},
	}}
}

func TestGaps(t *testing.T) {
	s := broken()
	if got, want := s.Gaps(), []Gap{{480000, 10, 2.5}}; !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	if got, want := s.Breaks(), []int64{480000, 720000}; !slices.Equal(got, want) {
		t.Errorf("breaks %v, want %v", got, want)
	}
	if got := new(Space); got.Gaps() != nil || got.Breaks() != nil {
		t.Error("an empty timeline has gaps")
	}
}

func TestRuns(t *testing.T) {
	s := broken()
	if got := s.RunsOf(1); len(got) != 2 || got[0] != s.Timeline[1] || got[1] != s.Timeline[2] {
		t.Errorf("runs of piece 1: %+v", got)
	}
	if got := s.RunsIn(0); len(got) != 2 || got[1] != s.Timeline[1] {
		t.Errorf("runs in file 0: %+v", got)
	}
}

func TestStretch(t *testing.T) {
	for s, want := range map[Stretch]string{
		{62.5, 70}:      "1:02.5–1:10",
		{0, 0.04}:       "0:00–0:00",
		{3599.96, 3661}: "59:59.9–1:01:01",
	} {
		if got := s.String(); got != want {
			t.Errorf("%v is %s, want %s", [2]float64{s.Start, s.End}, got, want)
		}
	}
	if got := (Stretch{0.1, 0.3}).Seconds(); got != 0.2 {
		t.Errorf("0.1 to 0.3 lasts %v", got)
	}
}

func TestStartClock(t *testing.T) {
	wall := func(s float64) Time {
		return Time{Time: time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC).Add(time.Duration(s * float64(time.Second)))}
	}
	runs := []Run{
		{SampleRate: 48000, Samples: 480000, Wall: wall(0)},
		{SampleRate: 44100, Samples: 441000, Wall: wall(10.2)}, // the clock is not that exact
		{SampleRate: 48000, Samples: 480000, Wall: wall(37.5)},
		{SampleRate: 48000, Samples: 480000},
	}
	for _, tt := range []struct {
		from, to, want float64
		missing        bool
	}{
		{0, 10, 0, false},
		{0, 20, 0, false},
		{12, 18, 0.2, false},
		{0, 21, 0, true},
		{20, 30, 17.5, false},
		{25, 40, 17.5, false},
	} {
		t.Run(fmt.Sprintf("%g to %g", tt.from, tt.to), func(t *testing.T) {
			got, one := (&Space{Timeline: runs}).StartClock(Stretch{tt.from, tt.to})
			if one == tt.missing || one && !got.Equal(wall(tt.want).Time) {
				t.Errorf("%g to %g: %v, %t", tt.from, tt.to, got, one)
			}
		})
	}
	if got, one := (&Space{Timeline: runs[3:]}).StartClock(Stretch{0, 5}); !got.IsZero() || !one {
		t.Errorf("unknown clock: %v, %t", got, one)
	}
}
