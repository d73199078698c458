package gain

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// Analyzing comes on top of decoding, which is measured beside it.
func BenchmarkAnalyze(b *testing.B) {
	s := speech(b, 1)
	d, err := pcm.NewDecoder(s.config)
	if err != nil {
		b.Fatal(err)
	}
	samples := make([][]float32, len(s.at))
	decode := func() {
		for i := range s.at {
			samples[i] = make([]float32, s.config.UnitSamples*s.config.Channels)
			if err := d.Decode(samples[i], s.unit(i)); err != nil {
				b.Fatal(err)
			}
		}
	}
	decode()
	seconds := float64(len(s.at)*s.config.UnitSamples) / float64(s.config.SampleRate)
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			decode()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*3600/seconds, "s/h")
	})
	b.Run("analyze", func(b *testing.B) {
		for b.Loop() {
			a, err := NewAnalyzer(s.config, DefaultFloor)
			if err != nil {
				b.Fatal(err)
			}
			for i := range s.at {
				if err := a.Add(s.unit(i), samples[i]); err != nil {
					b.Fatal(err)
				}
			}
			a.Analysis()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*3600/seconds, "s/h")
	})
}
