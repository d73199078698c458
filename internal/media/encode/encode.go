// Package encode writes streams of samples as audio files: M4A (AAC-LC), MP3,
// Opus, FLAC and WAV, with tags and a cover.
//
// The same samples and options always give the same bytes. Where MP3 is encoded
// by lame or ffmpeg, their version is part of what decides.
package encode

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Sound is samples to be encoded, of one or two channels. There must be as
// many as it says.
type Sound struct {
	pcm.Reader
	Samples int64
	// Bits is how many bits the values have, which matters to FLAC and WAV:
	// 16, which is what lossy decoders make, or 24. 0 means 16.
	Bits int
}

func (s Sound) bits() int {
	if s.Bits == 24 {
		return 24
	}
	return 16
}

// Options are what a file gets besides the sound. The zero value is ready to
// use.
type Options struct {
	Tags tags.Tags
	// Chapters stand in M4A and MP3. Opus and FLAC have them as comments, which
	// are Tags.Free; WAV has none.
	Chapters []tags.Chapter
	Cover    []byte // JPEG or PNG, or empty; WAV leaves it out
	// Video, if set, is what M4A shows while the sound is heard. The file then
	// is an .mp4.
	Video *mp4.Video
	// ID3Version is that of the tag of an .mp3: 4, or 3, which 0 means too.
	ID3Version byte
	// BitRate is that of lossy formats, in bits per second, all channels
	// together; 0 is BitRate of their number.
	BitRate int
	Jobs    int     // how many cores encode AAC and MP3, at least one
	Program Program // that encodes MP3; the zero value is the encoder in this one
	// Watch, if set, is told of the access units of M4A and MP3 while they are made,
	// except those that another program makes.
	Watch Watcher
}

// A Watcher is told of access units in their order.
type Watcher interface {
	// Begin is called before the first unit, with what the units are and how many
	// of their samples come before those that are heard.
	Begin(c track.Config, skip int64) error
	// Unit is called with each unit, which is valid during the call.
	Unit(unit []byte) error
}

// id3 is the tag of an .mp3 that plays so many samples at a rate.
func (o *Options) id3(samples int64, rate int) ([]byte, error) {
	d := tags.ID3{Tags: o.Tags, Chapters: o.Chapters, Cover: o.Cover, Version: o.ID3Version}
	return d.Append(nil, samples, rate)
}

// BitRate is the usual rate of lossy encoding: transparent for speech, and
// what feeds ask for.
func BitRate(channels int) int { return 64000 * channels }

func (o *Options) rate(channels int) int {
	if o.BitRate > 0 {
		return o.BitRate
	}
	return BitRate(channels)
}

// A Spool holds what cannot be written yet because what stands before it
// depends on it, until it is closed: in memory, or beyond spoolMemory in a temporary file.
type Spool struct {
	mem  bytes.Buffer
	file *os.File
	size int64
}

const spoolMemory = 8 << 20

// Write adds p.
func (s *Spool) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	if s.file == nil && s.mem.Len()+len(p) <= spoolMemory {
		return s.mem.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "spaces-clip-")
		if err != nil {
			return 0, err
		}
		s.file = f
		if _, err := s.mem.WriteTo(f); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

// Reader returns what has been written.
func (s *Spool) Reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.mem.Bytes())
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// Close removes what has been written.
func (s *Spool) Close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// readSize is how much of a spool is read at once.
const readSize = 256 << 10

// blockFrames is how many sample frames are worked on at once.
const blockFrames = 4096

// Frames calls fn with n frames of the sound at a time, less at its end.
func (s Sound) Frames(ctx context.Context, n int, fn func(block []float32) error) error {
	channels := s.Format().Channels
	buf := make([]float32, n*channels)
	var total int64
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		got, err := pcm.ReadFull(s, buf)
		if got > 0 {
			total += int64(got)
			if err := fn(buf[:got*channels]); err != nil {
				return err
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return s.whole(total)
		default:
			return err
		}
	}
}

// whole checks that as many samples came as were promised.
func (s Sound) whole(got int64) error {
	if got != s.Samples {
		return fmt.Errorf("the decoder returned %d samples instead of %d", got, s.Samples)
	}
	return nil
}
