package clip

import "github.com/spaces-cli/spaces/internal/recording"

// Held returns the stretch of which a clip's file holds samples: the one that is
// asked for, and what players hide around it. Units that are copied cannot be
// divided, and decoders need some before the first that is heard.
func Held(q Request) (recording.Span, error) {
	if q.Format == "" {
		q.Format = Native(q.Recording, q.Span)
	}
	if !q.copied() && !q.shiftable() {
		return q.Span, nil
	}
	s, err := q.lossless()
	if err != nil {
		return q.Span, err
	}
	return held(q.Recording, s), nil
}

// held is the stretch of which the file of a lossless clip holds samples.
func held(r *recording.Recording, s *plan) recording.Span {
	rate := r.Rate
	if list := r.Extents(s.span); len(list) > 0 {
		rate = r.Files[list[0].File].Config.SampleRate
	}
	from := max(0, s.span.Start-recording.Rescale(s.hidden.Before, r.Rate, rate))
	to := min(r.Samples, s.span.End()+recording.Rescale(s.hidden.After, r.Rate, rate))
	return recording.Span{Start: from, Samples: to - from}
}

// HeldSeconds is what the file of a clip holds of its recording, by its record,
// in seconds: what it plays, and what players hide around that.
func (p *Provenance) HeldSeconds() (start, end float64) {
	start, end = p.At, p.At+p.Length
	if p.Lossless && p.Rate > 0 {
		start = max(0, start-float64(p.Hidden.Before)/float64(p.Rate))
		end += float64(p.Hidden.After) / float64(p.Rate)
	}
	return start, end
}
