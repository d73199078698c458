package encode

import (
	"math"
	"testing"
)

// Every table has a word for each pair, no word begins another, and no bits
// are wasted.
func TestCodesAreCompleteAndPrefixFree(t *testing.T) {
	check := func(n int, words []uint32) {
		taken := make(map[uint32]bool)
		var kraft float64
		for _, w := range words {
			if w < 2 || taken[w] {
				t.Errorf("table %d: word %b is no word or stands twice", n, w)
			}
			taken[w] = true
			kraft += math.Pow(2, -float64(wordLen(w)))
		}
		for _, w := range words {
			for p := w >> 1; p > 0; p >>= 1 {
				if taken[p] {
					t.Errorf("table %d: word %b begins %b", n, p, w)
				}
			}
		}
		if kraft != 1 {
			t.Errorf("table %d: the words fill %g of the room", n, kraft)
		}
	}
	sizes := map[int]int{1: 2, 2: 3, 3: 3, 5: 4, 6: 4, 7: 6, 8: 6, 9: 6, 10: 8, 11: 8, 12: 8, 13: 16, 15: 16, 16: 16, 24: 16}
	if len(codes()) != len(sizes) {
		t.Errorf("there are %d tables", len(codes()))
	}
	for n, words := range codes() {
		if len(words) != sizes[n]*sizes[n] {
			t.Errorf("table %d has %d words", n, len(words))
		}
		check(n, words)
	}
	for n, words := range quads {
		check(32+n, words[:])
	}
}

// The window is even, and sums up to 2: what the cosines of a subband halve.
func TestWindow(t *testing.T) {
	var sum float64
	for k := range reach {
		v := float64(analysis(k))
		if k/64&1 == 1 {
			v = -v // back to the prototype
		}
		sum += v
		if k > 0 {
			w := float64(analysis(reach - k))
			if (reach-k)/64&1 == 1 {
				w = -w
			}
			if v != w {
				t.Errorf("at %d: %g, and %g from the other end", k, v, w)
			}
		}
	}
	if math.Abs(sum-2) > 1e-3 {
		t.Errorf("the window sums up to %g", sum)
	}
}

func TestBands(t *testing.T) {
	for _, rate := range Rates {
		l, s := longBands()[rate], shortBands()[rate]
		if l[0] != 0 || l[22] != lines || s[0] != 0 || s[13] != lines/3 {
			t.Errorf("%d Hz: bands from %d to %d, and %d to %d", rate, l[0], l[22], s[0], s[13])
		}
		for i := 1; i < len(l); i++ {
			if l[i] <= l[i-1] || l[i]%2 != 0 {
				t.Errorf("%d Hz: band %d ends at %d", rate, i-1, l[i])
			}
		}
		for i := 1; i < len(s); i++ {
			if s[i] <= s[i-1] || s[i]%2 != 0 {
				t.Errorf("%d Hz: short band %d ends at %d", rate, i-1, s[i])
			}
		}
	}
}

func TestLog2(t *testing.T) {
	for v := float32(1e-20); v < 1e20; v *= 1.017 {
		if got, want := float64(log2(v)), math.Log2(float64(v)); math.Abs(got-want) > 0.011 {
			t.Fatalf("log2(%g) = %g, want %g", v, got, want)
		}
	}
}

// Each class knows the bits of all pairs that its tables have.
func TestPackedLengths(t *testing.T) {
	for most := int32(1); most <= 15; most++ {
		for x := int32(0); x <= most; x++ {
			for y := int32(0); y <= most; y++ {
				n, length := regionBits([]int32{x, y}, most)
				tb := tables()[n]
				w := new(bitWriter)
				word := tb.words[int(x)*tb.width+int(y)]
				w.put(word, wordLen(word))
				for _, v := range []int32{x, y} {
					if v == 15 && tb.linbits > 0 {
						w.put(0, tb.linbits)
					}
					if v > 0 {
						w.put(0, 1)
					}
				}
				if w.len() != length {
					t.Errorf("%d, %d of up to %d: table %d takes %d bits, counted %d", x, y, most, n, w.len(), length)
				}
			}
		}
	}
}
