// Package lettering writes words into pictures: shaped, in every direction of
// writing, with a face of its own for Latin, Greek and Cyrillic and the fonts
// of the system for the rest.
package lettering

import (
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Weight is how bold letters are.
type Weight int

const (
	Regular Weight = iota
	Bold
)

// A Set is the fonts that write a text, in the order in which they are asked.
// It may be used by several goroutines.
type Set struct {
	fonts    []*family
	language string

	mu    sync.Mutex
	runs  map[runKey]*shaped // shaped before
	masks maskCache
}

// A family is a font in both weights; bold may be the regular one.
type family struct{ regular, bold *face }

func (f *family) face(w Weight) *face {
	if w == Bold {
		return f.bold
	}
	return f.regular
}

// Embedded returns the face that the program has, alone.
var Embedded = sync.OnceValue(func() *Set { return newSet("", embedded()) })

func newSet(language string, fonts ...*family) *Set {
	return &Set{fonts: fonts, language: language, runs: make(map[runKey]*shaped)}
}

// unseen reports whether a character has no shape of its own: joiners,
// controls, variation selectors, spaces.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) ||
		unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.In(r, unicode.Zl, unicode.Zp)
}

// Missing returns the characters of a text that no font of the set has, each
// once, in the order of the text.
func (s *Set) Missing(text string) []rune {
	var list []rune
	seen := make(map[rune]bool)
	for _, c := range clusters(text) {
		if s.choose(c.text) != nil {
			continue
		}
		for _, r := range c.text {
			if !seen[r] && !unseen(r) && s.choose([]rune{r}) == nil {
				seen[r] = true
				list = append(list, r)
			}
		}
	}
	return list
}

// choose returns the first font that has every character of a cluster, as it is
// or composed; nil if none has.
func (s *Set) choose(cluster []rune) *family {
	for _, f := range s.fonts {
		if f.regular.covers(cluster) {
			return f
		}
	}
	return nil
}

// covers reports whether a face has every character that is seen, or would have
// if letters and marks were composed, as the shaper does (UAX #15).
func (f *face) covers(cluster []rune) bool {
	if f.hasAll(cluster) {
		return true
	}
	return len(cluster) > 1 && f.hasAll([]rune(norm.NFC.String(string(cluster))))
}

func (f *face) hasAll(list []rune) bool {
	for _, r := range list {
		if !unseen(r) && !f.has(r) {
			return false
		}
	}
	return true
}
