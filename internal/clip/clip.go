// Package clip cuts excerpts out of the recordings in a library: exact to the
// sample, and without decoding where nothing asks for it.
//
// A clip costs what its own length costs: the packet index says where its
// access units lie, whatever the length of the recording. Nothing in here
// takes the library's lock, so any number of clips can be cut at once.
//
// Positions and lengths are samples of the recording, at its first sample
// rate, unless said otherwise.
package clip

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Span is a stretch of a recording.
type Span struct {
	Start   int64 // position of the first sample
	Samples int64
}

// End returns the position after the last sample.
func (s Span) End() int64 { return s.Start + s.Samples }

// A Recording is the audio of a Space, opened for cutting. It may be used by
// several goroutines.
type Recording struct {
	*library.Sound
	Dir     string // the recording's folder, absolute
	Rate    int    // samples per second of all positions
	Samples int64  // in all
	version string // of the program, for provenance
	library string // its folder
	clips   folder // where clips go that are not sent elsewhere
}

// Open opens the audio of a Space. version names the program in the
// provenance of clips.
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
	r.library = lib.Dir()
	return r, nil
}

func newRecording(sound *library.Sound, dir, version string) (*Recording, error) {
	r := &Recording{Sound: sound, Dir: dir, version: version}
	for _, run := range sound.Space.Timeline {
		if run.SampleRate < 1 || run.File < 0 || run.File >= len(sound.Files) || run.Samples < 0 {
			return nil, fmt.Errorf("the timeline of %s is damaged", sound.Space.ID)
		}
		if r.Rate == 0 {
			r.Rate = run.SampleRate
		}
		r.Samples = run.FirstSample + rescale(run.Samples, r.Rate, run.SampleRate)
	}
	if r.Samples == 0 {
		return nil, fmt.Errorf("%w: %s", library.ErrNoAudio, sound.Space.ID)
	}
	r.clips.dir = dir
	return r, nil
}

// Close closes the files.
func (r *Recording) Close() error {
	return errors.Join(r.Sound.Close(), r.clips.close())
}

// Position is where a moment lies, to the nearest sample.
func (r *Recording) Position(t time.Duration) int64 {
	if t < 0 {
		return -r.Position(-t)
	}
	return rescale(int64(t), int64(r.Rate), int64(time.Second))
}

// Time is the moment of a position, to the nearest nanosecond.
func (r *Recording) Time(position int64) time.Duration {
	return time.Duration(rescale(position, int64(time.Second), int64(r.Rate)))
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

// rescale converts n ≥ 0 ticks of rate from to rate to, to the nearest.
func rescale[T int | int64](n int64, to, from T) int64 {
	if to == from {
		return n
	}
	hi, lo := bits.Mul64(uint64(n), uint64(to))
	lo, carry := bits.Add64(lo, uint64(from)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(from))
	return int64(q)
}

// A stretch is a part of a recording that stands in one piece in a playable
// file.
type stretch struct {
	file    int   // index in Files
	start   int64 // of the samples that all units of the file make, priming and all
	samples int64 // at the file's own rate
}

// stretches lays out a span in the playable files, in the order of time.
// Those that adjoin in their file are one.
func (r *Recording) stretches(s Span) []stretch {
	var list []stretch
	for i := range r.Space.Timeline {
		run := &r.Space.Timeline[i]
		from, to := r.within(run, s)
		if from >= to {
			continue
		}
		unit := int64(r.Files[run.File].Config.UnitSamples)
		start := run.FirstUnit*unit + run.Skip + from
		if n := len(list); n > 0 && list[n-1].file == run.File && list[n-1].start+list[n-1].samples == start {
			list[n-1].samples += to - from
			continue
		}
		list = append(list, stretch{run.File, start, to - from})
	}
	return list
}

// within returns which samples of a run, counted at its own rate, lie in s.
func (r *Recording) within(run *space.Run, s Span) (from, to int64) {
	from = rescale(max(0, s.Start-run.FirstSample), run.SampleRate, r.Rate)
	to = rescale(max(0, s.End()-run.FirstSample), run.SampleRate, r.Rate)
	return from, min(to, run.Samples)
}

// isAAC reports whether codec is AAC of any kind.
func isAAC(c track.Codec) bool {
	return c == track.AACLC || c == track.HEAAC || c == track.AACOther
}
