package audiogram

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/image/draw"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// speech is the sound of somebody who speaks, as bars.
func speech(bands, pictures int) *spectrum {
	s := &spectrum{bands: bands}
	for i := range pictures {
		for k := range bands {
			x, t := float64(k)/float64(bands), float64(i)/25
			v := 0.75*math.Exp(-3*x)*(0.6+0.4*math.Sin(9*t)) + 0.5*math.Exp(-40*(x-0.35)*(x-0.35))*(0.5+0.5*math.Sin(5*t+1)) + 0.12*math.Abs(math.Sin(float64(k)*2.3+7*t))
			s.levels = append(s.levels, uint8(255*min(1, max(0, v))))
		}
	}
	return s
}

// timed is a cue that is spoken word by word.
func timed(start, each float64, text string) Cue {
	c := Cue{Start: start, Text: text}
	at := 0
	words := strings.Fields(text)
	if !spaced(text) {
		if words = nil; strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Thai, r) }) {
			return Cue{start, start + 5, text, nil}
		}
		for rest := []rune(text); len(rest) > 0; rest = rest[min(3, len(rest)):] {
			words = append(words, strings.TrimSpace(string(rest[:min(3, len(rest))])))
		}
	}
	for _, w := range words {
		n := strings.Index(text[at:], w)
		c.Words = append(c.Words, Word{start, start + each, at + n, at + n + len(w)})
		at += n + len(w)
		start += each
	}
	c.End = start
	return c
}

// A script is texts in one.
type script struct{ name, title, host, said string }

var scripts = []script{
	{"latin", "Why public radio still matters", "annalee", "Nobody expects that a recording from four years ago still plays, and yet here we are."},
	{"arabic", "لماذا لا تزال الإذاعة مهمة", "layla", "لا أحد يتوقع أن تسجيلاً عمره أربع سنوات ما زال يعمل، ومع ذلك ها نحن هنا."},
	{"hindi", "सार्वजनिक रेडियो अब भी क्यों मायने रखता है", "priya", "किसी को उम्मीद नहीं थी कि चार साल पुरानी रिकॉर्डिंग अब भी चलेगी, फिर भी हम यहाँ हैं।"},
	{"japanese", "公共ラジオが今も大切な理由", "yuki", "四年前の録音がまだ再生できるとは誰も思っていませんでしたが、こうして聞いています。"},
	{"korean", "공영 라디오가 여전히 중요한 이유", "minji", "아무도 4년 전 녹음이 아직 재생될 거라고 생각하지 않았지만, 이렇게 듣고 있습니다."},
	{"thai", "ทำไมวิทยุสาธารณะยังสำคัญ", "nok", "ไม่มีใครคาดคิดว่าบันทึกเสียงเมื่อสี่ปีก่อนจะยังเล่นได้ แต่เราก็มาถึงจุดนี้"},
}

func sceneOf(s *Style, title, host string, cues []Cue, turns []SpeakerCue) *scene {
	l := s.lay(len(cues) > 0, len(turns) > 0)
	return s.Renderer(cues, turns).newScene(request(title, host), l, speech(s.bands(s.count(l)), 750), 30)
}

// sheet is pictures in rows, each in an equal cell.
func sheet(rows [][]image.Image, height int) *image.RGBA {
	const gap = 16
	width := 0
	for _, r := range rows {
		w := gap
		for _, m := range r {
			w += m.Bounds().Dx()*height/m.Bounds().Dy() + gap
		}
		width = max(width, w)
	}
	out := image.NewRGBA(image.Rect(0, 0, width, len(rows)*(height+gap)+gap))
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{0x80}), image.Point{}, draw.Src)
	for i, r := range rows {
		x := gap
		for _, m := range r {
			w := m.Bounds().Dx() * height / m.Bounds().Dy()
			draw.ApproxBiLinear.Scale(out, image.Rect(x, gap+i*(height+gap), x+w, (i+1)*(height+gap)), m, m.Bounds(), draw.Src, nil)
			x += w + gap
		}
	}
	return out
}

func writePNG(t *testing.T, file string, m image.Image) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// With SPACES_STILLS naming a folder, this writes contact sheets to look at: all
// shapes, looks and themes in a script, with and without captions.
func TestSheets(t *testing.T) {
	dir := os.Getenv("SPACES_STILLS")
	if dir == "" {
		t.Skip("SPACES_STILLS names no folder")
	}
	fonts := sheetFonts(t)
	for _, sc := range scripts {
		for _, with := range []bool{true, false} {
			name := fmt.Sprintf("%s-%s.png", sc.name, map[bool]string{true: "captions", false: "title"}[with])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var rows [][]image.Image
				for _, look := range Looks() {
					for _, theme := range Themes() {
						var row []image.Image
						for _, shape := range Shapes() {
							s := style(t, Config{Shape: shape, Look: look, Theme: theme, Fonts: fonts})
							var cues []Cue
							var turns []SpeakerCue
							if with {
								cues = []Cue{timed(0, 0.3, sc.said)}
								turns = []SpeakerCue{{0, 30, "@" + sc.host}}
							}
							scene := sceneOf(s, sc.title, sc.host, cues, turns)
							scene.next(1.3)
							row = append(row, scene.frame)
						}
						rows = append(rows, row)
					}
				}
				writePNG(t, filepath.Join(dir, name), sheet(rows, 400))
			})
		}
	}
}

// With SPACES_STILLS, this writes sheets of what is not in every video.
func TestSheetsOfExtras(t *testing.T) {
	dir := os.Getenv("SPACES_STILLS")
	if dir == "" {
		t.Skip("SPACES_STILLS names no folder")
	}
	fonts := sheetFonts(t)
	logo := image.NewNRGBA(image.Rect(0, 0, 400, 100))
	draw.Draw(logo, image.Rect(0, 20, 80, 80), image.NewUniform(color.NRGBA{230, 60, 60, 255}), image.Point{}, draw.Src)
	draw.Draw(logo, image.Rect(100, 40, 400, 60), image.NewUniform(color.NRGBA{230, 60, 60, 255}), image.Point{}, draw.Src)
	face := asJPEG(t, photo(200, 200))
	for _, c := range []struct {
		name, title, host string
		config            Config
		cues              []Cue
		turns             []SpeakerCue
		at                float64
	}{
		{"cover-captions", scripts[0].title, "annalee", Config{Cover: asJPEG(t, photo(600, 600)), Logo: asPNG(t, logo), Pictures: map[string][]byte{"annalee": face}},
			[]Cue{timed(0, 0.3, scripts[0].said)}, []SpeakerCue{{0, 30, "@annalee"}, {0, 30, "@bob_the_builder"}}, 1.3},
		{"cover-title", scripts[0].title, "annalee", Config{Cover: asJPEG(t, photo(600, 600)), Logo: asPNG(t, logo)}, nil, []SpeakerCue{{0, 30, "@annalee"}}, 1.3},
		{"photo-captions", scripts[0].title, "annalee", Config{Background: asJPEG(t, photo(1600, 1200)), Accent: "#ff7a00"}, []Cue{timed(0, 0.3, scripts[0].said)}, nil, 1.3},
		{"long-captions", longTitle, "a_handle_with_15", Config{Accent: "#d1481c"}, []Cue{timed(0, 0.3, "Donaudampfschifffahrtsgesellschaftskapitänswitwe, or the like.")},
			[]SpeakerCue{{0, 30, "@a_handle_with_15"}, {0, 30, "@another_handle1"}, {0, 30, "@and_a_third_one"}, {0, 30, "@fourth"}}, 0.1},
		{"long-title", longTitle, "a_handle_with_15", Config{Accent: "#0b8043"}, nil, nil, 1.3},
		{"arabic-cover-title", scripts[1].title, "layla", Config{Cover: asJPEG(t, photo(600, 600)), Logo: asPNG(t, logo)}, nil, []SpeakerCue{{0, 30, "@layla"}}, 1.3},
		{"emoji-word", "🎙️ LIVE 🔥", "", Config{Accent: "#ffffff"}, nil, nil, 1.3},
		{"end-cover", scripts[0].title, "annalee", Config{Cover: asJPEG(t, photo(600, 600)), EndCard: true, Address: "example.com/why-public-radio"}, nil, nil, 31},
		{"end-logo", scripts[1].title, "annalee", Config{Logo: asPNG(t, logo), EndCard: true, Address: "example.com"}, []Cue{timed(0, 0.3, scripts[1].said)}, nil, 31},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var rows [][]image.Image
			for _, look := range Looks() {
				for _, theme := range Themes() {
					var row []image.Image
					for _, shape := range Shapes() {
						config := c.config
						config.Shape, config.Look, config.Theme, config.Fonts = shape, look, theme, fonts
						scene := sceneOf(style(t, config), c.title, c.host, c.cues, c.turns)
						scene.next(c.at)
						row = append(row, scene.frame)
					}
					rows = append(rows, row)
				}
			}
			writePNG(t, filepath.Join(dir, c.name+".png"), sheet(rows, 400))
			for i, row := range rows { // one shape of each in its own size
				writePNG(t, filepath.Join(dir, fmt.Sprintf("%s-%d.png", c.name, i)), row[i%len(row)])
			}
		})
	}
}

func sheetFonts(t *testing.T) *lettering.Set {
	t.Helper()
	fonts, err := lettering.Find(lettering.Options{System: true, Language: "ja"})
	if err != nil {
		t.Fatal(err)
	}
	return fonts
}
