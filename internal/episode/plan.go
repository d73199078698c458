package episode

import (
	"math"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// handle is how much of a silence is left at either end when it is trimmed,
// so that no breath or last syllable is cut.
const handle = 0.2 // seconds

// sections says what of the recording the episode consists of.
func (q *Request) sections(m *library.Measurement) []recording.Section {
	r := q.Recording
	from, to := int64(0), r.Samples
	position := func(seconds float64) int64 {
		return max(0, min(r.Samples, int64(math.Round(seconds*float64(r.Rate)))))
	}
	if q.TrimSilence {
		for _, s := range m.Silence {
			if position(s.Start) == 0 && s.Seconds() > handle {
				from = position(s.End - handle)
			}
			if position(s.End) >= r.Samples && s.Seconds() > handle {
				to = position(s.Start + handle)
			}
		}
		if from >= to { // nothing but silence
			from, to = 0, r.Samples
		}
	}
	cuts := []int64{}
	if q.CutSilence > 0 {
		keep := q.CutSilence.Seconds()
		for _, s := range m.Silence {
			if s.Seconds() <= keep {
				continue
			}
			a, b := position(s.Start+float64(keep/2)), position(s.End-float64(keep/2))
			if a > from && b < to && a < b {
				cuts = append(cuts, a, b)
			}
		}
	}
	var gaps []space.Gap
	if q.KeepGaps {
		gaps = r.Space.Gaps()
	}
	var list []recording.Section
	add := func(from, to int64) {
		at := from
		for _, g := range gaps {
			if g.Position >= at && g.Position < to && g.Position > 0 {
				if g.Position > at {
					list = append(list, recording.Section{Span: recording.Span{Start: at, Samples: g.Position - at}})
				}
				at = g.Position
				list = append(list, recording.Section{Gap: int64(g.Seconds * float64(r.Rate))})
			}
		}
		if to > at {
			s := recording.Section{Span: recording.Span{Start: at, Samples: to - at}}
			if n := len(list); n > 0 && list[n-1].Span.Samples == 0 {
				list[n-1].Span = s.Span
			} else {
				list = append(list, s)
			}
		}
	}
	for i := 0; i < len(cuts); i += 2 {
		add(from, cuts[i])
		from = cuts[i+1]
	}
	add(from, to)
	return list
}

// kept tells where in the episode the sections lie.
func (q *Request) kept(list []recording.Section) []Kept {
	r := q.Recording
	var kept []Kept
	at := int64(0)
	for _, s := range list {
		at += s.Gap
		if s.Span.Samples == 0 { // silence at the end
			continue
		}
		kept = append(kept, Kept{Start: seconds(r, s.Span.Start), Seconds: seconds(r, s.Span.Samples), At: seconds(r, at)})
		at += s.Span.Samples
	}
	return kept
}

// seconds is a length of samples, to the microsecond.
func seconds(r *recording.Recording, samples int64) float64 {
	return math.Round(r.Seconds(samples)*1e6) / 1e6
}
