package encode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// MP3Rates are the sample rates that MP3 takes, best first.
var MP3Rates = []int{44100, 48000, 32000, 24000, 22050, 16000}

// A Program encodes MP3.
type Program struct {
	Name string // lame, ffmpeg, or spaces: the encoder in this one
	Path string // of another program, or nothing
}

const (
	own    = "spaces"
	lame   = "lame"
	ffmpeg = "ffmpeg"
)

// ErrNoProgram means that a program that is to encode MP3 is not installed.
var ErrNoProgram = errors.New("not on the PATH")

// FindProgram looks on the PATH for lame or ffmpeg. Of the name spaces, and if
// name is empty, it is the encoder in this program, which is always there. The
// error wraps ErrNoProgram if there is none.
func FindProgram(name string) (Program, error) {
	switch name {
	case "", own:
		return Program{Name: own}, nil
	case lame, ffmpeg:
		path, err := exec.LookPath(name)
		if err != nil {
			return Program{}, fmt.Errorf("the MP3 encoder %s is %w", name, ErrNoProgram)
		}
		return Program{name, path}, nil
	}
	return Program{}, fmt.Errorf("unknown MP3 encoder %s (use spaces, lame or ffmpeg)", name)
}

// MP3 writes MP3. What another program makes is joined again under tags of our
// own, so that all files say the same of themselves.
func MP3(ctx context.Context, w io.Writer, s Sound, o Options) error {
	if o.Program.Path == "" {
		return o.layer3(ctx, w, s)
	}
	dir, err := os.MkdirTemp("", "spaces-encode-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "sound.mp3") // not a pipe: the Info frame is written last
	if err := o.Program.run(ctx, file, s, o.rate(s.Format().Channels)); err != nil {
		return err
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the MP3 encoder wrote no file")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var sizes track.Sizes
	rd, err := mp3.NewReader(f, info.Size(), track.Options{})
	if err != nil {
		return err
	}
	var p track.Packet
	for {
		if err := rd.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		sizes = append(sizes, uint32(len(p.Data)))
	}
	runs := rd.Track().Runs
	if len(runs) != 1 {
		return errors.New("the output of the MP3 encoder is not an MP3 file")
	}
	// Encoders tell the delay; what comes after the sound follows from its
	// length.
	tag, err := o.id3(s.Samples, s.Format().SampleRate)
	if err != nil {
		return err
	}
	out, err := mp3.NewWriter(w, mp3.Plan{
		Tag: tag, Sizes: sizes,
		Skip: runs[0].Skip, Trim: runs[0].Samples - runs[0].Skip - s.Samples,
		Encoder: rd.Track().Encoder,
	})
	if err != nil {
		return err
	}
	if rd, err = mp3.NewReader(f, info.Size(), track.Options{}); err != nil {
		return err
	}
	for range sizes {
		if err := rd.Next(&p); err != nil {
			return err
		}
		if err := out.WriteUnit(p.Data); err != nil {
			return err
		}
	}
	return out.Close()
}

// run feeds the sound to the program, which writes the file.
func (p Program) run(ctx context.Context, file string, s Sound, bitRate int) error {
	cmd := exec.CommandContext(ctx, p.Path, p.arguments(file, s.Format(), bitRate)...)
	var talk strings.Builder
	cmd.Stderr = &talk
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var b []byte
	err = s.Frames(ctx, blockFrames, func(block []float32) error {
		b = appendIntegers(b[:0], block, 16)
		_, err := in.Write(b)
		return err
	})
	in.Close()
	if werr := cmd.Wait(); werr != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w: %s", p.Name, werr, strings.TrimSpace(talk.String()))
	}
	return err
}

func (p Program) arguments(file string, f pcm.Format, bitRate int) []string {
	rate, kbits := f.SampleRate, strconv.Itoa(bitRate/1000)
	if p.Name == lame {
		mode := map[int]string{1: "m", 2: "j"}[f.Channels]
		return []string{"--quiet", "-r", "--signed", "--little-endian", "--bitwidth", "16",
			"-s", fmt.Sprintf("%g", float64(rate)/1000), "-m", mode, "--resample", fmt.Sprintf("%g", float64(rate)/1000),
			"--cbr", "-b", kbits, "-", file}
	}
	return []string{"-v", "error", "-nostdin", "-f", "s16le", "-ar", strconv.Itoa(rate), "-ac", strconv.Itoa(f.Channels),
		"-i", "pipe:0", "-c:a", "libmp3lame", "-b:a", kbits + "k", "-map_metadata", "-1", "-y", file}
}
