package inflate

import (
	"math/bits"
	"sync"
)

// An entry of a table says, from the low bits up: how long the codeword is
// (4 bits), how many extra bits follow it (4), what it stands for without them
// (16), and of what kind that is. 0 stands for no codeword.
type entry uint32

const (
	lengthMask = 15
	extraShift = 4
	baseShift  = 8
)

// Kinds of entries, in an order that saves comparisons.
const (
	// longer codewords begin with these bits: they are looked up in a table of
	// their own, which begins at the base and takes as many bits as extra says.
	longer     entry = 1 << 24
	endOfBlock entry = 1 << 25
	repeat     entry = 1 << 26 // a length or a distance
	literal    entry = 1 << 27
)

func (e entry) length() uint { return uint(e & lengthMask) }
func (e entry) extra() uint  { return uint(e >> extraShift & 15) }
func (e entry) base() int    { return int(e >> baseShift & 0xffff) }

// How many bits are looked up at once.
const (
	literalBits  = 11
	distanceBits = 10
	lengthsBits  = 7 // no codeword is longer
)

// A table is what belongs to the first table of a code.
type table struct {
	rest []entry // the tables of longer codewords
	// least is how many bits are wanted at the end of the input before a codeword
	// is looked up: as zlib and Go's own library do, those that any codeword has.
	least uint
}

const (
	maxCode     = 15 // bits of the longest codeword
	maxLiterals = 286
	maxDistance = 30
)

// build makes tables of the code whose codewords are as long as lengths says
// (3.2.2), the first one for n bits. It reports false unless the code is complete,
// or a single codeword of one bit, which zlib allows, or empty.
func (t *table) build(first []entry, n uint, lengths []uint8, meaning func(symbol int) entry) bool {
	var count, next [maxCode + 1]int
	longest := 0
	t.least = 0
	for _, l := range lengths {
		if l == 0 {
			continue
		}
		count[l]++
		longest = max(longest, int(l))
		if t.least == 0 || uint(l) < t.least {
			t.least = uint(l)
		}
	}
	clear(first)
	t.rest = t.rest[:0]
	if longest == 0 {
		return true
	}
	code := 0
	for l := 1; l <= longest; l++ {
		code <<= 1
		next[l] = code
		code += count[l]
	}
	if code != 1<<longest && !(code == 1 && longest == 1) {
		return false
	}
	wide := uint(max(longest-int(n), 0)) // bits of the tables in rest
	for symbol, l := range lengths {
		if l == 0 {
			continue
		}
		word := int(bits.Reverse16(uint16(next[l])) >> (16 - l))
		next[l]++
		e := meaning(symbol)
		if e != 0 {
			e |= entry(l)
		}
		if uint(l) <= n {
			for i := word; i < len(first); i += 1 << l {
				first[i] = e
			}
			continue
		}
		head := &first[word&(1<<n-1)]
		if *head == 0 {
			*head = longer | entry(len(t.rest))<<baseShift | entry(wide)<<extraShift
			t.rest = append(t.rest, make([]entry, 1<<wide)...)
		}
		for i := word >> n; i < 1<<wide; i += 1 << (uint(l) - n) {
			t.rest[head.base()+i] = e
		}
	}
	return true
}

// literalOf says what a symbol of the first code means (3.2.5).
func literalOf(symbol int) entry {
	switch k := symbol - 257; {
	case symbol < 256:
		return literal | entry(symbol)<<baseShift
	case symbol == 256:
		return endOfBlock
	case symbol >= maxLiterals:
		return 0
	case k < 8:
		return repeat | entry(3+k)<<baseShift
	case k == 28:
		return repeat | maxMatch<<baseShift
	default:
		extra := k>>2 - 1
		return repeat | entry(3+(4+k&3)<<extra)<<baseShift | entry(extra)<<extraShift
	}
}

// distanceOf says what a symbol of the second code means.
func distanceOf(symbol int) entry {
	switch {
	case symbol >= maxDistance:
		return 0
	case symbol < 4:
		return repeat | entry(1+symbol)<<baseShift
	default:
		extra := symbol>>1 - 1
		return repeat | entry(1+(2+symbol&1)<<extra)<<baseShift | entry(extra)<<extraShift
	}
}

// setCodes makes the tables of a block.
func (r *Reader) setCodes(literals, distances []uint8) error {
	ok := r.literals.build(r.firstLiterals[:], literalBits, literals, literalOf)
	if !ok || !r.distances.build(r.firstDistances[:], distanceBits, distances, distanceOf) {
		return ErrCorrupt
	}
	r.literals.least = max(r.literals.least, uint(literals[256])) // every block has an end
	return nil
}

// fixedCodes are the lengths of the codewords of 3.2.6.
var fixedCodes = sync.OnceValues(func() (literals, distances []uint8) {
	for i := range 288 {
		switch {
		case i < 144, i >= 280:
			literals = append(literals, 8)
		case i < 256:
			literals = append(literals, 9)
		default:
			literals = append(literals, 7)
		}
	}
	for range 32 {
		distances = append(distances, 5)
	}
	return literals, distances
})

// lengthsOrder is in which order the lengths of the codewords for lengths come.
var lengthsOrder = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a block (3.2.7).
func (r *Reader) readCodes() error {
	var counts [3]int
	for i, f := range [...]struct{ bits, least int }{{5, 257}, {5, 1}, {4, 4}} {
		n, err := r.take(uint(f.bits))
		if err != nil {
			return err
		}
		counts[i] = n + f.least
	}
	literals, distances := counts[0], counts[1]
	if literals > maxLiterals || distances > maxDistance {
		return ErrCorrupt
	}
	var short [len(lengthsOrder)]uint8
	for _, symbol := range lengthsOrder[:counts[2]] {
		n, err := r.take(3)
		if err != nil {
			return err
		}
		short[symbol] = uint8(n)
	}
	var first [1 << lengthsBits]entry
	var t table
	if ok := t.build(first[:], lengthsBits, short[:], func(symbol int) entry { return literal | entry(symbol)<<baseShift }); !ok {
		return ErrCorrupt
	}
	var store [maxLiterals + maxDistance]uint8
	lengths := store[:literals+distances]
	for i := 0; i < len(lengths); {
		e, err := r.lookup(first[:], &t, lengthsBits)
		if err != nil {
			return err
		}
		symbol := e.base()
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		again := [...]struct{ least, bits int }{{3, 2}, {3, 3}, {11, 7}}[symbol-16]
		n, err := r.take(uint(again.bits))
		if err != nil {
			return err
		}
		n += again.least
		if i+n > len(lengths) || symbol == 16 && i == 0 {
			return ErrCorrupt
		}
		for range n {
			if symbol == 16 {
				lengths[i] = lengths[i-1]
			}
			i++
		}
	}
	return r.setCodes(lengths[:literals], lengths[literals:])
}

// lookup passes a codeword and returns what its tables, the first one for n
// bits, say of it.
func (r *Reader) lookup(first []entry, t *table, n uint) (entry, error) {
	err := r.need(maxCode) // or as many as there are
	if err != nil {
		r.bits &= 1<<r.count - 1
		if r.count < t.least {
			return 0, err
		}
	}
	e := first[r.bits&(1<<n-1)]
	if e&longer != 0 {
		e = t.rest[e.base()+int(r.bits>>n&(1<<e.extra()-1))]
	}
	switch {
	case e == 0:
		return 0, ErrCorrupt
	case e.length() > r.count:
		return 0, err
	}
	r.drop(e.length())
	return e, nil
}
