package cover

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// corner returns a picture whose corners are red, green, blue and white, in the
// order of reading.
func corner(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case y >= h/2 && x >= w/2:
				c = color.NRGBA{255, 255, 255, 255}
			case y >= h/2:
				c = color.NRGBA{0, 0, 255, 255}
			case x >= w/2:
				c = color.NRGBA{0, 255, 0, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// turned puts EXIF data with an orientation into a JPEG file.
func turned(jpeg []byte, orientation uint16) []byte {
	var b bytes.Buffer
	b.WriteString("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	binary.Write(&b, binary.BigEndian, orientation)
	b.Write(make([]byte, 6))
	out := append([]byte("\xFF\xD8\xFF\xE1"), byte((b.Len()+2)>>8), byte(b.Len()+2))
	return append(append(out, b.Bytes()...), jpeg[2:]...)
}

// corners reads the colours of the corners: r, g, b, w.
func corners(t *testing.T, file []byte) string {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n := m.Bounds().Dx() - 10
	for _, at := range []image.Point{{9, 9}, {n, 9}, {9, n}, {n, n}} {
		r, g, b, _ := m.At(at.X, at.Y).RGBA()
		switch {
		case r > 0xC000 && g > 0xC000:
			out.WriteByte('w')
		case r > 0xC000:
			out.WriteByte('r')
		case g > 0xC000:
			out.WriteByte('g')
		case b > 0xC000:
			out.WriteByte('b')
		}
	}
	return out.String()
}

// What fits stays as it is; what can be made to fit is, and the words say how.
func TestFit(t *testing.T) {
	fits := jpegOf(t, corner(1400, 1400))
	for _, c := range []struct {
		name    string
		file    []byte
		crop    bool
		side    int
		kind    string
		changes string
		corners string
	}{
		{"as it is", fits, false, 1400, "image/jpeg", "", "rgbw"},
		{"too large", jpegOf(t, corner(3200, 3200)), false, 3000, "image/jpeg", "scaled from 3200 to 3000 pixels", "rgbw"},
		{"large PNG", pngOf(t, corner(3100, 3100)), false, 3000, "image/png", "scaled from 3100 to 3000 pixels", "rgbw"},
		{"cropped", pngOf(t, corner(1600, 1400)), true, 1400, "image/png", "cropped from 1600 by 1400 pixels to its middle", "rgbw"},
		{"crop of a square", fits, true, 1400, "image/jpeg", "", "rgbw"},
		{"grayscale", jpegOf(t, image.NewGray(image.Rect(0, 0, 1400, 1400))), false, 1400, "image/jpeg", "changed from grayscale to RGB", ""},
		{"turned right", turned(fits, 6), false, 1400, "image/jpeg", "turned upright", "brwg"},
		{"turned left", turned(fits, 8), false, 1400, "image/jpeg", "turned upright", "gwrb"},
		{"upside down", turned(fits, 3), false, 1400, "image/jpeg", "turned upright", "wbgr"},
		{"mirrored", turned(fits, 2), false, 1400, "image/jpeg", "turned upright", "grwb"},
		{"transposed", turned(fits, 5), false, 1400, "image/jpeg", "turned upright", "rbgw"},
		{"transverse", turned(fits, 7), false, 1400, "image/jpeg", "turned upright", "wgbr"},
		{"upright", turned(fits, 1), false, 1400, "image/jpeg", "", "rgbw"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Fit(c.file, c.crop)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.String(); f.Side != c.side || f.Type != c.kind || !strings.HasPrefix(got, c.changes) || (got == "") != (c.changes == "") {
				t.Errorf("%+v: %q", f.Image, got)
			}
			if same := bytes.Equal(f.File, c.file); same != (c.changes == "") {
				t.Errorf("same bytes: %v", same)
			}
			if m, err := Check(f.File); err != nil || m != f.Image {
				t.Errorf("what was made is refused: %+v, %v", m, err)
			}
			if got := corners(t, f.File); c.corners != "" && got != c.corners {
				t.Errorf("corners %s, want %s", got, c.corners)
			}
		})
	}
}

// A PNG that would be large becomes a JPEG.
func TestFitPhotoPNG(t *testing.T) {
	m, seed := image.NewNRGBA(image.Rect(0, 0, 1600, 1500)), uint32(1)
	for i := range m.Pix {
		seed = seed*1664525 + 1013904223
		m.Pix[i] = byte(seed >> 24)
	}
	f, err := Fit(pngOf(t, m), true)
	if err != nil {
		t.Fatal(err)
	}
	if f.Type != "image/jpeg" || f.Ext != ".jpg" || !strings.Contains(f.String(), "written as JPEG") {
		t.Errorf("%+v: %s", f.Image, f)
	}
}

// What cannot be mended is refused with the reason.
func TestFitRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		crop bool
		want error
		text string
	}{
		{"not square", pngOf(t, corner(1600, 1400)), false, ErrShape, "1600 by 1400"},
		{"small", pngOf(t, corner(1399, 1399)), true, ErrSize, "this is 1399"},
		{"small when cropped", pngOf(t, corner(2000, 1000)), true, ErrSize, "this is 2000 by 1000, and the square in it 1000"},
		{"small and not square", pngOf(t, corner(300, 100)), false, ErrSize, "this is 300 by 100, and the square in it 100"},
		{"CMYK", cmyk(jpegOf(t, corner(1400, 1400))), true, ErrColors, "CMYK"},
		{"huge", pngOf(t, image.NewPaletted(image.Rect(0, 0, 8001, 8001), color.Palette{color.Black, color.White})), true, ErrSize, "8001 by 8001"},
		{"no picture", []byte("hello"), true, ErrFormat, ""},
		{"cut off", jpegOf(t, corner(3200, 3200))[:9000], false, ErrDamaged, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Fit(c.file, c.crop); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v, want %v with %q", err, c.want, c.text)
			}
		})
	}
}

// ImageMagick scales by other code: the pictures look alike.
func TestFitLooksAsImageMagick(t *testing.T) {
	if _, err := exec.LookPath("convert"); err != nil {
		t.Skip("no ImageMagick")
	}
	dir := t.TempDir()
	in, mine, theirs := filepath.Join(dir, "in.png"), filepath.Join(dir, "mine.png"), filepath.Join(dir, "theirs.png")
	file := pngOf(t, corner(3300, 3300))
	f, err := Fit(file, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{in: file, mine: f.File} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("convert", in, "-filter", "Catrom", "-resize", "3000x3000", theirs).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, _ := exec.Command("compare", "-metric", "PSNR", mine, theirs, "null:").CombinedOutput()
	if text := string(out); !strings.HasPrefix(text, "inf") && (len(text) < 2 || text[0] < '3') {
		t.Errorf("PSNR %s", text)
	}
}
