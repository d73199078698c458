package sound

import (
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Spans returns which parts of the recording s are heard in the units of m, in
// order. It goes on for one unit more: a unit holds a part of the sound of the
// one behind it, and nobody is to be left out for that.
func (m Match) Spans(s *space.Space) []space.Stretch {
	if m.File >= len(s.Configs) || len(s.Timeline) == 0 {
		return nil
	}
	if m.To > m.From {
		return s.HeardIn(m.File, m.From, m.To)
	}
	length := int64(s.Configs[m.File].UnitSamples)
	if track.Codec(s.Configs[m.File].Codec) == track.FLAC {
		length = 0 // its units may differ, whatever the configuration says: all of the run is meant
	}
	rate := float64(s.Timeline[0].SampleRate) // in which positions count
	var list []space.Stretch
	for _, r := range s.RunsIn(m.File) {
		from, to := int64(0), r.Samples
		if length > 0 {
			units := (r.Skip + r.Samples + r.Trim) / length
			first, last := max(m.First, r.FirstUnit), min(m.First+m.Units+1, r.FirstUnit+units)
			if first >= last {
				continue
			}
			from = max(0, (first-r.FirstUnit)*length-r.Skip)
			to = min(r.Samples, (last-r.FirstUnit)*length-r.Skip)
		}
		if from < to {
			start := float64(r.FirstSample) / rate
			list = append(list, space.Stretch{Start: start + float64(from)/float64(r.SampleRate), End: start + float64(to)/float64(r.SampleRate)})
		}
	}
	return list
}
