package lettering

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
)

// A face is one font in one weight, in all sizes.
type face struct {
	upem            float64
	colour          bool    // its glyphs have colours of their own
	ascent, descent float64 // of a line, in units of the font; both count up from 0

	ours bool        // the program's own
	dead atomic.Bool // it took too long
	mu   sync.Mutex  // the rest keeps caches
	face *font.Face
	hb   *harfbuzz.Font
	buf  *harfbuzz.Buffer // keeps how scripts are shaped
}

// parse reads a font of the program.
func parse(data []byte) (*face, error) {
	f, err := font.ParseTTF(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	n, err := newFace(f)
	if err == nil {
		n.ours = true
	}
	return n, err
}

var errNoUnits = errors.New("the font does not say how large its letters are")

func newFace(f *font.Face) (*face, error) {
	if f.Upem() == 0 {
		return nil, errNoUnits
	}
	n := &face{upem: float64(f.Upem()), face: f, hb: harfbuzz.NewFont(f), buf: harfbuzz.NewBuffer()}
	if e, ok := f.FontHExtents(); ok {
		n.ascent, n.descent = max(0, float64(e.Ascender)), max(0, -float64(e.Descender))
	}
	// A damaged font may claim lines of any height.
	n.ascent, n.descent = min(n.ascent, 4*n.upem), min(n.descent, 4*n.upem)
	return n, nil
}

// has reports whether the font has a character.
func (f *face) has(r rune) bool {
	found, _ := with(f, func() bool {
		g, ok := f.face.NominalGlyph(r)
		return ok && g != 0
	})
	return found
}
