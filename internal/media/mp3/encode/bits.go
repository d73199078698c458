package encode

// A bitWriter writes fields of bits, the highest first.
type bitWriter struct {
	b    []byte
	acc  uint64
	held int // bits of acc not in b yet, below 8 between calls
}

func (w *bitWriter) reset() { w.b, w.acc, w.held = w.b[:0], 0, 0 }

// put writes the lowest n bits of v, of which there are 32 at most.
func (w *bitWriter) put(v uint32, n int) { w.put64(uint64(v)&(1<<n-1), n) }

// put64 writes v, which has n bits, 56 at most.
func (w *bitWriter) put64(v uint64, n int) {
	w.acc = w.acc<<n | v
	w.held += n
	for w.held >= 8 {
		w.held -= 8
		w.b = append(w.b, byte(w.acc>>w.held))
	}
}

// flush fills the last byte with zeros.
func (w *bitWriter) flush() {
	if w.held > 0 {
		w.put(0, 8-w.held)
	}
}

// len returns how many bits have been written.
func (w *bitWriter) len() int { return 8*len(w.b) + w.held }
