package syntax

import (
	"errors"
	"os"
	"testing"
)

// plain passes codewords one after the other, bit by bit, as the tables of the
// standard have them.
type plain struct {
	buf      []byte
	pos, end int
	failed   error
}

var errTooLong = errors.New("an escape sequence is too long")

func (r *plain) bit() int {
	if r.failed == nil && r.pos >= r.end {
		r.failed = ErrCut
	}
	if r.failed != nil {
		return 0
	}
	b := int(r.buf[r.pos>>3] >> (7 - r.pos&7) & 1)
	r.pos++
	return b
}

// index returns that of the next codeword of c.
func (r *plain) index(c code) int {
	word, first, at := 0, 0, 0
	for _, n := range c.lengths {
		word, first = word<<1|r.bit(), first<<1
		if word-first < int(n) {
			return int(c.indices[at+word-first])
		}
		first, at = first+int(n), at+int(n)
	}
	return 0
}

// spectrum passes a codeword of spectrum codebook n, its signs and its escape
// sequences.
func (r *plain) spectrum(n int) {
	index, unsigned := r.index(spectrumCodes[n-1]), n == 3 || n == 4 || n >= 7
	values := []int{4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2}[n-1]
	modulo := []int{3, 3, 3, 3, 9, 9, 8, 8, 13, 13, 17}[n-1]
	escapes := 0
	for range values {
		v := index % modulo
		index /= modulo
		if unsigned && v != 0 {
			r.bit()
		}
		if v == 16 {
			escapes++
		}
	}
	for range escapes {
		ones := 0
		for r.bit() == 1 {
			ones++
			if ones > 8 {
				if r.failed == nil {
					r.failed = errTooLong
				}
				return
			}
		}
		for range ones + 4 {
			r.bit()
		}
	}
}

// Several codewords at once are passed as one after the other is.
func FuzzWalk(f *testing.F) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		f.Fatal(err)
	}
	for i := range 40 {
		f.Add(b[i*97:i*97+300], []byte{byte(i % 12), byte(7 * i), byte(i * 5 % 12), 40, byte(i / 3 % 12), 200}, byte(i%8))
	}
	f.Fuzz(func(t *testing.T, data, plan []byte, from byte) {
		if len(data) == 0 {
			return
		}
		r := plain{buf: data, pos: int(from % 8), end: 8 * len(data)}
		var list []stretch
		for i := 0; i+1 < len(plan) && len(list) < 100; i += 2 {
			book, words := int(plan[i]%12), int(plan[i+1])
			if book == 0 {
				list = append(list, stretch{theBooks().scalefactor, words})
			} else {
				list = append(list, stretch{theBooks().spectrum[book], words})
			}
			for range words {
				if book == 0 {
					r.index(scalefactorCode)
				} else {
					r.spectrum(book)
				}
			}
		}
		padded := append(append([]byte(nil), data...), make([]byte, padding)...)
		end, ok := walk(padded, int(from%8), 8*len(data), list)
		switch {
		case r.failed == nil && (!ok || end != r.pos):
			t.Errorf("ends at bit %d, %v; want %d", end, ok, r.pos)
		case r.failed == ErrCut && ok && end <= r.end:
			t.Errorf("ends at bit %d of %d, where the data are cut", end, r.end)
		case r.failed == errTooLong && ok:
			t.Errorf("passes an escape sequence that is too long, up to bit %d", end)
		}
	})
}
