package manifest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/media/timeline"
)

// A mark is a place in the file of which the manifest tells something.
type mark struct {
	offset int64
	cut    bool          // the samples before and after do not belong together
	anew   bool          // the clock of the stream may start anew (RFC 8216, 4.3.2.3)
	gap    time.Duration // that is missing there, as the playlist says
	time   *time.Time    // of the first sample after it
}

// marks returns the places of the file at which chunks are missing, runs begin,
// or the playlist tells the time, in their order.
func (m *Manifest) marks() []mark {
	var list []mark
	run, first := 0, true
	for _, c := range m.Chunks {
		k := mark{offset: c.Offset, cut: !first && c.Run != run}
		k.anew = k.cut
		if !c.Map {
			k.time = c.Time
		}
		run, first = c.Run, false
		if k.cut || k.time != nil {
			list = append(list, k)
		}
	}
	for _, g := range m.Gaps {
		if !g.Map {
			list = append(list, mark{offset: g.Offset, cut: true, gap: seconds(g.Seconds)})
		}
	}
	slices.SortStableFunc(list, func(a, b mark) int { return cmp.Compare(a.offset, b.offset) })
	joined := list[:0]
	for _, k := range list {
		if n := len(joined); n > 0 && joined[n-1].offset == k.offset {
			last := &joined[n-1]
			last.cut, last.gap, last.anew = last.cut || k.cut, last.gap+k.gap, last.anew || k.anew
			if k.time != nil {
				last.time = k.time
			}
			continue
		}
		joined = append(joined, k)
	}
	return joined
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

// Offsets returns the places of the file of which Lay wants to know the units,
// in their order.
func (m *Manifest) Offsets() []int64 {
	var list []int64
	for _, k := range m.marks() {
		list = append(list, k.offset)
	}
	return list
}

// Lay puts what the manifest tells into a piece that the file has become: where
// chunks are missing and for how long, and where runs begin. units says of each
// of Offsets which unit is the first there. Where the file itself has no clock,
// the times of the playlist are one, counted from epoch.
func (m *Manifest) Lay(p *timeline.Piece, units []int64, epoch time.Time) {
	marks := m.marks()
	if len(units) != len(marks) {
		return
	}
	clock := len(p.Anchors) == 0
	for i, k := range marks {
		if k.cut && units[i] > 0 {
			p.Cuts = append(p.Cuts, timeline.Cut{Unit: units[i], Gap: k.gap, Anew: k.anew})
		}
		if !clock || k.time == nil {
			continue
		}
		for r, run := range p.Track.Runs {
			if units[i] >= run.FirstUnit && units[i] < run.FirstUnit+run.Units && run.UnitSamples > 0 {
				p.Anchors = append(p.Anchors, timeline.Anchor{
					Run: r, Sample: (units[i] - run.FirstUnit) * int64(run.UnitSamples), Clock: k.time.Sub(epoch),
				})
			}
		}
	}
	if clock && len(p.Anchors) > 0 {
		p.Epoch = epoch
	}
}
