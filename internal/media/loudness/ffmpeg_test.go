package loudness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// run runs a program, or skips the test when it is not installed.
func run(t *testing.T, program string, args ...string) (stdout, stderr []byte) {
	t.Helper()
	cmd := exec.Command(program, args...)
	if cmd.Err != nil {
		t.Skip(cmd.Err)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, errs.Bytes())
	}
	return out.Bytes(), errs.Bytes()
}

const text = `Good evening everybody, and welcome. Tonight we talk about the summer of social media.
First, a question to our guest: what has changed? ... Well, thank you! A lot, and then again nothing at all.
I would say that people listen more than they used to, and that they speak less. Is that so? I think it is.
Let us hear what the others have to say about it, and then we take questions. Who would like to begin?`

func TestAgreesWithFFmpeg(t *testing.T) {
	dir := t.TempDir()
	voice := func(name string, speed, amplitude int) string {
		file := filepath.Join(dir, name+".wav")
		run(t, "espeak-ng", "-v", "en", "-s", strconv.Itoa(speed), "-a", strconv.Itoa(amplitude), "-w", file, text)
		return file
	}
	loud, soft := voice("loud", 160, 180), voice("soft", 190, 15)
	for _, rate := range []int{44100, 48000} {
		for _, c := range []struct {
			name     string
			channels int
			effects  []string
		}{
			{"mono with pauses", 1, []string{"pad", "2", "4"}},
			{"stereo", 2, []string{"remix", "1", "1v0.5"}},
			{"clipped", 1, []string{"gain", "12"}},
			{"bright", 2, []string{"treble", "12", "remix", "1", "1i"}},
		} {
			t.Run(fmt.Sprintf("%s at %d Hz", c.name, rate), func(t *testing.T) {
				file := filepath.Join(dir, fmt.Sprint(c.name, rate, ".wav"))
				args := []string{"-R", loud, soft, "-e", "float", "-b", "32", "-r", strconv.Itoa(rate), file}
				run(t, "sox", append(args, c.effects...)...)

				raw, _ := run(t, "ffmpeg", "-v", "error", "-i", file, "-f", "f32le", "-")
				in := make([]float32, len(raw)/4)
				for i := range in {
					in[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
				}
				got := measure(t, rate, c.channels, in)

				_, log := run(t, "ffmpeg", "-nostats", "-i", file, "-af", "ebur128=peak=true", "-f", "null", "-")
				want := summary(t, log)
				t.Logf("%.2f LUFS %.2f LU %.2f dBTP, ffmpeg %v", float64(got.Integrated), float64(got.Range), float64(got.TruePeak), want)
				near(t, "integrated loudness", got.Integrated, want["I"], 0.1, 0.1)
				near(t, "range", got.Range, want["LRA"], 0.1, 0.1)
				near(t, "true peak", got.TruePeak, want["Peak"], 0.2, 0.2)
			})
		}
	}
}

// summary reads the block that ffmpeg's ebur128 prints at the end.
func summary(t *testing.T, log []byte) map[string]float64 {
	t.Helper()
	_, log, found := bytes.Cut(log, []byte("Summary:"))
	if !found {
		t.Fatalf("no summary in %s", log)
	}
	values := make(map[string]float64)
	for _, m := range regexp.MustCompile(`(?m)^\s+(I|LRA|Peak):\s+(-?[\d.]+)`).FindAllSubmatch(log, -1) {
		v, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			t.Fatal(err)
		}
		values[string(m[1])] = v
	}
	if len(values) != 3 {
		t.Fatalf("only %v in %s", values, log)
	}
	return values
}
