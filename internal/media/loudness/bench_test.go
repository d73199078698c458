package loudness

import (
	"math"
	"math/rand/v2"
	"testing"
)

// speechLike returns seconds of interleaved noise in syllables and phrases,
// some louder than others: what the peak meter meets in speech.
func speechLike(rate, channels, seconds int) []float32 {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, rate*seconds*channels)
	var low float64
	for i := range rate * seconds {
		t := float64(i) / float64(rate)
		syllable := math.Pow(math.Sin(math.Pi*4*t), 2)
		phrase := 0.5 + 0.5*math.Sin(2*math.Pi*t/7)
		low += 0.2 * (rnd.NormFloat64() - low)
		for c := range channels {
			out[i*channels+c] = float32(0.4 * low * syllable * phrase)
		}
	}
	return out
}

func BenchmarkMeter(b *testing.B) {
	noise := func(rate, channels, seconds int) []float32 {
		rnd := rand.New(rand.NewPCG(1, 2))
		out := make([]float32, rate*seconds*channels)
		for i := range out {
			out[i] = 2*rnd.Float32() - 1
		}
		return out
	}
	for _, bm := range []struct {
		name           string
		rate, channels int
		signal         func(rate, channels, seconds int) []float32
	}{
		{"speech-48k-stereo", 48000, 2, speechLike},
		{"speech-48k-mono", 48000, 1, speechLike},
		{"full-scale-noise-48k-stereo", 48000, 2, noise},
	} {
		b.Run(bm.name, func(b *testing.B) {
			const seconds = 10
			in := bm.signal(bm.rate, bm.channels, seconds)
			m, err := NewMeter(bm.rate, bm.channels)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for rest := in; len(rest) > 0; {
					n := min(len(rest), 1024*bm.channels)
					m.Write(rest[:n])
					rest = rest[n:]
				}
			}
			b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
		})
	}
}
