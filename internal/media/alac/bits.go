package alac

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A reader reads bits, the highest of each byte first. Behind the end they are 0.
type reader struct {
	b  []byte
	at int // in bits
}

// over reports whether more was read than there is.
func (r *reader) over() bool { return r.at > 8*len(r.b) }

// peek returns the next 32 bits.
func (r *reader) peek() uint32 {
	i, shift := r.at>>3, r.at&7
	if i+8 <= len(r.b) {
		return uint32(binary.BigEndian.Uint64(r.b[i:]) << shift >> 32)
	}
	var last [8]byte
	if i < len(r.b) {
		copy(last[:], r.b[i:])
	}
	return uint32(binary.BigEndian.Uint64(last[:]) << shift >> 32)
}

// bits reads n bits, up to 32.
func (r *reader) bits(n int) uint32 {
	if n == 0 {
		return 0
	}
	v := r.peek() >> (32 - n)
	r.at += n
	return v
}

// skipData goes past data that belongs to no channel.
func (r *reader) skipData() {
	head := r.bits(4 + 1)
	n := r.bits(8)
	if n == 255 {
		n += r.bits(8)
	}
	if head&1 != 0 {
		r.at = (r.at + 7) &^ 7
	}
	r.at += 8 * int(n)
}

// skipFill goes past padding.
func (r *reader) skipFill() {
	n := r.bits(4)
	if n == 15 {
		n += r.bits(8) - 1
	}
	r.at += 8 * int(n)
}

const (
	meanBits  = 9   // behind the point of the mean of past numbers
	longest   = 9   // ones before a number that is written plainly
	zeroMean  = 128 // below it, a run of zeros is counted
	maxRun    = 1<<16 - 1
	meanLimit = 1<<16 - 1
)

// rice reads numbers as Rice codes, whose parameter follows from the mean of
// those before. Where it is small, the number of zeros that follow is coded.
func (r *reader) rice(dst []int32, c *Config, factor uint32, size int) error {
	history := c.history * factor / 4
	mean := c.initial
	mask := uint32(1)<<c.limit - 1
	zeros := uint32(0) // 1 behind a run of zeros, where the number is not 0
	for i := 0; i < len(dst); {
		k := min(31-bits.LeadingZeros32(mean>>meanBits+3), int(c.limit))
		n := r.code(k, 1<<k-1, size)
		// Even numbers stand for positive ones.
		v := n + zeros
		dst[i] = int32(v>>1) ^ -int32(v&1)
		i++
		mean = history*v + mean - history*mean>>meanBits
		if n > meanLimit {
			mean = meanLimit
		}
		zeros = 0
		if mean < zeroMean && i < len(dst) {
			zeros = 1
			k := bits.LeadingZeros32(mean) - 24 + int((mean+16)>>6)
			run := r.code(k, (1<<k-1)&mask, 16)
			if int64(run) > int64(len(dst)-i) {
				return fmt.Errorf("%w: %d zeros for %d samples", ErrDamaged, run, len(dst)-i)
			}
			clear(dst[i:][:run])
			i += int(run)
			if run >= maxRun {
				zeros = 0
			}
			mean = 0
		}
		if r.over() {
			return fmt.Errorf("%w: it ends early", ErrDamaged)
		}
	}
	return nil
}

// code reads a number: how often m goes into it as ones, and what is left in k
// bits; or, behind nine ones, all of it in so many bits.
func (r *reader) code(k int, m uint32, plain int) uint32 {
	next := r.peek()
	ones := bits.LeadingZeros32(^next)
	if ones >= longest {
		r.at += longest
		return r.bits(plain)
	}
	r.at += ones + 1
	n := uint32(ones) * m
	if k > 1 {
		// Of what is left, 0 takes a bit less.
		rest := r.peek() >> (32 - k)
		if rest >= 2 {
			r.at += k
			return n + rest - 1
		}
		r.at += k - 1
	}
	return n
}
