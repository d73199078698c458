package encode

import (
	"math/bits"
	"sync"
)

// A table is one of the 32 that pairs of values are coded with.
type table struct {
	words   []uint32 // see codes
	width   int      // of the square of words
	linbits int      // bits that follow a value of 15, for what it is above that
}

var tables = sync.OnceValue(func() *[32]table {
	var list [32]table
	escape := [2][8]int{{1, 2, 3, 4, 6, 8, 10, 13}, {4, 5, 6, 7, 8, 9, 11, 13}}
	for n, words := range codes() {
		width := 1
		for width*width < len(words) {
			width++
		}
		list[n] = table{words: words, width: width}
	}
	for i := range 8 {
		list[16+i], list[24+i] = list[16], list[24]
		list[16+i].linbits = escape[0][i]
		list[24+i].linbits = escape[1][i]
	}
	return &list
})

// wordLen returns the length of a word in codes.
func wordLen(w uint32) int { return bits.Len32(w) - 1 }

// escapes is the number of classes without escapes.
const escapes = 6

// A class is up to three tables that are tried together for a region, with
// the lengths of all their words, signs included, side by side in one number.
type class struct {
	tables [3]int
	pairs  [256]uint64 // by x<<4|y
}

// field is how many bits the sum of the lengths of one table takes: 288 pairs
// of 19 bits and two signs fit.
const field = 21

const fieldMask = 1<<field - 1

// classList holds the classes, by how large values may be; those of the last
// have escapes, and its third number counts the values that need one.
var classList = sync.OnceValue(func() *[escapes + 1]*class {
	var list [escapes + 1]*class
	for i, t := range [...][3]int{{1, 2, 3}, {2, 3, 6}, {5, 6, 9}, {7, 8, 9}, {10, 11, 12}, {13, 15, 24}, {16, 24, -1}} {
		c := &class{tables: t}
		for x := range 16 {
			for y := range 16 {
				c.pairs[x<<4|y] = packed(t, x, y)
			}
		}
		list[i] = c
	}
	return &list
})

// classOf returns the class of tables worth trying for values none above most.
func classOf(most int32) int {
	const byMost = "\x00\x00\x01\x02\x03\x03\x04\x04\x05\x05\x05\x05\x05\x05\x05\x05\x06"
	return int(byMost[min(most, 16)])
}

func packed(numbers [3]int, x, y int) (sum uint64) {
	signs := 0
	for _, v := range [2]int{x, y} {
		if v > 0 {
			signs++
		}
	}
	tables := tables()
	for i, n := range numbers {
		length := 0
		switch {
		case n < 0: // counts escapes
			length = x/15 + y/15
		case x < tables[n].width && y < tables[n].width:
			length = wordLen(tables[n].words[x*tables[n].width+y]) + signs
			if numbers[2] > 0 { // no class of escapes, which adds these itself
				length += tables[n].linbits * (x/15 + y/15)
			}
		}
		sum |= uint64(length) << (field * i)
	}
	return sum
}

// regionBits returns the table that codes an even number of values, none above
// most, with the fewest bits, and how many.
func regionBits(ix []int32, most int32) (number, length int) {
	if most == 0 {
		return 0, 0
	}
	c := classList()[classOf(most)]
	return c.best(c.sum(ix), most)
}

// sum adds up the numbers of an even number of values.
func (c *class) sum(ix []int32) (sum uint64) {
	if c.tables[2] > 0 {
		for i := 0; i+1 < len(ix); i += 2 {
			sum += c.pairs[uint8(ix[i]<<4|ix[i+1])]
		}
		return sum
	}
	for i := 0; i+1 < len(ix); i += 2 {
		sum += c.pairs[uint8(min(ix[i], 15)<<4|min(ix[i+1], 15))]
	}
	return sum
}

// best returns which table takes the fewest bits for values that have the given
// sum and none above most, and how many.
func (c *class) best(sum uint64, most int32) (number, length int) {
	if c.tables[2] < 0 {
		return c.bestEscape(sum, most)
	}
	number, length = c.tables[0], int(sum&fieldMask)
	for i := 1; i < 3; i++ {
		if n := int(sum >> (field * i) & fieldMask); n < length {
			number, length = c.tables[i], n
		}
	}
	return number, length
}

func (c *class) bestEscape(sum uint64, most int32) (number, length int) {
	need := bits.Len32(uint32(max(most-15, 0)))
	count := int(sum >> (2 * field))
	length = -1
	tables := tables()
	for i := range 2 {
		n := c.tables[i]
		for tables[n].linbits < need {
			n++
		}
		if l := int(sum>>(field*i)&fieldMask) + count*tables[n].linbits; length < 0 || l < length {
			number, length = n, l
		}
	}
	return number, length
}

// quadBits are the lengths of the words of both tables for four values, by the
// values as bits, signs included: that of table A in the lower half.
var quadBits = sync.OnceValue(func() *[16]uint32 {
	var list [16]uint32
	for i := range list {
		signs := bits.OnesCount(uint(i))
		list[i] = uint32(wordLen(quads[0][i])+signs) | uint32(wordLen(quads[1][i])+signs)<<16
	}
	return &list
})

// countQuads returns the better table for a run of fours of values up to 1, and
// the bits that it takes.
func countQuads(ix []int32) (number, length int) {
	var sum uint32
	quadBits := quadBits()
	for ; len(ix) >= 4; ix = ix[4:] {
		sum += quadBits[(ix[0]<<3|ix[1]<<2|ix[2]<<1|ix[3])&15]
	}
	if a, b := int(sum&0xFFFF), int(sum>>16); a <= b {
		return 0, a
	} else {
		return 1, b
	}
}
