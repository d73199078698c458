package cover

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// opaque returns a picture with something on it.
func opaque(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i >> 8)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

// cmyk makes a JPEG of four components out of one of three: its headers only,
// which is as far as anyone has to look.
func cmyk(b []byte) []byte {
	i := bytes.Index(b, []byte{0xFF, 0xC0})
	n := int(binary.BigEndian.Uint16(b[i+2:]))
	out := append(bytes.Clone(b[:i+2]), 0, byte(n+3))
	out = append(out, b[i+4:i+9]...)
	out = append(out, 4)
	out = append(out, b[i+10:i+2+n]...)
	out = append(out, 4, 0x22, 0) // sampled as the first one
	return append(out, b[i+2+n:]...)
}

func TestCheck(t *testing.T) {
	good := opaque(1400, 1400)
	jpg, pic := jpegOf(t, good), pngOf(t, good)
	flipped := bytes.Clone(pic)
	flipped[len(flipped)/2] ^= 0x55
	palette := image.NewPaletted(image.Rect(0, 0, 1500, 1500), color.Palette{color.Black, color.White})
	for _, c := range []struct {
		name string
		file []byte
		want Image
		err  error
		text string
	}{
		{"JPEG", jpg, Image{"image/jpeg", ".jpg", 1400}, nil, ""},
		{"PNG", pic, Image{"image/png", ".png", 1400}, nil, ""},
		{"largest", pngOf(t, opaque(3000, 3000)), Image{"image/png", ".png", 3000}, nil, ""},
		{"palette", pngOf(t, palette), Image{"image/png", ".png", 1500}, nil, ""},
		{"empty", nil, Image{}, ErrFormat, "another type of file"},
		{"words", []byte("hello"), Image{}, ErrFormat, "another type of file"},
		{"WebP", []byte("RIFF\x10\x00\x00\x00WEBPVP8 "), Image{}, ErrFormat, "WebP"},
		{"GIF", []byte("GIF89a"), Image{}, ErrFormat, "GIF"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic"), Image{}, ErrFormat, "HEIC"},
		{"AVIF", []byte("\x00\x00\x00\x18ftypavif"), Image{}, ErrFormat, "AVIF"},
		{"SVG", []byte("<?xml version='1.0'?>\n<svg/>"), Image{}, ErrFormat, "SVG"},
		{"too many bytes", append(bytes.Clone(jpg), make([]byte, MaxBytes)...), Image{}, ErrBytes, "16."},
		{"small", pngOf(t, opaque(1399, 1399)), Image{}, ErrSize, "1399"},
		{"large", pngOf(t, opaque(3001, 3001)), Image{}, ErrSize, "3001"},
		{"wide", jpegOf(t, opaque(1500, 1400)), Image{}, ErrShape, "1500 by 1400"},
		{"grey JPEG", jpegOf(t, image.NewGray(image.Rect(0, 0, 1400, 1400))), Image{}, ErrColors, "grayscale"},
		{"grey PNG", pngOf(t, image.NewGray(image.Rect(0, 0, 1400, 1400))), Image{}, ErrColors, "grayscale"},
		{"deep grey PNG", pngOf(t, image.NewGray16(image.Rect(0, 0, 1400, 1400))), Image{}, ErrColors, "grayscale"},
		{"CMYK", cmyk(jpg), Image{}, ErrColors, "CMYK"},
		{"arithmetic JPEG", bytes.Replace(jpg, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC9}, 1), Image{}, ErrFormat, "supported encoding"},
		{"JPEG header only", jpg[:30], Image{}, ErrDamaged, "cut off"},
		{"JPEG cut", jpg[:len(jpg)/2], Image{}, ErrDamaged, ""},
		{"PNG cut", pic[:len(pic)/2], Image{}, ErrDamaged, ""},
		{"PNG with a wrong sum", flipped, Image{}, ErrDamaged, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Check(c.file)
			if got != c.want || !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: %+v, %v", c.name, got, err)
			}
		})
	}
}

// A picture that claims to be huge costs nothing.
func TestHugeClaim(t *testing.T) {
	b := []byte("\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR\x00\x10\x00\x00\x00\x10\x00\x00\x08\x02\x00\x00\x00")
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
	if _, err := Check(b); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
}

// What ffmpeg makes in the colours of print and of video.
func TestCheckFFmpegPictures(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip(err)
	}
	for args, want := range map[string]error{
		"-pix_fmt yuvj420p a.jpg":      nil,
		"-pix_fmt yuvj444p a.jpg":      nil,
		"-pix_fmt rgb24 a.png":         nil,
		"-pix_fmt rgb48be a.png":       nil,
		"-pix_fmt pal8 a.png":          nil,
		"-pix_fmt gray a.png":          ErrColors,
		"a.webp":                       ErrFormat,
		"-vf scale=1280:1280 a.png":    ErrSize,
		"-vf crop=1400:1401:0:0 a.png": ErrShape,
	} {
		dir := t.TempDir()
		f := strings.Fields(args)
		name := filepath.Join(dir, f[len(f)-1])
		f[len(f)-1] = name
		cmd := exec.Command("ffmpeg", append(strings.Fields("-v error -f lavfi -i testsrc=s=1500x1500 -frames:v 1"), f...)...)
		cmd.Stderr = t.Output()
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Check(b); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", args, err, want)
		}
	}
}

// FuzzCheck checks any bytes. What is taken can be decoded and is square.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("RIFF\x10\x00\x00\x00WEBPVP8 "))
	small := jpegOf(f, opaque(8, 8))
	f.Add(small)
	f.Add(cmyk(small))
	f.Add(pngOf(f, opaque(8, 8)))
	f.Add(pngOf(f, image.NewPaletted(image.Rect(0, 0, 1400, 1400), color.Palette{color.Black, color.White})))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Check(b)
		if err != nil {
			if m != (Image{}) {
				t.Fatal(m, err)
			}
			return
		}
		i, kind, err := image.Decode(bytes.NewReader(b))
		if err != nil || "image/"+kind != m.Type || i.Bounds().Dx() != m.Side || i.Bounds().Dy() != m.Side {
			t.Fatal(m, kind, err)
		}
	})
}
