// Package window reads a stretch of a file in order, with a look at what comes
// next: frames are found by what lies behind them.
package window

import (
	"bufio"
	"io"
)

// A Reader reads the bytes of a source from Pos to End.
type Reader struct {
	Pos int64 // of the next byte
	End int64

	src io.ReaderAt
	in  *bufio.Reader // of src, from Pos to End
}

// New returns a Reader of the bytes of src from start to end, of which it holds
// up to size at a time.
func New(src io.ReaderAt, start, end int64, size int) *Reader {
	return &Reader{start, end, src, bufio.NewReaderSize(io.NewSectionReader(src, start, end-start), size)}
}

// ReadAt reads from the source, and moves nothing.
func (r *Reader) ReadAt(b []byte, off int64) (int, error) { return r.src.ReadAt(b, off) }

// Peek returns the next n bytes without going past them, or fewer where the
// stretch ends; last says that it ends with them. The error comes from the
// source, and is io.ErrUnexpectedEOF if that is shorter than End.
func (r *Reader) Peek(n int) (b []byte, last bool, err error) {
	b, err = r.in.Peek(n)
	last = r.Pos+int64(len(b)) == r.End
	if err == io.EOF {
		err = nil
		if !last {
			err = io.ErrUnexpectedEOF
		}
	}
	return b, last, err
}

// Skip goes n bytes on.
func (r *Reader) Skip(n int64) error {
	r.Pos += n
	if n > int64(r.in.Buffered()) {
		r.in.Reset(io.NewSectionReader(r.src, r.Pos, r.End-r.Pos))
		return nil
	}
	_, err := r.in.Discard(int(n))
	return err
}
