package transcribe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/media/wav"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// rate is that of the recordings of the tests: no multiple of the engines'.
const rate = 22050

// most is how long a piece is at most, in seconds.
const most = 30

// A beep is a word of the tests: its pitch tells which.
type beep struct {
	at     float64 // seconds
	number int
}

const (
	beepSeconds = 0.3
	lowest      = 400.0 // Hz
	interval    = 10.0  // Hz between two numbers
)

func (b beep) word() string { return fmt.Sprintf("word%d", b.number) }

// beeps returns one a second, but in the pause around each of the
// positions, which is silent for at least four.
func beeps(seconds float64, pauses ...float64) []beep {
	var list []beep
	for at := 1.0; at+beepSeconds < seconds; at += 1 {
		if !slices.ContainsFunc(pauses, func(p float64) bool { return math.Abs(p-at) < 2 }) {
			list = append(list, beep{at, len(list)%200 + 1})
		}
	}
	return list
}

// record writes beeps as a recording of so many seconds, over a tone of a level
// (0: silence), and opens it in a library of its own.
func record(t *testing.T, seconds float64, list []beep, hum float64) (*library.Library, *recording.Recording) {
	t.Helper()
	samples := make([]float64, int(seconds*rate))
	for i := range samples {
		samples[i] = hum * math.Sin(2*math.Pi*100*float64(i)/rate)
	}
	for _, b := range list {
		first := int(b.at * rate)
		for i := range int(beepSeconds * rate) {
			samples[first+i] += 0.5 * math.Sin(2*math.Pi*(lowest+interval*float64(b.number))*float64(i)/rate)
		}
	}
	name := filepath.Join(t.TempDir(), "talk.wav")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head, err := wav.Header(wav.Format{Channels: 1, SampleRate: rate, Bits: 16, ValidBits: 16}.Config(), int64(len(samples)))
	if err != nil {
		t.Fatal(err)
	}
	body := head
	for _, v := range samples {
		body = binary.LittleEndian.AppendUint16(body, uint16(int16(math.Round(v*32767))))
	}
	if _, err := f.Write(body); err != nil {
		t.Fatal(err)
	}
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: filepath.Join(t.TempDir(), "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	if _, err := intake.Import(t.Context(), lib, []string{name}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	ids, err := lib.IDs()
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	r, err := recording.Open(lib, ids[0], "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return lib, r
}

// An ear is an engine that hears beeps: a cue for each, with its number by its
// pitch.
type ear struct {
	// before, if set, is asked before a piece is heard.
	before func(call int, p engine.Piece) error
	said   []transcript.Cue // it says besides, of each piece
	// language is what it says that a piece is in.
	language func(call int) string

	mu     sync.Mutex
	calls  int
	pieces []engine.Piece
}

func (e *ear) Recognize(_ context.Context, p engine.Piece) (*engine.Result, error) {
	e.mu.Lock()
	e.calls++
	call := e.calls
	e.pieces = append(e.pieces, p)
	e.mu.Unlock()
	if e.before != nil {
		if err := e.before(call, p); err != nil {
			return nil, err
		}
	}
	samples, err := read(p.Audio)
	if err != nil {
		return nil, err
	}
	r := &engine.Result{Cues: slices.Clone(e.said), Raw: fmt.Appendf(nil, "call %d", call), Format: transcript.SRT, Mended: 1}
	if e.language != nil {
		r.Language = e.language(call)
	}
	for i := 0; i < len(samples); i++ {
		if math.Abs(samples[i]) < 0.02 {
			continue
		}
		end, crossings, first, last := i, 0, 0, 0
		for quiet, k := 0, i; k < len(samples) && quiet < engine.Rate/50; k++ {
			if quiet++; math.Abs(samples[k]) >= 0.02 {
				quiet, end = 0, k
			}
			if k > i && samples[k-1] < 0 && samples[k] >= 0 && quiet < 4 {
				if last = k; first == 0 {
					first = k
				} else {
					crossings++
				}
			}
		}
		pitch := float64(crossings) / (float64(last-first) / engine.Rate)
		c := transcript.Cue{Start: float64(i) / engine.Rate, End: float64(end) / engine.Rate, Text: beep{number: int(math.Round((pitch - lowest) / interval))}.word()}
		c.Words = []transcript.Word{{Start: c.Start, End: c.End, Text: c.Text}}
		r.Cues = append(r.Cues, c)
		i = end + engine.Rate/50
	}
	return r, nil
}

// read reads a piece: WAV of 16 kHz, mono, 16 bits.
func read(name string) ([]float64, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	const head = 44
	if len(b) < head || string(b[36:40]) != "data" || binary.LittleEndian.Uint32(b[24:]) != engine.Rate || binary.LittleEndian.Uint16(b[22:]) != 1 {
		return nil, fmt.Errorf("%s is not WAV of 16 kHz, mono", name)
	}
	var samples []float64
	for i := head; i+1 < len(b); i += 2 {
		samples = append(samples, float64(int16(binary.LittleEndian.Uint16(b[i:])))/32768)
	}
	return samples, nil
}

func job(lib *library.Library, r *recording.Recording, e engine.Engine) *Job {
	return &Job{Library: lib, Recording: r, Engine: e, Name: transcripts.Engine{Name: "ear"}, Longest: most, At: 2, Cores: 1, Progress: stream.NoProgress{}}
}

// left lists the files of unfinished work.
func left(t *testing.T, lib *library.Library) (names []string) {
	t.Helper()
	err := fs.WalkDir(lib.Root().FS(), layout.Transcribing, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, filepath.Base(name))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

// compare holds what was heard against what is in the recording.
func compare(t *testing.T, got []transcript.Cue, want []beep) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d words were heard, not %d", len(got), len(want))
	}
	for i, b := range want {
		c := got[i]
		w := c.Words[0]
		const close = 0.003 // the tone begins and ends at a zero
		if c.Text != b.word() || math.Abs(c.Start-b.at) > close || math.Abs(c.End-b.at-beepSeconds) > close || w.Start != c.Start || w.End != c.End {
			t.Errorf("%s at %.4f–%.4f, want %s at %.4f–%.4f", c.Text, c.Start, c.End, b.word(), b.at, b.at+beepSeconds)
		}
	}
}

func TestWords(t *testing.T) {
	const seconds = 70
	list := beeps(seconds, 20, 42)
	lib, r := record(t, seconds, list, 0)
	e := new(ear)
	j := job(lib, r, e)
	j.Prompt, j.Timeout = "Ann, Bob", time.Minute
	res, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, res.Cues, list)
	if res.Pieces != 3 || e.calls != 3 || res.Mended != 3 {
		t.Errorf("%d pieces, %d calls, %d mended", res.Pieces, e.calls, res.Mended)
	}
	var length time.Duration
	for _, p := range e.pieces {
		length += p.Length
		if p.Length > most*time.Second || p.Prompt != "Ann, Bob" || p.Timeout != time.Minute || p.Language != "" {
			t.Errorf("piece: %+v", p)
		}
	}
	if d := length - seconds*time.Second; d.Abs() > time.Millisecond {
		t.Errorf("the pieces are %s longer than the recording", d)
	}
	var end int64
	for i, raw := range res.Raw {
		if raw.Start != end || len(raw.Bytes) == 0 || raw.File != fmt.Sprintf("%04d.srt", i+1) {
			t.Errorf("raw: %+v", raw)
		}
		end += raw.Samples
	}
	if end != r.Samples {
		t.Errorf("the pieces have %d samples, the recording %d", end, r.Samples)
	}
	if err := res.Done(); err != nil {
		t.Fatal(err)
	}
	if names := left(t, lib); names != nil {
		t.Errorf("left: %v", names)
	}
	if _, err := lib.Root().Stat(layout.Transcribing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}

// Where the turns change, a shorter pause is better than a longer one inside a
// turn.
func TestPausesAtTurns(t *testing.T) {
	quiet := []space.Stretch{{Start: 10, End: 30}, {Start: 200, End: 201.5}, {Start: 250, End: 251}, {Start: 299, End: 340}}
	for _, tt := range []struct {
		name    string
		changes []float64
		want    float64
		ok      bool
		from    float64
	}{
		{"the longest", nil, 200.75, true, 180},
		{"at a turn", []float64{251.4}, 250.5, true, 180},
		{"a turn elsewhere", []float64{260}, 200.75, true, 180},
		{"part of a pause", []float64{}, 309.5, true, 200},
		{"none", nil, 0, false, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, ok := pause(quiet, tt.changes, tt.from, tt.from+120)
			if ok != tt.ok || math.Abs(at-tt.want) > 1e-9 {
				t.Errorf("got %g %v, want %g %v", at, ok, tt.want, tt.ok)
			}
		})
	}
}

// Without a pause a piece ends at the quietest place: here between two beeps over
// a hum.
func TestNoPauses(t *testing.T) {
	const seconds = 40
	list := beeps(seconds)
	lib, r := record(t, seconds, list, 0.01)
	e := new(ear)
	res, err := job(lib, r, e).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	compare(t, res.Cues, list)
	if res.Pieces != 2 {
		t.Errorf("%d pieces", res.Pieces)
	}
}

// What must not be heard is not in what the engine gets, and what it says of the
// silence there is not in the words.
func TestMute(t *testing.T) {
	const seconds = 28
	list := beeps(seconds)
	lib, r := record(t, seconds, list, 0)
	e := &ear{said: []transcript.Cue{{Start: 12.5, End: 13.5, Text: "thank you for watching"}}}
	e.before = func(_ int, p engine.Piece) error {
		samples, err := read(p.Audio)
		for i := 12 * engine.Rate; i < 24*engine.Rate && err == nil; i++ {
			if samples[i] != 0 {
				return fmt.Errorf("sample %d is %g", i, samples[i])
			}
		}
		return err
	}
	j := job(lib, r, e)
	j.Mute = []recording.Span{{Start: 12 * rate, Samples: 12 * rate}}
	res, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	compare(t, res.Cues, slices.DeleteFunc(list, func(b beep) bool { return b.at >= 12 && b.at < 24 }))
}

// A piece that failed is tried again by the next run, and no other.
func TestContinue(t *testing.T) {
	const seconds = 70
	list := beeps(seconds, 20, 42)
	lib, r := record(t, seconds, list, 0)
	busy := engine.Problemf(engine.Busy, "busy")
	second := func(p engine.Piece) bool { return strings.Contains(filepath.ToSlash(p.Audio), "/0002/") }
	e := &ear{before: func(_ int, p engine.Piece) error {
		if second(p) {
			return busy
		}
		return nil
	}}
	res, err := job(lib, r, e).Run(t.Context())
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Done != 2 || failed.Pieces != 3 || !errors.Is(err, busy) || len(res.Failed) != 1 {
		t.Fatalf("%v", err)
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if names := left(t, lib); !slices.Equal(names, []string{"0001.heard.json", "0001.srt", "0003.heard.json", "0003.srt", "lock"}) {
		t.Errorf("left: %v", names)
	}

	// Another model is another job, and does not touch what is done of this one.
	other := job(lib, r, new(ear))
	other.Name.Model = "large"
	if res, err = other.Run(t.Context()); err != nil || res.Before != 0 {
		t.Fatal(err)
	}
	res.Close()

	e = new(ear)
	if res, err = job(lib, r, e).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	compare(t, res.Cues, list)
	if e.calls != 1 || !second(e.pieces[0]) || res.Before != 2 {
		t.Errorf("%d calls, %d done before", e.calls, res.Before)
	}
	if err := res.Done(); err != nil {
		t.Fatal(err)
	}
	if names := left(t, lib); names != nil {
		t.Errorf("left: %v", names)
	}
}

// An error that every piece would have ends the run; the others are not tried.
func TestPersistentError(t *testing.T) {
	lib, r := record(t, 70, beeps(70, 20, 42), 0)
	denied := engine.Problemf(engine.Denied, "denied")
	e := &ear{before: func(int, engine.Piece) error { return denied }}
	j := job(lib, r, e)
	j.At = 1
	res, err := j.Run(t.Context())
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Done != 0 || len(failed.Failed) != 3 || e.calls != 1 {
		t.Fatalf("%v, %d calls", err, e.calls)
	}
	for _, f := range failed.Failed {
		if !errors.Is(f.Err, denied) {
			t.Errorf("%v", f.Err)
		}
	}
	res.Close()
}

// A run that is stopped keeps what is done, and leaves no sound behind. Nor does
// one that was killed, once another has begun.
func TestStop(t *testing.T) {
	lib, r := record(t, 70, beeps(70, 20, 42), 0)
	ctx, stop := context.WithCancel(t.Context())
	e := &ear{before: func(call int, _ engine.Piece) error {
		if call == 2 {
			stop()
			return ctx.Err()
		}
		return nil
	}}
	j := job(lib, r, e)
	j.At = 1
	if _, err := j.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if names := left(t, lib); !slices.Equal(names, []string{"0001.heard.json", "0001.srt", "lock"}) {
		t.Errorf("left: %v", names)
	}
	sound := lib.Path(layout.TranscribingOf(r.Space.ID) + "/" + scratch + "/0002")
	if err := os.MkdirAll(sound, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(sound, "piece.wav"), []byte("voices"), 0o600); err != nil {
		t.Fatal(err)
	}
	e = &ear{before: func(int, engine.Piece) error {
		if b, err := os.ReadFile(filepath.Join(sound, "piece.wav")); err == nil && string(b) == "voices" {
			return errors.New("the sound of the killed run is still there")
		}
		return nil
	}}
	res, err := job(lib, r, e).Run(t.Context())
	if err != nil || e.calls != 2 {
		t.Fatal(err, e.calls)
	}
	res.Done()
}

// A result that was damaged on the disk is made again.
func TestDamagedResult(t *testing.T) {
	lib, r := record(t, 28, beeps(28), 0)
	res, err := job(lib, r, new(ear)).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []string{"0001.heard.json", "0001.srt"} {
		res.Close()
		matches, err := filepath.Glob(lib.Path(layout.TranscribingOf(r.Space.ID) + "/*/" + damage))
		if err != nil || len(matches) != 1 {
			t.Fatal(matches, err)
		}
		if damage == "0001.srt" {
			err = os.Remove(matches[0])
		} else {
			err = os.Truncate(matches[0], 10)
		}
		if err != nil {
			t.Fatal(err)
		}
		e := new(ear)
		if res, err = job(lib, r, e).Run(t.Context()); err != nil || e.calls != 1 {
			t.Fatal(err, e.calls)
		}
	}
	res.Done()
}

func TestBusy(t *testing.T) {
	lib, r := record(t, 10, beeps(10), 0)
	e := new(ear)
	e.before = func(int, engine.Piece) error {
		if _, err := job(lib, r, new(ear)).Run(t.Context()); !errors.Is(err, ErrBusy) {
			return fmt.Errorf("the second run: %v", err)
		}
		return nil
	}
	res, err := job(lib, r, e).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res.Done()
}

// The engine is not asked about silence.
func TestSilence(t *testing.T) {
	lib, r := record(t, 10, nil, 0)
	e := new(ear)
	res, err := job(lib, r, e).Run(t.Context())
	if err != nil || e.calls != 0 || res.Skipped != 1 || len(res.Cues) != 0 || res.Raw[0].File != "" {
		t.Fatal(err, e.calls, res.Skipped)
	}
	res.Done()
}

// The language is that of most of what was said, unless it was given.
func TestLanguage(t *testing.T) {
	lib, r := record(t, 70, beeps(70, 20, 42), 0)
	e := &ear{language: func(call int) string { return []string{"de", "fr", "fr"}[call-1] }}
	res, err := job(lib, r, e).Run(t.Context())
	if err != nil || res.Language != "fr" {
		t.Fatal(err, res.Language)
	}
	res.Close()
	j := job(lib, r, &ear{language: func(int) string { return "nl" }})
	j.Language = "af"
	if res, err = j.Run(t.Context()); err != nil || res.Language != "af" {
		t.Fatal(err, res.Language)
	}
	res.Done()
}
