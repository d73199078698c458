package audiogram

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/lettering"
)

func TestHeading(t *testing.T) {
	east := time.FixedZone("", 3*3600)
	for _, c := range []struct {
		title, host  string
		zone         *time.Location
		dated        bool
		first, above string
	}{
		{"Débat", "hostess", nil, true, "Débat", "@hostess  ·  14 June 2021"},
		{"Débat", "hostess", east, true, "Débat", "@hostess  ·  15 June 2021"},
		{"Débat", "", nil, true, "Débat", "14 June 2021"},
		{"Débat", "hostess", nil, false, "Débat", "@hostess"},
		{"Débat", "", nil, false, "Débat", ""},
		{"東京 LIVE 大阪", "hostess", nil, true, "東京 LIVE 大阪", "@hostess  ·  14 June 2021"},
		{"שלום", "hostess", nil, true, "שלום", "@hostess  ·  14 June 2021"},
		{"", "hostess", nil, true, "14 June 2021", "@hostess"},
		{"", "hostess", nil, false, "@hostess", ""},
		{"!", "", nil, false, "Space 1ypKdEXvkMLGW", ""},
	} {
		t.Run(c.title, func(t *testing.T) {
			q := request(c.title, c.host)
			if !c.dated {
				q.Recording.Space.StartedAt = space.Time{}
			}
			h := style(t, Config{Zone: c.zone}).heading(q)
			if h.title != c.first || h.meta() != c.above {
				t.Errorf("%q, %q: %q and %q", c.title, c.host, h.title, h.meta())
			}
		})
	}
	for language, want := range map[string]string{"fr-CA": "14 juin 2021", "ja": "2021年6月14日", "tlh": "14 June 2021"} {
		if h := style(t, Config{Language: language}).heading(request("Débat", "")); h.meta() != want {
			t.Errorf("%s: %q", language, h.meta())
		}
	}
	q := request("Space", "hostess")
	q.Title = "The clip"
	if h := style(t, Config{}).heading(q); h.title != "The clip" {
		t.Errorf("%q", h.title)
	}
}

func TestFit(t *testing.T) {
	long := strings.Repeat("beaucoup d’invités ", 30)
	for _, c := range []struct {
		title         string
		width, height float64
		lines         int
		cut           bool
		whole         bool // without a word broken
	}{
		{"Morning show", 1000, 300, 1, false, true},
		{"A title that takes two lines if letters are to be large enough to read", 1000, 300, 3, false, true},
		{long, 1000, 300, 3, true, true},
		{long, 400, 130, 3, true, true},
		{long, 400, 60, 1, true, true},
		{long, 400, 0, 1, true, true},
		{strings.Repeat("W", 300), 400, 300, 3, true, false},
		{"Donaudampfschifffahrtsgesellschaftskapitän", 400, 300, 2, false, false},
	} {
		t.Run(c.title, func(t *testing.T) {
			lines, size := style(t, Config{}).fit(c.title, c.width, c.height, 72, minTitle, 3)
			if len(lines) != c.lines || size < minTitle || size > 72 {
				t.Errorf("%.20s: %d lines of %g", c.title, len(lines), size)
			}
			var texts []string
			for _, l := range lines {
				texts = append(texts, l.Text)
				if l.Width > c.width {
					t.Errorf("%q is %g wide", l.Text, l.Width)
				}
			}
			text := strings.Join(texts, " ")
			if strings.HasSuffix(text, "…") != c.cut {
				t.Errorf("%q", texts)
			}
			if c.whole && !strings.HasPrefix(c.title+" ", strings.TrimSuffix(text, "…")+" ") {
				t.Errorf("%q of %q", texts, c.title)
			}
		})
	}
	// Short titles get large letters.
	if _, size := style(t, Config{}).fit("Short", 1000, 300, 72, minTitle, 3); size != 72 {
		t.Errorf("size %g", size)
	}
}

// texts are the lines of pages with their times.
func texts(list []page) (out []string) {
	for _, p := range list {
		var lines []string
		for _, r := range p.rows {
			lines = append(lines, r.Text)
		}
		out = append(out, fmt.Sprintf("%g–%g %s", p.start, p.end, strings.Join(lines, " | ")))
	}
	return out
}

func setting(width, size float64, most int) *setter {
	return &setter{lettering.Embedded(), width, size, most}
}

// Every word of a caption is shown, in its order, within its time.
func TestPages(t *testing.T) {
	cues := []Cue{
		{0, 2, "Hello.", nil},
		{2, 12, strings.TrimSpace(strings.Repeat("words that go on and on ", 12)), nil},
		{12, 13, "東", nil},
		{13, 14, "two lines", nil},
		{14, 15, strings.Repeat("x", 400), nil},
	}
	const width, size, most = 600, 40, 3
	list := setting(width, size, most).pages(cues)
	var said []string
	for i, p := range list {
		if len(p.rows) < 1 || len(p.rows) > most || !(p.start < p.end) {
			t.Errorf("%v", texts(list[i:i+1]))
		}
		if i > 0 && p.start < list[i-1].end-1e-9 {
			t.Errorf("%v overlap", texts(list[i-1:i+1]))
		}
		for _, r := range p.rows {
			if r.Width > width {
				t.Errorf("%q is %g wide", r.Text, r.Width)
			}
			said = append(said, r.Text)
		}
	}
	want := strings.Join(strings.Fields("Hello."+cues[1].Text+"東 twolines"+cues[4].Text), "")
	if got := strings.ReplaceAll(strings.Join(said, ""), " ", ""); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if list[0].start != 0 || list[0].end != 2 || list[1].start != 2 || math.Abs(list[len(list)-1].end-15) > 1e-9 {
		t.Errorf("%v", texts(list))
	}
}

// A page begins with its first word, and the word that is spoken is marked.
func TestPagesFollowWords(t *testing.T) {
	c := timed(2, 0.5, strings.TrimSpace(strings.Repeat("words that go on and on ", 6)))
	list := setting(600, 40, 2).pages([]Cue{c})
	n := 0
	for i := range list {
		p := &list[i]
		for _, r := range p.rows {
			for _, w := range r.words {
				if got, want := r.Text[w.From:w.To], c.Text[c.Words[n].From:c.Words[n].To]; got != want || w.Start != c.Words[n].Start {
					t.Errorf("word %d is %q at %g, want %q at %g", n, got, w.Start, want, c.Words[n].Start)
				}
				n++
			}
		}
		if first := p.rows[0].words[0].Start; p.start != first {
			t.Errorf("a page begins at %g, its first word at %g", p.start, first)
		}
		for k, at := range []float64{p.start, p.start + 0.25, p.start + 0.5, p.start + 1.1} {
			if got, want := p.spoken(at), int((at-p.start)/0.5); got != want {
				t.Errorf("page %d, time %d: word %d is spoken, want %d", i, k, got, want)
			}
		}
	}
	if n != len(c.Words) {
		t.Errorf("%d words of %d", n, len(c.Words))
	}
	if got := list[len(list)-1].spoken(c.End + 2); got != -1 {
		t.Errorf("word %d is spoken after the end", got)
	}
}

// A crowd is no reason to hang.
func TestPagesOfACrowd(t *testing.T) {
	cues := make([]Cue, 100_000)
	for i := range cues {
		cues[i] = Cue{0, 4 + float64(i), "a", nil}
	}
	if got := setting(600, 40, 3).pages(cues); len(got) != mostAtOnce || len(got[0].rows) != 3 || len(got[len(got)-1].rows) != 1 {
		t.Errorf("%v", texts(got))
	}
}

// Who speaks at once is read at once.
func TestPagesAtOnce(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("words that go on and on ", 6))
	for _, c := range []struct {
		name string
		cues []Cue
		want []string
	}{
		{"two for the same time", []Cue{{1, 4, "hello", nil}, {1, 4, "hi", nil}}, []string{"1–4 hello | hi"}},
		{"an interjection", []Cue{{0, 9, "hello", nil}, {3, 5, "yes", nil}}, []string{"0–3 hello", "3–5 hello | yes", "5–9 hello"}},
		{"a recognizer's overlap", []Cue{{0, 4.4, "hello", nil}, {4, 6, "you", nil}, {6, 7, "there", nil}}, []string{"0–4.4 hello", "4.4–6 you", "6–7 there"}},
		{"four, and room for three", []Cue{{0, 4, "a", nil}, {0, 4, "b", nil}, {0, 4, "c", nil}, {0, 4, "d", nil}}, []string{"0–4 a | b | c"}},
		{"a long one and a short one", []Cue{{0, 8, long, nil}, {0, 8, "yes", nil}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := setting(600, 40, 3).pages(c.cues)
			if got := texts(list); c.want != nil && !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if c.want != nil {
				return
			}
			var said []string
			for _, p := range list {
				if n := len(p.rows); n < 2 || n > 3 || p.rows[n-1].Text != "yes" {
					t.Errorf("%v", texts([]page{p}))
				}
				for _, r := range p.rows[:len(p.rows)-1] {
					said = append(said, r.Text)
				}
			}
			if s := strings.Join(said, " "); s != long {
				t.Errorf("%q", s)
			}
		})
	}
}

func TestSpeaking(t *testing.T) {
	turns := []SpeakerCue{{1, 5, "@a"}, {4, 9, "@b"}, {6, 7, ""}, {8, 8.5, "@b"}, {20, 21, "@c"}}
	for _, c := range []struct {
		at   float64
		want string
	}{{0, ""}, {1, "@a"}, {4.5, "@a, @b"}, {5, "@b"}, {8.2, "@b"}, {9, "@b"}, {10.9, "@b"}, {11, ""}, {20.5, "@c"}, {21.5, "@c"}, {60, ""}} {
		t.Run(c.want, func(t *testing.T) {
			if got := strings.Join(speaking(turns, c.at), ", "); got != c.want {
				t.Errorf("at %g: %q, want %q", c.at, got, c.want)
			}
		})
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"@ann": "A", "@ann_lee": "AL", "@guest1": "G", "@a_1": "A", "Ann Marie Lee": "AL", "@_": "", "@éva": "É", "प्रिया": "प", "@99x": "9"} {
		if got := initials(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Bars follow what is heard: a tone stands in its band, louder is higher, and
// silence is low.
func TestSpectrum(t *testing.T) {
	const rate, fps, bands = 48000, 25, 20
	tone := func(hz, level float64, n int) (out []float32) {
		for i := range n {
			out = append(out, float32(level*math.Sin(2*math.Pi*hz*float64(i)/rate)))
		}
		return out
	}
	sound := slices.Concat(tone(200, 0.5, rate), tone(200, 0.05, rate), make([]float32, rate), tone(3000, 0.1, rate))
	analyse := func(block int) *spectrum {
		a := newAnalyser(rate, bands, fps, 4*fps)
		for rest := sound; len(rest) > 0; rest = rest[min(block, len(rest)):] {
			a.add(rest[:min(block, len(rest))])
		}
		return a.finish()
	}
	s := analyse(4096)
	top := func(i int) (band int, level uint8) {
		for k, v := range s.at(i) {
			if v > level {
				band, level = k, v
			}
		}
		return band, level
	}
	low, loud := top(12)
	_, soft := top(37)
	_, none := top(67)
	high, _ := top(90)
	if low >= high || high < bands/2 || low > bands/4 {
		t.Errorf("200 Hz is in band %d, 3 kHz in band %d", low, high)
	}
	if !(loud > 150 && loud > soft && soft > 40 && none == 0) {
		t.Errorf("loud %d, soft %d, silence %d", loud, soft, none)
	}
	if other := analyse(777); !slices.Equal(s.levels, other.levels) {
		t.Error("how the sound is cut in blocks matters")
	}
	for _, v := range [][]float32{nil, make([]float32, 3*rate), tone(100, math.NaN(), rate), tone(100, math.Inf(1), rate)} {
		a := newAnalyser(rate, bands, fps, fps)
		a.add(v)
		for _, level := range a.finish().levels {
			if level > 0 && len(v) != rate {
				t.Fatal("silence is seen")
			}
		}
	}
}
