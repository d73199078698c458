package audiogram

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/colour"
)

const longTitle = "Débat : l’été des médias sociaux, ou comment nous avons appris à ne plus nous inquiéter et à aimer les algorithmes, " +
	"avec beaucoup d’invités et encore plus de questions du public"

var (
	someCues = []Cue{
		timed(0.5, 0.4, "Nobody expects that a recording from four years ago still plays, and yet here we are."),
		{8, 12, "Next.", nil}, {20, 29, strings.TrimSpace(strings.Repeat("And on it goes, as it does. ", 9)), nil},
	}
	someTurns = []SpeakerCue{{0, 12, "@guest1"}, {10, 30, "@hostess"}}
)

var cover = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, photo(60, 40)); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

// A picture differs from the one before only where the scene says, and is the
// same however the scene came to it.
func TestNextTellsWhatChanges(t *testing.T) {
	for _, look := range Looks() {
		t.Run(string(look), func(t *testing.T) {
			t.Parallel()
			s := style(t, Config{Shape: Square, Look: look, Cover: asPNG(t, photo(30, 30)), Background: asJPEG(t, photo(80, 60)), EndCard: true, Address: "example.com"})
			walk, before := sceneOf(s, longTitle, "hostess", someCues, someTurns), image.NewRGBA(image.Rectangle{Max: s.size})
			draw.Draw(before, before.Rect, walk.frame, image.Point{}, draw.Src)
			still := 0
			for i := range 760 {
				changed := walk.next(float64(i) / 25)
				for _, r := range changed {
					draw.Draw(before, r, walk.frame, r.Min, draw.Src)
				}
				if !bytes.Equal(before.Pix, walk.frame.Pix) {
					t.Fatalf("picture %d differs beyond %v", i, changed)
				}
				if len(changed) == 0 {
					still++
				}
				if i%149 == 0 || i == 755 {
					jump := sceneOf(s, longTitle, "hostess", someCues, someTurns)
					jump.next(float64(i) / 25)
					if !bytes.Equal(jump.frame.Pix, walk.frame.Pix) {
						t.Fatalf("picture %d depends on those before", i)
					}
				}
			}
			if still != 9 { // the end card, but for the first picture of it
				t.Errorf("%d pictures are like those before", still)
			}
		})
	}
}

// Whatever is written or drawn keeps to the place that apps leave free, and parts
// do not lie on each other.
func TestSafeZones(t *testing.T) {
	titles := []string{
		"Débat", longTitle, "", strings.Repeat("W", 500), strings.Repeat("ÄÖÜgjpqy ", 60), "🎙️🔥 LIVE: what’s next? 🚀",
		"שלום עולם", "Ελληνικά και Кириллица: Київ", "e" + strings.Repeat("\u0301", 400), "\u202Eevil", "日本語",
	}
	if !long {
		titles = titles[1:4]
	}
	for _, title := range titles {
		for _, shape := range Shapes() {
			for _, look := range Looks() {
				for with := range 8 {
					if !long && with%3 != 1 {
						continue
					}
					c := Config{Shape: shape, Look: look}
					var cues []Cue
					var turns []SpeakerCue
					if with&1 != 0 {
						cues = []Cue{timed(0, 0.5, strings.TrimSpace(title+" and what is said by somebody"))}
					}
					if with&2 != 0 {
						turns = []SpeakerCue{{0, 10, "@" + title}}
					}
					if with&4 != 0 {
						c.Cover, c.Logo = cover, cover
					}
					s := style(t, c)
					sc := sceneOf(s, title, title, cues, turns)
					sc.next(2)
					m := s.measure
					// A mark and its word may reach as far beyond the letters as
					// the mark does, and a bar as far as it is aligned.
					free := s.rect(m.safe[0], m.safe[1], m.safe[2], m.safe[3]).Inset(-14)
					if left := rest(sc, free); !left.Empty() {
						t.Fatalf("%.20q, %s, %s, %d: something stands in %v", title, shape, look, with, left)
					}
				}
			}
		}
	}
}

// rest returns what is drawn outside of a part, but for a card.
func rest(s *scene, part image.Rectangle) image.Rectangle {
	empty := image.NewRGBA(s.frame.Rect)
	draw.Draw(empty, empty.Rect, s.style.background, image.Point{}, draw.Src)
	if !s.card.Empty() {
		s.fill(empty, s.card, float64(s.style.px(36)), s.style.colours.surface)
	}
	var found image.Rectangle
	for y := range empty.Rect.Max.Y {
		for x := range empty.Rect.Max.X {
			if at := image.Pt(x, y); !at.In(part) && empty.RGBAAt(x, y) != s.frame.RGBAAt(x, y) {
				found = found.Union(image.Rectangle{at, at.Add(image.Pt(1, 1))})
			}
		}
	}
	return found
}

// Parts do not lie on each other, and all letters end above what apps cover.
func TestLayout(t *testing.T) {
	for _, shape := range Shapes() {
		for _, look := range Looks() {
			for _, size := range Sizes() {
				for with := range 4 {
					s := style(t, Config{Shape: shape, Look: look, Size: size, Cover: cover})
					l := s.lay(with&1 != 0, with&2 != 0)
					name := fmt.Sprint(shape, look, size, with)
					parts := []image.Rectangle{l.hero, l.who, l.caption, l.wave, l.progress}
					for i, a := range parts {
						if i < 3 && !a.Empty() && (a.Max.Y > s.px(s.measure.letters) || a.Min.Y < s.px(s.measure.safe[1])) {
							t.Errorf("%s: part %d at %v", name, i, a)
						}
						for k, b := range parts[:i] {
							if a.Overlaps(b) {
								t.Errorf("%s: parts %d and %d", name, k, i)
							}
						}
					}
					if l.caption.Overlaps(l.head) || l.caption.Empty() != (with&1 == 0) || l.who.Empty() != (with&2 == 0) {
						t.Errorf("%s: %+v", name, l)
					}
				}
			}
		}
	}
	// 14, 35 and 15 % of tall pictures; see measure.
	if m := measures()[Tall]; m.safe[1] < 0.14*1280 || m.letters > 0.65*1280 || m.safe[3] > 0.75*1280 || m.safe[2] > 0.85*720 || m.safe[0] < 0.06*720 {
		t.Errorf("%+v", m)
	}
}

// The word that is spoken looks otherwise than those around it, and no other does.
func TestMarksFollowWords(t *testing.T) {
	for _, look := range Looks() {
		for _, theme := range Themes() {
			s := style(t, Config{Look: look, Theme: theme})
			cue := timed(1, 1, "one two three four")
			sc := sceneOf(s, "Title", "host", []Cue{cue}, nil)
			row := sc.pages[0].rows[0]
			x := sc.place(row.Line, sc.caption)
			colour := s.colours.word
			if look != Clean {
				colour = s.colours.mark
			}
			for i := range 8 {
				at := 1.02 + float64(i)/2
				sc.next(at)
				for k, w := range cue.Words {
					e := row.Extents(w.From, w.To)[0]
					area := image.Rect(int(x+e[0]), sc.caption.Min.Y, int(x+e[1]), sc.caption.Min.Y+row.pitch())
					marked := count(sc.frame, area, colour) > 40
					if look == Bold { // the mark has the colour of the letters
						marked = count(sc.frame, area, colour) > area.Dx()*area.Dy()/2
					}
					if want := k == i/2; marked != want {
						t.Errorf("%s, %s: at %g word %d is marked: %t", look, theme, at, k, marked)
					}
				}
			}
		}
	}
}

func count(m *image.RGBA, r image.Rectangle, c color.NRGBA) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if got := m.RGBAAt(x, y); got.R == c.R && got.G == c.G && got.B == c.B {
				n++
			}
		}
	}
	return n
}

// What has been played has the colour of the bars, the rest has not.
func TestProgress(t *testing.T) {
	s := style(t, Config{Accent: "#ff0000"})
	sc := sceneOf(s, "Title", "", nil, nil)
	y := (sc.progress.Min.Y + sc.progress.Max.Y) / 2
	for _, at := range []float64{0, 10, 29.96} {
		sc.next(at)
		played := count(sc.frame, image.Rect(sc.progress.Min.X, y, sc.progress.Max.X, y+1), s.colours.bars)
		if want := at / 30 * float64(sc.progress.Dx()); float64(played) < want-8 || float64(played) > want+8 {
			t.Errorf("after %g s %d columns are played, want %g", at, played, want)
		}
	}
}

// Letters and graphics can be made out, whatever the accent and whatever picture
// lies behind (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	if got := colour.Contrast(colour.Of(0), colour.Of(0xFFFFFF)); got != 21 {
		t.Errorf("black on white has %g", got)
	}
	accents := []color.NRGBA{colour.Of(0), colour.Of(0xFFFFFF), colour.Of(0x808080), colour.Of(0x777777), colour.Of(0xFFFF00), colour.Of(0x0000FF), colour.Of(0x2F80ED)}
	for i := range uint32(100) {
		accents = append(accents, colour.Of(i*0x9E3779B1>>8))
	}
	for _, look := range Looks() {
		for _, theme := range Themes() {
			for _, accent := range accents {
				for _, with := range []bool{false, true} {
					p := colours(look, theme, accent, with)
					behind := []color.NRGBA{p.surface}
					if with && look != Card {
						behind = []color.NRGBA{over(p.veil, colour.Of(0)), over(p.veil, colour.Of(0xFFFFFF))}
					}
					check := func(name string, c color.NRGBA, least float64, behind ...color.NRGBA) {
						for _, b := range behind {
							if got := colour.Contrast(c, b); got < least {
								t.Errorf("%s, %s, %s, photo %t: %s %s has %.2f on %s", look, theme, colour.Hex(accent), with, name, colour.Hex(c), got, colour.Hex(b))
							}
						}
					}
					check("text", p.text, 4.5, behind...)
					check("muted", p.muted, 4.5, behind...)
					check("word", p.word, 4.5, behind...)
					check("bars", p.bars, 3, behind...)
					check("mark", p.mark, 3, p.surface)
					check("on the mark", p.onMark, 4.5, p.mark)
				}
			}
		}
	}
	// An accent that can be seen stays as it is; another one is told.
	if s := style(t, Config{Accent: "#4c9dff"}); s.Adjusted() != "" || s.colours.bars != colour.Of(0x4C9DFF) {
		t.Errorf("%q", s.Adjusted())
	}
	if s := style(t, Config{Accent: "#ffffff", Theme: Light}); s.Adjusted() == "" || s.colours.bars == colour.Of(0xFFFFFF) {
		t.Errorf("%q", s.Adjusted())
	}
	// What a bold look is filled with is the accent, whatever the theme: the letters are those that it can carry.
	for _, theme := range Themes() {
		for _, accent := range []string{"#ffe600", "#0b0e40"} {
			if s := style(t, Config{Accent: accent, Look: Bold, Theme: theme}); s.Adjusted() != "" || colour.Hex(s.colours.page) != accent {
				t.Errorf("%s, %s: %q, %s", accent, theme, s.Adjusted(), colour.Hex(s.colours.page))
			}
		}
	}
}
