package chapters

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// nobody is the title of a chapter whose speaker has no name.
const nobody = "Unknown speaker"

// FromTurns makes chapters of who spoke when: none shorter than least seconds
// if the recording is longer, each named by the handle of the one who spoke
// most in it. Turns are in order. They are estimates, and so are the chapters.
//
// Short turns join the shorter of their neighbours, the shortest first: what
// is thrown into a speech vanishes in it, and a quick exchange becomes a
// chapter instead of the end of a long speech.
func FromTurns(turns []space.Turn, least float64) []Chapter {
	var list []stretch
	for _, t := range turns {
		if t.End <= t.Start {
			continue
		}
		s := stretch{t.Start, t.End, []share{{t.Handle, t.End - t.Start}}}
		if n := len(list); n > 0 {
			list[n-1].end = t.Start // a pause belongs to what comes before it
		} else {
			s.start = 0 // and what comes before the first word to that
		}
		list = append(list, s)
		list = joinSame(list, len(list)-1)
	}
	for len(list) > 1 {
		i := shortest(list)
		if list[i].seconds() >= least {
			break
		}
		if i == 0 || i+1 < len(list) && list[i+1].seconds() < list[i-1].seconds() {
			i++ // the one behind is the shorter neighbour
		}
		list = join(list, i)
		list = joinSame(list, i)
		list = joinSame(list, i-1)
	}
	out := make([]Chapter, 0, len(list))
	for _, s := range list {
		title := nobody
		if h := s.handle(); h != "" {
			title = "@" + h
		}
		out = append(out, Chapter{s.start, title})
	}
	return out
}

// A stretch is a part of the recording with those who spoke in it.
type stretch struct {
	start, end float64
	shares     []share // most seconds first
}

type share struct {
	handle  string
	seconds float64
}

func (s *stretch) seconds() float64 { return s.end - s.start }
func (s *stretch) handle() string   { return s.shares[0].handle }

func shortest(list []stretch) int {
	best := 0
	for i := range list {
		if list[i].seconds() < list[best].seconds() {
			best = i
		}
	}
	return best
}

// join joins stretch i with the one before it.
func join(list []stretch, i int) []stretch {
	a, b := &list[i-1], &list[i]
	a.end = b.end
	for _, s := range b.shares {
		k := slices.IndexFunc(a.shares, func(o share) bool { return o.handle == s.handle })
		if k < 0 {
			a.shares = append(a.shares, s)
		} else {
			a.shares[k].seconds += s.seconds
		}
	}
	slices.SortStableFunc(a.shares, func(a, b share) int { return cmp.Compare(b.seconds, a.seconds) })
	return slices.Delete(list, i, i+1)
}

// joinSame joins stretch i with the one before it if both have one name.
func joinSame(list []stretch, i int) []stretch {
	if i < 1 || i >= len(list) || list[i].handle() != list[i-1].handle() {
		return list
	}
	return join(list, i)
}

// A Clip is a stretch that was cut from the recording.
type Clip struct {
	Start float64 // seconds
	Title string
}

// FromClips makes a chapter of each clip, where it begins. Clips without a
// title are numbered; of those that begin together the first counts.
func FromClips(clips []Clip) []Chapter {
	clips = slices.Clone(clips)
	slices.SortStableFunc(clips, func(a, b Clip) int { return cmp.Compare(a.Start, b.Start) })
	var list []Chapter
	for i, c := range clips {
		if n := len(list); n > 0 && c.Start-list[n-1].Start < sameTime {
			continue
		}
		title := cleanTitle(c.Title)
		if title == "" {
			title = fmt.Sprintf("Clip %d", i+1)
		}
		list = append(list, Chapter{max(0, c.Start), title})
	}
	return list
}
