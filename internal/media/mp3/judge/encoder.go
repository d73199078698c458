package judge

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/wav"
)

// An Encoder makes MP3 files of WAV files.
type Encoder struct {
	Name string
	// Encode writes the WAV file in, which has so many channels, as the MP3
	// file out, at kbps kilobits a second.
	Encode func(ctx context.Context, in, out string, kbps, channels int) error
}

// LAME returns the program lame at a constant bit rate, with such other
// settings as "-q", "3".
func LAME(settings ...string) Encoder {
	return Encoder{
		Name: strings.Join(append([]string{"lame"}, settings...), " "),
		Encode: func(ctx context.Context, in, out string, kbps, channels int) error {
			mode := "j"
			if channels == 1 {
				mode = "m"
			}
			args := append([]string{"--quiet", "-b", strconv.Itoa(kbps), "-m", mode}, settings...)
			return run(ctx, "lame", append(args, in, out)...)
		},
	}
}

// Program returns the encoder that a program is, which is called as
//
//	PROGRAM in.wav out.mp3 kbps channels
func Program(name string) Encoder {
	return Encoder{
		Name: filepath.Base(name),
		Encode: func(ctx context.Context, in, out string, kbps, channels int) error {
			return run(ctx, name, in, out, strconv.Itoa(kbps), strconv.Itoa(channels))
		},
	}
}

// Judge has the item encoded, decodes what came out and compares. The file
// stays beside the item's.
func (e Encoder) Judge(ctx context.Context, i Item, kbps int) (Report, error) {
	out := e.file(i, kbps)
	if err := e.Encode(ctx, i.File, out, kbps, len(i.Samples)); err != nil {
		return Report{}, err
	}
	coded, rate, err := Decode(ctx, out)
	if err != nil {
		return Report{}, err
	}
	if rate != i.Rate {
		return Report{}, fmt.Errorf("%s has %d Hz, the original %d", out, rate, i.Rate)
	}
	r, err := Compare(i.Samples, coded, rate)
	if err != nil {
		return r, fmt.Errorf("%s: %w", out, err)
	}
	return r, nil
}

// file returns the name of the file that Judge makes.
func (e Encoder) file(i Item, kbps int) string {
	name := strings.ReplaceAll(e.Name, " ", "")
	return fmt.Sprintf("%s.%d.%s.mp3", strings.TrimSuffix(i.File, ".wav"), kbps, name)
}

// Decode decodes a file with ffmpeg, which leaves out what the LAME tag calls
// delay and padding: one slice a channel, full scale ±1, rate samples a second.
func Decode(ctx context.Context, name string) (samples [][]float32, rate int, err error) {
	file, err := output(ctx, "ffmpeg", "-v", "error", "-i", name, "-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "-")
	if err != nil {
		return nil, 0, err
	}
	// A RIFF header, then chunks; the size of the last is unknown in a pipe.
	var format wav.Format
	for at := 12; at+8 <= len(file); {
		id, body := string(file[at:at+4]), file[at+8:]
		if id == "data" {
			return deinterleave(body, format.Channels), format.SampleRate, nil
		}
		size := int(binary.LittleEndian.Uint32(file[at+4:]))
		if size > len(body) {
			break
		}
		if id == "fmt " {
			if format, err = wav.ParseFormat(body[:size]); err != nil {
				return nil, 0, fmt.Errorf("%s: %w", name, err)
			}
		}
		at += 8 + size + size%2
	}
	return nil, 0, fmt.Errorf("%s: ffmpeg wrote no samples", name)
}

// deinterleave takes samples of 32 bits of some channels apart.
func deinterleave(raw []byte, channels int) [][]float32 {
	if channels < 1 {
		return nil
	}
	x := silenceOf(channels, len(raw)/4/channels)
	for n := range x[0] {
		for c := range x {
			x[c][n] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(n*channels+c):]))
		}
	}
	return x
}

// decode has ffmpeg decode a file to a rate and a number of channels, from a
// second on, for so many seconds or, if that is 0, to the end.
func decode(ctx context.Context, name string, rate, channels, from, length int) ([][]float32, error) {
	args := []string{"-v", "error", "-i", name, "-ss", strconv.Itoa(from)}
	if length > 0 {
		args = append(args, "-t", strconv.Itoa(length))
	}
	raw, err := output(ctx, "ffmpeg", append(args, "-ar", strconv.Itoa(rate), "-ac", strconv.Itoa(channels), "-f", "f32le", "-")...)
	if err != nil {
		return nil, err
	}
	return deinterleave(raw, channels), nil
}

// run runs a program; what it complains of is in the error.
func run(ctx context.Context, program string, args ...string) error {
	_, err := output(ctx, program, args...)
	return err
}

func output(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %q: %w: %s", program, args, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.Bytes(), nil
}
