package lettering

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"testing"
)

// use writes words with a font file, as far as it goes.
func use(t *testing.T, data []byte) (drawn int) {
	f := &fontFile{file: bytes.NewReader(data), size: int64(len(data)), paged: -1}
	var made *face
	careful(func() {
		fonts, err := f.fonts()
		if err != nil {
			return
		}
		for _, weight := range []float32{0, 700} {
			if face, err := load(fonts[0], weight); err == nil {
				face.colour = true
				made = face
			}
		}
	})
	if made == nil {
		return 0
	}
	set := newSet("", &family{has: made.has, regular: made, bold: func() *face { return made }})
	dst := image.NewRGBA(image.Rect(0, 0, 200, 80))
	for _, text := range []string{"Aéfi ÄV", "नमस्ते क्ष", "☕👍🏽"} {
		l := set.Line(text, 30, Bold)
		l.Draw(dst, 0, 60, white)
		l.Extents(0, len(text))
		set.Wrap(text, 40, 30, Regular)
		set.Missing(text)
		drawn += len(l.glyphs)
	}
	if made.dead.Load() {
		t.Error("the font takes for ever")
	}
	return drawn
}

// samples are small fonts of the three kinds: quadratic and cubic outlines, and
// pictures. They are cut down from Noto and Inter (OFL).
func samples(t testing.TB) map[string][]byte {
	all := make(map[string][]byte)
	for _, name := range []string{"devanagari.ttf", "emoji.ttf", "inter.otf"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	return all
}

// A font that is cut off or has bytes of another kind does no harm.
func TestDamagedFonts(t *testing.T) {
	for name, data := range samples(t) {
		if use(t, data) < 10 {
			t.Errorf("%s draws nothing", name)
		}
		for n := 0; n < len(data); n += len(data)/60 + 1 {
			use(t, data[:n])
			damaged := bytes.Clone(data)
			for i := n; i < min(n+9, len(data)); i++ {
				damaged[i] ^= 0xFF
			}
			use(t, damaged)
		}
	}
}

// A glyph may be made of others, which are made of others: not until there are
// millions.
func TestGlyphsMadeOfGlyphs(t *testing.T) {
	var loca, glyf []byte
	const glyphs = 30
	for i := range glyphs {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0) // made of others
		for part := range 4 {
			flags := uint16(0x20) // more follow
			if part == 3 {
				flags = 0
			}
			glyf = binary.BigEndian.AppendUint16(glyf, flags)
			glyf = binary.BigEndian.AppendUint16(glyf, uint16(min(i+1, glyphs-1)))
			glyf = append(glyf, 0, 0)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	font := samples(t)["devanagari.ttf"]
	head, maxp := table(font, "head"), table(font, "maxp")
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(maxp[4:], glyphs)
	if use(t, withTables(font, map[string][]byte{"loca": loca, "glyf": glyf, "head": head, "maxp": maxp})) != 0 {
		t.Error("a font with 4^30 parts was taken")
	}
}

// table is a copy of a table of a font.
func table(data []byte, tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		e := data[12+16*i:]
		if string(e[:4]) == tag {
			from, n := binary.BigEndian.Uint32(e[8:]), binary.BigEndian.Uint32(e[12:])
			return bytes.Clone(data[from : from+n])
		}
	}
	return nil
}

// withTables is a font with other tables.
func withTables(data []byte, other map[string][]byte) []byte {
	out := bytes.Clone(data)
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		e := out[12+16*i:]
		if t, ok := other[string(e[:4])]; ok {
			binary.BigEndian.PutUint32(e[8:], uint32(len(out)))
			binary.BigEndian.PutUint32(e[12:], uint32(len(t)))
			out = append(out, t...)
		}
	}
	return out
}

func FuzzFont(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 64<<10 {
			use(t, data)
		}
	})
}
