package mp4

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// A builder puts boxes together. Large tables are not kept: it counts them
// and has them written when everything else is known.
type builder struct {
	buf    []byte
	tables []table
	err    error // of a box that has become too long
}

// A table is content of a box that is written later.
type table struct {
	at    int   // where in buf it belongs
	size  int64 // in bytes
	write func(w *bufio.Writer) error
}

// size returns how many bytes there are so far, tables included.
func (b *builder) size() int64 {
	n := int64(len(b.buf))
	for _, t := range b.tables {
		n += t.size
	}
	return n
}

// box appends a box with what content appends.
func (b *builder) box(kind string, content func()) {
	at, start := len(b.buf), b.size()
	b.u32(0)
	b.str(kind)
	content()
	n := b.size() - start
	if n > math.MaxUint32 {
		b.err = fmt.Errorf("mp4: the box %q would be %d bytes long", kind, n)
	}
	binary.BigEndian.PutUint32(b.buf[at:], uint32(n))
}

// fullBox appends a box with a version and flags (§4.2.2).
func (b *builder) fullBox(kind string, version byte, flags uint32, content func()) {
	b.box(kind, func() {
		b.u32(uint32(version)<<24 | flags)
		content()
	})
}

func (b *builder) u8(v byte)      { b.buf = append(b.buf, v) }
func (b *builder) u16(v uint16)   { b.buf = binary.BigEndian.AppendUint16(b.buf, v) }
func (b *builder) u32(v uint32)   { b.buf = binary.BigEndian.AppendUint32(b.buf, v) }
func (b *builder) u64(v uint64)   { b.buf = binary.BigEndian.AppendUint64(b.buf, v) }
func (b *builder) str(s string)   { b.buf = append(b.buf, s...) }
func (b *builder) zero(n int)     { b.buf = append(b.buf, make([]byte, n)...) }
func (b *builder) bytes(p []byte) { b.buf = append(b.buf, p...) }

// time appends a time or duration: 64 bits in version 1 of a box, else 32.
func (b *builder) time(version byte, v int64) {
	if version == 1 {
		b.u64(uint64(v))
	} else {
		b.u32(uint32(v))
	}
}

// matrix appends the identity matrix of headers (§6.2.2).
func (b *builder) matrix() {
	for _, v := range [9]uint32{0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000} {
		b.u32(v)
	}
}

// table appends size bytes that write will produce.
func (b *builder) table(size int64, write func(w *bufio.Writer) error) {
	b.tables = append(b.tables, table{len(b.buf), size, write})
}

// writeTo writes everything.
func (b *builder) writeTo(w *bufio.Writer) error {
	at := 0
	for _, t := range b.tables {
		if _, err := w.Write(b.buf[at:t.at]); err != nil {
			return err
		}
		if err := t.write(w); err != nil {
			return err
		}
		at = t.at
	}
	_, err := w.Write(b.buf[at:])
	return err
}

// The media of the files that we write begins at a multiple of mediaAlign,
// behind a free box of at least minFree bytes. Longer or shorter tags then
// seldom move it, and other programs find room to edit them in place. The
// room depends on the size of what stands before it and on nothing else, so
// that the same tags always give the same file.
const (
	mediaAlign = 4096
	minFree    = 1024
)

// mediaHeader returns the header of the mdat box for n bytes of media (§8.1.1).
func mediaHeader(n int64) []byte {
	if n+8 <= math.MaxUint32 {
		return append(binary.BigEndian.AppendUint32(nil, uint32(n+8)), "mdat"...)
	}
	h := append([]byte{0, 0, 0, 1}, "mdat"...)
	return binary.BigEndian.AppendUint64(h, uint64(n+16))
}

// mediaStart returns where n bytes of media begin in a file of which head
// bytes stand before the free box, and how long that is.
func mediaStart(head, n int64) (start, free int64) {
	least := head + minFree + int64(len(mediaHeader(n)))
	start = (least + mediaAlign - 1) / mediaAlign * mediaAlign
	return start, start - least + minFree
}

// writeFree writes a free box of n bytes (§8.1.2).
func writeFree(w io.Writer, n int64) error {
	p := make([]byte, n)
	binary.BigEndian.PutUint32(p, uint32(n))
	copy(p[4:], "free")
	_, err := w.Write(p)
	return err
}
