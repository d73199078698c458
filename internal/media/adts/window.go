package adts

import (
	"io"
	"slices"
)

// A window is the part of a source that is in memory: a buffer that moves
// forward over it. Offsets are bytes from the start of the source.
type window struct {
	src  io.Reader
	buf  []byte
	pos  int   // index in buf of the next byte that is not dealt with
	end  int   // of what has been read into buf
	base int64 // offset of buf[0]
	eof  bool  // the source has nothing beyond end
}

const windowSize = 256 << 10

// offset returns that of the next byte.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// bytes returns what is in memory from the next byte on.
func (w *window) bytes() []byte { return w.buf[w.pos:w.end] }

// from returns what is in memory from offset off on.
func (w *window) from(off int64) []byte { return w.buf[int(off-w.base):w.end] }

// fill sees to it that n bytes are in memory, or all that are left. It
// invalidates what bytes returned before.
func (w *window) fill(n int) error {
	if w.end-w.pos >= n || w.eof {
		return nil
	}
	w.end = copy(w.buf, w.buf[w.pos:w.end])
	w.base += int64(w.pos)
	w.pos = 0
	if w.buf == nil {
		w.buf = make([]byte, windowSize)
	}
	if n > len(w.buf) {
		// Twice what is asked for: the next request is as large, and should
		// not have to move so much for a few bytes.
		w.buf = slices.Grow(w.buf[:w.end], 2*n-w.end)
		w.buf = w.buf[:cap(w.buf)]
	}
	for empty := 0; w.end < n; {
		k, err := w.src.Read(w.buf[w.end:])
		w.end += k
		switch {
		case err == io.EOF:
			w.eof = true
			return nil
		case err != nil:
			return err
		case k > 0:
			empty = 0
		default:
			if empty++; empty == 100 {
				return io.ErrNoProgress
			}
		}
	}
	return nil
}

// discard steps over n bytes, also such as are not in memory, and returns
// how many there were.
func (w *window) discard(n int) (int, error) {
	done := 0
	for {
		k := min(n-done, w.end-w.pos)
		w.pos += k
		done += k
		if done == n || w.eof {
			return done, nil
		}
		if err := w.fill(1); err != nil {
			return done, err
		}
	}
}
