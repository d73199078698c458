package audiogram

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// A picture fills its place with its middle, and keeps its proportions.
func TestFill(t *testing.T) {
	for _, size := range []image.Point{{300, 100}, {100, 300}, {100, 100}} {
		src := image.NewRGBA(image.Rectangle{Max: size})
		for y := range size.Y {
			for x := range size.X {
				// A red disc of a radius of 25 in the middle.
				c := color.RGBA{0, 0, 255, 255}
				if math.Hypot(float64(x)+0.5-float64(size.X)/2, float64(y)+0.5-float64(size.Y)/2) < 25 {
					c = color.RGBA{255, 0, 0, 255}
				}
				src.SetRGBA(x, y, c)
			}
		}
		got := fill(src, image.Pt(200, 200))
		for _, p := range []struct {
			x, y int
			red  bool
		}{{100, 100, true}, {100, 55, true}, {145, 100, true}, {100, 45, false}, {155, 100, false}, {0, 0, false}, {199, 199, false}} {
			if c := got.RGBAAt(p.x, p.y); (c.R > 128) != p.red || c.A != 255 {
				t.Errorf("%v: %v at %d, %d", size, c, p.x, p.y)
			}
		}
	}
}

// exif returns a segment that says how a camera was held.
func exif(order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	b := append([]byte("Exif\x00\x00"), mark...)
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = append(b, make([]byte, 12)...) // another entry
	b = order.AppendUint16(b, 274)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, orientation)
	b = append(b, make([]byte, 2+4)...)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(b)+2)), b...)
}

// However a camera was held, what was up is up.
func TestOrientation(t *testing.T) {
	const w, h = 60, 30
	quarters := [2][2]color.RGBA{{{255, 0, 0, 255}, {0, 255, 0, 255}}, {{0, 0, 255, 255}, {255, 255, 255, 255}}}
	// Where in the scene a pixel of the stored picture lies. The comments say
	// what its first row and its first column are, as the standard does.
	for o, at := range map[uint16]func(x, y int) (int, int){
		0: func(x, y int) (int, int) { return x, y },
		1: func(x, y int) (int, int) { return x, y },         // top, left
		2: func(x, y int) (int, int) { return 1 - x, y },     // top, right
		3: func(x, y int) (int, int) { return 1 - x, 1 - y }, // bottom, right
		4: func(x, y int) (int, int) { return x, 1 - y },     // bottom, left
		5: func(x, y int) (int, int) { return y, x },         // left, top
		6: func(x, y int) (int, int) { return 1 - y, x },     // right, top
		7: func(x, y int) (int, int) { return 1 - y, 1 - x }, // right, bottom
		8: func(x, y int) (int, int) { return y, 1 - x },     // left, bottom
		9: func(x, y int) (int, int) { return x, y },
	} {
		width, height := w, h
		if o >= 5 && o <= 8 {
			width, height = h, w
		}
		m := image.NewRGBA(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				sx, sy := at(2*x/width, 2*y/height)
				m.SetRGBA(x, y, quarters[sy][sx])
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		for _, segment := range [][]byte{exif(binary.BigEndian, "MM", o), exif(binary.LittleEndian, "II", o)} {
			file := append(append(bytes.Clone(b.Bytes()[:2]), segment...), b.Bytes()[2:]...)
			got, err := load(file, image.Pt(w, h))
			if err != nil {
				t.Fatal(err)
			}
			for y, row := range quarters {
				for x, want := range row {
					c := got.RGBAAt(w/4+x*w/2, h/4+y*h/2)
					if math.Abs(float64(c.R)-float64(want.R)) > 8 || math.Abs(float64(c.G)-float64(want.G)) > 8 || math.Abs(float64(c.B)-float64(want.B)) > 8 {
						t.Errorf("orientation %d: %v at %d, %d, want %v", o, c, x, y, want)
					}
				}
			}
		}
	}
}

// Large pictures come out as means, not as some of their pixels.
func TestShrink(t *testing.T) {
	src := image.NewRGBA(image.Rect(0, 0, 900, 900))
	for y := range 900 {
		for x := range 900 {
			v := uint8(255 * ((x + y) % 2))
			src.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	for _, size := range []int{100, 130, 440, 700} {
		got := fill(src, image.Pt(size, size))
		for i := range size {
			if c := got.RGBAAt(i, i/2); size < 300 && (c.R < 118 || c.R > 138) || c.A != 255 {
				t.Fatalf("%d: %v at %d", size, c, i)
			}
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(append([]byte{0xFF, 0xD8}, exif(binary.BigEndian, "MM", 6)...))
	f.Add([]byte("\xFF\xD8\xFF\xE1\x00\x0CExif\x00\x00II"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := orientation(b); o < 0 || o > 8 {
			t.Fatal(o)
		}
	})
}
