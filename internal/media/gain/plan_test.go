package gain

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// made is an analysis of blocks that somebody made up: each has a level in dB of
// its samples, and its peak 3 dB above.
func made(levels ...float64) *Analysis {
	a := &Analysis{config: track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 1, UnitSamples: 1024}}
	for _, db := range levels {
		e := float32(1024 * math.Pow(10, db/10))
		peak := parts(float32(math.Pow(10, (db+3)/20)))
		if math.IsInf(db, -1) {
			e, peak = 0, silent
		}
		a.blocks = append(a.blocks, block{heard: e, energy: e, alias: e / 8, peak: peak, louder: peak + fine, softer: peak, down: 100, up: 100})
	}
	return a
}

func times(n int, db float64) []float64 { return slices.Repeat([]float64{db}, n) }

func TestPlans(t *testing.T) {
	quiet := math.Inf(-1)
	for _, c := range []struct {
		name    string
		levels  []float64
		ceiling float64
		want    []Run
	}{
		{"nothing in the way", times(200, -20), -1, []Run{{0, 3}}}, // -20.7 LUFS and 4.5 dB
		{"silence", times(200, quiet), -1, []Run{{0, 0}}},
		{"peaks everywhere", times(200, -6), -1, []Run{{0, -6}}}, // down, although peaks forbid nothing
		// A loud word between pauses is lowered in the pauses.
		{"a loud word", slices.Concat(times(200, -20), times(20, quiet), times(10, -6), times(20, quiet), times(200, -20)), -1,
			nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := made(c.levels...)
			p, err := a.Plan(Options{Target: -16, Ceiling: c.ceiling, Damage: 45})
			if err != nil {
				t.Fatal(err)
			}
			if c.want != nil && !reflect.DeepEqual(p.Runs, c.want) {
				t.Errorf("%v, want %v", p.Runs, c.want)
			}
			if c.want != nil {
				return
			}
			// The changes lie in the pauses, one before the word and one after it.
			if len(p.Runs) != 3 || p.LoudChanges != 0 || p.Runs[1].First < 200 || p.Runs[1].First > 220 || p.Runs[2].First < 230 || p.Runs[2].First > 250 {
				t.Fatalf("%+v", p)
			}
			if p.Runs[0] != (Run{0, p.Runs[2].Steps}) || p.Runs[1].Steps >= p.Runs[0].Steps || !math.IsInf(float64(p.Damage), 1) {
				t.Errorf("%+v", p)
			}
			if p.TruePeak > loudness.Level(c.ceiling) {
				t.Errorf("%.2f dBTP", p.TruePeak)
			}
		})
	}
}

// price is what a search minimizes, written down once more.
func (s *search) price(steps []int8) float64 {
	sum := 0.0
	for f := range s.blocks {
		b := &s.blocks[f]
		heard := float64(b.heard)
		if f+1 < len(s.blocks) {
			heard += float64(s.blocks[f+1].heard)
		}
		to := int(steps[f])
		if to > int(b.up) || -to > int(b.down) {
			return math.Inf(1)
		}
		want := s.base
		if s.want != nil {
			want += int(s.want[f])
		}
		sum += (heard/2 + s.rest) * math.Abs(Factor(2*want)-Factor(2*to))
		from := to
		if f > 0 {
			from = int(steps[f-1])
		}
		if max(from-to, to-from) > s.reach(b) || !s.fits(b, from, to) {
			return math.Inf(1)
		}
		if from != to {
			d := Factor(from) - Factor(to)
			sum += s.mu*float64(b.alias)*d*d + s.jump
		}
	}
	return sum
}

// The path is the cheapest of all, in segments of any length.
func TestPathIsTheCheapest(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for round := range 150 {
		levels := make([]float64, 6)
		for i := range levels {
			levels[i] = -40 * random.Float64()
		}
		a := made(levels...)
		for i := range a.blocks {
			b := &a.blocks[i]
			b.louder += int16(random.IntN(30))
			b.softer += int16(random.IntN(30))
			b.up = uint8(random.IntN(6))
		}
		var want []int8
		if round%3 == 0 {
			want = []int8{0, 0, 1, 1, 2, 0}
		}
		s, err := newSearch(a, -30, want, random.IntN(3))
		if err != nil {
			continue
		}
		s.mu, s.segment = 100*random.Float64(), 1+random.IntN(7)
		if s.n > 7 {
			s.low, s.n = s.low+s.n-7, 7
			for i := range s.n {
				s.factor[i] = Factor(s.low + i)
			}
		}
		best := math.Inf(1)
		try := make([]int8, len(levels))
		var all func(f int)
		all = func(f int) {
			if f == len(try) {
				best = min(best, s.price(try))
				return
			}
			for i := range s.n {
				try[f] = int8(s.low + i)
				all(f + 1)
			}
		}
		all(0)
		steps := make([]int8, len(levels))
		err = s.path(steps)
		if math.IsInf(best, 1) {
			if !errors.Is(err, ErrRoom) {
				t.Fatalf("round %d: %v for %v, and there is no path", round, err, steps)
			}
			continue
		}
		found++
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if got := s.price(steps); math.Abs(got-best) > 1e-9*best {
			t.Fatalf("round %d: %v costs %v, the cheapest path %v", round, steps, got, best)
		}
	}
	if found < 30 {
		t.Errorf("%d searches only had a path", found)
	}
}

// Whatever the sound is, a plan keeps peaks and gains in their range, and comes
// out the same again.
func TestPlansKeepTheirPromises(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		levels := make([]float64, 500)
		level := -20.0
		for i := range levels {
			if random.IntN(20) == 0 {
				level = -5 - 60*random.Float64()
			}
			levels[i] = level + 6*random.Float64()
		}
		a := made(levels...)
		for i := range a.blocks {
			a.blocks[i].up = uint8(4 + random.IntN(10))
		}
		o := Options{Target: -16, Ceiling: -1, Damage: 45}
		p, err := a.Plan(o)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := a.Plan(o); err != nil || !reflect.DeepEqual(p, again) {
			t.Fatal("the second plan is another")
		}
		if p.TruePeak > -1 || p.Worst < 20 {
			t.Errorf("%.2f dBTP, worst %.1f", p.TruePeak, p.Worst)
		}
		for i, r := range p.Runs {
			end := int64(len(levels))
			if i+1 < len(p.Runs) {
				end = p.Runs[i+1].First
				if p.Runs[i+1].Steps == r.Steps || end <= r.First {
					t.Fatalf("runs %v", p.Runs)
				}
			}
			for f := r.First; f < end; f++ {
				if b := a.blocks[f]; r.Steps > int(b.up) || int(b.peak)+fine*r.Steps > -40 && f > r.First {
					t.Fatalf("unit %d: %d steps", f, r.Steps)
				}
			}
		}
	}
}

func TestGainIsLimited(t *testing.T) {
	p, err := made(times(200, -60)...).Plan(Options{Target: -16, Ceiling: -1, Damage: 45, MaxGain: 20})
	if err != nil || !reflect.DeepEqual(p.Runs, []Run{{0, 13}}) {
		t.Errorf("%v, %v", p, err)
	}
}

func TestNoRoom(t *testing.T) {
	a := made(times(100, -3)...)
	for i := range a.blocks {
		a.blocks[i].down = 0
	}
	if p, err := a.Plan(Options{Target: -16, Ceiling: -1, Damage: 45}); !errors.Is(err, ErrRoom) {
		t.Errorf("%v, %v", p, err)
	}
}

func TestOtherCodings(t *testing.T) {
	var unsupported *UnsupportedError
	for _, c := range []track.Codec{track.HEAAC, track.AACOther, track.PCM, track.Opus, track.FLAC} {
		if _, err := NewAnalyzer(track.Config{Codec: c, SampleRate: 48000, Channels: 1, UnitSamples: 1024}, DefaultFloor); !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

// The squares of the two halves of a window add up to 1 (Princen and Bradley).
func TestWindows(t *testing.T) {
	for kind := range slopes {
		o := newOverlap(kind, 1152)
		for n := range o.rise {
			mirror := 1151 - n
			if kind == hybrid {
				if mirror = 575 - n; mirror < 0 {
					continue
				}
			}
			if sum := o.rise[n] + o.rise[mirror]; math.Abs(float64(sum)-1) > 1e-6 {
				t.Fatalf("kind %d: the squares at %d add up to %v", kind, n, sum)
			}
			if want := math.Sqrt(float64(o.rise[n] * o.rise[mirror])); math.Abs(want-float64(o.cross[n])) > 1e-6 {
				t.Fatalf("kind %d: the product at %d is %v", kind, n, o.cross[n])
			}
		}
	}
}

// An hour is planned in some hundredths of a second: what takes time is decoding.
func BenchmarkPlan(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	levels := make([]float64, 3600*48000/1024)
	level := -30.0
	for i := range levels {
		if random.IntN(15) == 0 {
			level = -22 - 30*random.ExpFloat64()
		}
		levels[i] = max(-90, level) + 3*random.Float64()
	}
	a := made(levels...)
	for i := range a.blocks {
		bl := &a.blocks[i]
		bl.peak += int16(50 * random.ExpFloat64())
		bl.louder, bl.softer = bl.peak+fine, bl.peak
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := a.Plan(Options{Target: -16, Ceiling: -1, Damage: 45})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(p.PerMinute, "changes/min")
	}
}
