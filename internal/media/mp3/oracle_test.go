package mp3

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// tool runs a program of Debian and returns its output. The test is skipped
// where the program is missing.
func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.Bytes())
	}
	return out
}

// decoded returns how many samples ffmpeg makes of a file.
func decoded(t *testing.T, file string, channels int) int64 {
	t.Helper()
	out := tool(t, "ffmpeg", "-v", "error", "-i", file, "-f", "s16le", "-")
	return int64(len(out) / 2 / channels)
}

// open reads a whole file and returns its only run.
func open(t *testing.T, file string) (*Reader, [][]byte, track.Run) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, units := mustRead(t, b)
	if len(r.Track().Runs) != 1 || !r.Track().Damage.Empty() {
		t.Fatalf("%s: runs %+v, damage %+v", file, r.Track().Runs, r.Track().Damage.Places)
	}
	return r, units, r.Track().Runs[0]
}

// TestLengths compares sample counts with what ffmpeg decodes, for every
// sample rate of the three versions. SPACES_LONG=1 takes every mode at every
// rate with one channel and with two.
func TestLengths(t *testing.T) {
	dir := t.TempDir()
	wav, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.mp3")
	modes := [][]string{
		{"-V", "4", "-p", "--add-id3v2", "--tt", "Débat"},
		{"-b", "64"},
		{"-b", "64", "-t"}, // no Info frame
	}
	for i, rate := range []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000} {
		for channels := 1; channels <= 2; channels++ {
			length := rate + 137*i + channels
			tool(t, "ffmpeg", "-v", "error", "-y", "-f", "lavfi",
				"-i", fmt.Sprintf("anoisesrc=a=0.1:r=%d:seed=%d", rate, i),
				"-af", fmt.Sprintf("atrim=end_sample=%d", length), "-ac", fmt.Sprint(channels), wav)
			for j, mode := range modes {
				if j != (i+channels)%len(modes) && os.Getenv("SPACES_LONG") == "" {
					continue // two modes a rate
				}
				tool(t, "lame", append(append([]string{"--quiet", "--resample", fmt.Sprint(float64(rate) / 1000)}, mode...), wav, out)...)
				r, _, run := open(t, out)
				want := decoded(t, out, channels)
				if run.Played() != want || run.SampleRate != rate || run.Channels != channels {
					t.Errorf("%d Hz %d ch %v: %+v plays %d samples, ffmpeg %d", rate, channels, mode, run, run.Played(), want)
				}
				if r.Info() != nil && run.Played() != int64(length) {
					t.Errorf("%d Hz %d ch %v: plays %d samples of %d", rate, channels, mode, run.Played(), length)
				}
				if (r.Info() == nil) != (mode[len(mode)-1] == "-t") {
					t.Errorf("%d Hz %d ch %v: info %+v", rate, channels, mode, r.Info())
				}
			}
		}
	}
}

// TestAssembled puts a file together from frames and an Info frame of our own
// and asks ffmpeg and mpg123 for its length.
func TestAssembled(t *testing.T) {
	dir := t.TempDir()
	wav, in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "in.mp3"), filepath.Join(dir, "out.mp3")
	for _, c := range []struct {
		rate, channels, length int
		mode                   []string
	}{
		{44100, 2, 100000, []string{"-b", "128"}},
		{48000, 1, 123457, []string{"-V", "2"}},
		{22050, 2, 50001, []string{"-b", "64"}},
		{11025, 1, 20011, []string{"-V", "6"}},
	} {
		t.Run(fmt.Sprintf("%d Hz, %d channels", c.rate, c.channels), func(t *testing.T) {
			tool(t, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", fmt.Sprintf("anoisesrc=a=0.1:r=%d:seed=7", c.rate),
				"-af", fmt.Sprintf("atrim=end_sample=%d", c.length), "-ac", fmt.Sprint(c.channels), wav)
			tool(t, "lame", append(append([]string{"--quiet", "--resample", fmt.Sprint(float64(c.rate) / 1000)}, c.mode...), wav, in)...)
			r, units, run := open(t, in)
			h, err := ParseHeader(units[0])
			if err != nil {
				t.Fatal(err)
			}
			f, err := InfoFrame(h, Info{Gapless: true, VBR: r.Info().VBR, Frames: run.Units, Bytes: run.Bytes, Delay: r.Info().Delay, Padding: r.Info().Padding})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(out, append(f, bytes.Join(units, nil)...), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, _, run := open(t, out); run.Played() != int64(c.length) {
				t.Errorf("%+v: plays %d", c, run.Played())
			}
			if got := decoded(t, out, c.channels); got != int64(c.length) {
				t.Errorf("%+v: ffmpeg decodes %d samples", c, got)
			}
			pcm := tool(t, "mpg123", "-q", "-s", "-e", "s16", out)
			if got := len(pcm) / 2 / c.channels; got != c.length {
				t.Errorf("%+v: mpg123 decodes %d samples", c, got)
			}
			if !bytes.Equal(pcm, tool(t, "mpg123", "-q", "-s", "-e", "s16", in)) {
				t.Errorf("%+v: mpg123 decodes other samples than from LAME's own file", c)
			}
		})
	}
}

// ffmpeg finds the same length as we do in a file with the Info frame that its
// older versions wrote.
func TestShortLAMEExtensionInFFmpeg(t *testing.T) {
	dir := t.TempDir()
	wav, in, out := filepath.Join(dir, "in.wav"), filepath.Join(dir, "in.mp3"), filepath.Join(dir, "out.mp3")
	const length = 100000
	tool(t, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "anoisesrc=a=0.1:r=44100:seed=7", "-af", fmt.Sprintf("atrim=end_sample=%d", length), "-ac", "2", wav)
	tool(t, "lame", "--quiet", "-b", "64", "-m", "j", "--resample", "44.1", wav, in)
	r, units, _ := open(t, in)
	info := shortInfo(t, uint32(len(units)), r.Info().Delay, r.Info().Padding)
	if err := os.WriteFile(out, append(info, bytes.Join(units, nil)...), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, run := open(t, out)
	if want := decoded(t, out, run.Channels); run.Played() != want || want != length {
		t.Errorf("%d samples are played, in ffmpeg %d, of %d", run.Played(), want, length)
	}
}

// TestVBRI reads the frame of Fraunhofer's encoder, which no free program
// writes: only its fields are made up here.
func TestVBRI(t *testing.T) {
	audio := frames(t, plain, 25)
	f := frames(t, plain, 1)
	copy(f[HeaderSize+32:], "VBRI\x00\x01\x0D\xB1\x00\x64")
	copy(f[HeaderSize+32+10:], []byte{0, 0, 0x29, 0x99, 0, 0, 0, 25})
	r, units := mustRead(t, append(f, audio...))
	if len(units) != 25 || r.Info() == nil || r.Info().Frames != 25 || r.Info().Bytes != 0x2999 {
		t.Errorf("%d units, info %+v", len(units), r.Info())
	}
}
