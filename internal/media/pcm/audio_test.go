package pcm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// tool runs a program of Debian and returns its output. The test is skipped
// where the program is missing.
func tool(t testing.TB, name string, args ...string) []byte {
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

// A sound is music of one kind.
type sound struct {
	rate, channels int
	seconds        float64
}

// sounds has the WAV file of each sound that a test has needed so far: ffmpeg
// takes longer to compute one than to encode it.
var sounds = map[sound][]byte{}

// music writes a WAV file: chirps with attacks, so that encoders change their
// windows, over noise and tones that differ between the channels.
func music(t testing.TB, file string, s sound) {
	t.Helper()
	if sounds[s] == nil {
		left := "0.3*sin(2*PI*(200+900*mod(t,1.3))*t)*exp(-6*mod(t,0.37))+0.1*sin(2*PI*440*t)+0.02*(random(0)-0.5)"
		right := "0.3*sin(2*PI*(300+500*mod(t,0.9))*t)*exp(-9*mod(t,0.23))+0.1*sin(2*PI*554*t)+0.02*(random(1)-0.5)"
		expr := left
		if s.channels == 2 {
			expr += "|" + right
		}
		tool(t, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
			fmt.Sprintf("aevalsrc='%s':s=%d:d=%g", expr, s.rate, s.seconds), "-c:a", "pcm_f64le", file)
		sounds[s] = mustRead(t, file)
	}
	if err := os.WriteFile(file, sounds[s], 0o666); err != nil {
		t.Fatal(err)
	}
}

// encode has ffmpeg encode music to a new file of the given name.
func encode(t testing.TB, name string, rate, channels int, seconds float64, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	wav, file := filepath.Join(dir, "music.wav"), filepath.Join(dir, name)
	music(t, wav, sound{rate, channels, seconds})
	tool(t, "ffmpeg", append(append([]string{"-v", "error", "-y", "-i", wav}, args...), file)...)
	return file
}

// heard returns what ffmpeg decodes of a file.
func heard(t testing.TB, file string) []float32 {
	t.Helper()
	return floats(tool(t, "ffmpeg", "-v", "error", "-i", file, "-f", "f32le", "-c:a", "pcm_f32le", "-"))
}

// mpg123 returns what mpg123 decodes of a file.
func mpg123(t testing.TB, file string, rate int) []float32 {
	t.Helper()
	return floats(tool(t, "mpg123", "-q", "-e", "f32", "-r", fmt.Sprint(rate), "-s", file))
}

func floats(b []byte) []float32 {
	s := make([]float32, len(b)/4)
	for i := range s {
		s[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return s
}

// recording is the first run of a file, held in memory.
type recording struct {
	track.Run
	units   [][]byte
	lengths track.Lengths
}

// length is how many samples unit i lasts.
func (r recording) length(i int) int64 {
	for _, o := range r.lengths.Odd {
		if o.Unit == int64(i) {
			return int64(o.Samples)
		}
	}
	if r.UnitSamples == 0 {
		return int64(r.lengths.Usual)
	}
	return int64(r.UnitSamples)
}

func read(t testing.TB, file string) recording {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return readBytes(t, b)
}

func readBytes(t testing.TB, b []byte) recording {
	t.Helper()
	r, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	rec.lengths.Usual = opus.Frame
	var p track.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		if p.Run == 0 {
			rec.units = append(rec.units, bytes.Clone(p.Data))
			if r.Track().Runs[0].Codec == track.Opus {
				rec.lengths.Add(p.Samples)
			}
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	rec.Run = r.Track().Runs[0]
	return rec
}

// before is how many bytes stand before the units in the files of the tests.
const before = 123

// file returns a File of the units.
func (r recording) file(t testing.TB) *File {
	t.Helper()
	payload := make([]byte, before)
	var sizes track.Sizes
	for _, u := range r.units {
		payload = append(payload, u...)
		sizes = append(sizes, uint32(len(u)))
	}
	var index bytes.Buffer
	var err error
	if r.Codec == track.Opus {
		err = track.WriteListing(&index, sizes, &r.lengths, r.SampleRate)
	} else {
		err = track.WriteIndex(&index, sizes, r.SampleRate, r.UnitSamples)
	}
	if err != nil {
		t.Fatal(err)
	}
	x, err := track.OpenIndex(bytes.NewReader(index.Bytes()), int64(index.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFile(bytes.NewReader(payload), before, x, r.Config)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// linear decodes all units with one Decoder, and returns which were bad.
func (r recording) linear(t testing.TB) (samples []float32, bad []int) {
	t.Helper()
	d, err := NewDecoder(r.Config)
	if err != nil {
		t.Fatal(err)
	}
	left := r.Samples
	for i, u := range r.units {
		n := min(left, r.length(i))
		left -= n
		dst := make([]float32, int(n)*r.Channels)
		if err := d.Decode(dst, u); err != nil {
			bad = append(bad, i)
		}
		samples = append(samples, dst...)
	}
	return samples, bad
}

// play returns all that f plays of the spans.
func play(t testing.TB, f *File, jobs int, spans ...Span) ([]float32, *Losses) {
	t.Helper()
	p, err := f.Play(context.Background(), jobs, spans...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return all(t, p), p.Losses()
}

// all reads src to its end, in blocks of an odd size.
func all(t testing.TB, src Reader) []float32 {
	t.Helper()
	var s []float32
	buf := make([]float32, 1777*src.Format().Channels)
	for {
		n, err := src.Read(buf)
		s = append(s, buf[:n*src.Format().Channels]...)
		if err == io.EOF {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// difference returns the greatest and the root mean square difference of a and
// b, in steps of 16 bits.
func difference(t testing.TB, a, b []float32) (peak, rms float64) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d samples, want %d", len(a), len(b))
	}
	var sum float64
	for i := range a {
		d := math.Abs(float64(a[i]-b[i])) * (1 << 15)
		peak = max(peak, d)
		sum += d * d
	}
	return peak, math.Sqrt(sum / float64(max(1, len(a))))
}

// equal fails the test where got is not want to the bit.
func equal(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d samples, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: sample %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}
