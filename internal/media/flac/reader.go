package flac

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Reader walks through the frames of a FLAC file. It is a track.Reader;
// Packet.Data is a whole frame.
//
// A frame does not state its length: it ends where the next sync code begins
// and the CRC over all of it is right. Frames whose CRC is wrong are dropped and
// noted as damage.
//
// What a frame says of itself counts, not what STREAMINFO says of all: where
// rate, channels or bits change, a run begins.
type Reader struct {
	src  io.ReaderAt
	in   *bufio.Reader
	pos  int64 // of the next byte of in
	end  int64 // where the frames end
	held int   // bytes of the last packet, still in in

	info   StreamInfo // of the file; SampleRate is 0 if it has none that is valid
	now    StreamInfo // of the frames that are being read
	config track.Config
	next   int64 // the number that the next frame has, if nothing is missing
	done   bool
	track  track.Track
}

// maxEnds bounds how many headers after a frame are tried as that of the next
// one, so that a file of nothing but headers is gone through once, not once
// for each.
const maxEnds = 16

// NewReader returns a Reader of the size bytes in r. The error is ErrNotFLAC
// or ErrStreamInfo, or comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	f := &Reader{src: r, end: size, track: track.Track{Format: track.FLACRaw, Bytes: size}}
	if err := f.metadata(r); err != nil {
		return nil, err
	}
	tail := make([]byte, min(id3v1Size, size-f.pos))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	if len(tail) == id3v1Size && string(tail[:3]) == "TAG" {
		f.end -= id3v1Size
	}
	f.now = f.info
	f.buffer(256 << 10)
	if f.info.SampleRate == 0 {
		return f, f.presume()
	}
	return f, nil
}

// buffer makes room for n bytes in r.in.
func (r *Reader) buffer(n int) {
	if r.in == nil || r.in.Size() < n {
		r.in = bufio.NewReaderSize(io.NewSectionReader(r.src, r.pos, r.end-r.pos), n)
	}
}

// presume sets up the Reader by what the first frame says where STREAMINFO
// does not. The error is ErrStreamInfo if that is not enough.
func (r *Reader) presume() error {
	b, _, err := r.peek(r.in.Size())
	if err != nil {
		return err
	}
	for i := range b {
		h, ok := parseHeader(b[i:], StreamInfo{})
		if !ok {
			continue
		}
		block := max(leastBlock, h.samples)
		r.now = StreamInfo{MinBlock: block, MaxBlock: block, SampleRate: h.rate, Channels: h.channels, Bits: h.bits}
		r.describe()
		return nil
	}
	return ErrStreamInfo
}

// describe sets the configuration of the frames from here on.
func (r *Reader) describe() { r.config = r.now.Config() }

// turn goes over to the parameters of a frame that are not those of the frames
// before it.
func (r *Reader) turn(h header) {
	if h.of(r.info) {
		r.now = r.info
	} else {
		block := r.info.MaxBlock
		if block == 0 {
			block = max(leastBlock, h.samples)
		}
		r.now = StreamInfo{MinBlock: block, MaxBlock: block, SampleRate: h.rate, Channels: h.channels, Bits: h.bits}
	}
	r.describe()
}

const (
	id3v1Size = 128
	maxTags   = 8 // ID3v2 tags before the file
)

// StreamInfo returns what the file says of itself.
func (r *Reader) StreamInfo() StreamInfo { return r.info }

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// metadata reads the metadata blocks (RFC 9639 §8) and goes to the first
// frame.
func (r *Reader) metadata(src io.ReaderAt) error {
	var b [id3.HeaderLen]byte
	n, err := src.ReadAt(b[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	for range maxTags { // no part of FLAC, but found
		h, ok := id3.ParseHeader(b[:n])
		if !ok {
			break
		}
		r.pos += int64(h.Len())
		if n, err = src.ReadAt(b[:], r.pos); err != nil && err != io.EOF {
			return err
		}
	}
	if n < 4 || string(b[:4]) != "fLaC" {
		return ErrNotFLAC
	}
	r.pos += 4
	for last := false; !last && r.pos+4 <= r.end; {
		if _, err := src.ReadAt(b[:4], r.pos); err != nil {
			return err
		}
		last = b[0]&0x80 != 0
		kind, size := b[0]&0x7F, int64(b[1])<<16|int64(b[2])<<8|int64(b[3])
		if b[0] == 0xFF || size > r.end-r.pos-4 {
			break // no block: frames, or the end of a file that is cut
		}
		if err := r.block(src, kind, size); err != nil {
			return err
		}
		r.pos += 4 + size
	}
	return nil
}

// block reads the metadata block at pos.
func (r *Reader) block(src io.ReaderAt, kind byte, size int64) error {
	const streamInfo, vorbisComment = 0, 4
	if kind != streamInfo && kind != vorbisComment {
		return nil
	}
	const enough = 1 << 20
	body := make([]byte, min(size, enough))
	if n, err := src.ReadAt(body, r.pos+4); n < len(body) {
		return err
	}
	if kind == vorbisComment {
		r.track.Tags = Comments(body)
		return nil
	}
	info, err := ParseStreamInfo(body)
	if err != nil || r.info.SampleRate > 0 {
		return nil // the frames will tell; there is one such block, the first
	}
	r.info, r.now = info, info
	r.describe()
	return nil
}

// Comments reads the tags that this program knows from a Vorbis comment
// (RFC 9639 §8.6), and as many as there are of one that is cut.
func Comments(b []byte) map[string]string {
	names := map[string]string{
		"TITLE": "title", "ARTIST": "artist", "ALBUM": "album", "DATE": "date",
		"COMMENT": "comment", "DESCRIPTION": "comment",
	}
	take := func() (field []byte, ok bool) {
		if len(b) < 4 {
			return nil, false
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n > int64(len(b)-4) {
			return nil, false
		}
		field, b = b[4:4+n], b[4+n:]
		return field, true
	}
	if _, ok := take(); !ok || len(b) < 4 { // the encoder's name
		return nil
	}
	b = b[4:] // how many there are
	tags := make(map[string]string)
	for {
		field, ok := take()
		if !ok {
			return tags
		}
		key, value, _ := strings.Cut(string(field), "=")
		name := names[strings.ToUpper(key)]
		if name != "" && value != "" && tags[name] == "" {
			tags[name] = strings.ToValidUTF8(value, "\uFFFD")
		}
	}
}

// Next puts the next frame into p.
func (r *Reader) Next(p *track.Packet) error {
	if err := r.skip(r.held); err != nil {
		return err
	}
	r.held = 0
	for {
		b, _, err := r.peek(maxHeader)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			r.finish()
			return io.EOF
		}
		h, ok := parseHeader(b, r.now)
		if !ok {
			if err := r.resync(track.Junk); err != nil {
				return err
			}
			continue
		}
		frame, err := r.frame(h)
		if err != nil {
			return err
		}
		if frame == nil {
			kind := track.BadUnit
			if !h.of(r.now) {
				kind = track.Junk
			}
			if err := r.resync(kind); err != nil {
				return err
			}
			continue
		}
		if !h.of(r.now) {
			r.turn(h)
		}
		r.missing(h)
		run, err := r.track.AddUnit(r.config, h.samples, len(frame))
		if err != nil {
			return err
		}
		*p = track.Packet{Offset: r.pos, Data: frame, Run: run, Samples: h.samples}
		r.held = len(frame)
		return nil
	}
}

// frame returns the frame with header h that begins here, or nil if its CRC
// is right nowhere.
//
// Inside a frame sync codes come up by chance once in 64 KiB, and hundreds of
// times where the sound is coded in long runs of ones. The CRC alone is right
// at one in 65,536 of them: so a frame ends where a header follows; only if
// there is no such place, where the code alone does, the header being damaged.
func (r *Reader) frame(h header) ([]byte, error) {
	const usual = 32 << 10
	limit := h.maxFrameSize() + maxHeader
	r.buffer(limit)
	var crc uint16
	at, summed, headers, damaged := h.size, 0, 0, 0
	for n := min(usual, limit); ; n = min(2*n, limit) {
		b, last, err := r.peek(n)
		if err != nil {
			return nil, err
		}
		end := len(b) - maxHeader
		if last {
			end = len(b) - 1
		}
		for at < end && headers < maxEnds {
			i := bytes.IndexByte(b[at:end], 0xFF)
			if i < 0 {
				at = end
				break
			}
			at += i
			if b[at+1] == b[1] {
				crc = crc16(crc, b[summed:at])
				summed = at
				_, header := parseHeader(b[at:], r.now)
				switch {
				case header && crc == 0:
					return b[:at], nil
				case header:
					headers++
				case crc == 0 && damaged == 0:
					damaged = at
				}
			}
			at++
		}
		switch {
		case headers == maxEnds:
		case last && crc16(crc, b[summed:]) == 0:
			return b, nil
		case !last && n < limit:
			continue
		}
		if damaged > 0 {
			return b[:damaged], nil
		}
		return nil, nil
	}
}

// missing notes, from the number of a frame, how many are missing before it.
func (r *Reader) missing(h header) {
	gap := h.number - r.next
	r.next = h.number + 1
	if h.variable {
		r.next = h.number + int64(h.samples)
		most := int64(max(r.now.MaxBlock, h.samples))
		gap = (gap + most - 1) / most // at least
	}
	// A number that goes back, or far ahead, tells of joined files.
	const far = 1 << 20
	n := len(r.track.Damage.Places)
	if gap <= 0 || gap > far || n == 0 || r.track.Damage.Count != int64(n) {
		return
	}
	last := &r.track.Damage.Places[n-1]
	if last.Unit == r.track.Units() && last.Offset+last.Bytes == r.pos {
		r.track.Damage.Lost += gap - last.Lost
		last.Lost = gap
	}
}

// resync goes to the next header and notes what it skips: at least one byte.
func (r *Reader) resync(kind track.DamageKind) error {
	const step = 32 << 10
	from := 1
	for {
		b, last, err := r.peek(step)
		if err != nil {
			return err
		}
		limit := len(b)
		if !last {
			limit -= maxHeader
		}
		n, found := from, false
		for n < limit {
			i := bytes.IndexByte(b[n:limit], 0xFF)
			if i < 0 {
				n = limit
				break
			}
			n += i
			h, ok := parseHeader(b[n:], r.now)
			if found = ok && h.of(r.now); found {
				break
			}
			n++
		}
		n = min(n, len(b))
		d := track.Damage{Kind: kind, Offset: r.pos, Bytes: int64(n), Unit: r.track.Units()}
		if from == 1 && kind == track.BadUnit {
			d.Lost = 1
			if last && !found {
				d.Kind = track.CutEnd
			}
		}
		r.track.Damage.Add(d)
		if err := r.skip(n); err != nil {
			return err
		}
		if found || last {
			return nil
		}
		from = 0
	}
}

// finish compares, once all frames are seen, with what the file says.
func (r *Reader) finish() {
	if r.done {
		return
	}
	r.done = true
	var samples int64
	for _, run := range r.track.Runs {
		samples += run.Samples
	}
	d := track.Damage{Offset: r.end, Unit: r.track.Units()}
	switch {
	case r.info.Samples == 0 || !r.track.Damage.Empty():
	case samples < r.info.Samples:
		d.Kind = track.CutEnd
		d.Lost = (r.info.Samples - samples + int64(r.info.MaxBlock) - 1) / int64(r.info.MaxBlock)
		r.track.Damage.Add(d)
	case samples > r.info.Samples:
		d.Kind = track.BadIndex
		r.track.Damage.Add(d)
	}
}

// peek returns the next n bytes without going past them, or fewer where the
// frames end; last says that they end with them.
func (r *Reader) peek(n int) (b []byte, last bool, err error) {
	b, err = r.in.Peek(n)
	last = r.pos+int64(len(b)) == r.end
	if errors.Is(err, io.EOF) {
		err = nil
		if !last {
			err = io.ErrUnexpectedEOF // the source is shorter than its size says
		}
	}
	return b, last, err
}

// skip goes n bytes on.
func (r *Reader) skip(n int) error {
	_, err := r.in.Discard(n)
	r.pos += int64(n)
	return err
}
