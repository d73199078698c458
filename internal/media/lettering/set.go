// Package lettering writes words into pictures: shaped, in every direction of
// writing, with a face of its own for Latin, Greek and Cyrillic and the fonts
// of the system for the rest.
package lettering

import (
	"sync"
	"unicode"

	"github.com/go-text/typesetting/language"
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
	rest     *fallback // nil if the system's fonts are not to be used
	language string

	mu    sync.Mutex
	runs  map[runKey]*shaped // shaped before
	masks maskCache
}

// A family is a font in both weights; bold may be the regular one.
type family struct {
	has     func(rune) bool
	regular *face
	bold    func() *face // read when it is first needed
}

func (f *family) face(w Weight) *face {
	if w == Bold {
		return f.bold()
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
	for _, p := range s.pieces(printable(text)) {
		if p.family != nil {
			continue
		}
		for _, r := range p.text {
			if !seen[r] && !unseen(r) && s.choose([]rune{r}, p.script, p.language) == nil {
				seen[r] = true
				list = append(list, r)
			}
		}
	}
	return list
}

// A piece is a cluster with its script and the font for it, nil if none has all
// of it.
type piece struct {
	cluster
	script   language.Script
	language string
	family   *family
}

// pieces divides a text and finds fonts for it.
func (s *Set) pieces(text []rune) []piece {
	script, last := firstScript(text), (*family)(nil)
	lang := languageOf(text, s.language)
	list := make([]piece, 0, len(text))
	for _, c := range clusters(text) {
		if own := scriptOf(c.text); own.Strong() {
			script = own
		}
		p := piece{c, script, lang, last}
		if last == nil || !blank(c.text) {
			p.family = s.choose(c.text, script, lang)
			if last = p.family; last == nil || last.regular.colour { // whose spaces are as wide as its pictures
				last = s.fonts[0]
			}
		}
		list = append(list, p)
	}
	return list
}

// choose returns the first font that has every character of a cluster, as it is
// or composed; nil if none has. Emoji are asked of the system first, which has
// them in colour.
func (s *Set) choose(cluster []rune, script language.Script, lang string) *family {
	if s.rest != nil && emoji(cluster) {
		if f := s.rest.choose(cluster, script, lang); f != nil && f.regular.colour {
			return f
		}
	}
	for _, f := range s.fonts {
		if covers(f.has, cluster) {
			return f
		}
	}
	if s.rest == nil {
		return nil
	}
	if !scriptOf(cluster).Strong() {
		switch script {
		case language.Latin, language.Greek, language.Cyrillic:
			script = language.Common // a sign, and not of a script that has its own
		}
	}
	return s.rest.choose(cluster, script, lang)
}

// covers reports whether a font has every character that is seen, or would have
// if letters and marks were composed, as the shaper does (UAX #15).
func covers(has func(rune) bool, cluster []rune) bool {
	if hasAll(has, cluster) {
		return true
	}
	return len(cluster) > 1 && hasAll(has, []rune(norm.NFC.String(string(cluster))))
}

func hasAll(has func(rune) bool, list []rune) bool {
	for _, r := range list {
		if !unseen(r) && !has(r) {
			return false
		}
	}
	return true
}
