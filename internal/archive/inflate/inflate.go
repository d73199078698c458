// Package inflate unpacks DEFLATE data (RFC 1951) as ZIP members hold them. Most
// of what X sends is audio that deflate can hardly shrink: literals, one after
// the other, which this package unpacks twice as fast as others in Go. What comes
// out of damaged data before the error is the same.
package inflate

import (
	"encoding/binary"
	"errors"
	"io"
)

// ErrCorrupt means that the data break the rules of RFC 1951.
var ErrCorrupt = errors.New("corrupt deflate data")

const (
	window   = 32 << 10 // how far back copies reach
	maxMatch = 258      // bytes of the longest copy
	inSize   = 64 << 10
	outSize  = window + 64<<10
)

// A Reader unpacks a stream. It reads ahead of where that ends.
type Reader struct {
	src      io.Reader
	in       []byte
	pos, end int    // in in: what has been read and is not in bits
	srcErr   error  // that src ended with
	bits     uint64 // from the lowest on; those above count may be set too
	count    uint   // how many of bits are there

	out      []byte // what has been unpacked, and what copies may need of it
	from, to int    // in out: what has not been handed out
	err      error

	block  func(*Reader) error // goes on with the block, or nil between blocks
	final  bool                // it is the last one
	stored int                 // bytes that are left of a stored block

	literals, distances table
	firstLiterals       [1 << literalBits]entry
	firstDistances      [1 << distanceBits]entry
}

// NewReader returns a Reader of what src holds.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, in: make([]byte, inSize), out: make([]byte, outSize)}
}

// Close does nothing.
func (r *Reader) Close() error { return nil }

// Read returns the last byte together with io.EOF: then archive/zip compares the
// checksum as soon as it is there. It comes alone, as archive/zip drops what
// comes with the io.EOF of a member that is shorter than it should be.
func (r *Reader) Read(p []byte) (int, error) {
	for r.from == r.to && len(p) > 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out[r.from:r.to])
	if n > 1 && r.from+n == r.to && r.err == io.EOF {
		n--
	}
	r.from += n
	if r.from == r.to {
		return n, r.err
	}
	return n, nil
}

// fill unpacks until out is full. All of it has been handed out.
func (r *Reader) fill() {
	if r.to > len(r.out)-2*maxMatch {
		copy(r.out, r.out[r.to-window:r.to])
		r.to = window
	}
	r.from = r.to
	for r.err == nil && r.to <= len(r.out)-2*maxMatch {
		switch {
		case r.block != nil:
			r.err = r.block(r)
		case r.final:
			r.err = io.EOF
		default:
			r.err = r.header()
		}
	}
}

// more reads from src what in has room for. It reports whether anything came.
func (r *Reader) more() bool {
	r.end = copy(r.in, r.in[r.pos:r.end])
	r.pos = 0
	for empty := 0; r.srcErr == nil; empty++ {
		n, err := r.src.Read(r.in[r.end:])
		r.end += n
		if r.srcErr = err; err == nil && empty == 100 {
			r.srcErr = io.ErrNoProgress
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// ended returns why there is no more input.
func (r *Reader) ended() error {
	if r.srcErr == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return r.srcErr
}

// need sees to it that n bits are there.
func (r *Reader) need(n uint) error {
	for r.count < n {
		if r.pos == r.end && !r.more() {
			return r.ended()
		}
		r.bits = r.bits&(1<<r.count-1) | uint64(r.in[r.pos])<<r.count
		r.pos++
		r.count += 8
	}
	return nil
}

// take reads a number of n bits.
func (r *Reader) take(n uint) (int, error) {
	if err := r.need(n); err != nil {
		return 0, err
	}
	v := int(r.bits & (1<<n - 1))
	r.drop(n)
	return v, nil
}

func (r *Reader) drop(n uint) {
	r.bits >>= n
	r.count -= n
}

// header begins the next block (3.2.3).
func (r *Reader) header() error {
	v, err := r.take(3)
	if err != nil {
		return err
	}
	r.final = v&1 == 1
	switch v >> 1 {
	case 0:
		return r.beginStored()
	case 1:
		err = r.setCodes(fixedCodes())
	case 2:
		err = r.readCodes()
	default:
		err = ErrCorrupt
	}
	r.block = (*Reader).coded
	return err
}

// beginStored begins a block that is not compressed (3.2.4).
func (r *Reader) beginStored() error {
	r.drop(r.count & 7)
	n, err := r.take(16)
	if err != nil {
		return err
	}
	complement, err := r.take(16)
	if err != nil {
		return err
	}
	if n^complement != 0xffff {
		return ErrCorrupt
	}
	r.stored = n
	r.block = (*Reader).copyStored
	return nil
}

func (r *Reader) copyStored() error {
	r.bits &= 1<<r.count - 1
	for r.stored > 0 && r.to < len(r.out) {
		if r.count > 0 {
			r.out[r.to] = byte(r.bits)
			r.drop(8)
			r.to, r.stored = r.to+1, r.stored-1
			continue
		}
		if r.pos == r.end && !r.more() {
			return r.ended()
		}
		n := copy(r.out[r.to:min(len(r.out), r.to+r.stored)], r.in[r.pos:r.end])
		r.to, r.stored, r.pos = r.to+n, r.stored-n, r.pos+n
	}
	if r.stored == 0 {
		r.block = nil
	}
	return nil
}

// coded goes on with a block of codewords (3.2.5) until it ends or out is full.
func (r *Reader) coded() error {
	for limit := len(r.out) - 2*maxMatch; r.to <= limit; {
		for r.end-r.pos < margin && r.more() {
		}
		r.run(limit)
		if r.to > limit {
			break
		}
		// What run leaves: the ends of the input and of the block, long codewords.
		if done, err := r.symbol(); done || err != nil {
			return err
		}
	}
	return nil
}

// margin is how many bytes of input run wants to see: two refills.
const margin = 16

// run passes literals and copies, up to limit in out, until one has a codeword
// that is longer than what tables look up at once, or the input runs out.
func (r *Reader) run(limit int) {
	in, out := r.in[:r.end], r.out
	literals, distances := &r.firstLiterals, &r.firstDistances
	bits, count, pos, to := r.bits, r.count, r.pos, r.to
	for to <= limit && pos+margin <= len(in) {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56 // three literals use 33

		e := literals[bits&(1<<literalBits-1)]
		if e >= literal {
			out[to] = byte(e >> baseShift)
			to++
			bits >>= e & lengthMask
			count -= uint(e & lengthMask)
			e = literals[bits&(1<<literalBits-1)]
			if e >= literal {
				out[to] = byte(e >> baseShift)
				to++
				bits >>= e & lengthMask
				count -= uint(e & lengthMask)
				e = literals[bits&(1<<literalBits-1)]
				if e >= literal {
					out[to] = byte(e >> baseShift)
					to++
					bits >>= e & lengthMask
					count -= uint(e & lengthMask)
					continue
				}
			}
		}
		if e < repeat {
			break
		}
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56
		b := bits >> (e & lengthMask)
		length := e.base() + int(b&(1<<e.extra()-1))
		b >>= e.extra()
		d := distances[b&(1<<distanceBits-1)]
		if d < repeat {
			break
		}
		b >>= d & lengthMask
		distance := d.base() + int(b&(1<<d.extra()-1))
		if distance > to {
			break
		}
		bits = b >> d.extra()
		count -= uint(e&lengthMask) + e.extra() + uint(d&lengthMask) + d.extra()
		to = repeatBytes(out, to, distance, length)
	}
	r.bits, r.count, r.pos, r.to = bits, count, pos, to
}

// repeatBytes appends to out[:to] length bytes of those distance before them,
// which may begin to repeat before they end, and returns the new end.
func repeatBytes(out []byte, to, distance, length int) int {
	for length > 0 {
		n := copy(out[to:to+length], out[to-distance:to])
		to += n
		length -= n
	}
	return to
}

// symbol passes a literal, a copy or the end of a block, which it reports.
func (r *Reader) symbol() (done bool, err error) {
	e, err := r.lookup(r.firstLiterals[:], &r.literals, literalBits)
	if err != nil {
		return false, err
	}
	switch {
	case e >= literal:
		r.out[r.to] = byte(e >> baseShift)
		r.to++
		return false, nil
	case e&endOfBlock != 0:
		r.block = nil
		return true, nil
	}
	extra, err := r.take(e.extra())
	if err != nil {
		return false, err
	}
	length := e.base() + extra
	if e, err = r.lookup(r.firstDistances[:], &r.distances, distanceBits); err != nil {
		return false, err
	}
	if extra, err = r.take(e.extra()); err != nil {
		return false, err
	}
	distance := e.base() + extra
	if distance > r.to {
		return false, ErrCorrupt
	}
	r.to = repeatBytes(r.out, r.to, distance, length)
	return false, nil
}
