package syntax

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// rootBits is how many bits of a codeword are looked up at once. Codewords
// that are longer are rare.
const rootBits = 11

// maxWord is the longest codeword of a spectrum codebook with its signs.
const maxWord = 20

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
	per          int // coefficients that a codeword stands for
}

const maxLength = 19 // of a codeword without signs

// An entry says, from the low bits up: how long a codeword is with the signs
// that follow it (5 bits), how many escape sequences come after them (2), and,
// where the bits looked up hold several codewords whole, how long those are
// with their signs (4) and how many they are (4).
type entry uint16

const (
	lengthBits = 5
	escapeBits = 2
	runBits    = 4
	runShift   = lengthBits + escapeBits
	countShift = runShift + runBits
)

func (e entry) length() int  { return int(e & (1<<lengthBits - 1)) }
func (e entry) escapes() int { return int(e >> lengthBits & (1<<escapeBits - 1)) }
func (e entry) run() int     { return int(e >> runShift & (1<<runBits - 1)) }
func (e entry) count() int   { return int(e >> countShift) }

// newBook makes a book of c. extra says how many signs and escape sequences
// follow a codeword.
func newBook(c code, per int, extra func(index int) (signs, escapes int)) *book {
	b := &book{per: per, indices: c.indices}
	word, at := uint64(0), 0
	for n := range c.lengths {
		length := n + 1
		b.first[length], b.place[length] = word, at
		for range c.lengths[n] {
			signs, escapes := extra(int(c.indices[at]))
			e := entry(length + signs | escapes<<lengthBits)
			b.word = append(b.word, e)
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
	for i := range b.root {
		count, length := 0, 0
		for length < rootBits {
			e := b.root[i<<length&(1<<rootBits-1)]
			if e == 0 || e.escapes() > 0 || length+e.length() > rootBits {
				break
			}
			length += e.length()
			count++
		}
		if count > 1 {
			b.root[i] |= entry(length<<runShift | count<<countShift)
		}
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
	spectrum    [12]*book
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

// walk passes n codewords that begin at bit pos of buf and returns where they
// end. It stops early behind end, which is followed by padding, and with ok
// false at an escape sequence that is too long.
func (b *book) walk(buf []byte, pos, end, n int) (_ int, ok bool) {
	for n > 0 && pos < end {
		w := binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
		last := pos + 64 - 7 - maxWord // from where on a codeword may not be in w
		for n > 0 && pos <= last {
			e := b.root[w>>(64-rootBits)]
			if c := e.count(); c != 0 && c <= n {
				w <<= e.run()
				pos += e.run()
				n -= c
				continue
			}
			if e == 0 {
				place, _ := b.long(w)
				e = b.word[place]
			}
			w <<= e.length()
			pos += e.length()
			n--
			if e.escapes() > 0 {
				if pos, ok = skipEscapes(buf, pos, end, e.escapes()); !ok {
					return pos, false
				}
				break // to read the bits anew
			}
		}
	}
	return pos, true
}

// skipEscapes passes n escape sequences (4.6.3.3): ones, a zero, and as many
// bits as there were ones, and four more.
func skipEscapes(buf []byte, pos, end, n int) (_ int, ok bool) {
	for range n {
		if pos >= end {
			break
		}
		w := binary.BigEndian.Uint64(buf[pos>>3:]) << (pos & 7)
		ones := bits.LeadingZeros64(^w)
		if ones > maxEscape {
			return pos, false
		}
		pos += ones + 1 + ones + 4
	}
	return pos, true
}
