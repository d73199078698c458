package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

var said = []Line{{0.5, 2, "Guten Abend zusammen."}, {2.25, 4.5, "Es geht um “Ton” & 字幕."}}

func (k Kind) words(t *testing.T) {
	p := Piece(t, "piece.wav", 10, 0, 10)
	p.Language = "de"
	r := k.result(t, Behaviour{Output: k.Write("de", said)}, p)
	if len(r.Cues) != len(said) {
		t.Fatalf("cues %+v, want %+v", r.Cues, said)
	}
	for i, c := range r.Cues {
		if c.Text != said[i].Text || math.Abs(c.Start-said[i].From) > 0.001 || math.Abs(c.End-said[i].To) > 0.001 {
			t.Errorf("cue %+v, want %+v", c, said[i])
		}
		var list []string
		for _, w := range c.Words {
			list = append(list, w.Text)
		}
		if got := strings.Join(list, ""); k.Words && got != strings.ReplaceAll(said[i].Text, " ", "") {
			t.Errorf("words %q, want those of %q", list, said[i].Text)
		}
	}
	if k.Tells && r.Language != "de" {
		t.Errorf("language %q", r.Language)
	}
	if r.Mended+r.PastEnd+r.Repeated+r.Garbled != 0 {
		t.Errorf("nothing was wrong, and the result is %+v", r)
	}
}

// Pieces may lie in folders with any name.
func (k Kind) names(t *testing.T) {
	for _, name := range []string{"-f", "a b.wav", "l'été [1ypK].wav", "$(x)`y`%PATH%;&.wav"} {
		t.Run(name, func(t *testing.T) {
			p := Piece(t, name, 5, 0, 5)
			r := k.result(t, Behaviour{Output: k.Write("en", said)}, p)
			if len(r.Cues) != len(said) {
				t.Errorf("cues %+v", r.Cues)
			}
		})
	}
}

func (k Kind) nothingSaid(t *testing.T) {
	if r := k.result(t, Behaviour{Output: k.Write("en", nil)}, Piece(t, "piece.wav", 5, 0, 0)); len(r.Cues) != 0 {
		t.Errorf("cues %+v", r.Cues)
	}
}

// Times below zero, backwards, on top of each other, and past the end.
func (k Kind) times(t *testing.T) {
	for _, c := range []struct {
		name            string
		lines           []Line
		texts           []string
		mended, pastEnd bool
	}{
		{"negative", []Line{{-1, 1, "one"}, {2, 3, "two"}}, []string{"one", "two"}, true, false},
		{"backwards", []Line{{4, 2, "one"}, {6, 7, "two"}}, []string{"one", "two"}, true, false},
		{"out of order", []Line{{6, 7, "two"}, {1, 2, "one"}}, []string{"one", "two"}, true, false},
		{"overlapping", []Line{{1, 6, "one"}, {3, 8, "two"}, {4, 5, "three"}}, []string{"one", "two", "three"}, true, false},
		{"at one time", []Line{{1, 3, "one"}, {1, 3, "two"}}, []string{"one\ntwo"}, true, false},
		{"over the end", []Line{{1, 3, "one"}, {9, 12, "two"}}, []string{"one", "two"}, false, true},
		{"after the end", []Line{{1, 3, "one"}, {10, 12, "two"}, {3000, 3001, "three"}}, []string{"one"}, false, true},
		{"without length", []Line{{1, 1, "one"}, {2, 2, "two"}}, []string{"one", "two"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := k.result(t, Behaviour{Output: k.Write("en", c.lines)}, Piece(t, "piece.wav", 10, 0, 10))
			var texts []string
			for _, cue := range r.Cues {
				texts = append(texts, cue.Text)
			}
			if strings.Join(texts, "|") != strings.Join(c.texts, "|") {
				t.Errorf("texts %q, want %q", texts, c.texts)
			}
			if r.Mended > 0 != c.mended || r.PastEnd > 0 != c.pastEnd {
				t.Errorf("mended %d, past the end %d", r.Mended, r.PastEnd)
			}
		})
	}
}

// A character whose bytes are two cues' is nobody's; one whose bytes are in two
// tokens of a word is whole, which Write of the kind sees to.
func (k Kind) splitCharacters(t *testing.T) {
	lines := []Line{{0, 2, "a\xe5\xad"}, {2, 4, "\x97 b"}}
	r := k.result(t, Behaviour{Output: k.Write("en", lines)}, Piece(t, "piece.wav", 5, 0, 5))
	if len(r.Cues) != 2 || r.Cues[0].Text != "a" || r.Cues[1].Text != "b" || r.Garbled == 0 {
		t.Errorf("cues %+v, %d bytes garbled", r.Cues, r.Garbled)
	}
}

func (k Kind) garbled(t *testing.T) {
	r := k.result(t, Behaviour{Output: k.Write("en", []Line{{0, 2, "one\xff\xfe two"}, {2, 3, "\xc0\xc1\xf8"}})}, Piece(t, "piece.wav", 5, 0, 5))
	if len(r.Cues) == 0 || r.Cues[0].Text != "one two" || len(r.Cues) != 1 || r.Garbled == 0 {
		t.Errorf("cues %+v, %d bytes garbled", r.Cues, r.Garbled)
	}
}

func thanks(n int) (lines []Line) {
	for i := range n {
		lines = append(lines, Line{float64(10 + 5*i), float64(15 + 5*i), []string{"Thank you.", " thank you!"}[i%2]})
	}
	return lines
}

func (k Kind) repeatedInSilence(t *testing.T) {
	p := Piece(t, "piece.wav", 60, 0, 10)
	for _, c := range []struct {
		name  string
		lines []Line
		left  int
	}{
		{"again and again", append([]Line{{0, 9, "Good evening."}}, thanks(6)...), 1},
		{"in one line", []Line{{0, 9, "Good evening."}, {10, 40, strings.Repeat("you ", 20) + "you"}}, 1},
		{"first aloud", append([]Line{{1, 2, "Thank you."}}, thanks(6)...), 1},
		{"twice", append([]Line{{0, 9, "Good evening."}}, thanks(2)...), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := k.result(t, Behaviour{Output: k.Write("en", c.lines)}, p)
			if len(r.Cues) != c.left || r.Repeated != len(c.lines)-c.left {
				t.Errorf("%d cues are left and %d were repeated, want %d of %d: %+v", len(r.Cues), r.Repeated, c.left, len(c.lines), r.Cues)
			}
		})
	}
}

func (k Kind) repeatedInSound(t *testing.T) {
	r := k.result(t, Behaviour{Output: k.Write("en", thanks(6))}, Piece(t, "piece.wav", 60, 0, 60))
	if len(r.Cues) != 6 || r.Repeated != 0 {
		t.Errorf("%d cues are left and %d were repeated", len(r.Cues), r.Repeated)
	}
}

func (k Kind) millionWords(t *testing.T) {
	n := 1000
	if k.Words {
		n = 100 // of which each word is a hundred bytes
	}
	var lines []Line
	for i := range n {
		lines = append(lines, Line{float64(i) / 100, float64(i+1) / 100, strings.Repeat("word ", 999) + "word"})
	}
	_, err := k.recognize(t, t.Context(), Behaviour{Output: k.Write("en", lines)}, Piece(t, "piece.wav", 10, 0, 10))
	wantCause(t, err, engine.TooMuch)
}

func (k Kind) webPage(t *testing.T) {
	_, err := k.recognize(t, t.Context(), Behaviour{Output: []byte("\n<!DOCTYPE html>\n<html><body>Sign in to continue</body></html>")}, Piece(t, "piece.wav", 5, 0, 5))
	wantCause(t, err, engine.BadOutput)
}

func (k Kind) rubbish(t *testing.T) {
	whole := k.Write("en", said)
	for name, output := range map[string][]byte{
		"words only": []byte("Good evening everybody.\nThis is about sound.\n"),
		"half JSON":  []byte(`{"segments": [{"start": 1, "end": 2, "text": "Good`),
		"JSON":       []byte(`{"a": 1}`),
		"an error":   []byte(`{"error": {"message": "out of memory"}}`),
		"no times":   []byte(`{"text": "Good evening."}`),
		"binary":     bytes.Repeat([]byte{0, 1, 0xfe, 0xff}, 1000),
		"nested":     bytes.Repeat([]byte("["), 1<<20),
		"null times": []byte(`{"segments": [{"start": null, "end": null, "text": "Good evening."}]}`),
		"strings":    []byte(`{"segments": [{"start": "soon", "end": "later", "text": "Good evening."}]}`),
		"infinite":   []byte(`{"segments": [{"start": 1e300, "end": 1e300, "text": "Good evening."}]}`),
		"text first": append([]byte("INFO: model loaded\n"), whole...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.recognize(t, t.Context(), Behaviour{Output: output}, Piece(t, "piece.wav", 5, 0, 5))
			var problem *engine.Error
			if !errors.As(err, &problem) || problem.Cause != engine.BadOutput && problem.Cause != engine.NoTimes {
				t.Errorf("error %v", err)
			}
		})
	}
}

func (k Kind) noOutput(t *testing.T) {
	r, err := k.recognize(t, t.Context(), Behaviour{Nothing: true}, Piece(t, "piece.wav", 5, 0, 5))
	if k.Silent != "" {
		wantCause(t, err, k.Silent)
	} else if err != nil || len(r.Cues) != 0 {
		t.Errorf("result %+v, error %v", r, err)
	}
}

func (k Kind) fails(t *testing.T) {
	const word = "kaputt-7"
	b := Behaviour{Fails: true, Said: "loading\n\x1b[31merror: " + word + "\xff\x1b[0m " + k.Secret + "\nusage: …\n"}
	_, err := k.recognize(t, t.Context(), b, Piece(t, "piece.wav", 5, 0, 5))
	problem := wantCause(t, err, k.Failed)
	if k.Named && !strings.Contains(problem.Said, word) {
		t.Errorf("the error says %q", problem.Said)
	}
	if problem.Persists() {
		t.Error("the next piece might succeed")
	}
}

func (k Kind) missing(t *testing.T) {
	_, err := k.recognize(t, t.Context(), Behaviour{Missing: true}, Piece(t, "piece.wav", 5, 0, 5))
	wantCause(t, err, k.Missing)
}

func (k Kind) noPiece(t *testing.T) {
	p := Piece(t, "piece.wav", 5, 0, 5)
	p.Audio = filepath.Join(t.TempDir(), "none.wav")
	if _, err := k.recognize(t, t.Context(), Behaviour{Output: k.Write("en", said)}, p); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func (k Kind) hangs(t *testing.T) {
	p := Piece(t, "piece.wav", 5, 0, 5)
	p.Timeout = 3 * time.Second // in which a test's program must have begun
	trace := filepath.Join(t.TempDir(), "trace")
	_, err := k.recognize(t, t.Context(), Behaviour{Hangs: true, Trace: trace}, p)
	if problem := wantCause(t, err, engine.TimedOut); problem.After != p.Timeout {
		t.Errorf("given up after %s", problem.After)
	}
	checkDead(t, trace)
}

func (k Kind) cancelled(t *testing.T) {
	p := Piece(t, "piece.wav", 5, 0, 5)
	p.Timeout = 0
	trace := filepath.Join(t.TempDir(), "trace")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for range 200 { // servers leave no trace
			if _, err := os.Stat(trace); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	if _, err := k.recognize(t, ctx, Behaviour{Hangs: true, Trace: trace}, p); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	checkDead(t, trace)
	if _, err := k.recognize(t, ctx, Behaviour{Output: k.Write("en", said)}, p); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that has ended already", err)
	}
}

// checkDead complains of programs of a trace that still run.
func checkDead(t *testing.T, trace string) {
	t.Helper()
	b, err := os.ReadFile(trace)
	if errors.Is(err, fs.ErrNotExist) {
		return // a server, or a program that had not begun
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(b)) {
		var pid int
		fmt.Sscan(word, &pid)
		for wait := time.Millisecond; isRunning(pid); wait *= 2 {
			if wait > 5*time.Second {
				t.Errorf("process %d still runs", pid)
				break
			}
			time.Sleep(wait)
		}
	}
}

func (k Kind) endless(t *testing.T) {
	before := heap()
	p := Piece(t, "piece.wav", 5, 0, 5)
	_, err := k.recognize(t, t.Context(), Behaviour{Endless: true, Output: bytes.Repeat([]byte("and on and on\n"), 1000)}, p)
	wantCause(t, err, engine.TooMuch)
	if after := heap(); after > before+8<<20 {
		t.Errorf("%d MiB are kept", (after-before)>>20)
	}
}

func (k Kind) chatter(t *testing.T) {
	before := heap()
	r := k.result(t, Behaviour{Chatter: true, Output: k.Write("en", said)}, Piece(t, "piece.wav", 5, 0, 5))
	if len(r.Cues) != len(said) {
		t.Errorf("cues %+v", r.Cues)
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("%d MiB are kept", (after-before)>>20)
	}
}

// Pieces of one folder are recognized side by side.
func (k Kind) sideBySide(t *testing.T) {
	p := Piece(t, "piece.wav", 5, 0, 5)
	e := k.Make(t, Behaviour{Output: k.Write("en", said)})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := e.Recognize(t.Context(), p)
			if err != nil || len(r.Cues) != len(said) {
				t.Errorf("result %+v, error %v", r, err)
			}
		})
	}
	wg.Wait()
}
