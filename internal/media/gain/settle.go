package gain

import (
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// warmUp is how many units before a change are decoded for it: a frame of MP3 takes
// up to 511 bytes of main data from those before it.
const warmUp = 12

// A Settler finds the true peaks in those changes of a Plan at which they are only
// bounded, from what a decoder makes of the shifted units around them.
type Settler struct {
	plan     *Plan
	blocks   []int64 // that are left, in order
	samples  int     // of a unit
	lead     int
	peaks    *loudness.PeakFinder
	planes   [][]float32
	base     int64 // the first sample in planes
	next     int64 // the unit that comes next
	measured float64
}

// Settler returns a Settler of the plan for units that c describes, or nil if its
// true peak does not lie in a change that is only bounded.
func (p *Plan) Settler(c track.Config) *Settler {
	coding, err := newCoding(c)
	if len(p.doubtful) == 0 || err != nil {
		return nil
	}
	return &Settler{plan: p, blocks: p.doubtful, samples: coding.samples, lead: coding.lead,
		peaks: loudness.NewPeakFinder(c.SampleRate), planes: make([][]float32, c.Channels)}
}

// Needs reports whether a unit has to be decoded, and whether the decoder begins
// anew with it. Units come in order.
func (s *Settler) Needs(unit int64) (needed, anew bool) {
	for len(s.blocks) > 0 && s.blocks[0]+1 < unit {
		s.blocks = s.blocks[1:]
	}
	needed = len(s.blocks) > 0 && unit >= s.blocks[0]-warmUp
	if !needed {
		return false, false
	}
	if anew = s.next != unit || len(s.planes[0]) == 0; anew {
		for c := range s.planes {
			s.planes[c] = s.planes[c][:0]
		}
		s.base = unit * int64(s.samples)
	}
	return true, anew
}

// Add takes what a decoder makes of a unit that is needed, shifted: interleaved
// samples. What it makes of the first few, for want of those before them, does not
// matter.
func (s *Settler) Add(unit int64, samples []float32) {
	const reach = loudness.PeakReach
	channels := len(s.planes)
	for c := range s.planes {
		for i := c; i < len(samples); i += channels {
			s.planes[c] = append(s.planes[c], samples[i])
		}
	}
	s.next = unit + 1
	// A block is heard up to the lead of the unit behind it.
	if i, found := slices.BinarySearch(s.blocks, unit-1); found && s.blocks[i] == unit-1 {
		from := s.blocks[i]*int64(s.samples) + int64(s.lead) - s.base - reach
		to := from + int64(s.samples) + 2*reach
		for _, plane := range s.planes {
			if from >= 0 && to <= int64(len(plane)) {
				s.measured = max(s.measured, float64(s.peaks.Find(plane[from:to], 0)))
			}
		}
	}
	if drop := len(s.planes[0]) - 3*s.samples; drop > 0 {
		for c, plane := range s.planes {
			s.planes[c] = append(plane[:0], plane[drop:]...)
		}
		s.base += int64(drop)
	}
}

// Settle writes the true peak that was found into the plan.
func (s *Settler) Settle() {
	s.plan.TruePeak = max(s.plan.certain, loudness.Level(20*math.Log10(s.measured)))
	s.plan.doubtful = nil
}
