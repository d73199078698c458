package clip

import (
	"bufio"
	"context"
	"fmt"
	"hash"
	"io"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
	"github.com/spaces-cli/spaces/internal/recording"
)

// An excerpt is the access units of one playable file that a clip without
// re-encoding consists of.
type excerpt struct {
	file   *library.SoundFile
	ranges []unitRange
	sizes  track.Sizes // of the units in all ranges; nil for PCM
	// lengths are those of the units, where these need not last equally long.
	lengths track.Lengths
	samples int64 // of all units
	// edits are what is to be heard of the samples that those units make.
	edits []mp4.Edit
	// lead stands before the units: a frame of MP3 that is not heard.
	lead []byte
	runs []gain.Run // by how much write shifts the units
	sum  hash.Hash  // if set, gets all units that write hands out
}

// A unitRange is some units in a row.
type unitRange struct {
	first, end int64
	at, until  int64 // the same in samples of the file
	offset     int64 // of the first in the payload
	bytes      int64
}

// excerptOf lays out the units that stretches need. Every stretch begins with
// as many units of pre-roll as there are, up to the number given, which is one of
// samples where units need not last equally long.
func excerptOf(r *recording.Recording, list []recording.Extent, preroll int64) (*excerpt, error) {
	f := r.Files[list[0].File]
	for _, s := range list {
		if s.File != list[0].File {
			return nil, notLossless("the audio changes from %v to %v within the clip", f.Config, r.Files[s.File].Config)
		}
	}
	x := &excerpt{file: f}
	var before int64 // samples of all ranges but the last
	for _, s := range list {
		first, end, err := x.reach(s.Span, preroll)
		if err != nil {
			return nil, err
		}
		if n := len(x.ranges); n > 0 && first <= x.ranges[n-1].end {
			last := &x.ranges[n-1]
			last.end = max(last.end, end)
		} else {
			if n > 0 {
				before += x.ranges[n-1].until - x.ranges[n-1].at
			}
			x.ranges = append(x.ranges, unitRange{first: first, end: end})
		}
		last := &x.ranges[len(x.ranges)-1]
		if last.at, err = x.position(last.first); err == nil {
			last.until, err = x.position(last.end)
		}
		if err != nil {
			return nil, err
		}
		x.edits = append(x.edits, mp4.Edit{Start: before + s.Start - last.at, Samples: s.Samples})
		x.samples = before + last.until - last.at
	}
	return x, x.locate()
}

// reach returns which units a stretch needs.
func (x *excerpt) reach(s recording.Span, preroll int64) (first, end int64, err error) {
	if i := x.file.Index; i != nil && i.Listed {
		if first, err = i.Find(max(0, s.Start-preroll)); err == nil {
			end, err = i.Find(s.End() - 1)
		}
		return first, min(end+1, i.Units), err
	}
	unit := int64(x.file.Config.UnitSamples)
	if unit < 1 {
		return 0, 0, fmt.Errorf("the units of %v differ in length", x.file.Config)
	}
	return max(0, s.Start/unit-preroll), (s.End() + unit - 1) / unit, nil
}

// position returns the sample of the file that a unit begins with.
func (x *excerpt) position(unit int64) (int64, error) {
	if i := x.file.Index; i != nil && i.Listed {
		at, _, err := i.Lengths(unit, 0, nil)
		return at, err
	}
	return unit * int64(x.file.Config.UnitSamples), nil
}

// locate finds the units in the file.
func (x *excerpt) locate() error {
	x.lengths.Usual = x.file.Config.Usual()
	for i := range x.ranges {
		u := &x.ranges[i]
		if x.file.Index == nil {
			align, err := blockAlign(x.file.Config)
			if err != nil {
				return err
			}
			unit := int64(x.file.Config.UnitSamples) * align
			u.offset, u.bytes = u.first*unit, (u.end-u.first)*unit
			continue
		}
		before := len(x.sizes)
		var err error
		if u.offset, x.sizes, err = x.file.Index.Extent(u.first, u.end-u.first, x.sizes); err != nil {
			return err
		}
		u.bytes = x.sizes[before:].Sum()
		if !x.file.Index.Listed {
			continue
		}
		_, lengths, err := x.file.Index.Lengths(u.first, u.end-u.first, nil)
		if err != nil {
			return err
		}
		for _, n := range lengths {
			x.lengths.Add(int(n))
		}
	}
	return nil
}

// units returns how many there are.
func (x *excerpt) units() int64 {
	var n int64
	for _, u := range x.ranges {
		n += u.end - u.first
	}
	return n
}

// hidden returns how many samples the units make that are not heard: before
// the first edit, and after the last.
func (x *excerpt) hidden() (before, after int64) {
	last := x.edits[len(x.edits)-1]
	return x.edits[0].Start, x.samples - last.Start - last.Samples
}

// played returns how many samples are heard.
func (x *excerpt) played() int64 {
	var n int64
	for _, e := range x.edits {
		n += e.Samples
	}
	return n
}

// readSize is how much is read from a file at once. A clip of half a minute
// comes in one or two reads.
const readSize = 256 << 10

// each calls fn for every unit in turn. The data is valid during the call.
func (x *excerpt) each(ctx context.Context, fn func(unit []byte) error) error {
	sizes := x.sizes
	var buf []byte
	for _, u := range x.ranges {
		in := bufio.NewReaderSize(io.NewSectionReader(x.file, x.file.Start+u.offset, u.bytes), int(min(u.bytes, readSize)))
		for i := range u.end - u.first {
			if i%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			n := int(sizes[i])
			if cap(buf) < n {
				buf = make([]byte, max(n, track.MaxUnitSize))
			}
			if _, err := io.ReadFull(in, buf[:n]); err != nil {
				return fmt.Errorf("%s: unit %d: %w", x.file.Name(), u.first+i, err)
			}
			if err := fn(buf[:n]); err != nil {
				return err
			}
		}
		sizes = sizes[u.end-u.first:]
	}
	return nil
}

// write calls fn for every unit in turn, as it is written: shifted, if that is
// asked for. The data is valid during the call.
func (x *excerpt) write(ctx context.Context, fn func(unit []byte) error) error {
	var shifter *gain.Shifter
	if len(x.runs) > 0 {
		var err error
		if shifter, err = gain.NewShifter(x.file.Config, x.runs); err != nil {
			return err
		}
	}
	return x.each(ctx, func(unit []byte) error {
		if shifter != nil {
			if err := shifter.Shift(unit); err != nil {
				return fmt.Errorf("%s: %w", x.file.Name(), err)
			}
		}
		if x.sum != nil {
			x.sum.Write(unit)
		}
		return fn(unit)
	})
}

// opusPreroll is how many samples of Opus come before a clip: 240 ms, with which it
// is what all of the recording would be, 40 dB below the sound or nearer. The 80 ms
// that players decode when they seek (RFC 7845 §4.6) come as near as 18 dB.
const opusPreroll = 3 * opus.Preroll

// preroll is how many units before the first that is heard a decoder needs to
// be in the state that it would have reached from the beginning; of Opus, how many
// samples.
func preroll(c track.Config) int64 {
	switch c.Codec {
	case track.AACLC:
		return 1 // its window overlaps that of the unit before
	case track.HEAAC, track.AACOther:
		// Headers of SBR come now and then, half a second apart at most
		// (ISO/IEC 14496-3, 4.5.2.8.2.1); prediction has a memory too.
		return int64(c.SampleRate / max(1, c.UnitSamples))
	case track.MP3:
		return mp3.Preroll(c.UnitSamples)
	case track.Opus:
		return opusPreroll
	}
	return 0
}

// blockAlign is how many bytes a sample of PCM has, all channels together.
func blockAlign(c track.Config) (int64, error) {
	f, err := wav.ParseFormat([]byte(c.Specific))
	return int64(f.BlockAlign()), err
}

func notLossless(format string, args ...any) error {
	return recording.Problemf(NotLossless, Uncopied, "%s: cannot be cut without re-encoding", fmt.Sprintf(format, args...))
}
