package syntax

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// rootBits is how many bits are looked up at once. Codewords that are longer
// are rare.
const rootBits = 11

// maxRun is how many bits the codewords of an entry have at most that are passed
// together, so that four entries lie in 64 bits from any bit of a byte on.
const maxRun = 14

// A book is a Huffman codebook made ready for walking through codewords.
type book struct {
	// root says what begins with rootBits bits. It is 0 where that is a codeword
	// that is longer.
	root [1 << rootBits]entry
	// Of each length: the first codeword, its place in word and in indices, and
	// the first codeword that is longer. Codewords lie at the top of 32 bits.
	first, limit [maxLength + 1]uint64
	place        [maxLength + 1]int
	word         []entry // by place
	indices      []uint16
	shift        uint8 // a codeword stands for 1<<shift coefficients
	escapes      bool  // some codewords are followed by escape sequences
}

const maxLength = 19 // of a codeword without signs

// An entry says, from the low bits up: how long the codewords are, with their
// signs, that the bits looked up hold whole (5 bits), how many they are (3), how
// long the first one is (5), and how many escape sequences come after that one
// (2). Where there are any, the count is 0. So that no branch depends on it, a
// single codeword is a run of one.
type entry uint16

const (
	runBits     = 5
	countBits   = 3
	lengthBits  = 5
	countShift  = runBits
	lengthShift = countShift + countBits
	escapeShift = lengthShift + lengthBits
	maxCount    = 1<<countBits - 1
	runMask     = 1<<runBits - 1
)

func (e entry) length() int  { return int(e >> lengthShift & (1<<lengthBits - 1)) }
func (e entry) escapes() int { return int(e >> escapeShift) }

// newBook makes a book of c. extra says how many signs and escape sequences
// follow a codeword.
func newBook(c code, values int, extra func(index int) (signs, escapes int)) *book {
	b := &book{shift: uint8(bits.Len(uint(values)) - 1), indices: c.indices}
	word, at := uint64(0), 0
	for n := range c.lengths {
		length := n + 1
		b.first[length], b.place[length] = word, at
		for range c.lengths[n] {
			signs, escapes := extra(int(c.indices[at]))
			e := entry((length+signs)<<lengthShift | escapes<<escapeShift)
			b.word = append(b.word, e)
			b.escapes = b.escapes || escapes > 0
			if length <= rootBits {
				from := word >> (32 - rootBits)
				for i := range uint64(1) << (rootBits - length) {
					b.root[from+i] = e
				}
			}
			at++
			word += 1 << (32 - length)
		}
		b.limit[length] = word
	}
	for i, first := range b.root {
		if first == 0 || first.escapes() > 0 || first.length() > maxRun {
			continue
		}
		count, run := 1, first.length()
		for run < rootBits && count < maxCount {
			e := b.root[i<<run&(1<<rootBits-1)]
			if e == 0 || e.escapes() > 0 || run+e.length() > rootBits {
				break
			}
			run += e.length()
			count++
		}
		b.root[i] |= entry(run | count<<countShift)
	}
	return b
}

// long returns the place of the codeword at the top of w, and its length.
func (b *book) long(w uint64) (place, length int) {
	top := w >> 32
	for length = 1; length < maxLength && top >= b.limit[length]; {
		length++
	}
	return b.place[length] + int((top-b.first[length])>>(32-length)), length
}

// books are the codebooks by their numbers, and that of the scalefactors.
type books struct {
	spectrum    [16]*book // nil where nothing is coded
	scalefactor *book
	// factors says which index the codeword of a scalefactor stands for
	// (12 bits) that begins with factorBits bits, and how long it is (4). It is
	// 0 where that is longer.
	factors [1 << factorBits]uint16
}

const factorBits = 9

var theBooks = sync.OnceValue(func() *books {
	all := &books{scalefactor: newBook(scalefactorCode, 1, func(int) (int, int) { return 0, 0 })}
	for i := range all.factors {
		if place, length := all.scalefactor.long(uint64(i) << (64 - factorBits)); length <= factorBits {
			all.factors[i] = all.scalefactor.indices[place]<<4 | uint16(length)
		}
	}
	// Table 4.151: how many values a codeword holds, of how many each, and
	// whether the codewords include the signs.
	shapes := [...]struct {
		values, modulo int
		signed         bool
	}{
		{4, 3, true}, {4, 3, true}, {4, 3, false}, {4, 3, false}, {2, 9, true}, {2, 9, true},
		{2, 8, false}, {2, 8, false}, {2, 13, false}, {2, 13, false}, {2, 17, false},
	}
	for i, c := range spectrumCodes {
		s := shapes[i]
		all.spectrum[i+1] = newBook(c, s.values, func(index int) (signs, escapes int) {
			for range s.values {
				v := index % s.modulo
				index /= s.modulo
				if !s.signed && v != 0 {
					signs++
				}
				if v == escapeValue {
					escapes++
				}
			}
			return signs, escapes
		})
	}
	return all
})

const (
	escapeValue = 16 // of codebook 11: an escape sequence says how much
	maxEscape   = 8  // ones before an escape sequence's value (4.6.3.3)
)

// A stretch is a row of codewords of one book.
type stretch struct {
	book  *book
	words int
}

// walk passes stretches that follow each other from bit pos of buf on, and
// returns where they end. It stops early behind end, which is followed by
// padding; the result then lies behind end. ok is false at an escape sequence
// that is too long.
func walk(buf []byte, pos, end int, list []stretch) (_ int, ok bool) {
	for i := range list {
		b, n := list[i].book, list[i].words
		if b.escapes {
			if pos, ok = b.walkEscapes(buf, pos, end, n); !ok {
				return pos, false
			}
			continue
		}
		for {
			if pos, n = run(&b.root, buf, pos, n); n == 0 {
				break
			}
			if pos >= end {
				return end + 1, true
			}
			pos += b.at(binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)).length()
			n--
		}
	}
	return pos, true
}

// at returns the entry of the codeword at the top of w.
func (b *book) at(w uint64) entry {
	e := b.root[w>>(64-rootBits)]
	if e == 0 {
		place, _ := b.long(w)
		e = b.word[place]
	}
	return e
}

// run passes up to n codewords from bit pos of buf on. It returns where it
// stops and how many are left: within eight bytes of the end of buf, or where
// those of an entry are too long, too many, or have an escape sequence.
//
// Half of all time in this package is spent here. So that nothing is left to
// guess for the processor, bits are read anew after four entries, needed or not.
func run(root *[1 << rootBits]entry, buf []byte, pos, n int) (_, left int) {
	for i := pos >> 3; i >= 0 && i+8 <= len(buf); i = pos >> 3 {
		w := binary.BigEndian.Uint64(buf[i:]) << (pos & 7)
		e := uint(root[w>>(64-rootBits)])
		count := e >> countShift & maxCount
		if count-1 >= uint(n) { // none, or too many: one comparison instead of two
			return pos, n
		}
		w <<= e & runMask
		pos += int(e & runMask)
		n -= int(count)

		e = uint(root[w>>(64-rootBits)])
		count = e >> countShift & maxCount
		if count-1 >= uint(n) {
			return pos, n
		}
		w <<= e & runMask
		pos += int(e & runMask)
		n -= int(count)

		e = uint(root[w>>(64-rootBits)])
		count = e >> countShift & maxCount
		if count-1 >= uint(n) {
			return pos, n
		}
		w <<= e & runMask
		pos += int(e & runMask)
		n -= int(count)

		e = uint(root[w>>(64-rootBits)])
		count = e >> countShift & maxCount
		if count-1 >= uint(n) {
			return pos, n
		}
		pos += int(e & runMask)
		n -= int(count)
	}
	return pos, n
}

// walkEscapes passes n codewords from bit pos of buf on, with the escape
// sequences behind them (4.6.3.3): ones, a zero, and as many bits as there were
// ones, and four more.
func (b *book) walkEscapes(buf []byte, pos, end, n int) (_ int, ok bool) {
	for ; n > 0; n-- {
		if pos >= end {
			return end + 1, true
		}
		w := binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
		e := b.at(w)
		pos += e.length()
		w <<= e.length() & 63
		for range e.escapes() {
			ones := bits.LeadingZeros64(^w)
			if ones > maxEscape {
				return pos, false
			}
			w <<= (ones + 1 + ones + 4) & 63
			pos += ones + 1 + ones + 4
		}
	}
	return pos, true
}
