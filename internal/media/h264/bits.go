package h264

import (
	"encoding/binary"
	"math/bits"
)

// A bitWriter appends numbers to b, top bits first. Fewer than 32 bits wait
// in the lower end of acc.
type bitWriter struct {
	b   []byte
	acc uint64
	n   int
}

func (w *bitWriter) reset() { w.b, w.acc, w.n = w.b[:0], 0, 0 }

// len returns how many bits there are.
func (w *bitWriter) len() int { return 8*len(w.b) + w.n }

// put appends the lower n ≤ 32 bits of v, which has no others.
func (w *bitWriter) put(v uint32, n int) {
	w.acc = w.acc<<n | uint64(v)
	w.n += n
	if w.n >= 32 {
		w.n -= 32
		w.b = binary.BigEndian.AppendUint32(w.b, uint32(w.acc>>w.n))
	}
}

func (w *bitWriter) flag(v bool) {
	if v {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// ue appends v < 2^16 − 1 as ue(v), an Exp-Golomb code (§9.1).
func (w *bitWriter) ue(v int) {
	n := bits.Len32(uint32(v + 1))
	w.put(uint32(v+1), 2*n-1)
}

// se appends v as se(v) (§9.1.1).
func (w *bitWriter) se(v int) {
	if v > 0 {
		w.ue(2*v - 1)
	} else {
		w.ue(-2 * v)
	}
}

// flush moves what waits in acc to b, all but less than a byte.
func (w *bitWriter) flush() {
	for w.n >= 8 {
		w.n -= 8
		w.b = append(w.b, byte(w.acc>>w.n))
	}
}

// align appends zeros up to a whole byte and flushes.
func (w *bitWriter) align() {
	w.put(0, -w.n&7)
	w.flush()
}

// trailing ends a raw byte sequence payload (§7.3.2.11).
func (w *bitWriter) trailing() {
	w.put(1, 1)
	w.align()
}

// join appends what v has, which has not been flushed.
func (w *bitWriter) join(v *bitWriter) {
	for b := v.b; len(b) >= 4; b = b[4:] {
		w.put(binary.BigEndian.Uint32(b), 32)
	}
	w.put(uint32(v.acc&(1<<v.n-1)), v.n)
}

// NAL unit types (Table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
)

// appendNAL appends a NAL unit of a reference picture or parameter set: a
// header, and the payload with emulation prevention (§7.3.1, §7.4.1.1).
func appendNAL(dst []byte, kind byte, payload []byte) []byte {
	dst = append(dst, 3<<5|kind)
	zeros, from := 0, 0
	for i, c := range payload {
		switch {
		case zeros >= 2 && c <= 3:
			dst = append(dst, payload[from:i]...)
			dst = append(dst, 3)
			from, zeros = i, 0
			if c == 0 {
				zeros = 1
			}
		case c == 0:
			zeros++
		default:
			zeros = 0
		}
	}
	return append(dst, payload[from:]...)
}
