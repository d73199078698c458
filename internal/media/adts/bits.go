package adts

import "fmt"

// A bitReader reads numbers from b, top bits first. Past the end it reads
// zeros and says so in over.
type bitReader struct {
	b   []byte
	pos int // in bits
}

func (b *bitReader) bits(n int) int {
	v := b.peek(n)
	b.pos += n
	return v
}

func (b *bitReader) peek(n int) int {
	v := 0
	for i := b.pos; i < b.pos+n; i++ {
		v <<= 1
		if i>>3 < len(b.b) {
			v |= int(b.b[i>>3]>>(7-i&7)) & 1
		}
	}
	return v
}

func (b *bitReader) skip(n int) { b.pos += n }
func (b *bitReader) align()     { b.pos = (b.pos + 7) &^ 7 }
func (b *bitReader) left() int  { return 8*len(b.b) - b.pos }
func (b *bitReader) over() bool { return b.left() < 0 }

// objectType reads GetAudioObjectType (ISO/IEC 14496-3 §1.6.2.1).
func (b *bitReader) objectType() int {
	t := b.bits(5)
	if t == typeEscape {
		t = 32 + b.bits(6)
	}
	return t
}

// rate reads a samplingFrequencyIndex and the frequency that follows its
// escape value.
func (b *bitReader) rate() (int, error) {
	i := b.bits(4)
	switch {
	case i < len(sampleRates):
		return sampleRates[i], nil
	case i == 0xf:
		if r := b.bits(24); r > 0 {
			return r, nil
		}
		return 0, fmt.Errorf("sample rate 0")
	}
	return 0, fmt.Errorf("samplingFrequencyIndex %d: %w", i, errReserved)
}

// A bitWriter appends numbers to b, top bits first.
type bitWriter struct {
	b    []byte
	free int // bits of the last byte not yet written
}

func (w *bitWriter) write(v, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.free == 0 {
			w.b = append(w.b, 0)
			w.free = 8
		}
		w.free--
		w.b[len(w.b)-1] |= byte(v>>i&1) << w.free
	}
}

func (w *bitWriter) align() { w.free = 0 }
