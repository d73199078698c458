package audiogram

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/lettering/plain"
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
		{"🎙️ LIVE 🔥", "hostess", nil, true, "LIVE", "@hostess  ·  14 June 2021"},
		{"שלום", "hostess", nil, true, "14 June 2021", "@hostess"},
		{"", "hostess", nil, true, "14 June 2021", "@hostess"},
		{"日本語", "hostess", nil, false, "@hostess", ""},
		{"🔥!", "", nil, false, "Space 1ypKdEXvkMLGW", ""},
	} {
		t.Run(c.title, func(t *testing.T) {
			q := request(c.title, c.host)
			if !c.dated {
				q.Recording.Space.StartedAt = space.Time{}
			}
			first, above := style(t, Config{Zone: c.zone}).heading(q)
			if first != c.first || above != c.above {
				t.Errorf("%q, %q: %q under %q", c.title, c.host, first, above)
			}
		})
	}
	q := request("Space", "hostess")
	q.Title = "The clip"
	if first, _ := style(t, Config{}).heading(q); first != "The clip" {
		t.Errorf("%q", first)
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
			lines, size := fit(c.title, c.width, c.height, 72)
			if len(lines) != c.lines || size < minTitle || size > 72 {
				t.Errorf("%.20s: %d lines of %g", c.title, len(lines), size)
			}
			for _, l := range lines {
				if w := lettering.Bold().Width(l, size); w > c.width {
					t.Errorf("%q is %g wide", l, w)
				}
			}
			text := strings.Join(lines, " ")
			if strings.HasSuffix(text, "…") != c.cut {
				t.Errorf("%q", lines)
			}
			if c.whole && !strings.HasPrefix(c.title+" ", strings.TrimSuffix(text, "…")+" ") {
				t.Errorf("%q of %q", lines, c.title)
			}
		})
	}
	// Short titles get large letters.
	if _, size := fit("Short", 1000, 300, 72); size != 72 {
		t.Errorf("size %g", size)
	}
}

// Every word of a caption is shown, in its order, within its time.
func TestPages(t *testing.T) {
	cues := []Cue{
		{0, 2, "Hello."},
		{2, 12, strings.Repeat("words that go on and on ", 12)},
		{12, 13, "🎉"},
		{13, 14, "two\nlines"},
		{14, 15, strings.Repeat("x", 400)},
	}
	const width, size, most = 600, 40, 3
	list := pages(cues, width, size, most)
	var said []string
	for i, p := range list {
		if len(p.lines) < 1 || len(p.lines) > most || !(p.start < p.end) {
			t.Errorf("%+v", p)
		}
		if i > 0 && p.start < list[i-1].end-1e-9 {
			t.Errorf("%+v overlaps %+v", p, list[i-1])
		}
		for _, l := range p.lines {
			if w := lettering.Bold().Width(l, size); w > width {
				t.Errorf("%q is %g wide", l, w)
			}
		}
		said = append(said, p.lines...)
	}
	want := strings.Join(strings.Fields("Hello."+cues[1].Text+" twolines"+cues[4].Text), "")
	if got := strings.ReplaceAll(strings.Join(said, ""), " ", ""); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if list[0].start != 0 || list[0].end != 2 || list[1].start != 2 || math.Abs(list[len(list)-1].end-15) > 1e-9 {
		t.Errorf("%+v", list)
	}
}

// A crowd is no reason to hang.
func TestPagesOfACrowd(t *testing.T) {
	cues := make([]Cue, 100_000)
	for i := range cues {
		cues[i] = Cue{0, 4 + float64(i), "a"}
	}
	if got := pages(cues, 600, 40, 3); len(got) != mostAtOnce || len(got[0].lines) != 3 || len(got[len(got)-1].lines) != 1 {
		t.Errorf("%v", got)
	}
}

// Who speaks at once is read at once.
func TestPagesAtOnce(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("words that go on and on ", 6))
	for _, c := range []struct {
		name string
		cues []Cue
		want []page
	}{
		{"two for the same time", []Cue{{1, 4, "hello"}, {1, 4, "hi"}}, []page{{1, 4, []string{"hello", "hi"}}}},
		{"an interjection", []Cue{{0, 9, "hello"}, {3, 5, "yes"}}, []page{{0, 3, []string{"hello"}}, {3, 5, []string{"hello", "yes"}}, {5, 9, []string{"hello"}}}},
		{"a recognizer's overlap", []Cue{{0, 4.4, "hello"}, {4, 6, "you"}, {6, 7, "there"}}, []page{{0, 4.4, []string{"hello"}}, {4.4, 6, []string{"you"}}, {6, 7, []string{"there"}}}},
		{"four, and room for three", []Cue{{0, 4, "a"}, {0, 4, "b"}, {0, 4, "c"}, {0, 4, "d"}}, []page{{0, 4, []string{"a", "b", "c"}}}},
		{"a long one and a short one", []Cue{{0, 8, long}, {0, 8, "yes"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := pages(c.cues, 600, 40, 3)
			if c.want != nil && !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if c.want != nil {
				return
			}
			var said []string
			for _, p := range got {
				if n := len(p.lines); n < 2 || n > 3 || p.lines[n-1] != "yes" {
					t.Errorf("%+v", p)
				}
				said = append(said, p.lines[:len(p.lines)-1]...)
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
			if got := speaking(turns, c.at); got != c.want {
				t.Errorf("at %g: %q, want %q", c.at, got, c.want)
			}
		})
	}
}

func TestClock(t *testing.T) {
	for seconds, want := range map[int]string{0: "0:00", 7: "0:07", 75: "1:15", 3600: "1:00:00", 36061: "10:01:01"} {
		if got := clock(seconds); got != want {
			t.Errorf("%d s: %s", seconds, got)
		}
	}
}

func TestHeights(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct{ power, want []float64 }{
		{nil, []float64{}},
		{[]float64{0, 0}, []float64{0, 0}},
		{[]float64{1e-9, 1e-8}, []float64{0, 0}}, // noise is not blown up
		{[]float64{0.5, 0.25, 0}, []float64{1, math.Pow(0.5, 0.3), 0}},
		{[]float64{nan, inf, 0.5}, []float64{0, 1, 1}},
	} {
		t.Run(fmt.Sprint(c.power), func(t *testing.T) {
			if got := heights(c.power); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v: %v, want %v", c.power, got, c.want)
			}
		})
	}
}
