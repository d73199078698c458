package aac

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	goaac "github.com/tphakala/go-aac"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A memoryReader is a Reader of samples in memory.
type memoryReader struct {
	format pcm.Format
	rest   []float32
	err    error // at the end, instead of io.EOF
}

func (t *memoryReader) Format() pcm.Format { return t.format }

func (t *memoryReader) Read(dst []float32) (int, error) {
	if len(t.rest) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		return 0, io.EOF
	}
	n := copy(dst[:min(len(dst), 3000*t.format.Channels)], t.rest)
	t.rest = t.rest[n:]
	return n / t.format.Channels, nil
}

// speech is something between a voice and music: gliding harmonics in
// syllables with hard beginnings, clicks, and noise.
func speech(f pcm.Format, frames int) []float32 {
	rnd := rand.New(rand.NewPCG(1, uint64(f.Channels)))
	out := make([]float32, frames*f.Channels)
	phase, level, pitch := 0.0, 0.0, 120.0
	for i := range frames {
		if i%(f.SampleRate/4) == 0 {
			pitch = 90 + 120*rnd.Float64()
			level = rnd.Float64()
		}
		phase += 2 * math.Pi * pitch / float64(f.SampleRate)
		v := 0.0
		for h := 1.0; h < 12; h++ {
			v += math.Sin(h*phase) / h
		}
		v = 0.15*level*v + 0.003*rnd.NormFloat64()
		if i%(f.SampleRate*3/7) < 40 {
			v += 0.3 * rnd.NormFloat64()
		}
		for c := range f.Channels {
			out[i*f.Channels+c] = float32(v * (1 - 0.3*float64(c)*math.Sin(float64(i)/9000)))
		}
	}
	return out
}

func encodeAll(t testing.TB, f pcm.Format, samples []float32, grid, jobs int) (Stream, [][]byte) {
	t.Helper()
	var units [][]byte
	s, err := encode(t.Context(), &memoryReader{format: f, rest: samples}, Options{BitRate: 64000 * f.Channels, Jobs: jobs}, grid, func(u []byte) error {
		units = append(units, bytes.Clone(u))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if int(s.Units) != len(units) || int(s.Samples) != len(samples)/f.Channels {
		t.Fatalf("%+v: %d units were put out for %d samples", s, len(units), len(samples))
	}
	return s, units
}

// decode returns what the units sound like, priming left out.
func decode(t testing.TB, s Stream, units [][]byte) []float32 {
	t.Helper()
	d, err := pcm.NewDecoder(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	var out []float32
	block := make([]float32, frameSamples*s.Config.Channels)
	for i, u := range units {
		if err := d.Decode(block, u); err != nil {
			t.Fatalf("unit %d: %v", i, err)
		}
		out = append(out, block...)
	}
	return out[Delay*s.Config.Channels:]
}

var formats = []pcm.Format{{SampleRate: 48000, Channels: 1}, {SampleRate: 44100, Channels: 2}}

// Around the joins the sound is as near to the input as that of one encoder
// that goes through it all.
func TestJoinsCannotBeHeard(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes as TestJobsMakeNoDifference does: the race detector has nothing more to see")
	}
	const around = 20
	list, seconds, gridSeconds := formats[:1], 24, 3
	if os.Getenv("SPACES_LONG") != "" {
		list, seconds, gridSeconds = formats, 40, 5
	}
	for _, f := range list {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			in := speech(f, seconds*f.SampleRate+777)
			grid := gridSeconds * f.SampleRate / frameSamples
			s, joined := encodeAll(t, f, in, grid, 2)
			_, single := encodeAll(t, f, in, len(in)/frameSamples+1, 1)
			if len(joined) != len(single) {
				t.Fatalf("%d units, not %d", len(joined), len(single))
			}
			a, b := decode(t, s, joined), decode(t, s, single)
			if len(a) < len(in) {
				t.Fatalf("%d samples come out of %d", len(a), len(in))
			}
			noise := func(x []float32, from, to int) float64 {
				sum := 1e-9
				for i := from * frameSamples * f.Channels; i < to*frameSamples*f.Channels; i++ {
					d := float64(x[i] - in[i])
					sum += d * d
				}
				return 10 * math.Log10(sum)
			}
			joins := 0
			for at := grid; at+around < len(in)/f.Channels/frameSamples; at += grid {
				joins++
				// The join lies up to lead-settle frames before the grid.
				for g := at - (lead - settle); g <= at; g += 4 {
					if d := noise(a, g-around, g+around) - noise(b, g-around, g+around); d > 1 {
						t.Errorf("around frame %d the error is %.2f dB worse", g, d)
					}
				}
				for g := at - (lead - settle); g <= at; g++ { // and no single frame stands out
					if d := noise(a, g, g+1) - noise(b, g, g+1); d > 6 {
						t.Errorf("in frame %d the error is %.2f dB worse", g, d)
					}
				}
			}
			if joins < 7 {
				t.Fatalf("%d joins", joins)
			}
		})
	}
}

func TestJobsMakeNoDifference(t *testing.T) {
	f := formats[1]
	in := speech(f, 8*f.SampleRate)
	_, one := encodeAll(t, f, in, 100, 1)
	for _, jobs := range []int{2, 5} {
		_, many := encodeAll(t, f, in, 100, jobs)
		if len(one) != len(many) {
			t.Fatalf("%d jobs: %d units, not %d", jobs, len(many), len(one))
		}
		for i := range one {
			if !bytes.Equal(one[i], many[i]) {
				t.Fatalf("%d jobs: unit %d differs", jobs, i)
			}
		}
	}
}

// Whatever the length is in relation to the grid, all samples come out, and
// what is shorter than a piece is what one encoder makes of it.
func TestLengths(t *testing.T) {
	f := formats[0]
	const grid = 80
	in := speech(f, 3*grid*frameSamples)
	for _, n := range []int{1, 1023, 1024, 1025, (grid + tail) * frameSamples, (grid+tail)*frameSamples + 1, grid * frameSamples, 2*grid*frameSamples + 5, (2*grid + tail) * frameSamples} {
		s, units := encodeAll(t, f, in[:n], grid, 2)
		if want := (n+frameSamples-1)/frameSamples + 1; len(units) != want {
			t.Errorf("%d samples: %d units, not %d", n, len(units), want)
		}
		if got := decode(t, s, units); len(got) < n {
			t.Errorf("%d samples: %d come out", n, len(got))
		}
	}
}

func TestShortInputIsOneEncoders(t *testing.T) {
	f := formats[0]
	in := speech(f, 2*f.SampleRate)
	_, units := encodeAll(t, f, in, 1000, 4)
	enc, err := goaac.NewEncoder(goaac.EncoderConfig{SampleRate: f.SampleRate, Channels: 1, Bitrate: 64000})
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for at := 0; at < len(in); at += frameSamples {
		if want, err = enc.EncodeFrame(want, [][]float32{in[at:min(len(in), at+frameSamples)]}); err != nil {
			t.Fatal(err)
		}
	}
	for !enc.Drained() {
		if want, err = enc.EncodeFrame(want, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(bytes.Join(units, nil), want) {
		t.Error("the units are not those of the encoder")
	}
}

func TestErrorsEndIt(t *testing.T) {
	f := formats[0]
	in := speech(f, 3*f.SampleRate)
	broken := errors.New("broken")
	put := func([]byte) error { return nil }
	if _, err := encode(t.Context(), &memoryReader{format: f, rest: in, err: broken}, Options{Jobs: 2}, 80, put); !errors.Is(err, broken) {
		t.Errorf("a source that breaks: %v", err)
	}
	if _, err := encode(t.Context(), &memoryReader{format: f, rest: in}, Options{Jobs: 2}, 80, func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a disk that is full: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Encode(ctx, &memoryReader{format: f, rest: in}, Options{}, put); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := Encode(t.Context(), &memoryReader{format: pcm.Format{SampleRate: 8000, Channels: 1}}, Options{}, put); err == nil {
		t.Error("8 kHz were taken")
	}
	in[5] = float32(math.NaN())
	if _, err := Encode(t.Context(), &memoryReader{format: f, rest: in}, Options{}, put); err != nil {
		t.Errorf("a sample that is no number: %v", err)
	}
}

// FuzzWindowOf holds: any bytes have a window or are refused.
func FuzzWindowOf(f *testing.F) {
	f.Add([]byte{0x21, 0x00, 0x49, 0x90})
	f.Add([]byte{0x01, 0x40, 0x22, 0x80})
	f.Fuzz(func(t *testing.T, unit []byte) {
		w, err := windowOf(unit)
		if err == nil && (w.sequence > longStop || unit[0]>>6 != 0) {
			t.Fatalf("%x: %+v", unit, w)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	in := speech(f, 20*f.SampleRate)
	for b.Loop() {
		if _, err := encode(b.Context(), &memoryReader{format: f, rest: in}, Options{BitRate: 128000, Jobs: 2}, 200, func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20*float64(b.N)/b.Elapsed().Seconds(), "x")
}
