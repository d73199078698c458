package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// encodeMP3 writes MP3 by another program. What that makes is joined again
// under tags of our own, so that all clips say the same of themselves.
func encodeMP3(ctx context.Context, w io.Writer, s *sound, tags mp4.Tags, cover []byte) error {
	dir, err := os.MkdirTemp("", "spaces-clip-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "clip.mp3") // not a pipe: the Info frame is written last
	if err := runMP3Program(ctx, file, s); err != nil {
		return err
	}
	f, err := os.Open(file)
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
		sizes = append(sizes, uint16(len(p.Data)))
	}
	runs := rd.Track().Runs
	if len(runs) != 1 {
		return errors.New("the MP3 encoder wrote what is no MP3 file")
	}
	// Encoders tell the delay; what comes after the sound follows from its
	// length.
	out, err := mp3.NewWriter(w, mp3.Plan{
		Tag: id3.Append(nil, id3Frames(tags, cover)), Sizes: sizes,
		Skip: runs[0].Skip, Trim: runs[0].Samples - runs[0].Skip - s.samples,
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

// runMP3Program feeds the sound to lame or ffmpeg.
func runMP3Program(ctx context.Context, file string, s *sound) error {
	name, path, ok := mp3Program()
	if !ok {
		return errors.New("lame and ffmpeg are gone from the PATH")
	}
	rate, channels := s.Format().SampleRate, s.Format().Channels
	kbits := strconv.Itoa(bitRate(channels) / 1000)
	var args []string
	if name == "lame" {
		mode := map[int]string{1: "m", 2: "j"}[channels]
		args = []string{"--quiet", "-r", "--signed", "--little-endian", "--bitwidth", "16",
			"-s", fmt.Sprintf("%g", float64(rate)/1000), "-m", mode, "--resample", fmt.Sprintf("%g", float64(rate)/1000),
			"--cbr", "-b", kbits, "-", file}
	} else {
		args = []string{"-v", "error", "-nostdin", "-f", "s16le", "-ar", strconv.Itoa(rate), "-ac", strconv.Itoa(channels),
			"-i", "pipe:0", "-c:a", "libmp3lame", "-b:a", kbits + "k", "-map_metadata", "-1", "-y", file}
	}
	cmd := exec.CommandContext(ctx, path, args...)
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
	err = s.frames(ctx, blockFrames, func(block []float32) error {
		b = append16(b[:0], block)
		_, err := in.Write(b)
		return err
	})
	in.Close()
	if werr := cmd.Wait(); werr != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w: %s", name, werr, strings.TrimSpace(talk.String()))
	}
	return err
}
