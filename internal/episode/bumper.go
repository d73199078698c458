package episode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/resample"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Bumper is a sound file that goes before or after the recording: an intro or an
// outro. It is open, and may be used by several exports at once.
type Bumper struct {
	Path   string
	SHA256 string
	// Heard are the recordings of the library that the file is made of, as far as
	// they are known.
	Heard []Heard

	file *os.File
	size int64
	runs []track.Run
}

// A Heard is a recording that can be heard in a bumper.
type Heard struct {
	ID    string          `json:"id"`
	Parts []space.Stretch `json:"parts,omitempty"` // none: all of it
}

// OpenBumper opens a file of any format that can be decoded, and decodes all of it:
// one that is damaged is refused before any work. The caller closes it.
func OpenBumper(ctx context.Context, path string) (*Bumper, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b := &Bumper{Path: path, file: f}
	if err := b.check(ctx); err != nil {
		f.Close()
		var kind *media.NotAudioError
		if ctx.Err() != nil || errors.As(err, &kind) {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return nil, recording.Problemf(BadRequest, BadBumper, "cannot use %s: %v", filepath.Base(path), err)
	}
	return b, nil
}

// Close closes the file.
func (b *Bumper) Close() error { return b.file.Close() }

// check decodes the file once.
func (b *Bumper) check(ctx context.Context) error {
	info, err := b.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	b.size = info.Size()
	sum := sha256.New()
	if _, err := io.Copy(sum, stream.Until(ctx, io.NewSectionReader(b.file, 0, b.size), stream.NoProgress{})); err != nil {
		return err
	}
	b.SHA256 = hex.EncodeToString(sum.Sum(nil))
	rd, err := media.Open(b.file, b.size, track.Options{})
	if err != nil {
		return err
	}
	s := pcm.NewStream(rd)
	buf := make([]float32, 1<<15)
	var lost int64
	for {
		if _, err := s.Next(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := s.Read(buf); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		lost += s.Losses().Units
	}
	tr := rd.Track()
	b.runs = tr.Runs
	switch lost += tr.Damage.Lost; {
	case lost > 0:
		return fmt.Errorf("it is damaged: %d of its frames cannot be decoded", lost)
	case b.Length(48000) == 0:
		return errors.New("it has no sound")
	}
	return nil
}

// Length is how many frames the file plays at a rate.
func (b *Bumper) Length(rate int) int64 {
	var n int64
	for _, r := range b.runs {
		n += recording.Rescale(r.Played(), int64(rate), int64(r.SampleRate))
	}
	return n
}

// read returns what the file plays, in a format.
func (b *Bumper) read(ctx context.Context, f pcm.Format) (pcm.Reader, error) {
	rd, err := media.Open(b.file, b.size, track.Options{})
	if err != nil {
		return nil, err
	}
	return &bumperReader{ctx: ctx, b: b, format: f, stream: pcm.NewStream(rd)}, nil
}

// A bumperReader plays the runs of a file one after the other.
type bumperReader struct {
	ctx    context.Context
	b      *Bumper
	format pcm.Format
	stream *pcm.Stream
	now    pcm.Reader
}

func (r *bumperReader) Format() pcm.Format { return r.format }

func (r *bumperReader) Read(dst []float32) (int, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.now != nil {
			n, err := r.now.Read(dst)
			if n > 0 || err != nil && err != io.EOF {
				return n, err
			}
			if err == nil {
				return 0, nil
			}
			r.now = nil
		}
		i, err := r.stream.Next()
		if err != nil {
			return 0, err
		}
		if i >= len(r.b.runs) {
			return 0, fmt.Errorf("%s changed while it was being read", filepath.Base(r.b.Path))
		}
		run := &r.b.runs[i]
		var src pcm.Reader = pcm.Cut(r.stream, pcm.Span{Start: run.Skip, Samples: run.Played()})
		if r.format.Channels == 1 {
			src = pcm.Mono(src)
		} else {
			src = pcm.Stereo(src)
		}
		r.now = resample.New(src, r.format.SampleRate, run.Played())
	}
}

// An Added is an intro or an outro as it is in an episode.
type Added struct {
	SHA256  string  `json:"sha256"`  // of the file
	Start   float64 `json:"start"`   // in the episode, in seconds
	Seconds float64 `json:"seconds"` // how long
	Fade    float64 `json:"fade"`    // how long it and the recording fade into each other
	Gain    float64 `json:"gain"`    // by how many decibels its level was changed
	// Heard are the recordings of the library that the file is made of.
	Heard []Heard `json:"heard,omitempty"`
}

// DefaultFade is how long an intro or an outro and the recording fade into each
// other, in seconds.
const DefaultFade = 1.0

// A side is a bumper in its place in an episode.
type side struct {
	*Bumper
	name    string // for people
	samples int64
	fade    int64
	plain   loudness.Result // in the episode's format, as it is
	gain    float64         // dB
}

// open returns what is heard of it in an episode, but for the fade.
func (s *side) open(ctx context.Context, c *chain) (pcm.Reader, error) {
	src, err := s.read(ctx, c.format)
	if err == nil && s.gain != 0 {
		src = pcm.Gain(src, pcm.Decibels(s.gain))
	}
	if err == nil && float64(s.plain.TruePeak)+s.gain > c.ceiling {
		src = pcm.Limit(src, pcm.Decibels(c.ceiling))
	}
	return src, err
}
