package passage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/quote"
)

const rate = 48000

// A sound is a stretch in which somebody can be heard, in seconds.
type sound struct{ from, to float64 }

// heard is a recording of a tone in some stretches, and of a quiet hiss else.
func heard(t *testing.T, seconds float64, sounds ...sound) *recording.Recording {
	t.Helper()
	var b bytes.Buffer
	n := int(seconds * rate)
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+2*n))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(2*n))
	samples := make([]int16, n)
	for i := range samples {
		samples[i] = int16(i*7919%5 - 2)
		for _, s := range sounds {
			if at := float64(i) / rate; at >= s.from && at < s.to {
				samples[i] = int16(8000 * math.Sin(2*math.Pi*200*at))
			}
		}
	}
	binary.Write(&b, binary.LittleEndian, samples)
	dir := t.TempDir()
	file := filepath.Join(dir, "talk.wav")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: filepath.Join(dir, "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	if _, err := intake.Import(t.Context(), lib, []string{file}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	all, err := lib.Catalog().Find(t.Context(), "latest")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	r, err := recording.Open(lib, all[0].ID, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// said are the words of a recording, each line "from to word" in seconds, and
// those between empty lines one utterance; a line "from to: text" is one without
// times of words.
func said(r *recording.Recording, text string) *Words {
	var cues []transcript.Cue
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var c transcript.Cue
		for i, line := range strings.Split(block, "\n") {
			line = strings.TrimSpace(line)
			var w transcript.Word
			head, whole, untimed := strings.Cut(line, ": ")
			if untimed {
				fmt.Sscan(head, &c.Start, &c.End)
				c.Text = whole
				continue
			}
			fmt.Sscan(line, &w.Start, &w.End, &w.Text)
			if i == 0 {
				c.Start = w.Start
			}
			c.End, c.Words = w.End, append(c.Words, w)
			c.Text = strings.TrimSpace(c.Text + " " + w.Text)
		}
		cues = append(cues, c)
	}
	return Of(transcripts.New(r.Space, r.Rate, r.Samples, nil, cues), r)
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		name          string
		sounds        []sound
		words, quote  string
		from, to      float64 // about, to 15 ms
		before, after bool
		estimated     bool
	}{
		{"pauses on both sides", []sound{{1, 2}, {3, 4}, {5, 6}}, "1 2 one\n3 4 two\n5 6 three", "two", 2.85, 4.3, true, true, false},
		{"short pauses are halved", []sound{{1, 2.9}, {3, 4}, {4.2, 6}}, "1 2.9 one\n3 4 two\n4.2 6 three", "two", 2.95, 4.1, true, true, false},
		{"words last until the next", []sound{{1, 1.8}, {3, 3.5}, {5, 6}}, "1 3 one\n3 5 two\n5 6 three", "two", 2.85, 5, true, true, false},
		{"words begin at the one before", []sound{{1, 2}, {3.4, 4}, {5, 6}}, "1 2 one\n2.4 4 two\n4 6 three", "two", 2.4, 4.3, true, true, false},
		{"no pause", []sound{{0, 8}}, "1 2 one\n2 3 two\n3 4 three", "two", 2, 3, false, false, false},
		{"a gap without a pause", []sound{{0, 8}}, "1 2 one\n2.2 3 two\n3.4 4 three", "two", 2.1, 3.2, false, false, false},
		{"a stop in the word before is no pause", []sound{{1, 1.75}, {1.85, 3}, {3.5, 4}}, "1 2 one\n2 3 two\n3.5 4 three", "two", 2, 3.25, false, true, false},
		{"the pause before the word before", []sound{{1, 1.5}, {2, 4}}, "1 1.5 one\n2 2.6 a\n2.7 3.9 two", "two", 2.65, 4.3, false, true, false},
		{"the beginning of the recording", []sound{{0, 1}, {2, 3}}, "0.05 1 one\n2 3 two", "one", 0, 1.3, true, true, false},
		{"the end of the recording", []sound{{1, 2}, {3, 8}}, "1 2 one\n3 7.9 two", "two", 2.85, 8, true, true, false},
		{"somebody talks on", []sound{{1, 7}}, "1 3 one\n3 4 two\n\n2 6 all", "two", 3, 4, false, false, false},
		{"several words", []sound{{1, 2}, {3, 4}, {5, 6}}, "1 2 one\n3 4 two\n5 6 three", "one … two", 0.85, 4.3, true, true, false},
		{"no times of words", []sound{{1, 2}, {3, 4}, {5, 6}}, "1 6: abcde fghij klmno", "fghij", 2.667, 4.333, true, true, true},
		{"no times of words, all of it", []sound{{1, 2}, {3, 4}}, "1 4: one two", "one two", 0.85, 4.3, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := said(heard(t, 8, tt.sounds...), tt.words)
			m, err := w.Quote(tt.quote, quote.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := w.Cut(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			from, to := float64(c.Start)/rate, float64(c.End())/rate
			if math.Abs(from-tt.from) > 0.015 || math.Abs(to-tt.to) > 0.015 || c.Before != tt.before || c.After != tt.after || c.Estimated != tt.estimated {
				t.Errorf("from %.3f (%t) to %.3f (%t), estimated %t; want %.3f, %.3f", from, c.Before, to, c.After, c.Estimated, tt.from, tt.to)
			}
			if !c.Estimated && (c.Start > m.Start || c.End() < m.End) {
				t.Errorf("%+v cuts into the words %d to %d", c.Span, m.Start, m.End)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	r := heard(t, 30, sound{1, 2}, sound{3, 5}, sound{6, 8}, sound{20, 22})
	w := said(r, "1 2 One.\n3 4 Two\n4 5 three.\n6 7 Four\n7 8 five.\n20 22 Six.")
	for _, tt := range []struct{ name, span, want string }{
		{"nearest", "3.4 7", "2.85 8.3"},
		{"one sentence", "3.1 4.9", "2.85 5.3"},
		{"inside one", "4.1 4.4", "2.85 5.3"},
		{"the recording's own ends stay", "0 30", "0 30"},
		{"none within reach", "9 30", "5.85 30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a, b float64
			fmt.Sscan(tt.span, &a, &b)
			c, err := w.Snap(t.Context(), recording.Span{Start: int64(a * rate), Samples: int64((b - a) * rate)})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Sscan(tt.want, &a, &b)
			if from, to := float64(c.Start)/rate, float64(c.End())/rate; math.Abs(from-a) > 0.015 || math.Abs(to-b) > 0.015 || !c.Before || !c.After {
				t.Errorf("%.3f to %.3f, %+v; want %s", from, to, c, tt.want)
			}
		})
	}
	m, err := w.Quote("three four", quote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Whole(t.Context(), m)
	if got := w.Said(c.Words, Withheld{}); err != nil || got != "Two three. Four five." {
		t.Errorf("whole sentences: %q, %v", got, err)
	}
	if got := w.Said(c.Words, Withheld{Spans: []recording.Span{{Start: 4.5 * rate, Samples: 10}}}); got != "Two […] Four five." {
		t.Errorf("withheld: %q", got)
	}
}

func TestQuoteFails(t *testing.T) {
	r := heard(t, 30, sound{1, 2})
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "%d %d.5 thank\n%[1]d.5 %[1]d.9 you\n\n", i*2, i*2)
	}
	w := said(r, b.String()+"25 26 Rhubarb")
	var several *AmbiguousError
	if _, err := w.Quote("Thank  you", quote.Options{}); !errors.As(err, &several) || len(several.Places) != 10 || several.More != 2 || several.Error() != "“Thank you” is said 12 times in "+r.Space.ID {
		t.Errorf("%v", err)
	}
	var missing *MissingError
	if _, err := w.Quote("rubarb", quote.Options{}); !errors.As(err, &missing) || len(missing.Near) != 1 || missing.Near[0].At != 25 || missing.Near[0].Text != "Rhubarb" {
		t.Errorf("%v", err)
	}
	var p *recording.Problem
	if _, err := w.Quote("…", quote.Options{}); !errors.As(err, &p) || p.Kind != recording.BadQuote {
		t.Errorf("%v", err)
	}
	if _, err := w.Quote("thank", quote.Options{Speaker: "x"}); !errors.As(err, &p) || p.Kind != recording.NoTurns {
		t.Errorf("%v", err)
	}
}

func TestTitle(t *testing.T) {
	for text, want := range map[string]string{
		"and  so,": "and so",
		"We should have said no, well known or not, at the beginning of it all, I think.": "We should have said no, well known or not, at the beginning…",
		strings.Repeat("あ", 70): strings.Repeat("あ", 60) + "…",
		"":                      "",
	} {
		if got := Title(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
