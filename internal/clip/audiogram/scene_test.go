package audiogram

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const longTitle = "Débat : l’été des médias sociaux, ou comment nous avons appris à ne plus nous inquiéter et à aimer les algorithmes, " +
	"avec beaucoup d’invités et encore plus de questions du public"

// speech is bars that look like some.
func speech(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		x := float64(i)
		list[i] = math.Abs(math.Sin(x/3) * math.Sin(x/7.3) * (0.5 + 0.5*math.Sin(x*1.7)))
	}
	return list
}

var (
	someCues = []Cue{
		{0.5, 8, "Nobody expects that a recording from four years ago still plays, and yet here we are."},
		{8, 12, "Next."}, {20, 29, strings.Repeat("And on it goes, as it does. ", 9)},
	}
	someTurns = []SpeakerCue{{0, 12, "@guest1"}, {10, 30, "@hostess"}}
)

func sceneOf(s *Style, title string, cues []Cue, turns []SpeakerCue) *scene {
	l := s.lay(len(cues) > 0, len(turns) > 0)
	return s.Renderer(cues, turns).newScene(request(title, "hostess"), l, speech(l.bars()), 30)
}

var shapes = []Shape{Wide, Square, Tall}

// A picture differs from the one before only where the scene says, and is the
// same however the scene came to it.
func TestNextTellsWhatChanges(t *testing.T) {
	s := style(t, Config{Shape: Square, Cover: asPNG(t, photo(30, 30)), Background: asJPEG(t, photo(80, 60))})
	walk, before := sceneOf(s, longTitle, someCues, someTurns), image.NewRGBA(image.Rectangle{Max: s.size})
	draw.Draw(before, before.Rect, walk.frame, image.Point{}, draw.Src)
	moved := 0
	for i := range 750 {
		changed := walk.next(float64(i) / 25)
		for _, r := range changed {
			draw.Draw(before, r, walk.frame, r.Min, draw.Src)
		}
		if !bytes.Equal(before.Pix, walk.frame.Pix) {
			t.Fatalf("picture %d differs beyond %v", i, changed)
		}
		if len(changed) > 1 {
			moved++
		}
		if i%149 == 0 {
			jump := sceneOf(s, longTitle, someCues, someTurns)
			jump.next(float64(i) / 25)
			if !bytes.Equal(jump.frame.Pix, walk.frame.Pix) {
				t.Fatalf("picture %d depends on those before", i)
			}
		}
	}
	if moved < 30 || moved > 60 {
		t.Errorf("more than the playhead changed in %d pictures", moved)
	}
}

// Whatever is written keeps to its place: margins and the room between parts
// stay empty.
func TestLayoutHolds(t *testing.T) {
	for _, title := range []string{
		"Débat", longTitle, "", strings.Repeat("W", 500), strings.Repeat("ÄÖÜgjpqy ", 60), "🎙️🔥 LIVE: what’s next? 🚀",
		"שלום עולם", "مرحبا بالعالم abc", "Ελληνικά και Кириллица: Київ", "e" + strings.Repeat("\u0301", 400), "\u202Eevil", "日本語",
	} {
		for _, shape := range shapes {
			for _, with := range []int{0, 3, 4, 7} {
				c := Config{Shape: shape}
				var cues []Cue
				var turns []SpeakerCue
				if with&1 != 0 {
					cues = []Cue{{0, 10, title + " and what is said"}}
				}
				if with&2 != 0 {
					turns = []SpeakerCue{{0, 10, "@" + title}}
				}
				if with&4 != 0 {
					c.Cover = cover
				}
				s := style(t, c)
				sc := sceneOf(s, title, cues, turns)
				sc.next(5)
				if left := rest(sc); !left.Empty() {
					t.Fatalf("%.20q, %s, %d: something stands in %v", title, shape, with, left)
				}
			}
		}
	}
}

var cover = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, photo(60, 40)); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

// rest returns what is drawn outside of all parts.
func rest(s *scene) image.Rectangle {
	m := image.NewRGBA(s.frame.Rect)
	copy(m.Pix, s.frame.Pix)
	empty := image.NewUniform(s.style.colours.background)
	for _, r := range []image.Rectangle{s.layout.head, s.layout.name, s.caption, s.wave.Inset(-overhang), s.clock} {
		draw.Draw(m, r, empty, image.Point{}, draw.Src)
	}
	var found image.Rectangle
	row := bytes.Repeat(m.Pix[:4], m.Rect.Max.X)
	for y := range m.Rect.Max.Y {
		if !bytes.Equal(row, m.Pix[y*m.Stride:][:len(row)]) {
			found = found.Union(image.Rect(0, y, m.Rect.Max.X, y+1))
		}
	}
	return found
}

// Parts do not lie on each other, and all lie in the picture.
func TestLayout(t *testing.T) {
	for _, shape := range shapes {
		for with := range 4 {
			s := style(t, Config{Shape: shape, Cover: cover})
			l := s.lay(with&1 != 0, with&2 != 0)
			parts := []image.Rectangle{l.head, l.name, l.caption, l.wave.Inset(-overhang), l.clock}
			for i, a := range parts {
				if !a.In(image.Rectangle{Max: s.size}) {
					t.Errorf("%s, %d: part %d at %v", shape, with, i, a)
				}
				for k, b := range parts[:i] {
					if a.Overlaps(b) {
						t.Errorf("%s, %d: parts %d and %d", shape, with, k, i)
					}
				}
			}
			if l.caption.Empty() != (with&1 == 0) || l.name.Empty() != (with&2 == 0) {
				t.Errorf("%s, %d: %+v", shape, with, l)
			}
			if room := l.head.Dy() - metaSize - 20; float64(room) < titleLines*minTitle*leading {
				t.Errorf("%s, %d: no room for a title: %d", shape, with, room)
			}
		}
	}
}

// What is played has the accent's colour, the rest has not.
func TestPlayhead(t *testing.T) {
	s := style(t, Config{Accent: "#ff0000"})
	sc := sceneOf(s, "Title", nil, nil)
	for _, at := range []float64{0, 10, 29.96} {
		sc.next(at)
		red := image.Rectangle{}
		for y := sc.wave.Min.Y; y < sc.wave.Max.Y; y++ {
			for x := sc.wave.Min.X; x < sc.wave.Max.X; x++ {
				if c := sc.frame.RGBAAt(x, y); c.R == 255 && c.G == 0 {
					red = red.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		want := at / 30 * float64(sc.wave.Dx())
		if got := float64(red.Max.X - sc.wave.Min.X); math.Abs(got-want) > barStep && at > 0 || at == 0 && !red.Empty() {
			t.Errorf("after %g s %g columns are played, want %g", at, got, want)
		}
	}
}

// With SPACES_STILLS naming a folder, this writes pictures to look at.
func TestStills(t *testing.T) {
	dir := os.Getenv("SPACES_STILLS")
	if dir == "" {
		t.Skip("SPACES_STILLS names no folder")
	}
	for _, c := range []struct {
		name, title   string
		cues          []Cue
		turns         []SpeakerCue
		cover, behind bool
	}{
		{"plain", "Débat : l’été des médias sociaux", nil, nil, false, false},
		{"cover", "Morning show", nil, someTurns, true, false},
		{"long", longTitle, nil, nil, false, false},
		{"all", longTitle, someCues, someTurns, true, true},
		{"emoji", "🎙️🔥 LIVE: what’s next? 🚀", someCues, nil, false, false},
		{"rtl", "שלום עולם", someCues, someTurns, true, false},
		{"greek", "Ελληνικά και Кириллица: Київ, Tiếng Việt", nil, someTurns, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, shape := range shapes {
				for _, theme := range []Theme{Dark, Light} {
					config := Config{Shape: shape, Theme: theme}
					if c.cover {
						config.Cover = asJPEG(t, photo(600, 400))
					}
					if c.behind {
						config.Background = asJPEG(t, photo(1600, 1200))
					}
					sc := sceneOf(style(t, config), c.title, c.cues, c.turns)
					sc.next(7.2)
					file := filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", c.name, shape, theme))
					if err := os.WriteFile(file, asPNG(t, sc.frame), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
