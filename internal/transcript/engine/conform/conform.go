// Package conform holds engines against what package engine promises of them,
// with counterparts (a program, a server) that do everything wrong that
// programs and servers have done. It is for tests only.
package conform

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// A Behaviour is what the counterpart of an engine does with a piece.
type Behaviour struct {
	Output  []byte `json:"-"` // it writes, if it gets that far
	Said    string // it says about a failure
	Fails   bool   // it ends with an error and what it Said
	Hangs   bool   // it never ends
	Endless bool   // it writes Output again and again
	Chatter bool   // it says a lot besides: 64 MiB
	Nothing bool   // it ends well and writes nothing, not even an empty file
	Missing bool   // there is no counterpart
	Trace   string // a file to which a program that hangs writes its number and that of one it started; or ""
}

// A Line is one that somebody said.
type Line struct {
	From, To float64 // seconds
	Text     string  // its words, with single spaces
}

// A Kind is a kind of engine under test.
type Kind struct {
	// Make returns an engine whose counterpart behaves as told.
	Make func(t *testing.T, b Behaviour) engine.Engine
	// Write returns lines in the form that the counterpart writes. Bytes of text
	// are written as they are, except those that the form must escape.
	Write func(language string, lines []Line) []byte
	// Tells says that the form has a language.
	Tells bool
	// Words says that the form has a time for each word.
	Words bool
	// Named says that what a failed counterpart says reaches the error.
	Named bool
	// Silent is the cause of a counterpart that writes nothing; "" if that means
	// that nothing is said.
	Silent engine.Cause
	// Failed and Missing are the causes of those.
	Failed, Missing engine.Cause
	// Secret is in no error; or "".
	Secret string
}

// Run holds a kind of engine against the suite.
func Run(t *testing.T, k Kind) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"Words", k.words},
		{"Names", k.names},
		{"NothingSaid", k.nothingSaid},
		{"Times", k.times},
		{"SplitCharacters", k.splitCharacters},
		{"Garbled", k.garbled},
		{"RepeatedInSilence", k.repeatedInSilence},
		{"RepeatedInSound", k.repeatedInSound},
		{"MillionWords", k.millionWords},
		{"WebPage", k.webPage},
		{"Rubbish", k.rubbish},
		{"NoOutput", k.noOutput},
		{"Fails", k.fails},
		{"Missing", k.missing},
		{"NoPiece", k.noPiece},
		{"Hangs", k.hangs},
		{"Cancelled", k.cancelled},
		{"Endless", k.endless},
		{"Chatter", k.chatter},
		{"SideBySide", k.sideBySide},
	} {
		t.Run(c.name, c.run)
	}
}

// Piece writes a piece of so many seconds: silence, with a tone in the seconds
// from to to.
func Piece(t *testing.T, name string, seconds, from, to float64) engine.Piece {
	t.Helper()
	n := int(seconds * engine.Rate)
	data := make([]byte, 2*n)
	for i := range n {
		if at := float64(i) / engine.Rate; at >= from && at < to {
			binary.LittleEndian.PutUint16(data[2*i:], uint16(int16(8000*math.Sin(2*math.Pi*440*at))))
		}
	}
	p := engine.Piece{
		Audio:   filepath.Join(t.TempDir(), name),
		Length:  time.Duration(seconds * float64(time.Second)),
		Timeout: time.Minute,
	}
	if err := os.WriteFile(p.Audio, append(header(len(data)), data...), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// header is that of a WAV file with so many bytes of samples.
func header(size int) []byte {
	b := make([]byte, 44)
	copy(b, "RIFF\x00\x00\x00\x00WAVEfmt ")
	le := binary.LittleEndian
	le.PutUint32(b[4:], uint32(36+size))
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1)
	le.PutUint16(b[22:], 1)
	le.PutUint32(b[24:], engine.Rate)
	le.PutUint32(b[28:], 2*engine.Rate)
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(size))
	return b
}

// recognize runs an engine and complains of what no engine may do: secrets in
// errors, and files left beside the piece.
func (k Kind) recognize(t *testing.T, ctx context.Context, b Behaviour, p engine.Piece) (*engine.Result, error) {
	t.Helper()
	r, err := k.Make(t, b).Recognize(ctx, p)
	if err != nil && k.Secret != "" && strings.Contains(err.Error(), k.Secret) {
		t.Errorf("the error holds the secret: %v", err)
	}
	if (r == nil) == (err == nil) {
		t.Errorf("result %v and error %v", r, err)
	}
	entries, readErr := os.ReadDir(filepath.Dir(p.Audio))
	if readErr != nil && !errors.Is(readErr, os.ErrNotExist) {
		t.Error(readErr)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(p.Audio) {
			t.Errorf("%s was left beside the piece", e.Name())
		}
	}
	return r, err
}

// result is recognize where it must succeed; it checks what holds of every
// result.
func (k Kind) result(t *testing.T, b Behaviour, p engine.Piece) *engine.Result {
	t.Helper()
	r, err := k.recognize(t, t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Raw) != string(b.Output) {
		t.Errorf("raw output is %q, want %q", r.Raw, b.Output)
	}
	Check(t, r, p)
	return r
}

// Check complains of cues and words that are out of order or lie outside.
func Check(t *testing.T, r *engine.Result, p engine.Piece) {
	t.Helper()
	at := 0.0
	for _, c := range r.Cues {
		if c.Start < at || c.End < c.Start || c.End > p.Length.Seconds() {
			t.Errorf("cue %.3f–%.3f %q after %.3f in a piece of %s", c.Start, c.End, c.Text, at, p.Length)
		}
		if !utf8.ValidString(c.Text) || strings.ContainsRune(c.Text, utf8.RuneError) || strings.TrimSpace(c.Text) == "" {
			t.Errorf("text %q", c.Text)
		}
		at = c.Start
		for _, w := range c.Words {
			if w.Start < at || w.End < w.Start || w.End > c.End {
				t.Errorf("word %.3f–%.3f %q after %.3f in a cue until %.3f", w.Start, w.End, w.Text, at, c.End)
			}
			if strings.ContainsRune(w.Text, utf8.RuneError) || w.Text == "" {
				t.Errorf("word %q", w.Text)
			}
			at = w.Start
		}
		at = c.End
	}
}

// wantCause complains of an error without the cause.
func wantCause(t *testing.T, err error, want engine.Cause) *engine.Error {
	t.Helper()
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != want {
		t.Fatalf("error %v, want one whose cause is %q", err, want)
	}
	if problem.Engine == "" {
		t.Errorf("the error names no engine: %v", err)
	}
	if text := problem.Error(); strings.ContainsAny(text, "\n\x1b") || len(text) > 1000 {
		t.Errorf("the error is not one line: %q", text)
	}
	return problem
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
