// Package lettering writes words into pictures: it has a font for Latin, Greek
// and Cyrillic, tells what of a text that font can write, and measures,
// shortens and wraps it.
package lettering

import (
	"strings"
	"sync"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// A Typeface is a font in all its sizes. It may be used by several goroutines.
type Typeface struct{ font *sfnt.Font }

// Regular and Bold are the fonts that the program has.
var (
	Regular = sync.OnceValue(func() *Typeface { return parse(goregular.TTF) })
	Bold    = sync.OnceValue(func() *Typeface { return parse(gobold.TTF) })
)

func parse(ttf []byte) *Typeface {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err) // the fonts are part of the program
	}
	return &Typeface{f}
}

// Has reports whether the font has a character.
func (t *Typeface) Has(r rune) bool {
	var b sfnt.Buffer
	i, err := t.font.GlyphIndex(&b, r)
	return err == nil && i != 0
}

// Writes reports whether the font can write a character, so that it is seen:
// joiners between letters are not, even if the font has them.
func (t *Typeface) Writes(r rune) bool { return r != joiner && r != nonJoiner && t.Has(r) }

const joiner, nonJoiner = '\u200D', '\u200C'

// Width returns the width of s in pixels, kerning left out. For characters that
// the font lacks it is the usual width of their kind: letters, or signs twice
// as wide.
func (t *Typeface) Width(s string, size float64) float64 {
	var b sfnt.Buffer
	var width float64
	ppem := fixed.Int26_6(size * 64)
	for _, r := range s {
		i, err := t.font.GlyphIndex(&b, r)
		if err != nil || i == 0 {
			width += float64(0.6 * size * float64(uniseg.StringWidth(string(r))))
			continue
		}
		if advance, err := t.font.GlyphAdvance(&b, i, ppem, font.HintingNone); err == nil {
			width += float64(float64(advance) / 64)
		}
	}
	return width
}

// Shorten cuts s between characters, so that with an ellipsis it is not wider
// than width.
func (t *Typeface) Shorten(s string, width, size float64) string {
	if t.Width(s, size) <= width {
		return s
	}
	return strings.TrimRight(t.cut(s, width-t.Width("…", size), size), " ") + "…"
}

// cut returns as much of the beginning of s, in whole characters, as is not
// wider than width.
func (t *Typeface) cut(s string, width, size float64) string {
	state := -1
	for rest := s; rest != ""; {
		var cluster string
		before := len(s) - len(rest)
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if width -= t.Width(cluster, size); width < 0 {
			return s[:before]
		}
	}
	return s
}

// Wrap breaks s between words into lines that are not wider than width. Words
// wider than that are broken between characters.
func (t *Typeface) Wrap(s string, width, size float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && t.Width(line+" ", size)+t.Width(word, size) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; ; {
			part := t.cut(line, width, size)
			if part == "" { // not even one character has room
				_, rest, _, _ := uniseg.FirstGraphemeClusterInString(line, -1)
				part = line[:len(line)-len(rest)]
			}
			if part == line {
				break
			}
			lines, line = append(lines, part), line[len(part):]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Clean makes s fit for one line of a picture: no line breaks, no control
// characters, among them those that turn the direction of all that follows,
// and nothing that cannot be written, as has says. Letters that cannot be
// written with their marks are written without. What is left may be empty.
func Clean(s string, has func(rune) bool) string {
	var out strings.Builder
	state := -1
	for rest := strings.ToValidUTF8(s, ""); rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		for _, form := range []func(string) string{asItIs, norm.NFC.String, withoutMarks} {
			if c := cleanCluster(form(cluster), has); c != "" {
				out.WriteString(c)
				break
			}
		}
	}
	s = strings.Join(strings.Fields(out.String()), " ")
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) }) {
		return ""
	}
	return s
}

func asItIs(s string) string { return s }

// withoutMarks takes accents and the like off letters.
func withoutMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// cleanCluster returns what a reader takes for one character, or nothing if a
// part of it cannot be written.
func cleanCluster(cluster string, has func(rune) bool) string {
	var out strings.Builder
	for _, r := range cluster {
		switch {
		case unicode.IsSpace(r):
			out.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != joiner && r != nonJoiner:
		case !has(r):
			return ""
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
