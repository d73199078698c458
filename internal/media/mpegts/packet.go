package mpegts

import (
	"bytes"
	"errors"
	"io"

	"github.com/spaces-cli/spaces/internal/media/id3"
)

const (
	packetSize = 188
	syncByte   = 0x47

	// readSize is how much is read in one go once the streams are known, and
	// probeSize how much is looked at to get to know them.
	readSize  = 256 << 10
	probeSize = 1 << 20

	// lockCount is how many packets in a row must begin with a sync byte for
	// the reader to believe that they are packets.
	lockCount = 5
)

// strides are the distances between sync bytes: plain packets, those of
// M2TS files, each with a time stamp of four bytes before it, and those with
// 16 bytes of Reed-Solomon parity behind.
var strides = [...]int{packetSize, 192, 204}

const m2tsPrefix = 4

// lockSize is enough to see lockCount packets.
const lockSize = lockCount * 204

// A packetReader finds the packets of a transport stream.
type packetReader struct {
	src    io.Reader
	buf    []byte
	pos    int   // index in buf of the next sync byte
	end    int   // of what has been read
	base   int64 // offset in the file of buf[0]
	eof    bool
	stride int // 0 while not known

	packets int64
	skipped int64 // bytes that belong to no packet
	tagged  int64 // bytes of tags
	// onJunk is told of bytes at off that belong to no packet; cut says that
	// they are the beginning of one that the end of the file cuts.
	onJunk func(off, n int64, cut bool)
	// onTag is told of an ID3v2 tag at off. Those longer than maxTag are
	// skipped unseen.
	onTag func(tag []byte, off int64)
}

// maxTag is the longest ID3v2 tag that is looked at.
const maxTag = probeSize

// next returns the next packet, valid until the next call, and the offset of
// its sync byte. It returns io.EOF at the end of the file.
func (r *packetReader) next() (packet []byte, off int64, err error) {
	for {
		if r.end-r.pos < packetSize {
			if err := r.fill(packetSize, readSize); err != nil {
				return nil, 0, err
			}
		}
		if r.stride != 0 && r.end-r.pos >= packetSize && r.buf[r.pos] == syncByte {
			packet, off = r.buf[r.pos:r.pos+packetSize], r.base+int64(r.pos)
			r.pos += r.stride
			r.packets++
			return packet, off, nil
		}
		if ok, err := r.tag(); err != nil {
			return nil, 0, err
		} else if ok {
			continue
		}
		if err := r.lock(); err != nil {
			return nil, 0, err
		}
	}
}

// tag steps over a whole ID3v2 tag that stands where a packet should begin, as
// HLS packagers write them in front of the packets. Behind it packets must
// begin, or another tag; only of one at the very front that is longer than
// maxTag the reader cannot see that.
func (r *packetReader) tag() (ok bool, err error) {
	if err := r.fill(id3.HeaderLen, readSize); err != nil || r.pos >= r.end {
		return false, err
	}
	h, ok := id3.ParseHeader(r.buf[r.pos:r.end])
	if !ok {
		return false, nil
	}
	n := h.Len()
	if n > maxTag {
		if r.base+int64(r.pos) > 0 || r.stride != 0 {
			return false, nil
		}
		r.tagged += int64(n)
		return true, r.discard(n)
	}
	if err := r.fill(n+lockSize, readSize); err != nil || r.end-r.pos < n {
		return false, err
	}
	behind := r.buf[r.pos+n : r.end]
	if _, another := id3.ParseHeader(behind); !another && len(behind) > 0 && behind[0] != syncByte &&
		(len(behind) <= m2tsPrefix || behind[m2tsPrefix] != syncByte) {
		return false, nil
	}
	if r.onTag != nil {
		r.onTag(r.buf[r.pos:r.pos+n], r.base+int64(r.pos))
	}
	r.pos += n
	r.tagged += int64(n)
	return true, nil
}

// discard steps over n bytes, whatever they are.
func (r *packetReader) discard(n int) error {
	for n > 0 {
		if err := r.fill(1, readSize); err != nil || r.pos >= r.end {
			return err
		}
		step := min(n, r.end-r.pos)
		r.pos += step
		n -= step
	}
	return nil
}

// lock goes to the next place where packets begin. At the end of the file it
// returns io.EOF.
func (r *packetReader) lock() error {
	start := r.base + int64(r.pos)
	if r.eof && r.pos >= r.end {
		return io.EOF // the time stamp or parity of the last packet may be behind it
	}
	cut := r.stride != 0 && r.pos < r.end && r.buf[r.pos] == syncByte
	for {
		if err := r.fill(2*lockSize, readSize); err != nil {
			return err
		}
		i, stride := r.findLock()
		if stride != 0 {
			n := r.base + int64(i) - start
			if r.stride == 0 && stride == 192 {
				n -= m2tsPrefix // the first packet's
			}
			r.pos, r.stride = i, stride
			if n > 0 {
				r.skipped += n
				r.onJunk(start, n, false)
			}
			return nil
		}
		r.pos = i
		if r.eof {
			if n := r.base + int64(r.end) - start; n > 0 {
				r.skipped += n
				r.onJunk(start, n, cut && n < packetSize)
			}
			r.pos = r.end
			return io.EOF
		}
	}
}

// findLock looks for the first place in memory where packets begin and
// returns its index and their stride, or stride 0 and the index from where to
// look on when there is more.
func (r *packetReader) findLock() (index, stride int) {
	limit := r.end
	if !r.eof {
		limit -= lockSize
	}
	for i := r.pos; i < limit; i++ {
		n := bytes.IndexByte(r.buf[i:limit], syncByte)
		if n < 0 {
			break
		}
		i += n
		if r.stride != 0 {
			if r.locks(i, r.stride) {
				return i, r.stride
			}
			continue
		}
		for _, s := range strides {
			if r.locks(i, s) {
				return i, s
			}
		}
	}
	return max(r.pos, limit), 0
}

// locks reports whether packets of the given stride begin at index i.
func (r *packetReader) locks(i, stride int) bool {
	for n := range lockCount {
		at := i + n*stride
		if at >= r.end { // only at the end of the file: all up to there agree
			return n > 1 || at == r.end || at-stride+packetSize == r.end
		}
		if r.buf[at] != syncByte {
			return false
		}
	}
	return true
}

// fill sees to it that n bytes from pos on are in memory, or all that are
// left, and reads up to ahead bytes to get there.
func (r *packetReader) fill(n, ahead int) error {
	if r.end-r.pos >= n || r.eof {
		return nil
	}
	if r.buf == nil {
		r.buf = make([]byte, probeSize+readSize)
	}
	// pos may lie behind end, by the rest of a stride.
	drop := min(r.pos, r.end)
	r.end = copy(r.buf, r.buf[drop:r.end])
	r.base += int64(drop)
	r.pos -= drop
	limit := min(len(r.buf), r.pos+max(n, ahead))
	for empty := 0; r.end-r.pos < n; {
		k, err := r.src.Read(r.buf[r.end:limit])
		r.end += k
		switch {
		case errors.Is(err, io.EOF):
			r.eof = true
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
