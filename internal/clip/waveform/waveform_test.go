package waveform

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

const rate = 48000

// tone is the outline of a tone of so many seconds, the second half silent.
func tone(t *testing.T, seconds int) *peaks.File {
	t.Helper()
	var b bytes.Buffer
	w, err := peaks.NewWriter(&b, peaks.Config{SampleRate: rate, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	for s := range seconds {
		block := make([]float32, rate)
		for i := range block {
			if s < seconds/2 {
				block[i] = float32(0.5 * math.Sin(float64(i)/20))
			}
		}
		if err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := peaks.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tenSeconds(t *testing.T, f Format) *Waveform {
	s := &space.Space{Recording: space.Recording{Title: "Jazz night", File: "recordings/2021/x/Jazz night.m4a"}}
	return &Waveform{Space: s, Peaks: tone(t, 10), From: 2500 * time.Millisecond, To: 5 * time.Second,
		Format: f, Width: 400, Height: 200, SamplesPerPixel: 512, Bits: 8}
}

func TestName(t *testing.T) {
	w := tenSeconds(t, SVG)
	if got, want := w.Name(false), "Jazz night.svg"; got != want {
		t.Errorf("of the whole %q, want %q", got, want)
	}
	if got, want := w.Name(true), "Jazz night 2.5s-5s.svg"; got != want {
		t.Errorf("of a part %q, want %q", got, want)
	}
}

// Data begins at a whole pixel, pictures at the sample that is asked for.
func TestSpan(t *testing.T) {
	for f, want := range map[Format][2]int64{PNG: {120000, 240000}, SVG: {120000, 240000}, JSON: {119808, 240000}, Dat: {119808, 240000}} {
		t.Run(string(f), func(t *testing.T) {
			w := tenSeconds(t, f)
			if from, to := w.Span(); from != want[0] || to != want[1] {
				t.Errorf("%d to %d, want %v", from, to, want)
			}
			w.From, w.To = 9*time.Second, 11*time.Second
			if _, to := w.Span(); to != 10*rate {
				t.Errorf("it reaches to %d, beyond the end", to)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			var b bytes.Buffer
			if err := tenSeconds(t, f).Write(&b); err != nil {
				t.Fatal(err)
			}
			switch f {
			case PNG:
				if p, err := png.Decode(&b); err != nil || p.Bounds().Dx() != 400 || p.Bounds().Dy() != 200 {
					t.Errorf("the picture: %v", err)
				}
			case SVG:
				if !strings.HasPrefix(b.String(), "<svg") || !strings.Contains(b.String(), "Jazz night") {
					t.Errorf("no titled picture: %.80s", b.String())
				}
			case JSON:
				var v struct {
					Length int `json:"length"`
					Data   []int
				}
				if err := json.Unmarshal(b.Bytes(), &v); err != nil || v.Length != 235 || len(v.Data) != 470 {
					t.Errorf("%d pixels, %d values, %v", v.Length, len(v.Data), err)
				}
			case Dat:
				if b.Len() != 24+2*235 {
					t.Errorf("%d bytes", b.Len())
				}
			}
			if !f.Known() || Format("gif").Known() {
				t.Error("formats are mixed up")
			}
		})
	}
}

// Names are said to be estimated; a clip is named where its title is its own.
func TestPictureNames(t *testing.T) {
	w := tenSeconds(t, SVG)
	w.Turns = &space.Turns{Turns: []space.Turn{{Handle: "hostess", Start: 1, End: 4}, {Start: 4, End: 5}}}
	w.Clips = []clip.Provenance{{}, {}}
	w.Clips[0].At, w.Clips[0].Length, w.Clips[0].Title = 3, 1, "Jazz night"
	w.Clips[1].At, w.Clips[1].Length, w.Clips[1].Title = 4, 1, "The solo"
	var b bytes.Buffer
	if err := w.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "≈ @hostess") || !strings.Contains(b.String(), "The solo") {
		t.Errorf("names are missing in %s", b.String())
	}
	if n := strings.Count(b.String(), ">Jazz night<"); n != 2 { // of the document and above the picture
		t.Errorf("the title stands there %d times", n)
	}
}

func TestText(t *testing.T) {
	text, err := Text(tone(t, 10), 40, 2)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[2] != "0:00              0:05              0:10" {
		t.Errorf("got\n%s", text)
	}
	if strings.TrimRight(lines[1], " ") != strings.TrimRight(string([]rune(lines[1])[:20]), " ") {
		t.Errorf("the silent half is drawn: %q", lines[1])
	}
}
