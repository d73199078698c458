package draw

import (
	"strings"
	"sync"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// typeface is the font of PNGs, and what text is measured with in both.
var typeface = sync.OnceValue(func() *sfnt.Font {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return f
})

func newFace(size float64) font.Face {
	face, err := opentype.NewFace(typeface(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err) // only for a size of 0
	}
	return face
}

// glyph says whether the font has a character.
func glyph(r rune) bool {
	var b sfnt.Buffer
	i, err := typeface().GlyphIndex(&b, r)
	return err == nil && i != 0
}

// measure returns the width of s. For characters that the font lacks it is the
// usual width of their kind: letters, or signs twice as wide.
func measure(s string, size float64) float64 {
	var b sfnt.Buffer
	var width float64
	ppem := fixed.Int26_6(size * 64)
	for _, r := range s {
		i, err := typeface().GlyphIndex(&b, r)
		if err != nil || i == 0 {
			width += 0.6 * size * float64(uniseg.StringWidth(string(r)))
			continue
		}
		if advance, err := typeface().GlyphAdvance(&b, i, ppem, font.HintingNone); err == nil {
			width += float64(advance) / 64
		}
	}
	return width
}

// clean makes s fit for one line of a picture: no line breaks, no control
// characters, among them those that turn the direction of all that follows,
// and nothing that the canvas cannot write. What is left may be empty.
func clean(s string, c canvas) string {
	var out strings.Builder
	state := -1
	for rest := strings.ToValidUTF8(s, ""); rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if cluster = cleanCluster(cluster, c); cluster != "" {
			out.WriteString(cluster)
		}
	}
	s = strings.Join(strings.Fields(out.String()), " ")
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) }) {
		return ""
	}
	return s
}

// cleanCluster returns what a reader takes for one character, or nothing if a
// part of it cannot be written.
func cleanCluster(cluster string, c canvas) string {
	const joiner, nonJoiner = '\u200D', '\u200C'
	var out strings.Builder
	for _, r := range cluster {
		switch {
		case unicode.IsSpace(r):
			out.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != joiner && r != nonJoiner:
		case !c.has(r):
			return ""
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// shorten cuts s between characters, so that with an ellipsis it is not wider
// than width.
func shorten(s string, width, size float64) string {
	if measure(s, size) <= width {
		return s
	}
	kept, state := "", -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if measure(kept+cluster+"…", size) > width {
			break
		}
		kept += cluster
	}
	return strings.TrimRight(kept, " ") + "…"
}
