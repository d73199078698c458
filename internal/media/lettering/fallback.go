package lettering

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
)

// A fallback finds fonts in an index for what the fonts before it lack. It may
// be used by several goroutines.
type fallback struct {
	index func() *index

	mu     sync.Mutex
	orders map[string][]*entry
	found  map[string]*family // nil if there is none
}

func newFallback(x func() *index) *fallback {
	return &fallback{index: x, orders: make(map[string][]*entry), found: make(map[string]*family)}
}

// choose returns the best font for a cluster of a script in a language; nil if
// no font has all of it.
func (b *fallback) choose(cluster []rune, script language.Script, lang string) *family {
	b.mu.Lock()
	defer b.mu.Unlock()
	kind := script.String() + " " + lang
	colour := emoji(cluster)
	if colour {
		kind = "emoji"
	}
	key := kind + " " + string(cluster)
	if f, ok := b.found[key]; ok {
		return f
	}
	if len(b.found) >= mostRuns {
		clear(b.found)
	}
	x := b.index()
	order, ok := b.orders[kind]
	if !ok {
		order = x.order(writingOf(script, lang), colour)
		b.orders[kind] = order
	}
	for _, e := range order {
		if covers(e.has, cluster) {
			if f := x.family(e); f != nil {
				b.found[key] = f
				return f
			}
		}
	}
	b.found[key] = nil
	return nil
}

// order sorts the fonts of an index by how well they write a script: those that
// are made for it, then plain ones, then the rest. Of each family only the font
// nearest to the usual weight is asked.
func (x *index) order(w writing, colour bool) []*entry {
	preferred := w.families
	if colour {
		preferred = slices.Concat(emojiFamilies(), preferred)
	}
	place := make(map[string]int, len(preferred))
	for i, name := range slices.Backward(preferred) {
		place[font.NormalizeFamily(name)] = i
	}
	type ranked struct {
		*entry
		rank int
	}
	var list []ranked
	for from := 0; from < len(x.entries); {
		to := from + 1
		for to < len(x.entries) && x.entries[to].family == x.entries[from].family {
			to++
		}
		best := slices.MinFunc(x.entries[from:to], func(a, b *entry) int { return cmp.Compare(a.oddity(), b.oddity()) })
		from = to
		name := font.NormalizeFamily(best.family)
		i, ok := place[name]
		switch {
		case ok:
		case name == "lastresort" || strings.HasPrefix(name, "adobeblank"): // has everything, and shows nothing
			continue
		default:
			i = 100 + best.oddity()
			if best.colour != colour {
				i += 1_000_000
			}
			for _, word := range []string{"serif", "mono", "display", "kufi", "looped", "nastaliq", "rashi", "ui", "condensed"} {
				if strings.Contains(name, word) {
					i += 50
				}
			}
			if strings.HasPrefix(name, "notosans") {
				i -= 50
			}
		}
		list = append(list, ranked{best, i})
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]*entry, len(list))
	for i, r := range list {
		out[i] = r.entry
	}
	return out
}

// oddity is how far a font is from an upright one of the usual weight.
func (e *entry) oddity() int {
	d := max(e.weight-400, 400-e.weight)
	if !e.upright {
		d += 10_000
	}
	return d
}
