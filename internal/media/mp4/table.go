package mp4

import (
	"encoding/binary"
	"io"
	"math"
)

// A sample is one access unit as a file's tables describe it.
type sample struct {
	offset int64
	size   int64
	ticks  int64  // how long it lasts, in units of the media timescale
	entry  uint32 // the number of its sample entry; the first one is 1
}

// entries is a table of equally long entries in a file, read a window at a
// time. Windows are small: a movie has four tables, read side by side.
type entries struct {
	window
	first int64 // offset of the first entry
	width int   // of an entry, in bytes
	n     int64 // how many entries there are
	lost  int64 // how many more the table claims to have
}

const tableAhead = 8 << 10

// table returns the entries of b, a box whose content is head bytes, of which
// the last four count the entries, and then the entries. It trusts the count
// only as far as there are bytes.
func (w *window) table(b box, head int64, width int) (e entries, err error) {
	if b.end-b.body < head {
		return e, nil
	}
	h, err := w.bytes(b.body+head-4, 4)
	if err != nil {
		return e, err
	}
	n := int64(binary.BigEndian.Uint32(h))
	e = entries{window: window{r: w.r, size: w.size, ahead: tableAhead}, first: b.body + head, width: width}
	e.n = min(n, (b.end-e.first)/int64(width))
	e.lost = n - e.n
	return e, nil
}

// at returns entry i, 0 ≤ i < e.n, valid until the next call.
func (e *entries) at(i int64) ([]byte, error) {
	return e.bytes(e.first+i*int64(e.width), e.width)
}

// sizes is the sample size box, stsz or stz2 (§8.7.3).
type sizes struct {
	entries
	constant int64 // the size of every sample, if not 0
	bits     int64 // of an entry
	count    int64 // of samples
	lost     int64 // samples whose size is not in the file
}

func (w *window) sizes(b box) (s sizes, err error) {
	h, err := w.content(b, 12)
	if err != nil || len(h) < 12 {
		return s, err
	}
	s.bits = 32
	if b.is("stz2") {
		s.bits = int64(h[7])
	} else {
		s.constant = int64(binary.BigEndian.Uint32(h[4:]))
	}
	n := int64(binary.BigEndian.Uint32(h[8:]))
	s.count = n
	if s.constant != 0 {
		return s, nil
	}
	if s.bits != 4 && s.bits != 8 && s.bits != 16 && s.bits != 32 {
		s.count, s.lost = 0, n
		return s, nil
	}
	s.count = min(n, (b.end-b.body-12)*8/s.bits)
	s.lost = n - s.count
	s.entries = entries{window: window{r: w.r, size: w.size, ahead: tableAhead}, first: b.body + 12, width: int(max(1, s.bits/8))}
	return s, nil
}

func (s *sizes) size(i int64) (int64, error) {
	if s.constant != 0 {
		return s.constant, nil
	}
	if s.bits == 4 {
		b, err := s.at(i / 2)
		if err != nil {
			return 0, err
		}
		if i%2 == 0 {
			return int64(b[0] >> 4), nil
		}
		return int64(b[0] & 15), nil
	}
	b, err := s.at(i)
	if err != nil {
		return 0, err
	}
	switch s.bits {
	case 8:
		return int64(b[0]), nil
	case 16:
		return int64(binary.BigEndian.Uint16(b)), nil
	}
	return int64(binary.BigEndian.Uint32(b)), nil
}

// A sampleTable walks through the samples that the sample table box of a
// track lists (§8.5.1), in decoding order.
type sampleTable struct {
	sizes  sizes   // stsz or stz2
	chunks entries // stco or co64 (§8.7.5)
	shape  entries // stsc: how many samples the chunks have (§8.7.4)
	times  entries // stts: how long the samples last (§8.6.1.2)

	described []description

	next   int64 // index of the next sample
	offset int64 // where it lies

	chunk     int64 // index of the next chunk
	chunkLeft int64 // samples left in the current one
	perChunk  int64
	entry     uint32
	shapeNext int64 // index of the next entry of shape

	timeLeft int64 // samples that the current entry of times still covers
	timeNext int64
	delta    int64
}

// sampleTable opens the sample tables of t.
func (w *window) sampleTable(t *trak) (s *sampleTable, err error) {
	s = &sampleTable{described: t.entries}
	if s.sizes, err = w.sizes(t.stsz); err != nil {
		return nil, err
	}
	if s.shape, err = w.table(t.stsc, 8, 12); err != nil {
		return nil, err
	}
	if s.times, err = w.table(t.stts, 8, 8); err != nil {
		return nil, err
	}
	width := 4
	if t.stco.is("co64") {
		width = 8
	}
	s.chunks, err = w.table(t.stco, 8, width)
	return s, err
}

// missing returns how many samples the tables claim beyond those that they
// can place. It is known at the end.
func (s *sampleTable) missing() int64 { return s.sizes.count - s.next + s.sizes.lost }

// read returns the next sample. It ends with io.EOF.
func (s *sampleTable) read() (sample, error) {
	if s.next >= s.sizes.count {
		return sample{}, io.EOF
	}
	for s.chunkLeft == 0 {
		if err := s.openChunk(); err != nil {
			return sample{}, err
		}
	}
	if s.sizes.constant != 0 && int64(s.entry) <= int64(len(s.described)) && s.entry > 0 {
		if p := s.described[s.entry-1].pcm; p != nil {
			return s.readFrames(p)
		}
	}
	size, err := s.sizes.size(s.next)
	if err != nil {
		return sample{}, err
	}
	ticks, err := s.advance(1)
	if err != nil {
		return sample{}, err
	}
	v := sample{offset: s.offset, size: size, ticks: ticks, entry: s.entry}
	s.offset += size // below 2^63: see openChunk
	return v, nil
}

// skip passes over the samples that adjoin the last one in the same chunk and
// says how many there were and how long they lasted.
func (s *sampleTable) skip() (n, ticks int64, err error) {
	n = min(s.chunkLeft, s.sizes.count-s.next)
	ticks, err = s.advance(n)
	return n, ticks, err
}

func (s *sampleTable) openChunk() error {
	if s.chunk >= s.chunks.n {
		return io.EOF
	}
	b, err := s.chunks.at(s.chunk)
	if err != nil {
		return err
	}
	if s.chunks.width == 8 {
		// Half the range is out of every file too, and leaves room to add
		// sizes without overflow.
		s.offset = int64(min(binary.BigEndian.Uint64(b), math.MaxInt64/2))
	} else {
		s.offset = int64(binary.BigEndian.Uint32(b))
	}
	s.chunk++
	for s.shapeNext < s.shape.n {
		b, err := s.shape.at(s.shapeNext)
		if err != nil {
			return err
		}
		if int64(binary.BigEndian.Uint32(b)) > s.chunk { // the entry is for later chunks
			break
		}
		s.perChunk = int64(binary.BigEndian.Uint32(b[4:]))
		s.entry = binary.BigEndian.Uint32(b[8:])
		s.shapeNext++
	}
	s.chunkLeft = s.perChunk
	return nil
}

// advance moves on by n samples of the current chunk and returns how long
// they last. Samples beyond the table of times last as long as the last ones
// in it.
func (s *sampleTable) advance(n int64) (ticks int64, err error) {
	s.next += n
	s.chunkLeft -= n
	for n > 0 {
		if s.timeLeft == 0 {
			if s.timeNext >= s.times.n {
				s.timeLeft = math.MaxInt64
			} else {
				b, err := s.times.at(s.timeNext)
				if err != nil {
					return 0, err
				}
				s.timeLeft = int64(binary.BigEndian.Uint32(b))
				s.delta = int64(binary.BigEndian.Uint32(b[4:]))
				s.timeNext++
				continue
			}
		}
		k := min(n, s.timeLeft)
		ticks = addTicks(ticks, mulTicks(k, s.delta))
		s.timeLeft -= k
		n -= k
	}
	return ticks, nil
}
