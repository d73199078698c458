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
//
// Where units are larger than that, or do not last as long as each other, as in
// some FLAC, the index lists their lengths too:
//
//	 0  magic "spcidx2\n"
//	 8  as above; samples per unit is 0 where it is not known
//	36  uint64 samples in all units
//	44  uint32 CRC-32 (IEEE) of bytes 0 to 43
//	48  a uint32 size and a uint32 number of samples for each unit
//	 …  a uint64 offset and a uint64 sample for every 64th unit, the first ones 0

const (
	indexMagic   = "spcidx1\n"
	listingMagic = "spcidx2\n"
	indexHeader  = 40
	listHeader   = 48
	// anchorStep is how many units share one stored offset: reading a unit
	// then costs at most 64 sizes to add up.
	anchorStep = 64
)

// MaxUnitSize is the size of the largest access unit that an index without
// lengths can hold, and MaxListedSize that of the largest there is: FLAC has
// frames of 65,535 samples, 8 channels and 32 bits.
const (
	MaxUnitSize   = 1<<16 - 1
	MaxListedSize = 1<<22 - 1
)

// ErrBadIndex means that a packet index is damaged or of another kind. It can
// be made anew from the file it describes.
var ErrBadIndex = errors.New("damaged packet index")

// WriteIndex writes the packet index of units of these sizes, of which each
// lasts unitSamples, but for the last one perhaps. None may be larger than
// MaxUnitSize.
func WriteIndex(w io.Writer, sizes Sizes, sampleRate, unitSamples int) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	var b [indexHeader]byte
	putHeader(b[:], indexMagic, sizes, sampleRate, unitSamples)
	le := binary.LittleEndian
	le.PutUint32(b[36:], crc32.ChecksumIEEE(b[:36]))
	bw.Write(b[:])
	for _, s := range sizes {
		if s > MaxUnitSize {
			return fmt.Errorf("packet index: a unit of %d bytes needs an index with lengths", s)
		}
		bw.Write(le.AppendUint16(b[:0], uint16(s)))
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

// WriteListing writes the packet index of units of these sizes and lengths, of
// which there must be as many.
func WriteListing(w io.Writer, sizes Sizes, lengths *Lengths, sampleRate int) error {
	if lengths.Units != int64(len(sizes)) {
		return fmt.Errorf("packet index: %d sizes and %d lengths", len(sizes), lengths.Units)
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	var b [listHeader]byte
	putHeader(b[:], listingMagic, sizes, sampleRate, lengths.Usual)
	le := binary.LittleEndian
	le.PutUint64(b[36:], uint64(lengths.Total()))
	le.PutUint32(b[44:], crc32.ChecksumIEEE(b[:44]))
	bw.Write(b[:])
	i := 0
	for n := range lengths.All() {
		bw.Write(le.AppendUint32(le.AppendUint32(b[:0], sizes[i]), n))
		i++
	}
	var off, sample uint64
	i = 0
	for n := range lengths.All() {
		if i%anchorStep == 0 {
			bw.Write(le.AppendUint64(le.AppendUint64(b[:0], off), sample))
		}
		off += uint64(sizes[i])
		sample += uint64(n)
		i++
	}
	return bw.Flush()
}

// putHeader writes what the headers of both kinds begin with.
func putHeader(b []byte, magic string, sizes Sizes, sampleRate, unitSamples int) {
	le := binary.LittleEndian
	copy(b, magic)
	le.PutUint64(b[8:], uint64(len(sizes)))
	le.PutUint64(b[16:], uint64(sizes.Sum()))
	le.PutUint32(b[24:], uint32(sampleRate))
	le.PutUint32(b[28:], uint32(unitSamples))
	le.PutUint32(b[32:], anchorStep)
}

// An Index is a packet index opened for reading. It reads from r what each
// call needs and nothing more, and may be used by several goroutines.
type Index struct {
	r           io.ReaderAt
	Units       int64
	Bytes       int64 // of the payload
	SampleRate  int
	UnitSamples int
	// Listed says that the index lists how long each unit lasts, in Samples in
	// all. Otherwise each lasts UnitSamples, the last one perhaps less, and
	// Samples is 0 unless whoever opened the index knows it and sets it.
	Listed  bool
	Samples int64

	entries int64 // offset of the table of units, of which each has entry bytes
	entry   int64
	anchors int64 // offset of the anchor table
}

// OpenIndex opens a packet index of size bytes. The error is ErrBadIndex when
// its header or length is not right.
func OpenIndex(r io.ReaderAt, size int64) (*Index, error) {
	var b [listHeader]byte
	if size < indexHeader {
		return nil, ErrBadIndex
	}
	if n, err := r.ReadAt(b[:min(size, listHeader)], 0); err != nil && (err != io.EOF || n < int(min(size, listHeader))) {
		return nil, fmt.Errorf("packet index: %w", err)
	}
	le := binary.LittleEndian
	x := &Index{
		r:           r,
		Units:       int64(le.Uint64(b[8:])),
		Bytes:       int64(le.Uint64(b[16:])),
		SampleRate:  int(le.Uint32(b[24:])),
		UnitSamples: int(le.Uint32(b[28:])),
		entries:     indexHeader,
		entry:       2,
	}
	sum, crc, anchor := 36, le.Uint32(b[36:]), int64(8)
	switch string(b[:8]) {
	case indexMagic:
	case listingMagic:
		if size < listHeader {
			return nil, ErrBadIndex
		}
		x.Listed, x.Samples = true, int64(le.Uint64(b[36:]))
		x.entries, x.entry = listHeader, 8
		sum, crc, anchor = 44, le.Uint32(b[44:]), 16
	default:
		return nil, ErrBadIndex
	}
	if crc != crc32.ChecksumIEEE(b[:sum]) || le.Uint32(b[32:]) != anchorStep ||
		x.Units < 0 || x.Units > size || x.Bytes < 0 || x.Samples < 0 {
		return nil, ErrBadIndex
	}
	x.anchors = x.entries + (x.entry*x.Units+7)/8*8
	if x.anchors+anchor*((x.Units+anchorStep-1)/anchorStep) != size {
		return nil, ErrBadIndex
	}
	return x, nil
}

// Extent returns where units first to first+n-1 lie in the payload: the
// offset of the first and the sizes of all, appended to sizes.
func (x *Index) Extent(first, n int64, sizes Sizes) (offset int64, _ Sizes, err error) {
	offset, _, err = x.walk(first, n, func(size, _ uint32) { sizes = append(sizes, size) })
	return offset, sizes, err
}

// Lengths returns the sample that unit first begins with, and how many samples
// each of n units from there on lasts, appended to lengths. The index must be
// Listed.
func (x *Index) Lengths(first, n int64, lengths []uint32) (sample int64, _ []uint32, err error) {
	_, sample, err = x.walk(first, n, func(_, samples uint32) { lengths = append(lengths, samples) })
	return sample, lengths, err
}

// walk calls fn for units first to first+n-1, and returns the offset of the
// first and, if the index is Listed, the sample that it begins with.
func (x *Index) walk(first, n int64, fn func(size, samples uint32)) (offset, sample int64, err error) {
	if first < 0 || n < 0 || first > x.Units || n > x.Units-first {
		return 0, 0, fmt.Errorf("packet index: units %d to %d are outside the %d units", first, first+n, x.Units)
	}
	if first == x.Units {
		return x.Bytes, x.Samples, nil
	}
	anchor := first / anchorStep
	if offset, sample, err = x.anchor(anchor); err != nil {
		return 0, 0, err
	}
	from := anchor * anchorStep
	raw := make([]byte, x.entry*(first+n-from))
	if _, err := x.r.ReadAt(raw, x.entries+x.entry*from); err != nil {
		return 0, 0, fmt.Errorf("packet index: %w", err)
	}
	le := binary.LittleEndian
	for i := from; i < first+n; i, raw = i+1, raw[x.entry:] {
		var size, samples uint32
		if x.Listed {
			size, samples = le.Uint32(raw), le.Uint32(raw[4:])
		} else {
			size = uint32(le.Uint16(raw))
		}
		if size > MaxListedSize {
			return 0, 0, ErrBadIndex
		}
		if i < first {
			offset += int64(size)
			sample += int64(samples)
		} else {
			fn(size, samples)
		}
	}
	if offset < 0 || offset > x.Bytes || sample < 0 || sample > x.Samples && x.Listed {
		return 0, 0, ErrBadIndex
	}
	return offset, sample, nil
}

// anchor returns what stands in the table of anchors at index i.
func (x *Index) anchor(i int64) (offset, sample int64, err error) {
	var b [16]byte
	n := int64(8)
	if x.Listed {
		n = 16
	}
	if _, err := x.r.ReadAt(b[:n], x.anchors+n*i); err != nil {
		return 0, 0, fmt.Errorf("packet index: %w", err)
	}
	le := binary.LittleEndian
	return int64(le.Uint64(b[:])), int64(le.Uint64(b[8:])), nil
}

// Find returns the unit that a sample lies in; it is Units for what lies
// behind the last one.
func (x *Index) Find(sample int64) (unit int64, err error) {
	if !x.Listed {
		if x.UnitSamples < 1 {
			return 0, ErrBadIndex
		}
		return min(x.Units, max(0, sample)/int64(x.UnitSamples)), nil
	}
	if sample >= x.Samples {
		return x.Units, nil
	}
	// The last anchor that is not behind the sample.
	lo, hi := int64(0), (x.Units+anchorStep-1)/anchorStep
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		_, at, err := x.anchor(mid)
		if err != nil {
			return 0, err
		}
		if at <= sample {
			lo = mid
		} else {
			hi = mid
		}
	}
	unit = lo * anchorStep
	at, lengths, err := x.Lengths(unit, min(anchorStep, x.Units-unit), nil)
	if err != nil {
		return 0, err
	}
	for _, n := range lengths {
		if at += int64(n); at > sample {
			return unit, nil
		}
		unit++
	}
	return 0, ErrBadIndex
}
