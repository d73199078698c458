package episode

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A file and all that is measured of it are the same whatever is done at once.
func TestJobsDoNotMatter(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	l, r := imported(t, f, voice(f, 70, 21, steady(0.6))) // more than one piece of AAC
	for _, kind := range []format.Format{format.M4A, format.MP3} {
		var files, records [2][]byte
		for i, jobs := range []int{1, 4} {
			dir := t.TempDir()
			res, err := Export(t.Context(), Request{Library: l, Recording: r, Dir: dir, Version: "test", Jobs: jobs, Format: kind}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if files[i], err = os.ReadFile(res.Path); err != nil {
				t.Fatal(err)
			}
			if records[i], err = json.Marshal(res.Record); err != nil {
				t.Fatal(err)
			}
			// It was measured in stretches, while the rest was encoded; one decoder that
			// goes through the file as it stands finds the same.
			file, err := os.Open(res.Path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := measureFile(t.Context(), file, kind, &res.Record, func(int64) {}, nil)
			file.Close()
			if err != nil || math.Abs(float64(m.Integrated)-*res.After.Integrated) > 0.03 || math.Abs(float64(m.TruePeak)-*res.After.TruePeak) > 0.05 {
				t.Errorf("%s: %.2f LUFS, %.2f dBTP (%v); the record says %s and %s", kind, float64(m.Integrated), float64(m.TruePeak), err, level(res.After.Integrated), level(res.After.TruePeak))
			}
		}
		if !bytes.Equal(files[0], files[1]) || !bytes.Equal(records[0], records[1]) {
			t.Errorf("%s: with 1 job, just measured, and with 4, measured before, something else comes out", kind)
		}
	}
}

// A file that does not hold the units that were measured is not believed.
func TestOnlyWhatIsInTheFileIsMeasured(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	l, r := imported(t, f, voice(f, 5, 22, steady(0.6)))
	for _, kind := range []format.Format{format.M4A, format.MP3} {
		e := limiting(t, &Request{Library: l, Recording: r, Format: kind, Version: "test", Jobs: 2}, -19)
		if err := e.work(t.Context()); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(t.TempDir(), "a"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		m := &monitor{jobs: 2, left: e.rec.Samples, sum: newUnitSum()}
		o := e.options()
		o.Watch = m
		s, stop, err := e.chain.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		if err := e.Format.Entry().Encode(t.Context(), file, s, o); err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		at := info.Size() - 2000 // in the sound, which stands at the end
		var b [1]byte
		if _, err := file.ReadAt(b[:], at); err != nil {
			t.Fatal(err)
		}
		b[0] ^= 1
		if _, err := file.WriteAt(b[:], at); err != nil {
			t.Fatal(err)
		}
		if _, err := m.result(file); !errors.Is(err, errChanged) {
			t.Errorf("%s: a changed byte: %v", kind, err)
		}
	}
}

// Whenever an export is interrupted, nothing is left where the episode would be.
func TestInterruptedExportLeavesNothing(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	l, r := imported(t, f, voice(f, 30, 23, steady(0.6)))
	intro, err := OpenBumper(t.Context(), r.Files[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	defer intro.Close()
	for kind, intro := range map[format.Format]*Bumper{format.M4A: nil, format.MP3: intro} {
		for _, phase := range []string{Adjusting, Encoding, Verifying} {
			dir := t.TempDir()
			ctx, stop := context.WithCancel(t.Context())
			p := &stopper{phase: phase, stop: stop}
			_, err := Export(ctx, Request{Library: l, Recording: r, Dir: dir, Version: "test", Jobs: 3, Format: kind, Intro: intro}, p)
			stop()
			if phase != Verifying && !errors.Is(err, context.Canceled) { // too late to stop it then
				t.Errorf("%s, %s: %v", kind, phase, err)
			}
			if err == nil {
				continue
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) > 0 {
				t.Errorf("%s, %s: %v are left (%v)", kind, phase, left, err)
			}
		}
	}
}

// A stopper interrupts when a phase has been under way for a bit.
type stopper struct {
	stream.NoProgress
	phase  string
	stop   func()
	inside bool
	frames int64
}

func (s *stopper) Phase(phase string) { s.inside = phase == s.phase; s.check() }

func (s *stopper) Add(n int64) { s.frames += n; s.check() }

func (s *stopper) check() {
	if s.inside && (s.phase != Encoding || s.frames > 48000*5) {
		s.stop()
	}
}
