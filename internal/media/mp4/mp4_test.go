package mp4

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// stereo48 is AAC-LC, 48 kHz, two channels.
var stereo48 = track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024, Specific: "\x11\x90"}

// randomUnits returns n units of 1 to 400 bytes that mean nothing.
func randomUnits(n int) [][]byte {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	units := make([][]byte, n)
	for i := range units {
		units[i] = make([]byte, 1+rng.IntN(400))
		for j := range units[i] {
			units[i][j] = byte(rng.Uint32())
		}
	}
	return units
}

// movieOf returns a Movie of units, all of which play.
func movieOf(c track.Config, units [][]byte) *Movie {
	return &Movie{Config: c, Units: int64(len(units)), Size: func(i int64) int { return len(units[i]) }}
}

func write(t testing.TB, m *Movie, units [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if err := w.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll returns a reader that has read file to its end, and its units.
func readAll(t testing.TB, file []byte) (*Reader, [][]byte) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var units [][]byte
	var p track.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return r, units
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, bytes.Clone(p.Data))
	}
}

func sameUnits(t *testing.T, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d units, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("unit %d differs: % .8x…, want % .8x…", i, got[i], want[i])
		}
	}
}

// run runs a program in dir and returns its output. The test is skipped if it
// is not installed.
func run(t testing.TB, dir, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// ffmpeg runs ffmpeg in dir with args, split at spaces.
func ffmpeg(t testing.TB, dir, args string) {
	t.Helper()
	run(t, dir, "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, strings.Fields(args)...)...)
}

// speech makes dir/name, an ADTS file of a few seconds of swelling noise and
// tones, and returns its units. They are coded without noise substitution:
// what that decodes to depends on where the decoder began.
func speech(t testing.TB, dir, name string, rate, channels string) [][]byte {
	t.Helper()
	ffmpeg(t, dir, "-f lavfi -i aevalsrc=0.3*sin(2*PI*(300+40*t)*t)*sin(PI*t)+0.05*random(0):s="+rate+":d=5"+
		" -ac "+channels+" -c:a aac -aac_pns 0 -b:a 96k -f adts "+name)
	return adtsUnits(t, filepath.Join(dir, name))
}

// adtsUnits returns the raw data blocks of an ADTS file of whole frames.
func adtsUnits(t testing.TB, name string) (units [][]byte) {
	t.Helper()
	b := readFile(t, name)
	for len(b) >= 7 {
		n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
		head := 7
		if b[1]&1 == 0 {
			head = 9
		}
		if b[0] != 0xFF || n < head || n > len(b) {
			t.Fatalf("%s: bad ADTS header % x", name, b[:7])
		}
		units = append(units, b[head:n])
		b = b[n:]
	}
	return units
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
