package timeline

import (
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// TestCuts cuts a file of 48 kHz of which the joiner knows that something is
// missing before unit 100.
func TestCuts(t *testing.T) {
	const unit = 1024
	at := func(sample int64, lost time.Duration) Anchor {
		return Anchor{0, sample, duration(sample, 48000) + lost}
	}
	clock := func(from, to int64, lost time.Duration) (list []Anchor) {
		for s := from; s < to; s += 48000 {
			list = append(list, at(s, lost))
		}
		return list
	}
	for _, tt := range []struct {
		name    string
		cuts    []Cut
		anchors []Anchor
		runs    []int64 // units of each
		gaps    []time.Duration
		stream  bool // the clock is that of the stream, without an epoch
	}{
		{"no clock", []Cut{{100, 3 * time.Second, false}}, nil, []int64{100, 200}, []time.Duration{0, 3 * time.Second}, false},
		{"a run begins", []Cut{{100, 0, false}}, nil, []int64{100, 200}, []time.Duration{0, 0}, false},
		{"at the edges", []Cut{{0, time.Second, false}, {300, time.Second, false}}, nil, []int64{300}, []time.Duration{time.Second}, false},
		{"the clock knows better", []Cut{{100, 3 * time.Second, false}}, append(clock(0, 100*unit, 0), clock(101*unit, 300*unit, 4*time.Second)...),
			[]int64{100, 200}, []time.Duration{0, 4 * time.Second}, false},
		{"the clock says that nothing is missing", []Cut{{100, 3 * time.Second, false}}, clock(0, 300*unit, 0), []int64{100, 200}, []time.Duration{0, 0}, false},
		{"a short gap", []Cut{{100, 200 * time.Millisecond, false}}, append(clock(0, 100*unit, 0), clock(101*unit, 300*unit, 190*time.Millisecond)...),
			[]int64{100, 200}, []time.Duration{0, 200 * time.Millisecond}, false},
		{"and the clock jumps elsewhere", []Cut{{100, 3 * time.Second, false}},
			slices.Concat(clock(0, 100*unit, 0), clock(100*unit, 200*unit, 3*time.Second), clock(200*unit, 300*unit, 8*time.Second)),
			[]int64{100, 100, 100}, []time.Duration{0, 3 * time.Second, 5 * time.Second}, false},
		{"the clock of the stream tells gaps", []Cut{{100, 0, false}}, append(clock(0, 100*unit, 0), clock(100*unit, 300*unit, 9*time.Second)...),
			[]int64{100, 200}, []time.Duration{0, 9 * time.Second}, true},
		{"it starts anew", []Cut{{100, 0, true}}, append(clock(0, 100*unit, 0), clock(100*unit, 300*unit, 9*time.Hour)...),
			[]int64{100, 200}, []time.Duration{0, 0}, true},
		{"it starts anew from 0 behind a missing chunk", []Cut{{100, 3 * time.Second, true}}, append(clock(0, 100*unit, 0), clock(100*unit, 300*unit, -2*time.Second)...),
			[]int64{100, 200}, []time.Duration{0, 3 * time.Second}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := &track.Track{Runs: []track.Run{{
				Config: track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: unit}, Units: 300, Samples: 300 * unit,
			}}}
			p := Piece{Track: tr, Anchors: tt.anchors, Epoch: time.Unix(0, 0), Cuts: tt.cuts}
			if tt.stream {
				p.Epoch = time.Time{}
			}
			tl := Build([]Piece{p})
			var runs []int64
			var gaps []time.Duration
			for _, r := range tl.Runs {
				runs, gaps = append(runs, r.Units), append(gaps, r.Gap)
			}
			if !slices.Equal(runs, tt.runs) || !slices.Equal(gaps, tt.gaps) || tl.Samples != 300*unit {
				t.Errorf("runs of %v units with gaps %v, want %v with %v", runs, gaps, tt.runs, tt.gaps)
			}
		})
	}
}
