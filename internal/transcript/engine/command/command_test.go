package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
	"github.com/spaces-cli/spaces/internal/transcript/engine/conform"
)

func TestMain(m *testing.M) {
	if code, acted := conform.Act(os.Args, os.Stdout, os.Stderr, output); acted {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// output returns the file behind --out=, or "".
func output(args []string) string {
	for _, a := range args {
		if file, ok := strings.CutPrefix(a, "--out="); ok {
			return file
		}
	}
	return ""
}

// clock is a time of SubRip or WebVTT.
func clock(seconds float64, point string) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	ms := int(seconds*1000 + 0.5)
	return fmt.Sprintf("%s%02d:%02d:%02d%s%03d", sign, ms/3_600_000, ms/60_000%60, ms/1000%60, point, ms%1000)
}

func srt(_ string, lines []conform.Line) []byte {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "%d\r\n%s --> %s\r\n%s\r\n\r\n", i+1, clock(l.From, ","), clock(l.To, ","), l.Text)
	}
	return []byte(b.String())
}

func vtt(_ string, lines []conform.Line) []byte {
	b := []byte("WEBVTT\n\n")
	for _, l := range lines {
		text := strings.ReplaceAll(l.Text, "&", "&amp;")
		b = fmt.Appendf(b, "%s --> %s align:start\n%s\n\n", clock(l.From, "."), clock(l.To, "."), text)
	}
	return b
}

// whisperX writes lines as WhisperX and its like do.
func whisperX(language string, lines []conform.Line) []byte {
	var list []string
	for _, l := range lines {
		texts := strings.Split(l.Text, " ")
		step := (l.To - l.From) / float64(len(texts))
		var words []string
		for i, w := range texts {
			words = append(words, fmt.Sprintf(`{"word": %s, "start": %f, "end": %f, "score": NaN}`, conform.Quote(w), l.From+float64(i)*step, l.From+float64(i+1)*step))
		}
		list = append(list, fmt.Sprintf(`{"start": %f, "end": %f, "text": %s, "words": [%s]}`, l.From, l.To, conform.Quote(" "+l.Text), strings.Join(words, ", ")))
	}
	return fmt.Appendf(nil, `{"language": %s, "segments": [%s]}`, conform.Quote(language), strings.Join(list, ", "))
}

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name   string
		write  func(string, []conform.Line) []byte
		out    bool
		json   bool
		silent engine.Cause
	}{
		{"SubRip in a file", srt, true, false, engine.NoOutput},
		{"WebVTT on the output", vtt, false, false, ""},
		{"JSON on the output", whisperX, false, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conform.Run(t, conform.Kind{
				Make: func(t *testing.T, b conform.Behaviour) engine.Engine {
					args := []string{conform.Program(t, b), "--audio", Audio, "--language=" + Language}
					if c.out {
						args = append(args, "--out="+Out)
					}
					e, err := New(args)
					if err != nil {
						t.Fatal(err)
					}
					return e
				},
				Write: c.write,
				Tells: c.json, Words: c.json, Named: true,
				Silent:  c.silent,
				Failed:  engine.Failed,
				Missing: engine.NoProgram,
			})
		})
	}
}

func TestCommandWithoutSound(t *testing.T) {
	for _, args := range [][]string{nil, {"recognize"}, {"recognize", "--out", Out}, {Audio}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			_, err := New(args)
			var problem *engine.Error
			if !errors.As(err, &problem) || problem.Cause != engine.BadCommand || !problem.Persists() {
				t.Errorf("error %v", err)
			}
		})
	}
}

// The command gets what its placeholders stand for, also within an argument.
// Some programs put an ending behind the name of the file that they are given.
func TestPlaceholders(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is missing")
	}
	for _, c := range []struct{ name, script, language, want string }{
		{"language", `printf '1\n00:00:00,000 --> 00:00:01,000\n%s\n' "$2"`, "fr", "x-fr-y"},
		{"detected", `printf '1\n00:00:00,000 --> 00:00:01,000\n%s\n' "$2"`, "", "x-auto-y"},
		{"file", `printf '1\n00:00:00,000 --> 00:00:01,000\nin a file\n' > "$3"`, "", "in a file"},
		{"file with an ending", `printf 'WEBVTT\n\n00:00.000 --> 00:01.000\nin VTT\n' > "$3.vtt"; printf '1\n00:00:00,000 --> 00:00:01,000\nin SRT\n' > "$3.srt"`, "", "in SRT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{sh, "-c", c.script, "sh", Audio, "x-" + Language + "-y"}
			if strings.Contains(c.script, "$3") {
				args = append(args, Out)
			}
			e, err := New(args)
			if err != nil {
				t.Fatal(err)
			}
			p := conform.Piece(t, "piece.wav", 2, 0, 2)
			p.Language = c.language
			r, err := e.Recognize(t.Context(), p)
			if err != nil || len(r.Cues) != 1 || r.Cues[0].Text != c.want {
				t.Errorf("result %+v, error %v", r, err)
			}
		})
	}
}

// A program that was killed from outside says so: memory is often the reason.
func TestKilled(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is missing")
	}
	e, err := New([]string{sh, "-c", "kill -9 $$", "sh", Audio})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != engine.Killed || !strings.Contains(problem.Message, "signal: killed") {
		t.Errorf("error %v", err)
	}
}

// A program may leave others behind that hold its output; nobody waits for them.
func TestLeavesAnother(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is missing")
	}
	e, err := New([]string{sh, "-c", `sleep 3600 & printf '1\n00:00:00,000 --> 00:00:01,000\nhello\n'`, "sh", Audio})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := e.Recognize(ctx, conform.Piece(t, "piece.wav", 2, 0, 2))
	if err != nil || len(r.Cues) != 1 {
		t.Errorf("result %+v, error %v", r, err)
	}
}

// From sound to words: flite speaks, pocketsphinx hears.
func TestSpeech(t *testing.T) {
	for _, program := range []string{"flite", "pocketsphinx_continuous", "awk", "sh"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is missing")
		}
	}
	const spoken = "the quick brown fox jumps over the lazy dog"
	p := engine.Piece{Audio: filepath.Join(t.TempDir(), "speech.wav"), Language: "en", Timeout: 5 * time.Minute}
	if out, err := exec.Command("flite", "-voice", "slt", "-t", spoken, "-o", p.Audio).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	info, err := os.Stat(p.Audio)
	if err != nil {
		t.Fatal(err)
	}
	p.Length = time.Duration(info.Size()-44) * time.Second / (2 * engine.Rate)
	e, err := New([]string{"testdata/pocketsphinx.sh", Audio, Out})
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Recognize(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	for _, c := range r.Cues {
		for _, w := range c.Words {
			heard = append(heard, w.Text)
			if w.Confidence <= 0 || w.End <= w.Start || w.End > p.Length.Seconds() {
				t.Errorf("word %+v in %s", w, p.Length)
			}
		}
	}
	// It mishears one of them now and then, by version.
	known := 0
	for _, w := range strings.Fields(spoken) {
		if slices.Contains(heard, w) {
			known++
		}
	}
	if known < 6 || r.Language != "en" {
		t.Errorf("heard %q in %q, want %q", heard, r.Language, spoken)
	}
}
