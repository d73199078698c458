package resample

import (
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// tone is a source of a sine on the left and silence or its opposite on the
// right.
type tone struct {
	format    pcm.Format
	frequency float64
	at, n     int64
	step      int // frames a Read returns at most
}

func (t *tone) Format() pcm.Format { return t.format }

func (t *tone) Read(dst []float32) (int, error) {
	n := 0
	for ; n < min(len(dst)/t.format.Channels, t.step) && t.at < t.n; n++ {
		v := math.Sin(2 * math.Pi * t.frequency * float64(t.at) / float64(t.format.SampleRate))
		for c := range t.format.Channels {
			dst[n*t.format.Channels+c] = float32(v * float64(1-2*c) / 2)
		}
		t.at++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A tone at another rate is the same tone, where it was.
func TestTone(t *testing.T) {
	for _, tt := range []struct{ from, to, channels int }{
		{44100, 48000, 1}, {48000, 44100, 2}, {22050, 48000, 2}, {24000, 48000, 1}, {48000, 16000, 1}, {32000, 44100, 2}, {11025, 48000, 1},
	} {
		for _, part := range []float64{0.01, 0.2, 0.44} {
			f := part * float64(min(tt.from, tt.to))
			t.Run(fmt.Sprintf("%d-%d-%d/%.0f", tt.from, tt.to, tt.channels, f), func(t *testing.T) {
				samples := int64(tt.from / 2)
				src := &tone{format: pcm.Format{SampleRate: tt.from, Channels: tt.channels}, frequency: f, n: samples, step: 777}
				out := New(src, tt.to, samples)
				got := make([]float32, 0, tt.to*tt.channels)
				buf := make([]float32, 1000*tt.channels)
				for {
					n, err := out.Read(buf)
					got = append(got, buf[:n*tt.channels]...)
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				want := int(math.Round(float64(samples) * float64(tt.to) / float64(tt.from)))
				if n := len(got) / tt.channels; n != want {
					t.Fatalf("%d samples became %d, not %d", samples, n, want)
				}
				worst := 0.0
				for i := tt.to / 20; i < tt.to*9/20; i++ { // not at the edges, where the tone breaks off
					want := math.Sin(2*math.Pi*f*float64(i)/float64(tt.to)) / 2
					for c := range tt.channels {
						worst = max(worst, math.Abs(float64(got[i*tt.channels+c])-want*float64(1-2*c)))
					}
				}
				if db := 20 * math.Log10(worst/0.5); db > -80 {
					t.Errorf("off by %.1f dB", db)
				}
			})
		}
	}
}

// What the lower rate cannot hold does not fold back.
func TestFoldsNothing(t *testing.T) {
	src := &tone{format: pcm.Format{SampleRate: 48000, Channels: 1}, frequency: 11000, n: 24000, step: 4096}
	out := New(src, 16000, 24000)
	buf := make([]float32, 8000)
	n, err := pcm.ReadFull(out, buf)
	if err != nil || n != 8000 {
		t.Fatal(n, err)
	}
	for i := 1000; i < 7000; i++ {
		if v := math.Abs(float64(buf[i])); v > 1e-4 {
			t.Fatalf("sample %d is %g", i, v)
		}
	}
}
