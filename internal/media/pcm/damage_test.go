package pcm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// damaged returns rec with one bit flipped in about one unit of a hundred, some
// units cut to nothing useful, and the indices of those units.
func damaged(rec recording, seed uint64) (recording, []int64) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	rec.units = slices.Clone(rec.units)
	var hit []int64
	for i, u := range rec.units {
		if rnd.IntN(100) != 0 {
			continue
		}
		hit = append(hit, int64(i))
		u = bytes.Clone(u)
		if rec.Codec != track.PCM && rnd.IntN(4) == 0 {
			u = u[:rnd.IntN(len(u))]
		} else {
			u[rnd.IntN(len(u))] ^= 1 << rnd.IntN(8)
		}
		rec.units[i] = u
	}
	return rec, hit
}

func TestDamageKeepsTheLength(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes for long")
	}
	recs := map[string]recording{
		"aac":  speech(t, 2*pieceUnits+50),
		"mp3":  long(readBytes(t, mustRead(t, "testdata/stereo.mp3")), 2*pieceUnits+50),
		"lsf":  long(readBytes(t, mustRead(t, "testdata/lsf.mp3")), 2*pieceUnits+50),
		"flac": long(readBytes(t, mustRead(t, "testdata/mono.flac")), 130),
		"wav":  noise(t, 48000, 2, 3*pieceUnitsPCM*track.PCMUnit),
	}
	for name, rec := range recs {
		t.Run(name, func(t *testing.T) {
			seeds := uint64(20)
			if os.Getenv("SPACES_LONG") != "" {
				seeds = 100
			}
			if rec.Codec == track.MP3 {
				seeds /= 10 // the decoder is that much slower
			}
			var flipped, lost int64
			for seed := range seeds {
				broken, hit := damaged(rec, seed)
				f := broken.file(t)
				got, losses := play(t, f, 2, Span{0, f.Samples()})
				if int64(len(got)) != rec.Samples*int64(rec.Channels) {
					t.Fatalf("seed %d: %d values, want %d samples", seed, len(got), rec.Samples)
				}
				for i, v := range got {
					if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
						t.Fatalf("seed %d: sample %d is %g", seed, i, v)
					}
				}
				var units int64
				for _, l := range losses.Places {
					units += l.Units
					if l.Start != l.Unit*int64(rec.UnitSamples) {
						t.Fatalf("seed %d: loss %+v", seed, l)
					}
					// A frame of MP3 takes with it those whose data it holds.
					near := slices.ContainsFunc(hit, func(h int64) bool { return l.Unit >= h && l.Unit <= h+10 })
					if !near {
						t.Fatalf("seed %d: loss %+v, damaged were %v", seed, l, hit)
					}
				}
				if units != losses.Units {
					t.Fatalf("seed %d: %d units lost in %+v", seed, losses.Units, losses.Places)
				}
				flipped, lost = flipped+int64(len(hit)), lost+units
			}
			t.Logf("%d units damaged, %d lost", flipped, lost)
			if rec.Codec != track.PCM && lost < flipped/8 {
				t.Error("hardly any damage was noticed")
			}
		})
	}
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A unit that cannot be decoded is silent, and what comes a unit later is as if
// nothing had been.
func TestABadUnitIsSilence(t *testing.T) {
	rec := read(t, encode(t, "a.aac", 48000, 2, 1, "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"))
	want, _ := rec.linear(t)
	rec.units[20] = []byte("no sound")
	f := rec.file(t)
	got, losses := play(t, f, 1, Span{0, f.Samples()})
	n := rec.UnitSamples * rec.Channels
	equal(t, "before", got[:20*n], want[:20*n])
	equal(t, "in its place", got[20*n:21*n], make([]float32, n))
	equal(t, "after it", got[22*n:], want[22*n:])
	wantLoss := Loss{Unit: 20, Units: 1, Span: Span{20 * 1024, 1024}}
	if len(losses.Places) != 1 || losses.Places[0] != wantLoss || losses.Samples != 1024 {
		t.Errorf("losses %+v", losses)
	}
	// Only the part of it that is played is lost.
	_, losses = play(t, f, 1, Span{20*1024 + 1000, 500})
	if len(losses.Places) != 1 || losses.Places[0].Span != (Span{20*1024 + 1000, 24}) {
		t.Errorf("losses of a part %+v", losses)
	}
}

// An MP3 frame whose main data began in a lost one is lost; nothing is made up
// from other data.
func TestMP3WithoutItsReservoir(t *testing.T) {
	rec := readBytes(t, mustRead(t, "testdata/stereo.mp3"))
	want, _ := rec.linear(t)
	d, err := NewDecoder(rec.Config)
	if err != nil {
		t.Fatal(err)
	}
	n := rec.UnitSamples * rec.Channels
	dst := make([]float32, n)
	const from = 30
	good := 0
	for i, u := range rec.units[from:] {
		err := d.Decode(dst, u)
		switch {
		case err != nil && good > 0:
			t.Fatalf("frame %d: %v", from+i, err)
		case err != nil && !errors.Is(err, ErrDamaged):
			t.Fatal(err)
		case err == nil:
			good++
		}
		if good > 2 {
			equal(t, "after two good frames", dst, want[(from+i)*n:(from+i+1)*n])
		}
	}
	if first := len(rec.units) - from - good; first == 0 || first > 10 {
		t.Errorf("%d frames were lost", first)
	}
}

func TestLossesAreBounded(t *testing.T) {
	var l Losses
	for i := range int64(3 * maxLosses) {
		l.add(2*i, 2*i*1024, 1024)
		l.add(2*i+1-i%2, (2*i+1)*1024, 1024)
	}
	if len(l.Places) > maxLosses || l.Units != 6*maxLosses || l.Samples != 6*maxLosses*1024 {
		t.Errorf("%d places, %d units", len(l.Places), l.Units)
	}
}

func fuzzUnits(f *testing.F, rec recording) {
	for i, u := range rec.units[:min(8, len(rec.units))] {
		f.Add(u, rec.units[i+1])
	}
	d, err := NewDecoder(rec.Config)
	if err != nil {
		f.Fatal(err)
	}
	n := rec.UnitSamples * rec.Channels
	dst, want := make([]float32, n), make([]float32, n)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d.Reset()
		for _, u := range [][]byte{rec.units[0], a, b, rec.units[1]} {
			for i := range dst {
				dst[i] = float32(math.NaN())
			}
			err := d.Decode(dst, u)
			if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
			for i, v := range dst {
				if !(math.Abs(float64(v)) <= math.MaxFloat32) {
					t.Fatalf("sample %d is %g after %v", i, v, err)
				}
			}
		}
		// What came before a reset leaves no trace.
		d.Reset()
		d.Decode(dst, rec.units[0])
		d.Reset()
		d.Decode(want, rec.units[0])
		equal(t, "after a reset", dst, want)
	})
}

func FuzzAAC(f *testing.F) { fuzzUnits(f, speech(f, 20)) }
func FuzzMP3(f *testing.F) { fuzzUnits(f, readBytes(f, mustRead(f, "testdata/stereo.mp3"))) }
func FuzzLSF(f *testing.F) { fuzzUnits(f, readBytes(f, mustRead(f, "testdata/lsf.mp3"))) }
func FuzzFLAC(f *testing.F) {
	fuzzUnits(f, readBytes(f, mustRead(f, "testdata/mono.flac")))
}
func FuzzPCM(f *testing.F) { fuzzUnits(f, noise(f, 48000, 2, 20*track.PCMUnit)) }

func BenchmarkDecodeAAC(b *testing.B) {
	rec := speech(b, 1000)
	d, err := NewDecoder(rec.Config)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, rec.UnitSamples*rec.Channels)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := d.Decode(dst, rec.units[i%len(rec.units)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	realTime(b, rec, float64(b.N*rec.UnitSamples))
}

func BenchmarkDecodeMP3(b *testing.B) {
	rec := readBytes(b, mustRead(b, "testdata/stereo.mp3"))
	d, err := NewDecoder(rec.Config)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, rec.UnitSamples*rec.Channels)
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		for _, u := range rec.units {
			d.Decode(dst, u)
		}
	}
	realTime(b, rec, float64(b.N)*float64(rec.Samples))
}

func BenchmarkPlayAAC(b *testing.B) {
	f := speech(b, 20000).file(b)
	buf := make([]float32, 8192)
	for b.Loop() {
		p, err := f.Play(context.Background(), 2, Span{0, f.Samples()})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = p.Read(buf)
		}
		p.Close()
	}
	realTime(b, recording{Run: track.Run{Config: f.config}}, float64(b.N)*float64(f.Samples()))
}

// realTime reports how many times faster than it plays audio was decoded.
func realTime(b *testing.B, rec recording, samples float64) {
	b.ReportMetric(samples/float64(rec.SampleRate)/b.Elapsed().Seconds(), "x_real_time")
}
