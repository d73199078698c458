package aac

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// unitOf is the head of an access unit with one channel, or with two that have
// windows in common or not (ISO/IEC 14496-3, tables 4.4 to 4.6).
func unitOf(channels int, s sequence, kaiser, common bool) []byte {
	var bits uint32
	n := 0
	put := func(v uint32, width int) { bits, n = bits<<width|v, n+width }
	if channels == 1 {
		put(0, 3)    // id_syn_ele: SCE
		put(5, 4)    // element_instance_tag
		put(0xAA, 8) // global_gain
	} else {
		put(1, 3)
		put(5, 4)
		if common {
			put(1, 1)
		} else {
			put(0, 1)
			put(0xAA, 8)
		}
	}
	put(0, 1)
	put(uint32(s), 2)
	if kaiser {
		put(1, 1)
	} else {
		put(0, 1)
	}
	bits <<= 32 - n
	return []byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)}
}

// pieceOf is a piece of n units of which each has a window.
func pieceOf(first, n int, window func(i int) []byte) *piece {
	p := &piece{first: first}
	for i := range n {
		p.units = append(p.units, window(first+i)...)
		p.ends = append(p.ends, len(p.units))
	}
	return p
}

// Pieces are joined where both have long blocks of one shape; failing that,
// where the halves that overlap are of one kind; failing that, at the grid.
func TestJoinTakesTheBestPlace(t *testing.T) {
	const first = 100 // the grid is at 164
	long := func(kaiser bool) func(int) []byte {
		return func(int) []byte { return unitOf(1, onlyLong, kaiser, true) }
	}
	short := func(channels int) func(int) []byte {
		return func(int) []byte { return unitOf(channels, eightShort, false, true) }
	}
	turns := func(odd, even sequence) func(int) []byte {
		return func(i int) []byte {
			if i%2 == 1 {
				return unitOf(1, odd, false, true)
			}
			return unitOf(1, even, false, true)
		}
	}
	quietAt := func(at int, otherwise func(int) []byte) func(int) []byte {
		return func(i int) []byte {
			if i == at || i == at-1 {
				return unitOf(1, onlyLong, false, true)
			}
			return otherwise(i)
		}
	}
	for _, test := range []struct {
		name string
		a, b func(int) []byte
		want int
		fit  int
	}{
		{"long everywhere", long(false), long(false), first + lead, steady},
		{"Kaiser windows everywhere", long(true), long(true), first + lead, steady},
		{"long in one place before the grid", quietAt(150, short(1)), quietAt(150, short(1)), 150, steady},
		{"long in one place after it", quietAt(168, short(1)), quietAt(168, short(1)), 168, steady},
		{"long where the piece has not settled", quietAt(110, short(1)), quietAt(110, short(1)), first + lead, halves},
		{"short everywhere", short(1), short(1), first + lead, halves},
		{"short everywhere, two channels", short(2), short(2), first + lead, halves},
		{"starts and stops in turn", turns(longStart, longStop), turns(longStart, longStop), first + lead, halves},
		{"short and long in turn before long", turns(eightShort, onlyLong), long(false), first + lead - 1, halves},
		{"other shapes", long(false), long(true), first + lead, 0},
		{"long and short", long(false), short(1), first + lead, 0},
		{"windows of their own", func(int) []byte { return unitOf(2, onlyLong, false, false) }, func(int) []byte { return unitOf(2, onlyLong, false, false) }, first + lead, 0},
		{"no channel element", func(int) []byte { return []byte{0xE0, 0, 0, 0} }, long(false), first + lead, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := pieceOf(0, first+lead+tail, test.a), pieceOf(first, 2*lead, test.b)
			got := join(a, b)
			if fit := fitness(a, b, got); got != test.want || fit != test.fit {
				t.Errorf("%s: joined at %d (fitness %d), not %d (%d)", test.name, got, fit, test.want, test.fit)
			}
		})
	}
}

// attacks is sound in which something begins in every block, so that an
// encoder chooses short blocks throughout.
func attacks(f pcm.Format, frames int) []float32 {
	rnd := rand.New(rand.NewPCG(7, 7))
	out := make([]float32, frames*f.Channels)
	for i := range frames {
		v := 0.8 * rnd.NormFloat64() * math.Exp(-float64(i%700)/25)
		for c := range f.Channels {
			out[i*f.Channels+c] = float32(v)
		}
	}
	return out
}

// Sound without a single pair of long blocks is joined too: nothing is lost,
// the decoder takes it, and around the joins it is hardly worse than what one
// encoder makes.
func TestJoinsAmongShortBlocks(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes as TestJobsMakeNoDifference does: the race detector has nothing more to see")
	}
	for _, f := range formats {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			const grid = 100
			in := attacks(f, 3*grid*frameSamples)
			s, joined := encodeAll(t, f, in, grid, 2)
			_, single := encodeAll(t, f, in, 4*grid, 1)
			if len(joined) != len(single) {
				t.Fatalf("%d units, not %d", len(joined), len(single))
			}
			before, steadies := window{}, 0
			for _, u := range single {
				w, err := windowOf(u)
				if err != nil {
					t.Fatal(err)
				}
				if w.common && w.sequence == onlyLong && before.common && before.sequence == onlyLong {
					steadies++
				}
				before = w
			}
			if steadies > 0 {
				t.Fatalf("%d pairs of long blocks in %d", steadies, len(single))
			}
			a, b := decode(t, s, joined), decode(t, s, single)
			noise := func(x []float32, from, to int) float64 {
				sum := 1e-9
				for i := from * frameSamples * f.Channels; i < to*frameSamples*f.Channels; i++ {
					d := float64(x[i] - in[i])
					sum += d * d
				}
				return 10 * math.Log10(sum)
			}
			for at := grid; at+20 < 3*grid; at += grid {
				d := noise(a, at-32, at+12) - noise(b, at-32, at+12)
				if d > 1 {
					t.Errorf("around frame %d the error is %.2f dB worse", at, d)
				}
			}
		})
	}
}
