package lettering

import (
	"reflect"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	textbidi "golang.org/x/text/unicode/bidi"
)

// A cluster is what a reader takes for one character (UAX #29).
type cluster struct {
	text []rune
	from int // in runes
}

func clusters(text []rune) []cluster {
	var seg segmenter.Segmenter
	seg.Init(text)
	list := make([]cluster, 0, len(text))
	for it := seg.GraphemeIterator(); it.Next(); {
		g := it.Grapheme()
		list = append(list, cluster{g.Text, g.Offset})
	}
	return list
}

// A run is a part of a line with one face, one script and one direction.
type run struct {
	from, to int // in runes
	level    int
	face     *face
	script   language.Script
}

// A glyph stands in a shaped text, in units of its font.
type glyph struct {
	id      uint32
	at      int // the first rune of its cluster
	advance int32
	dx, dy  int32
}

// A shaped is the glyphs of a run, from left to right.
type shaped struct{ glyphs []glyph }

type runKey struct {
	face          *face
	before, after string // letters around it change the forms of Arabic letters
	text          string
	script        language.Script
	language      string
	rtl           bool
}

// printable replaces what would end a paragraph or has no place in a line by
// spaces, character by character, so that positions hold.
func printable(text string) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			r = ' '
		}
		out = append(out, r)
	}
	return out
}

// rightToLeft reports whether a paragraph is written from right to left: its
// first letter says so that is not within an isolate (UAX #9, P2 and P3).
func rightToLeft(text []rune) bool {
	depth := 0
	for _, r := range text {
		p, _ := textbidi.LookupRune(r)
		switch p.Class() {
		case textbidi.LRI, textbidi.RLI, textbidi.FSI:
			depth++
		case textbidi.PDI:
			depth = max(0, depth-1)
		case textbidi.L:
			if depth == 0 {
				return false
			}
		case textbidi.R, textbidi.AL:
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// levels returns the embedding level of each character (UAX #9).
func levels(text []rune, rtl bool) []int {
	direction := bidi.LeftToRight
	if rtl {
		direction = bidi.RightToLeft
	}
	var p bidi.Paragraph
	runs := p.Segment(text, direction)
	// Run tells the level of its first character alone, and joins levels 0 and
	// 2, which are not in the same place when a line is reordered.
	all := reflect.ValueOf(runs).FieldByName("levels")
	list := make([]int, len(text))
	for i := range list {
		list[i] = int(all.Index(i).Int())
	}
	return list
}

// itemize divides a line into runs, in the order of the text.
func (s *Set) itemize(text []rune, rtl bool, w Weight) []run {
	var list []run
	level := levels(text, rtl)
	for _, p := range s.pieces(text) {
		to := p.from + len(p.text)
		family := p.family
		if family == nil {
			family = s.nearest(p)
		}
		r := run{p.from, to, level[p.from], family.face(w), p.script}
		if n := len(list) - 1; n >= 0 && list[n].level == r.level && list[n].face == r.face && list[n].script == r.script {
			list[n].to = to
		} else {
			list = append(list, r)
		}
	}
	return list
}

// nearest is the font for a cluster that none has in full: one that has its
// letter, without its marks, or the first, which draws an empty box.
func (s *Set) nearest(p piece) *family {
	if f := s.choose(p.text[:1], p.script, p.language); f != nil {
		return f
	}
	return s.fonts[0]
}

// blank reports whether a cluster is not seen, so that any font serves.
func blank(cluster []rune) bool {
	for _, r := range cluster {
		if !unseen(r) {
			return false
		}
	}
	return true
}

func scriptOf(cluster []rune) language.Script {
	for _, r := range cluster {
		if s := language.LookupScript(r); s.Strong() {
			return s
		}
	}
	return language.Common
}

func firstScript(text []rune) language.Script {
	if s := scriptOf(text); s.Strong() {
		return s
	}
	return language.Latin
}

// shape returns the glyphs of a run.
func (s *Set) shape(text []rune, r run, lang string) *shaped {
	key := runKey{
		r.face, string(text[max(0, r.from-4):r.from]), string(text[r.to:min(len(text), r.to+4)]),
		string(text[r.from:r.to]), r.script, lang, r.level%2 == 1,
	}
	s.mu.Lock()
	known := s.runs[key]
	s.mu.Unlock()
	if known == nil {
		known = r.face.shape(text, r, lang)
		s.mu.Lock()
		if len(s.runs) >= mostRuns {
			clear(s.runs)
		}
		s.runs[key] = known
		s.mu.Unlock()
	}
	return known
}

// mostRuns is how many shaped runs a set remembers.
const mostRuns = 4096

// shape sets a run. If the font fails, each character is an empty box.
func (f *face) shape(text []rune, r run, lang string) *shaped {
	list, ok := with(f, func() []glyph {
		f.buf.Clear()
		f.buf.AddRunes(text, r.from, r.to-r.from)
		f.buf.Props.Script = r.script
		f.buf.Props.Language = languageFor(lang, r.script)
		f.buf.Props.Direction = harfbuzz.LeftToRight
		if r.level%2 == 1 {
			f.buf.Props.Direction = harfbuzz.RightToLeft
		}
		f.buf.Shape(f.hb, nil)
		list := make([]glyph, len(f.buf.Info))
		for i, g := range f.buf.Info {
			p := f.buf.Pos[i]
			list[i] = glyph{uint32(g.Glyph), g.Cluster - r.from, p.XAdvance, p.XOffset, p.YOffset}
		}
		return list
	})
	if !ok || !f.sound(list, r) {
		list = list[:0]
		for i := range r.to - r.from {
			list = append(list, glyph{at: i, advance: int32(f.upem / 2)})
		}
		if r.level%2 == 1 {
			slices.Reverse(list)
		}
	}
	return &shaped{list}
}

// sound reports whether glyphs stand where letters can: a damaged font may put
// them anywhere, or make many of one.
func (f *face) sound(list []glyph, r run) bool {
	if len(list) > 100*(r.to-r.from) {
		return false
	}
	far := int32(min(1<<28, 100*f.upem))
	for _, g := range list {
		if g.at < 0 || g.at >= r.to-r.from || max(g.advance, -g.advance, g.dx, -g.dx, g.dy, -g.dy) > far {
			return false
		}
	}
	return true
}

// languageFor is the language that a font is asked for forms in: that of the
// text if it is written in this script, or the usual one of the script. It
// never is that of the environment.
func languageFor(lang string, script language.Script) language.Language {
	if lang != "" {
		if id, ok := language.NewLangID(language.NewLanguage(lang)); ok && id.UseScript(script) {
			return language.NewLanguage(lang)
		}
	}
	if id, ok := language.ScriptToLang[script]; ok && script != language.Latin {
		return id.Language()
	}
	return language.NewLanguage("en")
}

// offsets returns where each rune of a text begins, in bytes, and its end.
func offsets(text string) []int {
	list := make([]int, 0, len(text)+1)
	for i := 0; i < len(text); {
		list = append(list, i)
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
	}
	return append(list, len(text))
}
