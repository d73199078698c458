package matroska

import (
	"io"
	"math"
	"math/bits"
)

const (
	// headerSize is how long the header of an element can be: an ID of four
	// bytes and a size of eight.
	headerSize = 4 + 8
	// unknownSize stands for a size that was not known when the header was
	// written (RFC 8794 §6.2).
	unknownSize = -1
)

// An element is where an element lies in the file.
type element struct {
	id    uint32
	start int64 // of its header
	body  int64
	size  int64 // of the body, or unknownSize
}

// end returns where the element ends. Its size must be known.
func (e *element) end() int64 { return e.body + e.size }

// parseElement reads the header of an element at the start of b, which lies at
// pos.
func parseElement(b []byte, pos int64) (e element, ok bool) {
	if len(b) < 2 {
		return e, false
	}
	n := bits.LeadingZeros8(b[0]) + 1
	if n > 4 || len(b) <= n {
		return e, false
	}
	for _, c := range b[:n] {
		e.id = e.id<<8 | uint32(c)
	}
	size, used := vint(b[n:])
	if used == 0 {
		return e, false
	}
	e.start, e.body, e.size = pos, pos+int64(n+used), size
	if size > math.MaxInt64-e.body {
		return e, false
	}
	return e, true
}

// vint reads a number of variable length (RFC 8794 §4) at the start of b, and
// returns how many bytes it takes: 0 if b does not begin with one. All bits set
// are unknownSize.
func vint(b []byte) (v int64, used int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	n := bits.LeadingZeros8(b[0]) + 1
	if len(b) < n {
		return 0, 0
	}
	v = int64(b[0]) & (0x7F >> (n - 1))
	for _, c := range b[1:n] {
		v = v<<8 | int64(c)
	}
	if v == 1<<(7*n)-1 {
		return unknownSize, n
	}
	return v, n
}

// A window reads small parts of a large file, a buffer at a time.
type window struct {
	r     io.ReaderAt
	size  int64 // of the file
	ahead int   // how many bytes to read at once
	buf   []byte
	off   int64 // where buf[0] lies in the file
}

const (
	// Reading begins with minAhead at every jump, such as over a picture, and
	// goes up to maxAhead where it goes on.
	minAhead = 4 << 10
	maxAhead = 128 << 10
)

// bytes returns the n bytes at off, fewer at the end of the file. They are
// valid until the next call.
func (w *window) bytes(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), max(0, w.size-off)))
	if n == 0 {
		return nil, nil
	}
	if i := off - w.off; i >= 0 && i+int64(n) <= int64(len(w.buf)) {
		return w.buf[i:][:n], nil
	}
	if end := w.off + int64(len(w.buf)); off < w.off || off > end {
		w.ahead = minAhead
	} else {
		w.ahead = min(2*w.ahead, maxAhead)
	}
	want := int(min(int64(max(n, w.ahead)), w.size-off))
	if cap(w.buf) < want {
		w.buf = make([]byte, want)
	}
	w.buf, w.off = w.buf[:want], off
	if got, err := w.r.ReadAt(w.buf, off); got < want {
		w.buf = w.buf[:0]
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // the file has become shorter
		}
		return nil, err
	}
	return w.buf[:n], nil
}

// element returns the element at pos. ok is false at the end of the file and
// where the bytes are not the header of an element.
func (w *window) element(pos int64) (e element, ok bool, err error) {
	b, err := w.bytes(pos, headerSize)
	if err != nil {
		return e, false, err
	}
	e, ok = parseElement(b, pos)
	return e, ok, nil
}

// children calls fn for the elements inside e, up to the first bytes that are
// none. Each ends inside e. An element of unknown size has none.
func (w *window) children(e element, fn func(element) error) error {
	for pos := e.body; pos < e.end(); {
		c, ok, err := w.element(pos)
		if err != nil {
			return err
		}
		if !ok || c.size == unknownSize || c.size > e.end()-c.body {
			return nil
		}
		if err := fn(c); err != nil {
			return err
		}
		pos = c.end()
	}
	return nil
}

// content returns up to limit bytes of the content of e.
func (w *window) content(e element, limit int) ([]byte, error) {
	return w.bytes(e.body, int(min(max(0, e.size), int64(limit))))
}

// number returns an unsigned integer (RFC 8794 §7.2), no larger than an int64
// holds.
func (w *window) number(e element) (int64, error) {
	b, err := w.content(e, 8)
	if err != nil {
		return 0, err
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return int64(min(v, math.MaxInt64)), nil
}

// signed returns a signed integer (RFC 8794 §7.1).
func (w *window) signed(e element) (int64, error) {
	b, err := w.content(e, 8)
	if err != nil || len(b) == 0 {
		return 0, err
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v, nil
}

// float returns a float (RFC 8794 §7.3); what is not a number is 0.
func (w *window) float(e element) (float64, error) {
	b, err := w.content(e, 8)
	if err != nil {
		return 0, err
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	f := 0.0
	switch len(b) {
	case 4:
		f = float64(math.Float32frombits(uint32(v)))
	case 8:
		f = math.Float64frombits(v)
	}
	if f-f != 0 {
		return 0, nil
	}
	return f, nil
}

// maxText is the length of the longest tag that is read.
const maxText = 64 << 10

// text returns a string, up to the zeros that may fill it (RFC 8794 §7.5).
func (w *window) text(e element) (string, error) {
	b, err := w.content(e, maxText)
	if err != nil {
		return "", err
	}
	return cleanText(b), nil
}
