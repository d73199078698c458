package draw

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

var update = flag.Bool("update", false, "write testdata/*.svg anew")

// sample is a picture with everything in it.
func sample(width, height int, dark bool) *Picture {
	p := &Picture{
		Width: width, Height: height, Dark: dark,
		To:    2 * time.Minute,
		Title: "Débat : l’été <b>des</b> médias & sociaux 🎙",
		Turns: []Voice{
			{0, 30 * time.Second, "@hostess"},
			{30 * time.Second, 55 * time.Second, "@guest1"},
			{70 * time.Second, 90 * time.Second, "محمد"},
			{85 * time.Second, 115 * time.Second, "@hostess"},
		},
		Clips: []Clip{{20 * time.Second, 50 * time.Second, "best"}, {100 * time.Second, 300 * time.Second, ""}},
		Clock: time.Date(2021, 6, 14, 20, 0, 0, 391e6, time.FixedZone("CEST", 7200)),
	}
	p.Peaks = make([]peaks.Peak, Columns(width, height))
	for i := range p.Peaks {
		v := int16(12000 * math.Pow(math.Sin(float64(i)/17), 2))
		p.Peaks[i] = peaks.Peak{Min: -v, Max: v / 2}
	}
	return p
}

func svg(t *testing.T, p *Picture) string {
	t.Helper()
	var b bytes.Buffer
	if err := SVG(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSVGIsThatOfTestdata(t *testing.T) {
	for _, dark := range []bool{false, true} {
		got := svg(t, sample(320, 120, dark))
		file := filepath.Join("testdata", fmt.Sprintf("sample-dark-%t.svg", dark))
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
			t.Errorf("%s differs; look at the new one (-update) before you keep it", file)
		}
	}
}

// texts parses an SVG and returns what its text elements say.
func texts(t *testing.T, doc string) (texts []string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(doc))
	inside := false
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			inside = tok.Name.Local == "text"
		case xml.CharData:
			if inside {
				texts = append(texts, strings.Trim(string(tok), "\u2068\u2069"))
			}
		case xml.EndElement:
			inside = false
		}
	}
}

func TestSVGTexts(t *testing.T) {
	got := fmt.Sprintf("%q", texts(t, svg(t, sample(800, 200, false))))
	for _, want := range []string{
		`"Débat : l’été <b>des</b> médias & sociaux 🎙"`, `"@hostess"`, `"@guest1"`, `"محمد"`, `"best"`,
		`"0:00"`, `"0:30"`, `"1:30"`, `"20:00:00 CEST"`, `"20:01:30"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"", " ", "\x00\x01", "a\nb\tc", "\xff\xfe", "\u202Eevil\u202C", "</text><script>", "&amp;", `"'`, "\uFFFE\uFFFF",
		"👩‍👩‍👧‍👦", strings.Repeat("long ", 100), strings.Repeat("e\u0301", 300), "🎙", "...", "שלום", "日本語",
	} {
		p := sample(400, 120, false)
		p.Title = name
		p.Turns = []Voice{{0, time.Minute, name}, {time.Minute, 2 * time.Minute, "other"}}
		p.Clips[0].Name = name
		doc := svg(t, p)
		if !utf8.ValidString(doc) || strings.Contains(doc, "script>") || strings.ContainsAny(doc, "\u202E\x00") {
			t.Errorf("%q: %s", name, doc)
		}
		for _, s := range texts(t, doc) {
			if strings.TrimSpace(s) == "" || new(vector).width(s, 11) > 400 {
				t.Errorf("%q: text %q", name, s)
			}
		}
		if err := PNG(io.Discard, p); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Anna", "Anna"},
		{"Anna 🎙️ K.", "Anna 🎙️ K."},
		{"a\n b", "a b"},
		{"محمد", "محمد"},
		{"...", ""},
		{"\u202Etxt\u2066", "txt"},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("%q is %q, want %q", c.in, got, c.want)
		}
	}
}

// An SVG takes room for what the program's font lacks, too.
func TestWidths(t *testing.T) {
	v, r := new(vector), &raster{letters: lettering.Embedded()}
	if a, b := v.width("Ελλάδα", 20), r.width("Ελλάδα", 20); a != b {
		t.Errorf("%g, and in a PNG %g", a, b)
	}
	if got := v.width("日本", 20); got != 48 {
		t.Errorf("two wide signs are %g wide", got)
	}
	for _, s := range []string{"a long title of words", "日本語の題名はここで切られます"} {
		got := v.shorten(s, 100, 20)
		if !strings.HasSuffix(got, "…") || v.width(got, 20) > 100 || v.width(got, 20) < 70 {
			t.Errorf("%q is %g wide", got, v.width(got, 20))
		}
	}
}

func TestTexts(t *testing.T) {
	got := sample(400, 120, false).Texts()
	if want := []string{"Débat : l’été <b>des</b> médias & sociaux 🎙", "@hostess", "@guest1", "محمد", "best", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPNGIsThePicture(t *testing.T) {
	for _, dark := range []bool{false, true} {
		for _, size := range [][2]int{{1800, 280}, {800, 200}, {MinWidth, MinHeight}} {
			p := sample(size[0], size[1], dark)
			var b, again bytes.Buffer
			if err := PNG(&b, p); err != nil {
				t.Fatal(err)
			}
			if err := PNG(&again, p); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Fatalf("drawn again it differs (%v)", err)
			}
			img, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			if s := img.Bounds().Size(); s.X != size[0] || s.Y != size[1] {
				t.Errorf("size %v, want %v", s, size)
			}
			l, th := p.layout(), themeOf(dark)
			at := func(when time.Duration) color.Color {
				return img.At(int(p.x(l, when)), int((l.top+l.bottom)/2))
			}
			for when, want := range map[time.Duration]color.NRGBA{
				7 * time.Second: th.voices[0], 62 * time.Second: th.wave,
				77 * time.Second: th.voices[2], 87 * time.Second: th.voices[0],
			} {
				r, g, b, _ := at(when).RGBA()
				wr, wg, wb, _ := want.RGBA()
				if math.Abs(float64(r)-float64(wr))+math.Abs(float64(g)-float64(wg))+math.Abs(float64(b)-float64(wb)) > 3*0x0300 {
					t.Errorf("%v, dark %t: %v is %v, want %v", size, dark, when, at(when), want)
				}
			}
		}
	}
}

func TestEmptyPictures(t *testing.T) {
	p := &Picture{Width: 400, Height: 100, To: time.Second}
	if err := PNG(io.Discard, p); err != nil {
		t.Error(err)
	}
	svg(t, p)
	for _, p := range []*Picture{{}, {Width: 400, Height: 100}, {Width: 1, Height: 1, To: 1}, {Width: 1 << 20, Height: 100, To: 1}, {Width: 400, Height: 100, From: math.MinInt64, To: math.MaxInt64}} {
		if PNG(io.Discard, p) == nil || SVG(io.Discard, p) == nil {
			t.Errorf("%+v was drawn", p)
		}
	}
}

// Whatever the length, labels are neither crowded nor missing.
func TestTicks(t *testing.T) {
	for span := 100 * time.Millisecond; span < 100*time.Hour; span = span * 13 / 10 {
		for _, width := range []float64{200, 776, 1770} {
			tick := chooseTick(span, width, 60)
			distance := float64(tick.step) / float64(span) * width
			if distance < 60 || distance > 250 {
				t.Errorf("%v on %v pixels: a label each %.0f pixels (%v)", span, width, distance, tick.step)
			}
			if tick.step%time.Duration(tick.parts) != 0 {
				t.Errorf("%v does not fall into %d parts", tick.step, tick.parts)
			}
		}
	}
}

func TestAxisLabels(t *testing.T) {
	for _, c := range []struct {
		t, step time.Duration
		hours   bool
		want    string
	}{
		{0, time.Second, false, "0:00"},
		{75 * time.Second, time.Second, false, "1:15"},
		{75 * time.Second, time.Minute, true, "0:01:15"},
		{10*time.Hour + 2*time.Minute, time.Minute, true, "10:02:00"},
		{1500 * time.Millisecond, 500 * time.Millisecond, false, "0:01.5"},
		{1520 * time.Millisecond, 20 * time.Millisecond, false, "0:01.52"},
		{-3 * time.Second, time.Second, false, "-0:03"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := axisLabel(c.t, c.step, c.hours); got != c.want {
				t.Errorf("%v is %q, want %q", c.t, got, c.want)
			}
		})
	}
}

func TestManyNames(t *testing.T) {
	p := sample(800, 200, false)
	p.Turns = nil
	for i := range 40 {
		from := time.Duration(i) * 3 * time.Second
		p.Turns = append(p.Turns, Voice{from, from + 3*time.Second, fmt.Sprintf("@speaker%d", i)})
	}
	all := strings.Join(texts(t, svg(t, p)), " ")
	if !strings.Contains(all, "@speaker0") || !strings.Contains(all, "+3") {
		t.Errorf("legend in %q", all)
	}
}

// WCAG 2.2, 1.4.3 and 1.4.11.
func TestContrast(t *testing.T) {
	luminance := func(c color.NRGBA) float64 {
		part := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
	}
	contrast := func(a, b color.NRGBA) float64 {
		la, lb := luminance(a), luminance(b)
		return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
	}
	for _, dark := range []bool{false, true} {
		th := themeOf(dark)
		for _, c := range []color.NRGBA{th.text, th.muted} {
			if got := contrast(c, th.background); got < 4.5 {
				t.Errorf("dark %t: text %v has a contrast of %.2f", dark, c, got)
			}
		}
		for _, c := range append(th.voices[:], th.wave) {
			if got := contrast(c, th.panel); got < 3 {
				t.Errorf("dark %t: wave %v has a contrast of %.2f", dark, c, got)
			}
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add("title", "name", "clip", int64(0), int64(time.Hour), 800, 200)
	f.Add("\u202E🎙", "<", "&\x00", int64(-5), int64(time.Hour), 240, 100)
	f.Fuzz(func(t *testing.T, title, name, clip string, from, to int64, width, height int) {
		p := &Picture{
			Width: width % 2000, Height: height % 500, Title: title, From: time.Duration(from), To: time.Duration(to),
			Turns: []Voice{{time.Duration(from), time.Duration(to), name}, {time.Duration(to), time.Duration(from), clip}},
			Clips: []Clip{{time.Duration(from), time.Duration(to), clip}, {0, time.Second, name}},
			Peaks: []peaks.Peak{{Min: -3, Max: 5}, {Min: -32768, Max: 32767}},
		}
		var b bytes.Buffer
		if SVG(&b, p) != nil {
			return
		}
		if !utf8.Valid(b.Bytes()) {
			t.Error("not UTF-8")
		}
		texts(t, b.String())
		if b.Len() > 1<<20 {
			t.Errorf("%d bytes", b.Len())
		}
	})
}
