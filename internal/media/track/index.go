package track

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A packet index says how long each access unit of a file's audio payload is,
// so that any unit can be read without scanning what comes before it. The
// units must adjoin, as they do in the mdat box of an .m4a that holds one
// track, after the headers of an .mp3, or in a WAVE data chunk. Offsets are
// relative to the payload's first byte: they stay right when the headers
// before it grow.
//
// On disk, little-endian:
//
//	 0  magic "spcidx1\n"
//	 8  uint64 number of units
//	16  uint64 payload bytes
//	24  uint32 sample rate
//	28  uint32 samples per unit
//	32  uint32 units per anchor (64)
//	36  uint32 CRC-32 (IEEE) of bytes 0 to 35
//	40  a uint16 size for each unit, zero-padded to a multiple of 8 bytes
//	 …  a uint64 offset for every 64th unit, the first one 0

const (
	indexMagic  = "spcidx1\n"
	indexHeader = 40
	// anchorStep is how many units share one stored offset: reading a unit
	// then costs at most 64 sizes to add up.
	anchorStep = 64
)

// MaxUnitSize is the size of the largest access unit an index can hold.
const MaxUnitSize = 1<<16 - 1

// ErrBadIndex means that a packet index is damaged or of another kind. It can
// be made anew from the file it describes.
var ErrBadIndex = errors.New("damaged packet index")

// Sizes are the sizes of a file's units in order.
type Sizes []uint16

// Sum returns the number of bytes in all units.
func (s Sizes) Sum() int64 {
	var n int64
	for _, v := range s {
		n += int64(v)
	}
	return n
}

// WriteIndex writes the packet index of units of these sizes.
func WriteIndex(w io.Writer, sizes Sizes, sampleRate, unitSamples int) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	var b [indexHeader]byte
	copy(b[:], indexMagic)
	le := binary.LittleEndian
	le.PutUint64(b[8:], uint64(len(sizes)))
	le.PutUint64(b[16:], uint64(sizes.Sum()))
	le.PutUint32(b[24:], uint32(sampleRate))
	le.PutUint32(b[28:], uint32(unitSamples))
	le.PutUint32(b[32:], anchorStep)
	le.PutUint32(b[36:], crc32.ChecksumIEEE(b[:36]))
	bw.Write(b[:])
	for _, s := range sizes {
		bw.Write(le.AppendUint16(b[:0], s))
	}
	for n := 2 * len(sizes); n%8 != 0; n += 2 {
		bw.Write([]byte{0, 0})
	}
	var off uint64
	for i, s := range sizes {
		if i%anchorStep == 0 {
			bw.Write(le.AppendUint64(b[:0], off))
		}
		off += uint64(s)
	}
	return bw.Flush() // a bufio.Writer keeps the first error
}

// An Index is a packet index opened for reading. It reads from r what each
// call needs and nothing more, and may be used by several goroutines.
type Index struct {
	r           io.ReaderAt
	Units       int64
	Bytes       int64 // of the payload
	SampleRate  int
	UnitSamples int
	anchors     int64 // offset of the anchor table
}

// OpenIndex opens a packet index of size bytes. The error is ErrBadIndex when
// its header or length is not right.
func OpenIndex(r io.ReaderAt, size int64) (*Index, error) {
	var b [indexHeader]byte
	if size < indexHeader {
		return nil, ErrBadIndex
	}
	if _, err := r.ReadAt(b[:], 0); err != nil {
		return nil, fmt.Errorf("packet index: %w", err)
	}
	le := binary.LittleEndian
	if string(b[:8]) != indexMagic || le.Uint32(b[36:]) != crc32.ChecksumIEEE(b[:36]) || le.Uint32(b[32:]) != anchorStep {
		return nil, ErrBadIndex
	}
	x := &Index{
		r:           r,
		Units:       int64(le.Uint64(b[8:])),
		Bytes:       int64(le.Uint64(b[16:])),
		SampleRate:  int(le.Uint32(b[24:])),
		UnitSamples: int(le.Uint32(b[28:])),
	}
	if x.Units < 0 || x.Units > size {
		return nil, ErrBadIndex
	}
	x.anchors = indexHeader + (2*x.Units+7)/8*8
	if x.anchors+8*((x.Units+anchorStep-1)/anchorStep) != size {
		return nil, ErrBadIndex
	}
	return x, nil
}

// Extent returns where units first to first+n-1 lie in the payload: the
// offset of the first and the sizes of all, appended to sizes.
func (x *Index) Extent(first, n int64, sizes Sizes) (offset int64, _ Sizes, err error) {
	if first < 0 || n < 0 || first > x.Units || n > x.Units-first {
		return 0, sizes, fmt.Errorf("packet index: units %d to %d of %d asked for", first, first+n, x.Units)
	}
	if first == x.Units {
		return x.Bytes, sizes, nil
	}
	anchor := first / anchorStep
	var b [8]byte
	if _, err := x.r.ReadAt(b[:], x.anchors+8*anchor); err != nil {
		return 0, sizes, fmt.Errorf("packet index: %w", err)
	}
	offset = int64(binary.LittleEndian.Uint64(b[:]))
	from := anchor * anchorStep
	raw := make([]byte, 2*(first+n-from))
	if _, err := x.r.ReadAt(raw, indexHeader+2*from); err != nil {
		return 0, sizes, fmt.Errorf("packet index: %w", err)
	}
	for i := from; i < first+n; i++ {
		s := binary.LittleEndian.Uint16(raw[2*(i-from):])
		if i < first {
			offset += int64(s)
		} else {
			sizes = append(sizes, s)
		}
	}
	if offset < 0 || offset > x.Bytes {
		return 0, sizes, ErrBadIndex
	}
	return offset, sizes, nil
}
