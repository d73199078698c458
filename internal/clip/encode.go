package clip

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// encoded works out a clip that is decoded and coded anew: it holds the
// samples asked for and no others.
func (r *Recording) encoded(q *Request) (*sheet, error) {
	e, ok := encoders[q.Format]
	if !ok {
		return nil, &Problem{NoEncoder, "an .aac file of re-encoded sound could not say where the sound begins", "use --format m4a"}
	}
	if e.check != nil {
		if err := e.check(); err != nil {
			return nil, err
		}
	}
	s := &sheet{span: q.Span}
	s.write = func(ctx context.Context, w io.Writer) error {
		src, err := r.sound(ctx, q, e.rates...)
		if err != nil {
			return err
		}
		defer src.Close()
		return e.encode(ctx, w, src, r.tags(q), q.Cover)
	}
	return s, nil
}

// An encoder writes one format.
type encoder struct {
	rates  []int // that it takes; none means any
	check  func() error
	encode func(ctx context.Context, w io.Writer, s *sound, tags mp4.Tags, cover []byte) error
}

var encoders = map[Format]encoder{
	M4A:  {rates: []int{48000, 44100}, encode: encodeAAC},
	WAV:  {encode: encodeWAV},
	FLAC: {encode: encodeFLAC},
	Opus: {rates: []int{48000}, encode: encodeOpus},
	MP3:  {rates: []int{44100, 48000, 32000, 24000, 22050, 16000}, check: checkMP3, encode: encodeMP3},
}

// bitRate is that of lossy re-encoding, in bits per second: transparent for
// speech, and what feeds ask for.
func bitRate(channels int) int { return 64000 * channels }

// A spool holds what cannot be written yet because what stands before it
// depends on it: in memory, or beyond spoolMemory in a temporary file.
type spool struct {
	mem  bytes.Buffer
	file *os.File
	size int64
}

const spoolMemory = 8 << 20

func (s *spool) Write(p []byte) (int, error) {
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

// reader returns what has been written.
func (s *spool) reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.mem.Bytes())
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

func (s *spool) Close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// frames calls fn with n frames of the sound at a time, less at its end.
func (s *sound) frames(ctx context.Context, n int, fn func(block []float32) error) error {
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
			if total != s.samples {
				return fmt.Errorf("%d samples came out of the decoder, not %d", total, s.samples)
			}
			return nil
		default:
			return err
		}
	}
}

// checkMP3 looks for a program that encodes MP3.
func checkMP3() error {
	if _, _, ok := mp3Program(); ok {
		return nil
	}
	return &Problem{NoEncoder, "writing MP3 needs lame or ffmpeg, and neither is on the PATH", "--format m4a, wav, flac and opus need no other program"}
}

func mp3Program() (name, path string, ok bool) {
	for _, name := range []string{"lame", "ffmpeg"} {
		if path, err := exec.LookPath(name); err == nil {
			return name, path, true
		}
	}
	return "", "", false
}
