package encode

import "testing"

// benchmark encodes ten seconds; bytes are those of 16 bits a sample.
func benchmark(b *testing.B, o Options) {
	x := speechlike(1, o.Channels, 10*o.SampleRate)
	b.SetBytes(int64(2 * len(x)))
	for b.Loop() {
		if _, _, err := encodeAll(o, x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(10*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
}

func BenchmarkMono64(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 1, BitRate: 64000})
}

func BenchmarkStereo128(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, BitRate: 128000})
}

func BenchmarkStereo192(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, BitRate: 192000})
}
