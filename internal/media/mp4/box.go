package mp4

import (
	"encoding/binary"
	"io"
	"iter"
	"math"
)

// headerAhead is how much a window for box headers reads at once. Boxes of
// real files are larger than that or stand close together.
const headerAhead = 4 << 10

// A window reads small parts of a large file, a buffer at a time.
type window struct {
	r     io.ReaderAt
	size  int64 // of the file
	ahead int   // how many bytes to read at once
	buf   []byte
	off   int64 // where buf[0] lies in the file
}

// bytes returns the n bytes at off. They are valid until the next call. What
// lies outside the file is an io.ErrUnexpectedEOF; callers ask for what their
// tables claim only after they have compared it with the size.
func (w *window) bytes(off int64, n int) ([]byte, error) {
	if off < 0 || off > w.size || int64(n) > w.size-off {
		return nil, io.ErrUnexpectedEOF
	}
	if i := off - w.off; i >= 0 && i+int64(n) <= int64(len(w.buf)) {
		return w.buf[i:][:n], nil
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

// A box is where a box lies in the file (§4.2). The zero box is none.
type box struct {
	kind  [4]byte
	start int64 // of its header
	body  int64 // of its content
	end   int64
	cut   bool // it claims to reach past the end of its parent
}

func (b *box) is(kind string) bool { return string(b.kind[:]) == kind }

func (b *box) exists() bool { return b.end > 0 }

// boxes yields the boxes inside a parent, up to the first bytes that are no
// box. An error is yielded last.
func (w *window) boxes(parent box) iter.Seq2[box, error] {
	return func(yield func(box, error) bool) {
		for pos := parent.body; pos < parent.end; {
			b, ok, err := w.box(pos, parent.end)
			if err != nil {
				yield(box{}, err)
				return
			}
			if !ok || !yield(b, nil) {
				return
			}
			pos = b.end
		}
	}
}

// box returns the box at pos in a parent that ends at end. A box that is
// longer than its parent ends with it. ok is false at the parent's end and
// where the bytes are no box.
func (w *window) box(pos, end int64) (b box, ok bool, err error) {
	if end-pos < 8 {
		return box{}, false, nil
	}
	h, err := w.bytes(pos, 8)
	if err != nil {
		return box{}, false, err
	}
	b = box{start: pos, body: pos + 8, kind: [4]byte(h[4:8])}
	size := int64(binary.BigEndian.Uint32(h))
	switch size {
	case 0: // to the end of the file; in QuickTime, also the end of a list
		size = end - pos
	case 1:
		if end-pos < 16 {
			return box{}, false, nil
		}
		if h, err = w.bytes(pos+8, 8); err != nil {
			return box{}, false, err
		}
		size = int64(min(binary.BigEndian.Uint64(h), math.MaxInt64))
		b.body += 8
	}
	if size < b.body-pos {
		return box{}, false, nil
	}
	b.end = pos + min(size, end-pos)
	b.cut = size > end-pos
	return b, true, nil
}

// child returns the first box of a kind among those between pos and end, or
// the zero box if there is none.
func (w *window) child(kind string, pos, end int64) (box, error) {
	for pos < end {
		b, ok, err := w.box(pos, end)
		if err != nil || !ok {
			return box{}, err
		}
		if b.is(kind) {
			return b, nil
		}
		pos = b.end
	}
	return box{}, nil
}

// path follows nested boxes, the outermost kind first, from the content of a
// parent between pos and end.
func (w *window) path(pos, end int64, kinds ...string) (b box, err error) {
	for _, kind := range kinds {
		b, err = w.child(kind, pos, end)
		if err != nil || !b.exists() {
			return box{}, err
		}
		pos, end = b.body, b.end
	}
	return b, nil
}

// content returns the first n bytes of the content of b, or all of them if it
// has fewer.
func (w *window) content(b box, n int) ([]byte, error) {
	return w.bytes(b.body, int(min(int64(n), b.end-b.body)))
}

// MediaStart returns where the media of a file lies: the content of its first
// media data box (§8.1.1), or the part of it that is there if the file is cut.
// It looks at the headers of the boxes before it and at nothing else. The
// error is ErrNotMP4 if there is no such box.
func MediaStart(r io.ReaderAt, size int64) (off, n int64, err error) {
	w := &window{r: r, size: size, ahead: 512}
	b, err := w.child("mdat", 0, size)
	if err != nil {
		return 0, 0, err
	}
	if !b.exists() {
		return 0, 0, ErrNotMP4
	}
	return b.body, b.end - b.body, nil
}

// EndsWhole reports whether a file of size bytes is boxes from its first byte to
// its last: one that was cut off, or that something was appended to, is not. It
// reads the headers of the outermost boxes only.
func EndsWhole(r io.ReaderAt, size int64) bool {
	w := window{r: r, size: size, ahead: 16}
	end := int64(0)
	for b, err := range w.boxes(box{end: size}) {
		if err != nil || b.cut || b.kind == [4]byte{} { // zeros look like a box that lasts to the end
			return false
		}
		end = b.end
	}
	return size > 0 && end == size
}
