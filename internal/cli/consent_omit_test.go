package cli

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
)

// A stage is a recording made of noises: each speaker has one of their own, so
// that any tenth of a second of it tells who speaks.
type stage struct {
	*App
	dir  string
	made []int16 // at stageRate
}

const (
	stageRate    = 16000
	stageSeconds = 12
)

// refusing are the turns of the one who has not agreed, in seconds.
var refusing = [][2]float64{{3, 5}, {8.5, 9}}

func newStage(t *testing.T) *stage {
	s := &stage{App: testApp(t), dir: t.TempDir(), made: make([]int16, stageSeconds*stageRate)}
	host, guest := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
	for i := range s.made {
		rng := host
		for _, turn := range refusing {
			if at := float64(i) / stageRate; turn[0] <= at && at < turn[1] {
				rng = guest
			}
		}
		s.made[i] = int16(8000 * rng.NormFloat64() / 3)
	}
	wave := filepath.Join(s.dir, "talk.wav")
	s.write(t, wave, append(riff(len(s.made)), pcm16(s.made)...))
	s.write(t, filepath.Join(s.dir, "turns.txt"), []byte("0\t3\thostess\n3\t5\tguest\n5\t8.5\thostess\n8.5\t9\tguest\n9\t12\thostess\n"))
	s.ok(t, "add", wave, "--started-at", "2021-06-14T18:00:00Z")
	s.ok(t, "speakers", "confirm", "latest", "--turns", filepath.Join(s.dir, "turns.txt"), "--yes")
	s.ok(t, "consent", "set", "hostess", "granted")
	s.ok(t, "consent", "set", "guest", "declined")
	return s
}

func (s *stage) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// ok runs a command that must succeed.
func (s *stage) ok(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := run(s.App, args...)
	if code != 0 {
		t.Fatalf("spaces %s: %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// riff is the header of 16-bit mono PCM.
func riff(samples int) []byte {
	b := []byte("RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, stageRate)
	b = binary.LittleEndian.AppendUint32(b, 2*stageRate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*samples))
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*samples))
	return b
}

func pcm16(samples []int16) []byte {
	var b []byte
	for _, v := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// decoded has ffmpeg decode a file: all of its frames, whatever it says about
// which of them are to be heard.
func decoded(t *testing.T, name string, rate int) []float64 {
	t.Helper()
	input := []string{"-v", "error", "-i", name}
	if ext := filepath.Ext(name); ext == ".m4a" || ext == ".mp4" {
		input = append([]string{"-ignore_editlist", "1"}, input...)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(input, "-ac", "1", "-ar", fmt.Sprint(rate), "-f", "f32le", "-")...)
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, &stderr)
	}
	list := make([]float64, len(b)/4)
	for i := range list {
		list[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return list
}

// found returns how well the best place in all resembles part: 1 is equal, as
// far as the loudness does not matter.
func found(all, part []float64) float64 {
	var own, energy, best float64
	for _, v := range part {
		own += v * v
	}
	for i, v := range all {
		if energy += v * v; i < len(part) {
			continue
		}
		energy -= all[i-len(part)] * all[i-len(part)]
		var sum float64
		for k, w := range all[i-len(part)+1 : i+1] {
			sum += w * part[k]
		}
		best = max(best, math.Abs(sum)/math.Sqrt(max(energy, 1e-9)*own))
	}
	return best
}

// Not a tenth of a second of somebody who has not agreed is in a file, not
// even where players are told not to look.
func TestConsentedOnly(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	s := newStage(t)
	const rate = 4000
	original := decoded(t, filepath.Join(s.dir, "talk.wav"), rate)
	piece := func(at float64) []float64 { return original[int(at*rate):int((at+0.1)*rate)] }
	clip := []string{"clip", "latest", "--at", "1", "--length", "10"}
	episode := []string{"export", "latest", "--loudness", "off"}
	for _, test := range []struct {
		name string
		args []string
		long bool
	}{
		{"a.m4a", clip, false}, {"b.mp3", clip, true}, {"c.flac", append(clip, "--silence"), true},
		{"d.opus", append(episode, "--silence"), false}, {"e.m4a", []string{"export", "latest", "--silence"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.long && os.Getenv("SPACES_LONG") != "1" {
				t.Skip("only with SPACES_LONG=1")
			}
			file := filepath.Join(s.dir, test.name)
			args := append(append([]string{}, test.args...), "-o", file, "--consented-only")
			code, _, stderr := run(s.App, args...)
			if _, err := os.Stat(file); code != app.ExitUsage || err == nil || !strings.Contains(stderr, "0:02.7–0:05.2, 0:08.2–0:09.2") {
				t.Fatalf("without --reviewed: %d, %v: %s", code, err, stderr)
			}
			s.ok(t, append(args, "--reviewed")...)
			got := decoded(t, file, rate)
			for _, turn := range refusing {
				for _, at := range []float64{turn[0], turn[1] - 0.1} {
					if r := found(got, piece(at)); r > 0.3 {
						t.Errorf("what is said at %g s is there: %.2f", at, r)
					}
				}
			}
			for _, at := range []float64{2.6, 9.3} {
				if r := found(got, piece(at)); r < 0.6 {
					t.Errorf("what is said at %g s is not there: %.2f", at, r)
				}
			}
		})
	}
}

// What is not left out is the same to the sample, but for soft joins.
func TestConsentedOnlyIsExact(t *testing.T) {
	s := newStage(t)
	const (
		soft   = stageRate / 200
		margin = stageRate / 4
	)
	out := [][2]int{{3*stageRate - margin, 5*stageRate + margin}, {8.5*stageRate - margin, 9*stageRate + margin}}
	for _, test := range []struct {
		mute bool
		args []string
	}{
		{false, []string{"clip", "latest", "--at", "0", "--length", "12"}},
		{true, []string{"clip", "latest", "--at", "0", "--length", "12", "--silence"}},
		{false, []string{"export", "latest", "--loudness", "off", "--silence=false"}},
		{true, []string{"export", "latest", "--loudness", "off", "--silence"}},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			name := filepath.Join(s.dir, fmt.Sprintf("%s-%v.wav", test.args[0], test.mute))
			s.ok(t, append(test.args, "-o", name, "--consented-only", "--reviewed")...)
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b = b[bytes.Index(b, []byte("data"))+8:]
			var want []int16
			at, near := 0, []int{} // positions of joins in want
			for _, o := range out {
				want = append(want, s.made[at:o[0]]...)
				near = append(near, len(want))
				if test.mute {
					want = append(want, make([]int16, o[1]-o[0])...)
					near = append(near, len(want))
				}
				at = o[1]
			}
			want = append(want, s.made[at:]...)
			if len(b) < 2*len(want) {
				t.Fatalf("%v: %d bytes for %d samples", test.args, len(b), len(want))
			}
			for i, w := range want {
				v := int16(binary.LittleEndian.Uint16(b[2*i:]))
				faded := false
				for _, n := range near {
					faded = faded || n-soft <= i && i < n+soft
				}
				if v != w && !(faded && abs(int(v)) <= abs(int(w))) {
					t.Fatalf("%v: sample %d is %d, not %d", test.args, i, v, w)
				}
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }

// Flags that do not go together write nothing.
func TestConsentedOnlyUsage(t *testing.T) {
	s := newStage(t)
	file := filepath.Join(s.dir, "x.wav")
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"clip latest --at 1 --reviewed", app.ExitUsage, "--consented-only"},
		{"export latest --silence", app.ExitUsage, "--consented-only"},
		{"clip latest --at 1 --consented-only --override-consent x", app.ExitUsage, "--override-consent"},
		{"clip latest --at 1 --consented-only --margin 11", app.ExitUsage, "--margin"},
		{"export latest --consented-only --margin -1", app.ExitUsage, "--margin"},
	} {
		t.Run(test.args, func(t *testing.T) {
			code, _, stderr := run(s.App, append(strings.Fields(test.args), "-o", file)...)
			if _, err := os.Stat(file); code != test.code || !strings.Contains(stderr, test.says) || err == nil {
				t.Errorf("%s: %d, %v: %s", test.args, code, err, stderr)
			}
		})
	}
}

// Nothing that is left in the library has the voice of somebody forgotten.
func TestForgottenVoice(t *testing.T) {
	if os.Getenv("SPACES_LONG") != "1" {
		t.Skip("only with SPACES_LONG=1")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	s := newStage(t)
	s.ok(t, "clip", "latest", "--at", "1", "--length", "3", "--name", "both")
	s.ok(t, "clip", "latest", "--at", "5.5", "--length", "2", "--name", "host")
	s.ok(t, "clip", "latest", "--at", "2", "--length", "4", "--name", "cut", "--consented-only", "--reviewed")
	s.ok(t, "export", "latest", "--preset", "archive", "--name", "whole")
	const rate = 4000
	voice := decoded(t, filepath.Join(s.dir, "talk.wav"), rate)[3.5*rate : 3.6*rate]
	heard := func() (files, with int) {
		err := filepath.WalkDir(filepath.Join(s.Home, "Spaces"), func(name string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			switch filepath.Ext(name) {
			case ".wav", ".m4a", ".flac":
				files++
				if found(decoded(t, name, rate), voice) > 0.3 {
					with++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return files, with
	}
	if files, with := heard(); files != 6 || with != 4 {
		t.Fatalf("%d of %d files have the voice before", with, files)
	}
	s.ok(t, "people", "forget", "guest", "--yes", "guest")
	if files, with := heard(); files != 4 || with != 2 { // the original, and the file to play
		t.Errorf("%d of %d files have the voice", with, files)
	}
	s.ok(t, "people", "forget", "forgotten", "--originals", "--yes", "forgotten")
	if files, with := heard(); files != 0 || with != 0 {
		t.Errorf("%d of %d files have the voice at the end", with, files)
	}
}
