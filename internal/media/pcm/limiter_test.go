package pcm_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A memoryReader is a Reader of samples in memory, read in pieces of any size.
type memoryReader struct {
	format pcm.Format
	rest   []float32
	piece  int // frames
	err    error
}

func (t *memoryReader) Format() pcm.Format { return t.format }

func (t *memoryReader) Read(dst []float32) (int, error) {
	if len(t.rest) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		return 0, io.EOF
	}
	n := copy(dst[:min(len(dst), t.piece*t.format.Channels)], t.rest)
	t.rest = t.rest[n:]
	return n / t.format.Channels, nil
}

func readAll(t testing.TB, src pcm.Reader) []float32 {
	t.Helper()
	var out []float32
	buf := make([]float32, 1000*src.Format().Channels)
	for {
		n, err := src.Read(buf)
		out = append(out, buf[:n*src.Format().Channels]...)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func truePeak(t testing.TB, f pcm.Format, samples []float32) float64 {
	m, err := loudness.NewMeter(f.SampleRate, f.Channels)
	if err != nil {
		t.Fatal(err)
	}
	m.Write(samples)
	return float64(m.Result().TruePeak)
}

// peaky are signals with peaks on and between the samples, far beyond full
// scale.
func peaky(f pcm.Format, frames int) map[string][]float32 {
	rnd := rand.New(rand.NewPCG(1, 2))
	list := map[string]func(i int) float64{
		"sine":          func(i int) float64 { return 3 * math.Sin(float64(i)*0.05) },
		"between":       func(i int) float64 { return 1.6 * math.Sin(math.Pi/2*float64(i)+math.Pi/4) },
		"noise":         func(i int) float64 { return rnd.NormFloat64() },
		"clicks":        func(i int) float64 { return map[bool]float64{true: 4}[i%997 == 3] },
		"from the rest": func(i int) float64 { return map[bool]float64{true: 2, false: 0.1}[i >= frames-50] },
		"at the start":  func(i int) float64 { return map[bool]float64{true: 2, false: 0.1}[i < 3] },
		"bursts":        func(i int) float64 { return math.Sin(float64(i)*0.7) * float64(i/2000%3) },
	}
	out := make(map[string][]float32)
	for name, at := range list {
		s := make([]float32, frames*f.Channels)
		for i := range s {
			s[i] = float32(at(i / f.Channels))
			if i%f.Channels == 1 {
				s[i] *= -0.5
			}
		}
		out[name] = s
	}
	return out
}

func TestLimitHoldsTheCeiling(t *testing.T) {
	for _, f := range []pcm.Format{{SampleRate: 48000, Channels: 1}, {SampleRate: 44100, Channels: 2}, {SampleRate: 8000, Channels: 1}} {
		for name, in := range peaky(f, 30000) {
			for _, db := range []float64{-1, -6} {
				t.Run(fmt.Sprintf("%v %s %v", f, name, db), func(t *testing.T) {
					out := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in, piece: 777}, pcm.Decibels(db)))
					if len(out) != len(in) {
						t.Fatalf("%d samples, not %d", len(out), len(in))
					}
					if p := truePeak(t, f, out); p > db+0.1 {
						t.Errorf("true peak %.3f dBTP", p)
					} else if name != "at the start" && name != "from the rest" && p < db-1 {
						t.Errorf("true peak %.3f dBTP: more was taken than need be", p)
					}
				})
			}
		}
	}
}

func TestLimitLeavesTheRestAlone(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	in := make([]float32, 2*60000)
	for i := range in {
		in[i] = float32(0.4 * math.Sin(float64(i/2)*0.03))
	}
	out := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in, piece: 512}, pcm.Decibels(-1)))
	for i := range in {
		if in[i] != out[i] {
			t.Fatalf("sample %d became %g from %g", i, out[i], in[i])
		}
	}
	// One click turns down what is around it, and nothing a second away.
	loud := append([]float32(nil), in...)
	loud[60001] = 3
	out = readAll(t, pcm.Limit(&memoryReader{format: f, rest: loud, piece: 4096}, pcm.Decibels(-1)))
	for i := range in {
		far := i/2 < 30000-2*240 || i/2 > 30000+48000
		if d := math.Abs(float64(out[i] - in[i])); far && d > 0.003 {
			t.Fatalf("sample %d became %g from %g", i, out[i], in[i])
		}
	}
}

// The gain has no jumps: a steady tone shows it.
func TestLimitIsSmooth(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	in := make([]float32, 2*20000)
	for i := range 20000 {
		in[2*i] = 0.5
		if i%4001 > 3900 {
			in[2*i+1] = 4
		}
	}
	out := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in, piece: 100}, 0.8))
	for i := 1; i < 20000; i++ {
		if d := math.Abs(float64(out[2*i] - out[2*i-2])); d > 0.01 {
			t.Fatalf("the gain jumps by %.4f at %d", d/0.5, i)
		}
	}
}

func TestLimitIsTheSameInAnyPieces(t *testing.T) {
	f := pcm.Format{SampleRate: 44100, Channels: 1}
	in := peaky(f, 20000)["bursts"]
	want := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in, piece: 20000}, 0.5))
	for _, piece := range []int{1, 31, 4096} {
		got := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in, piece: piece}, 0.5))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("pieces of %d: sample %d is %g, not %g", piece, i, got[i], want[i])
			}
		}
	}
	for n := range 20 {
		if got := readAll(t, pcm.Limit(&memoryReader{format: f, rest: in[:n], piece: 3}, 0.5)); len(got) != n {
			t.Fatalf("%d samples came out of %d", len(got), n)
		}
	}
	broken := errors.New("broken")
	src := pcm.Limit(&memoryReader{format: f, rest: in, piece: 100, err: broken}, 0.5)
	buf := make([]float32, 300)
	for {
		if _, err := src.Read(buf); err != nil {
			if !errors.Is(err, broken) {
				t.Fatal(err)
			}
			break
		}
	}
}

func TestLevel(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	in := make([]float32, 2*1000)
	for i := range in {
		in[i] = 1
	}
	out := readAll(t, pcm.Level(&memoryReader{format: f, rest: in, piece: 33}, []pcm.Step{{At: 0, Factor: 0.5}, {At: 400, Factor: 1}, {At: 800, Factor: 2}}, 100))
	for i, want := range map[int]float64{0: 0.5, 299: 0.5, 350: 0.75, 400: 1, 700: 1, 750: 1.5, 800: 2, 999: 2} {
		if math.Abs(float64(out[2*i])-want) > 0.006 || out[2*i] != out[2*i+1] {
			t.Errorf("frame %d has %g and %g, not %g", i, out[2*i], out[2*i+1], want)
		}
	}
	in[0] = 7
	if out := readAll(t, pcm.Level(&memoryReader{format: f, rest: in, piece: 33}, nil, 10)); out[0] != 7 {
		t.Error("without steps something changed")
	}
}

func BenchmarkLimit(b *testing.B) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	in := peaky(f, 480000)["bursts"]
	buf := make([]float32, 8192)
	for b.Loop() {
		src := pcm.Limit(&memoryReader{format: f, rest: in, piece: 4096}, 0.5)
		for {
			if _, err := src.Read(buf); err != nil {
				break
			}
		}
	}
	b.ReportMetric(10*float64(b.N)/b.Elapsed().Seconds(), "x")
}

func BenchmarkLimitOfWords(b *testing.B) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	const seconds = 10
	rnd := rand.New(rand.NewPCG(3, 3))
	in := make([]float32, seconds*f.SampleRate*f.Channels)
	for i := range in { // words of half a second, and pauses of two
		at := float64(i/2) / float64(f.SampleRate)
		if math.Mod(at, 2.5) < 0.5 {
			in[i] = float32(0.4 * rnd.NormFloat64())
		} else {
			in[i] = float32(0.05 * rnd.NormFloat64())
		}
	}
	buf := make([]float32, 8192)
	b.ReportAllocs()
	for b.Loop() {
		l := pcm.Limit(&memoryReader{format: f, rest: in, piece: 4096}, 0.75)
		for {
			if _, err := l.Read(buf); err == io.EOF {
				break
			}
		}
	}
	b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}
