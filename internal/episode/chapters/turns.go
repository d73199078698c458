package chapters

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// LeastSeconds is how long chapters made of turns last, unless the recording is
// shorter.
const LeastSeconds = 60

// maxNames is how many a title lists.
const maxNames = 5

// FromTurns makes chapters of who spoke when: none shorter than least seconds
// if the recording is longer. A title names exactly those who speak in the
// chapter, who speaks longest first: nobody's words stand under another name.
// Turns are in order. They are estimates, and so are the chapters. Their titles are
// in the language of those who will read them.
//
// Short turns join the shorter of their neighbours, the shortest first, and a
// quick exchange becomes a chapter instead of the end of a long speech.
func FromTurns(turns []space.Turn, least float64, l *languages.Language) []Chapter {
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
	attribute(list, turns)
	for i := len(list) - 1; i > 0; i-- {
		list = joinSame(list, i)
	}
	out := make([]Chapter, 0, len(list))
	for _, s := range list {
		out = append(out, Chapter{s.start, s.title(l)})
	}
	return out
}

// attribute gives to each stretch the share of every turn that reaches into it:
// turns overlap, and the last may go on in the next stretch.
func attribute(list []stretch, turns []space.Turn) {
	for i := range list {
		s := &list[i]
		s.shares = nil
		end := s.end
		if i+1 == len(list) {
			end = math.Inf(1)
		}
		for _, t := range turns {
			if seconds := min(end, t.End) - max(s.start, t.Start); seconds > 0 {
				s.add(share{t.Handle, seconds})
			}
		}
		s.order()
	}
}

// title names those who speak in a stretch. Who has no name is not mentioned.
func (s *stretch) title(l *languages.Language) string {
	var names []string
	for _, who := range s.shares {
		if who.handle != "" {
			names = append(names, "@"+who.handle)
		}
	}
	switch n := len(names); {
	case n == 0:
		return l.Say("chapter.unknown")
	case n == 1 && len(s.shares) == 1:
		return names[0]
	case n > maxNames:
		return l.Say("chapter.more", "names", strings.Join(names[:maxNames-1], l.Say("list.comma")), "n", n-maxNames+1)
	default:
		return l.Say("chapter.with", "names", l.List(names))
	}
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

// add adds to the share of whoever it is.
func (s *stretch) add(more share) {
	i := slices.IndexFunc(s.shares, func(o share) bool { return o.handle == more.handle })
	if i < 0 {
		s.shares = append(s.shares, more)
	} else {
		s.shares[i].seconds += more.seconds
	}
}

func (s *stretch) order() {
	slices.SortStableFunc(s.shares, func(a, b share) int { return cmp.Compare(b.seconds, a.seconds) })
}

// same reports whether the same people speak in two stretches.
func (s *stretch) same(o *stretch) bool {
	return len(s.shares) == len(o.shares) && !slices.ContainsFunc(s.shares, func(a share) bool {
		return !slices.ContainsFunc(o.shares, func(b share) bool { return a.handle == b.handle })
	})
}

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
		a.add(s)
	}
	a.order()
	return slices.Delete(list, i, i+1)
}

// joinSame joins stretch i with the one before it if the same people speak in
// both.
func joinSame(list []stretch, i int) []stretch {
	if i < 1 || i >= len(list) || !list[i].same(&list[i-1]) {
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
