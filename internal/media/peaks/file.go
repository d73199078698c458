package peaks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A peaks file has this form; numbers are little-endian:
//
//	header   magic "PEAKS02\n", uint32 samples per second, uint32 tracks,
//	         uint32 samples of a bucket, uint32 CRC-32 of the bytes before
//	zooms    finest first; for each bucket and track int16 least, int16 greatest
//	levels   of each zoom but the finest, finest first; for each bucket uint8:
//	         255 times the square root of the RMS of all tracks, full scale 1
//	trailer  uint64 frames of audio, uint32 CRC-32 of header and frames,
//	         magic "end\n"
//
// Where each zoom begins follows from the number of frames. It stands at the
// end, so that the file can be written without seeking. Files of before 2026-12
// have the magic "PEAKS01\n" and no levels.
const (
	magic       = "PEAKS02\n"
	magicBefore = "PEAKS01\n"
	endMagic    = "end\n"
	headerSize  = 24
	trailerSize = 16
	peakSize    = 4
)

// ErrDamaged means that a peaks file is damaged or of another kind. It can be
// made anew from the audio.
var ErrDamaged = errors.New("damaged peaks file")

type header struct {
	sampleRate, tracks, bucket int
	before                     bool // without levels
}

func (h header) bytes() []byte {
	b := []byte(magic)
	if h.before {
		b = []byte(magicBefore)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(h.sampleRate))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.tracks))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.bucket))
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func (h header) trailer(frames int64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(frames))
	sum := crc32.Update(crc32.ChecksumIEEE(h.bytes()), crc32.IEEETable, b)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, endMagic...)
}

// lengths returns the number of buckets at each zoom, finest first.
func (h header) lengths(frames int64) []int64 {
	n := frames / int64(h.bucket)
	if frames%int64(h.bucket) != 0 {
		n++
	}
	lengths := []int64{n}
	for n > coarsest {
		n = (n + zoomFactor - 1) / zoomFactor
		lengths = append(lengths, n)
	}
	return lengths
}

// A File is a peaks file opened for reading. It reads what each call needs and
// nothing more, and may be used by several goroutines.
type File struct {
	SampleRate int
	Tracks     int
	Bucket     int   // samples of a peak at the finest zoom
	Frames     int64 // of the audio

	r      io.ReaderAt
	zooms  []stretch
	levels bool
}

// A stretch is where a zoom lies in the file.
type stretch struct {
	offset  int64
	buckets int64
	samples int64 // of a bucket
	levels  int64 // their offset
}

// Open opens a peaks file of size bytes. The error is ErrDamaged when its
// header, trailer or length is not right.
func Open(r io.ReaderAt, size int64) (*File, error) {
	if size < headerSize+trailerSize {
		return nil, ErrDamaged
	}
	var head [headerSize]byte
	var tail [trailerSize]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("peaks file: %w", err)
	}
	if n, err := r.ReadAt(tail[:], size-trailerSize); n < len(tail) {
		return nil, fmt.Errorf("peaks file: %w", err)
	}
	le := binary.LittleEndian
	rate, tracks, bucket := le.Uint32(head[8:]), le.Uint32(head[12:]), le.Uint32(head[16:])
	if rate < 1 || rate > maxRate || tracks < 1 || tracks > MaxTracks || bucket < 1 || bucket > MaxBucket {
		return nil, ErrDamaged
	}
	h := header{int(rate), int(tracks), int(bucket), string(head[:len(magicBefore)]) == magicBefore}
	frames := int64(le.Uint64(tail[:]))
	if frames < 0 || string(head[:]) != string(h.bytes()) || string(tail[:]) != string(h.trailer(frames)) {
		return nil, ErrDamaged
	}
	f := &File{SampleRate: h.sampleRate, Tracks: h.tracks, Bucket: h.bucket, Frames: frames, r: r, levels: !h.before}
	offset, samples := int64(headerSize), int64(bucket)
	for _, n := range h.lengths(frames) {
		if n > size/peakSize {
			return nil, ErrDamaged
		}
		f.zooms = append(f.zooms, stretch{offset: offset, buckets: n, samples: samples})
		offset += n * int64(tracks) * peakSize
		samples *= zoomFactor
	}
	for i := 1; i < len(f.zooms) && f.levels; i++ {
		f.zooms[i].levels = offset
		offset += f.zooms[i].buckets
	}
	if offset+trailerSize != size {
		return nil, ErrDamaged
	}
	return f, nil
}

// Zooms returns the number of zooms; 0 is the finest.
func (f *File) Zooms() int { return len(f.zooms) }

// Zoom returns how many buckets a zoom has and how many samples each of them
// stands for. The last bucket may stand for fewer.
func (f *File) Zoom(zoom int) (buckets, samples int64) {
	return f.zooms[zoom].buckets, f.zooms[zoom].samples
}

// Read returns n buckets of a zoom from bucket first on: for each bucket a
// peak of each track.
func (f *File) Read(zoom int, first int64, n int) ([]Peak, error) {
	if zoom < 0 || zoom >= len(f.zooms) {
		return nil, fmt.Errorf("peaks file: zoom %d does not exist (it has %d)", zoom, len(f.zooms))
	}
	z := f.zooms[zoom]
	if first < 0 || n < 0 || first > z.buckets || int64(n) > z.buckets-first {
		return nil, fmt.Errorf("peaks file: %d buckets from %d on are outside the %d buckets", n, first, z.buckets)
	}
	raw := make([]byte, n*f.Tracks*peakSize)
	if got, err := f.r.ReadAt(raw, z.offset+first*int64(f.Tracks)*peakSize); got < len(raw) {
		return nil, fmt.Errorf("peaks file: %w", err)
	}
	peaks := make([]Peak, n*f.Tracks)
	for i := range peaks {
		peaks[i] = getPeak(raw[i*peakSize:])
		if peaks[i].Min > peaks[i].Max {
			return nil, ErrDamaged
		}
	}
	return peaks, nil
}

// HasLevels reports whether the file has the RMS of a zoom: not of the finest, and
// none in files of before 2026-12.
func (f *File) HasLevels(zoom int) bool {
	return f.levels && zoom > 0 && zoom < len(f.zooms)
}

// Levels returns how loud n buckets of a zoom are, from bucket first on: the square
// root of the RMS of all tracks, of which 255 is full scale.
func (f *File) Levels(zoom int, first int64, n int) ([]uint8, error) {
	if !f.HasLevels(zoom) {
		return nil, fmt.Errorf("peaks file: zoom %d has no levels", zoom)
	}
	z := f.zooms[zoom]
	if first < 0 || n < 0 || first > z.buckets || int64(n) > z.buckets-first {
		return nil, fmt.Errorf("peaks file: %d buckets from %d on are outside the %d buckets", n, first, z.buckets)
	}
	b := make([]uint8, n)
	if got, err := f.r.ReadAt(b, z.levels+first); got < n {
		return nil, fmt.Errorf("peaks file: %w", err)
	}
	return b, nil
}
