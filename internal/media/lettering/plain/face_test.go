package lettering

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"runtime"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Letters are those that opentype draws on amd64, and the same on every processor.
func TestGlyphs(t *testing.T) {
	const want = "2379e7670a2fdbc5"
	sum := sha256.New()
	for _, tf := range []*Typeface{Regular(), Bold()} {
		for i, size := range []float64{9, 14.5, 33, 90, 300} {
			hinting := font.HintingNone
			if i%2 == 0 {
				hinting = font.HintingFull
			}
			face := tf.Face(size, hinting)
			other, err := opentype.NewFace(tf.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: hinting})
			if err != nil {
				t.Fatal(err)
			}
			for r := rune(' '); r < 0x500; r++ {
				dot := fixed.Point26_6{X: fixed.Int26_6(r * 7), Y: fixed.Int26_6(-r)}
				where, mask, at, advance, ok := face.Glyph(dot, r)
				pixels := picture(where, mask, at)
				sum.Write(pixels)
				if runtime.GOARCH != "amd64" {
					continue
				}
				w, m, p, a, o := other.Glyph(dot, r)
				if w != where || a != advance || o != ok || !bytes.Equal(picture(w, m, p), pixels) {
					t.Fatalf("%q at %g: %v, %v, %v, and opentype has %v, %v, %v", r, size, where, advance, ok, w, a, o)
				}
			}
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:8]); got != want {
		t.Errorf("the letters have the sum %s, want %s", got, want)
	}
}

// picture returns the pixels of a mask.
func picture(r image.Rectangle, mask image.Image, at image.Point) []byte {
	var pixels []byte
	for y := range r.Dy() {
		for x := range r.Dx() {
			pixels = append(pixels, mask.(*image.Alpha).AlphaAt(at.X+x, at.Y+y).A)
		}
	}
	return pixels
}
