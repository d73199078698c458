package recording

import "math"

// An Omission is what must not be heard of a recording, nor stand in a file.
type Omission struct {
	Spans []Span // in order; they do not meet
	// Mute puts silence in its place, so that all else keeps its time.
	// Otherwise it is cut out.
	Mute bool
}

// None reports whether nothing is left out of a span.
func (o *Omission) None(s Span) bool {
	for _, out := range o.Spans {
		if out.Start < s.End() && s.Start < out.End() {
			return false
		}
	}
	return true
}

// A Section is a stretch of a recording, with silence before it.
type Section struct {
	Gap  int64 // samples of silence, at the recording's rate
	Span Span  // may be empty
}

// Sections returns what is left of sections without an omission.
func (o *Omission) Sections(list []Section) []Section {
	var left []Section
	var gap int64
	for _, s := range list {
		gap += s.Gap
		from := s.Span.Start
		keep := func(to int64) {
			if to > from {
				left = append(left, Section{gap, Span{Start: from, Samples: to - from}})
				gap = 0
			}
		}
		for _, out := range o.Spans {
			if out.End() <= from || out.Start >= s.Span.End() {
				continue
			}
			keep(out.Start)
			end := min(out.End(), s.Span.End())
			if o.Mute {
				gap += end - max(from, out.Start)
			}
			from = end
		}
		keep(s.Span.End())
	}
	if gap > 0 {
		left = append(left, Section{Gap: gap})
	}
	return left
}

// Within returns the parts of an omission that lie in sections, as they lie
// in the recording.
func (o *Omission) Within(list []Section) []Span {
	var spans []Span
	for _, s := range list {
		for _, out := range o.Spans {
			from, to := max(out.Start, s.Span.Start), min(out.End(), s.Span.End())
			if from < to {
				spans = append(spans, Span{Start: from, Samples: to - from})
			}
		}
	}
	return spans
}

// Omitted is a stretch of a recording that was left out of a file.
type Omitted struct {
	Start   float64 `json:"start"`   // in the recording, seconds
	Seconds float64 `json:"seconds"` // how long
	Muted   bool    `json:"muted,omitempty"`
}

// Omitted tells what an omission takes out of sections.
func (r *Recording) Omitted(o *Omission, list []Section) []Omitted {
	var out []Omitted
	for _, s := range o.Within(list) {
		out = append(out, Omitted{micro(r.Seconds(s.Start)), micro(r.Seconds(s.Samples)), o.Mute})
	}
	return out
}

// micro rounds seconds to the microsecond.
func micro(seconds float64) float64 { return math.Round(seconds*1e6) / 1e6 }
