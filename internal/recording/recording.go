// Package recording opens recordings of a library: it finds positions and wall
// clocks in them, and decodes any span. Nothing in here takes the library's
// lock, so that any number of recordings can be open at once.
//
// Positions and lengths are samples of the recording, at its first sample
// rate, unless said otherwise.
package recording

import (
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A Span is a stretch of a recording, or of one of its files: where it starts,
// and how many samples it lasts.
type Span = pcm.Span

// A Recording is the audio of a Space, opened. It may be used by
// several goroutines.
type Recording struct {
	*library.Sound
	Dir     string                      // the recording's folder, absolute
	Rate    int                         // samples per second of all positions
	Samples int64                       // in all
	Version string                      // of the program, for provenance
	Library string                      // the library's folder
	folder  folder                      // Dir
	decode  []func() (*pcm.File, error) // each of Files
	// kept returns the analysis of a file that the library keeps; nil where there is
	// no library.
	kept func(file int) *gain.Analysis
}

// Open opens the audio of a Space. version names the program in the
// provenance of what is made of it.
func Open(lib *library.Library, id, version string) (*Recording, error) {
	sound, err := lib.OpenSound(id)
	if err != nil {
		return nil, err
	}
	r, err := newRecording(sound, lib.Path(sound.Space.Folder), version)
	if err != nil {
		sound.Close()
		return nil, err
	}
	r.Library = lib.Dir()
	r.kept = func(file int) *gain.Analysis {
		f := r.Files[file]
		return lib.Analysis(r.Space, file, f.Config, f.Index.Units)
	}
	return r, nil
}

func newRecording(sound *library.Sound, dir, version string) (*Recording, error) {
	r := &Recording{Sound: sound, Dir: dir, Version: version}
	for _, run := range sound.Space.Timeline {
		if run.SampleRate < 1 || run.File < 0 || run.File >= len(sound.Files) || run.Samples < 0 {
			return nil, fmt.Errorf("the timeline of %s is damaged", sound.Space.ID)
		}
		if r.Rate == 0 {
			r.Rate = run.SampleRate
		}
		r.Samples = run.FirstSample + Rescale(run.Samples, r.Rate, run.SampleRate)
	}
	if r.Samples == 0 {
		return nil, fmt.Errorf("%w: %s", library.ErrNoAudio, sound.Space.ID)
	}
	r.folder.dir = dir
	for _, f := range sound.Files {
		r.decode = append(r.decode, sync.OnceValues(func() (*pcm.File, error) {
			return pcm.NewFile(f, f.Start, f.Index, f.Config)
		}))
	}
	return r, nil
}

// Close closes the files.
func (r *Recording) Close() error {
	return errors.Join(r.Sound.Close(), r.folder.close())
}

// Position is where a moment lies, to the nearest sample.
func (r *Recording) Position(t time.Duration) int64 {
	if t < 0 {
		return -r.Position(-t)
	}
	return Rescale(int64(t), int64(r.Rate), int64(time.Second))
}

// Time is the moment of a position, to the nearest nanosecond.
func (r *Recording) Time(position int64) time.Duration {
	return time.Duration(Rescale(position, int64(time.Second), int64(r.Rate)))
}

// Seconds is a number of samples as a decimal.
func (r *Recording) Seconds(samples int64) float64 { return float64(samples) / float64(r.Rate) }

// Wall returns the wall clock at a position, or the zero time where nothing
// tells it.
func (r *Recording) Wall(position int64) space.Time {
	t := r.Space.Timeline
	for i := len(t) - 1; i >= 0; i-- {
		if run := t[i]; run.FirstSample <= position && !run.Wall.IsZero() {
			return space.Time{Time: run.Wall.Add(r.Time(position - run.FirstSample))}
		}
	}
	if r.Space.StartedAt.IsZero() {
		return space.Time{}
	}
	return space.Time{Time: r.Space.StartedAt.Add(r.Time(position))}
}

// Rescale converts n ≥ 0 ticks of rate from to rate to, to the nearest.
func Rescale[T int | int64](n int64, to, from T) int64 {
	if to == from {
		return n
	}
	hi, lo := bits.Mul64(uint64(n), uint64(to))
	lo, carry := bits.Add64(lo, uint64(from)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(from))
	return int64(q)
}

// An Extent is a part of a recording that stands in one piece in a playable
// file.
type Extent struct {
	File int // index in Files
	// Span is counted at the file's own rate, from the first of the samples
	// that all units of the file make, priming and all.
	Span
}

// Extents lays out a span in the playable files, in the order of time.
// Those that adjoin in their file are one.
func (r *Recording) Extents(s Span) []Extent {
	var list []Extent
	for i, x := range r.Runs() {
		from, to := r.within(&r.Space.Timeline[i], s)
		if from >= to {
			continue
		}
		x.Start, x.Samples = x.Start+from, to-from
		if n := len(list); n > 0 && list[n-1].File == x.File && list[n-1].End() == x.Start {
			list[n-1].Samples += x.Samples
			continue
		}
		list = append(list, x)
	}
	return list
}

// Runs lays out the whole recording: where each run of the timeline stands in
// the playable files.
func (r *Recording) Runs() []Extent {
	list := make([]Extent, len(r.Space.Timeline))
	for i, run := range r.Space.Timeline {
		list[i] = Extent{run.File, Span{Start: r.Start(i) + run.Skip, Samples: run.Samples}}
	}
	return list
}

// within returns which samples of a run, counted at its own rate, lie in s.
func (r *Recording) within(run *space.Run, s Span) (from, to int64) {
	from = Rescale(max(0, s.Start-run.FirstSample), run.SampleRate, r.Rate)
	to = Rescale(max(0, s.End()-run.FirstSample), run.SampleRate, r.Rate)
	return from, min(to, run.Samples)
}
