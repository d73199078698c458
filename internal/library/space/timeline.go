package space

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/spell"
)

// A Stretch is a part of a recording, in seconds from its first sample.
type Stretch struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Seconds returns how long s is, to the microsecond.
func (s Stretch) Seconds() float64 {
	const micro = 1e6
	return float64(int64(float64((s.End-s.Start)*micro)+0.5)) / micro
}

// Joined returns stretches in order, wider by margin seconds on both sides, and
// joined where they then meet.
func Joined(list []Stretch, margin float64) []Stretch {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Stretch) int { return cmp.Compare(a.Start, b.Start) })
	whole := list[:0]
	for _, s := range list {
		s = Stretch{Start: s.Start - margin, End: s.End + margin}
		if n := len(whole); n > 0 && s.Start <= whole[n-1].End {
			whole[n-1].End = max(whole[n-1].End, s.End)
			continue
		}
		whole = append(whole, s)
	}
	return whole
}

// String writes a stretch as people write times: 1:02.5–1:10.
func (s Stretch) String() string { return spell.Moment(s.Start) + "–" + spell.Moment(s.End) }

// A Gap is wall-clock time that is missing before a run.
type Gap struct {
	Position int64   // of the first sample after it
	At       float64 // the same in seconds
	Seconds  float64 // that are missing
}

// Gaps returns where wall-clock time is missing.
func (s *Space) Gaps() []Gap {
	var list []Gap
	var at float64
	for _, r := range s.Timeline {
		if r.GapBefore > 0 {
			list = append(list, Gap{r.FirstSample, at, r.GapBefore})
		}
		at += r.seconds()
	}
	return list
}

// Breaks returns the positions that nothing may reach across: where time is
// missing, and where the coding changes.
func (s *Space) Breaks() []int64 {
	var list []int64
	for i, r := range s.Timeline {
		if i > 0 && (r.GapBefore > 0 || r.File != s.Timeline[i-1].File) {
			list = append(list, r.FirstSample)
		}
	}
	return list
}

// seconds is how long a run is heard.
func (r *Run) seconds() float64 {
	if r.SampleRate < 1 {
		return 0
	}
	return float64(r.Samples) / float64(r.SampleRate)
}

// RunsOf returns the runs that a piece, an index in Pieces, became.
func (s *Space) RunsOf(piece int) []Run {
	return s.runs(func(r *Run) bool { return r.Piece == piece })
}

// RunsIn returns the runs that stand in a playable file, an index in Files.
func (s *Space) RunsIn(file int) []Run {
	return s.runs(func(r *Run) bool { return r.File == file })
}

// FilePositions returns where each run of the timeline begins in its playable
// file: in samples, those that are not heard included. It fails if a run is in
// none of Files.
func (s *Space) FilePositions() ([]int64, error) {
	next := make([]int64, len(s.Files))
	var list []int64
	for _, r := range s.Timeline {
		if r.File < 0 || r.File >= len(s.Files) {
			return nil, errors.New("the timeline refers to a file that is not listed")
		}
		list = append(list, next[r.File])
		next[r.File] += r.Skip + r.Samples + r.Trim
	}
	return list, nil
}

// HeardIn returns which parts of the recording are heard of the samples from up to
// to of a playable file.
func (s *Space) HeardIn(file int, from, to int64) []Stretch {
	starts, err := s.FilePositions()
	if err != nil {
		return nil
	}
	var list []Stretch
	for i, r := range s.Timeline {
		first := starts[i] + r.Skip
		a, b := max(0, from-first), min(r.Samples, to-first)
		if r.File != file || a >= b {
			continue
		}
		start, own := float64(r.FirstSample)/float64(s.Timeline[0].SampleRate), float64(r.SampleRate)
		list = append(list, Stretch{Start: start + float64(a)/own, End: start + float64(b)/own})
	}
	return list
}

func (s *Space) runs(which func(*Run) bool) []Run {
	var list []Run
	for i := range s.Timeline {
		if which(&s.Timeline[i]) {
			list = append(list, s.Timeline[i])
		}
	}
	return list
}

// StartClock returns the wall clock of the first sample as it follows from that
// of a stretch. one is false if no single clock serves all of it; the clock is
// zero, too, where nothing tells it.
func (s *Space) StartClock(part Stretch) (clock time.Time, one bool) {
	var at float64
	for _, r := range s.Timeline {
		if r.SampleRate < 1 || at >= part.End {
			break
		}
		end := at + r.seconds()
		if end > part.Start && !r.Wall.IsZero() {
			own := r.Wall.Add(-time.Duration(at * float64(time.Second)))
			if !clock.IsZero() && own.Sub(clock).Abs() >= time.Second {
				return time.Time{}, false
			}
			if clock.IsZero() {
				clock = own
			}
		}
		at = end
	}
	return clock, true
}

// PositionOf finds where on the timeline a sample of a piece lies, and when
// that was. run is one of the piece with one set of parameters; it is several on
// the timeline where gaps part it, and these have one playable file.
func (s *Space) PositionOf(piece, run int, sample int64) (position int64, wall Time) {
	rate, number, last := 0, -1, -1 // of the recording; of the run in the piece; its file
	var before int64                // samples of it in timeline runs before
	for _, r := range s.Timeline {
		if rate == 0 {
			rate = r.SampleRate
		}
		if r.Piece != piece || r.SampleRate < 1 {
			continue
		}
		if r.File != last {
			number, last, before = number+1, r.File, 0
			if r.File < len(s.Configs) {
				before = r.PieceUnit * int64(s.Configs[r.File].UnitSamples)
			}
		}
		if number > run {
			break
		}
		if number == run {
			heard := min(max(sample-before-r.Skip, 0), r.Samples)
			own := int64(r.SampleRate)
			position, wall = r.FirstSample+heard*int64(rate)/own, Time{}
			if !r.Wall.IsZero() {
				wall.Time = r.Wall.Add(time.Duration(heard/own)*time.Second + time.Duration(heard%own)*time.Second/time.Duration(own))
			}
			before += r.Skip + r.Samples + r.Trim
			if sample < before {
				break
			}
		}
	}
	return position, wall
}
