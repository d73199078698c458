package syntax_test

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
)

// A recording of X has about 96 kbit/s; loud noise at the highest rate is the
// most that an hour of sound can cost.
func BenchmarkParse(b *testing.B) { bench(b, (*syntax.Parser).Parse) }

// BenchmarkScan leaves out the values, as the hashes of units do.
func BenchmarkScan(b *testing.B) { bench(b, (*syntax.Parser).Scan) }

func bench(b *testing.B, parse func(*syntax.Parser, []byte, *syntax.Unit) error) {
	b.Helper()
	for _, c := range []struct {
		name, source, rate string
	}{{"96k", music, "96k"}, {"320k", loud, "320k"}} {
		b.Run(c.name, func(b *testing.B) {
			all, rate := units(b, ffmpeg(b, c.source, "-ac", "2", "-b:a", c.rate))
			p, err := syntax.NewParser(2, rate)
			if err != nil {
				b.Fatal(err)
			}
			var n int64
			for _, u := range all {
				n += int64(len(u))
			}
			b.SetBytes(n)
			b.ReportAllocs()
			var u syntax.Unit
			for b.Loop() {
				for _, unit := range all {
					if err := parse(p, unit, &u); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
