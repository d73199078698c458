package ogg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// Errors of NewReader, wrapped with what is known beyond that.
var (
	// ErrNotOgg means that a file holds no page of Ogg.
	ErrNotOgg = errors.New("no complete Ogg page in the file")
	// ErrNoAudio means that a file holds no stream of sound.
	ErrNoAudio = errors.New("no audio in the Ogg file")
	// ErrCodec means that the sound is coded in a way that this package does not
	// know.
	ErrCodec = errors.New("unsupported audio coding")
)

const (
	pageHeader = 27
	maxPage    = pageHeader + maxSegments + maxSegments*255
	// maxUnit is the size of the largest packet that is believed. Of larger
	// comment headers, with covers, so much is read.
	maxUnit = track.MaxListedSize
)

// A Reader walks through the packets of the first stream of sound in an Ogg
// file, and of those that follow it where files were joined (chaining, RFC 3533
// §4). It is a track.Reader.
//
// Pages whose CRC is wrong are dropped and noted as damage, and with them the
// packets of which a part was on them. Each stream of a chain is a run.
type Reader struct {
	t   track.Track
	in  *bufio.Reader
	pos int64 // of the page that is read
	// spent is how many bytes of what only looked like pages were summed up.
	spent int64

	stream  *stream // nil before the first one
	refused error   // why there is none

	page    page
	lacing  []byte // of the page, not used yet
	body    []byte // likewise
	bodyAt  int64  // of body in the file
	onPage  int64  // samples of the packets that ended on it
	ended   int    // how many packets ended on it
	packet  []byte // what is there of the next packet, if it began on an earlier page
	from    int64  // where the next packet begins in the file
	begun   bool   // packet is in use
	tooLong bool   // packet has lost its end
	damaged bool   // since the last page

	unread   []byte // the first packet of sound, if NewReader came across it
	unreadAt int64
	done     bool
}

// A page is what its header says (RFC 3533 §6).
type page struct {
	flags    byte
	position uint64
	serial   uint32
	number   uint32
	segments int
	size     int // of all of it
}

// NewReader returns a Reader of the size bytes in r. It reads up to the first
// sound. The errors are ErrNotOgg, ErrNoAudio and ErrCodec, with details, and
// those of r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	o := &Reader{
		t:       track.Track{Format: track.Ogg, Bytes: size},
		in:      bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 2*maxPage),
		refused: ErrNotOgg,
	}
	err := o.start()
	switch {
	case err != nil:
	case o.stream == nil:
		err = o.refused
	case o.stream.wrong != nil:
		err = o.stream.wrong
	}
	return o, err
}

// start reads up to the first sound. All streams of a file begin before the
// first of them goes on (RFC 3533 §4).
func (r *Reader) start() error {
	for {
		packet, at, ok := r.take()
		if ok {
			tags, header := r.stream.header(packet)
			if !header {
				r.unread, r.unreadAt = packet, at
				return nil
			}
			r.addTags(tags)
			continue
		}
		if more, err := r.turn(); err != nil || !more {
			r.done = true
			return err
		}
		if r.stream == nil && r.page.flags&flagFirst == 0 {
			return nil
		}
	}
}

func (r *Reader) addTags(tags map[string]string) {
	for name, value := range tags {
		if r.t.Tags == nil {
			r.t.Tags = make(map[string]string)
		}
		if r.t.Tags[name] == "" {
			r.t.Tags[name] = value
		}
	}
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.t }

// Codec returns how the stream is coded.
func (r *Reader) Codec() track.Codec { return r.stream.config.Codec }

// Next puts the next packet into p. See track.Reader.
func (r *Reader) Next(p *track.Packet) error {
	for !r.done {
		packet, at, ok := r.unread, r.unreadAt, r.unread != nil
		r.unread = nil
		if !ok {
			packet, at, ok = r.take()
		}
		if !ok {
			more, err := r.turn()
			if err != nil {
				return fmt.Errorf("ogg: %w", err)
			}
			r.done = !more
			continue
		}
		if tags, header := r.stream.header(packet); header {
			r.addTags(tags)
			continue
		}
		if ok, err := r.unit(p, packet, at); ok || err != nil {
			return err
		}
	}
	return io.EOF
}

// unit puts a packet of sound into p, or notes why it is left out.
func (r *Reader) unit(p *track.Packet, packet []byte, at int64) (ok bool, err error) {
	s := r.stream
	n, ok := s.samples(packet)
	if !ok || len(packet) > maxUnit {
		// An empty packet says that nothing was sent.
		if len(packet) > 0 {
			r.t.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: at, Bytes: int64(len(packet)), Unit: r.t.Units(), Lost: 1})
		}
		return false, nil
	}
	if s.units == 0 {
		// A stream of a chain is a recording of its own, even with the
		// parameters of the one before.
		if runs := len(r.t.Runs); runs > 0 && runs < track.MaxRuns {
			r.t.Runs = append(r.t.Runs, track.Run{Config: s.config, FirstUnit: r.t.Units()})
		}
	}
	run, err := r.t.AddUnit(s.config, n, len(packet))
	if err != nil {
		return false, err
	}
	if s.units == 0 {
		r.t.Runs[run].Skip = s.skip
	}
	s.units++
	s.last = int64(n)
	r.onPage += int64(n)
	*p = track.Packet{Offset: at, Data: packet, Run: run, Samples: n}
	return true, nil
}

// take returns the next packet that ends on the page. It is valid until the
// next call of turn.
func (r *Reader) take() (packet []byte, at int64, ok bool) {
	for len(r.lacing) > 0 {
		size, segments, ends := 0, 0, false
		for _, v := range r.lacing {
			size += int(v)
			segments++
			if ends = v < 255; ends {
				break
			}
		}
		part := r.body[:size]
		at := r.bodyAt
		r.lacing, r.body, r.bodyAt = r.lacing[segments:], r.body[size:], r.bodyAt+int64(size)
		if !r.begun {
			r.from = at
			if ends {
				r.ended++
				return part, at, true
			}
			r.packet, r.begun, r.tooLong = r.packet[:0], true, false
		}
		if room := maxUnit + 1 - len(r.packet); len(part) > room {
			part, r.tooLong = part[:room], true
		}
		r.packet = append(r.packet, part...)
		if ends {
			r.begun = false
			r.ended++
			return r.packet, r.from, true
		}
	}
	return nil, 0, false
}

// turn leaves the page and goes to the next one. more is false at the end.
func (r *Reader) turn() (more bool, err error) {
	r.endPage()
	if _, err := r.in.Discard(r.page.size); err != nil {
		return false, err
	}
	r.pos += int64(r.page.size)
	r.page, r.lacing, r.body = page{}, nil, nil
	b, ok, err := r.nextPage()
	if err != nil {
		return false, err
	}
	if !ok {
		r.finish()
		return false, nil
	}
	if r.refused == ErrNotOgg {
		r.refused = ErrNoAudio
	}
	lacing, body := b[pageHeader:][:r.page.segments], b[pageHeader+r.page.segments:]
	if r.page.flags&flagFirst != 0 {
		r.begin(body) // all of the page is one packet (RFC 3533 §4)
		if s := r.stream; s != nil && s.serial == r.page.serial {
			s.next = r.page.number + 1
		}
		return true, nil
	}
	s := r.stream
	if s == nil || r.page.serial != s.serial || s.over {
		return true, nil
	}
	r.lacing, r.body, r.bodyAt = lacing, body, r.pos+int64(len(b)-len(body))
	r.onPage, r.ended = 0, 0
	if r.page.number != s.next {
		r.lost(r.pos, 0)
	}
	s.next = r.page.number + 1
	continues := r.page.flags&flagContinued != 0
	switch {
	case r.begun && !continues: // its end is missing
		r.begun = false
		r.lost(r.pos, 0)
	case !r.begun && continues: // its beginning is missing
		r.leaveOut()
	}
	return true, nil
}

// begin looks at the first packet of a stream, and goes over to it if none is
// being read, or the one that is has come to an end.
func (r *Reader) begin(packet []byte) {
	next, err := identify(packet)
	sound := err == nil || errors.Is(err, ErrCodec)
	r.t.Video = r.t.Video || err == errVideo
	s := r.stream
	goesOn := s != nil && s.units == 0 && !s.over && r.page.serial != s.serial
	switch {
	case err == nil && !goesOn:
		if s == nil && errors.Is(r.refused, ErrCodec) {
			r.t.OtherTracks++
		}
		r.trim()
		next.serial = r.page.serial
		r.stream, r.begun, r.damaged = next, false, false
	case sound && s == nil:
		if errors.Is(r.refused, ErrCodec) {
			r.t.OtherTracks++
		}
		r.refused = err
	case sound && goesOn:
		r.t.OtherTracks++
	case sound: // joined to what is read, and not readable
		r.t.Damage.Add(track.Damage{Kind: track.Junk, Offset: r.pos, Bytes: int64(r.page.size), Unit: r.t.Units()})
	}
}

// leaveOut passes over the packet that the page begins with, of which the
// beginning is missing.
func (r *Reader) leaveOut() {
	n, size := 0, 0
	for _, v := range r.lacing {
		n++
		size += int(v)
		if v < 255 {
			break
		}
	}
	if !r.damaged {
		r.lost(r.bodyAt, int64(size))
	}
	r.lacing, r.body, r.bodyAt = r.lacing[n:], r.body[size:], r.bodyAt+int64(size)
}

// lost notes that packets are missing.
func (r *Reader) lost(at, n int64) {
	r.begun = false
	if r.damaged && n == 0 {
		return // told already
	}
	r.damaged = true
	r.t.Damage.Add(track.Damage{Kind: track.LostPackets, Offset: at, Bytes: n, Unit: r.t.Units()})
}

// endPage compares the samples of a page with its position.
func (r *Reader) endPage() {
	s := r.stream
	if s == nil || r.page.size == 0 || r.page.serial != s.serial || s.over {
		return
	}
	last := r.page.flags&flagLast != 0
	s.over = last
	if r.page.position == noPosition || int64(r.page.position) < 0 || s.units == 0 || r.ended == 0 && !last {
		return
	}
	missing := s.endPage(int64(r.page.position), r.onPage, last)
	n := len(r.t.Damage.Places)
	if r.damaged && missing > 0 && s.last > 0 && n > 0 && r.t.Damage.Count == int64(n) {
		const longest = 24 * 3600 * 192000 // a day
		d := &r.t.Damage.Places[n-1]
		if lost := (min(missing, longest) + s.last/2) / s.last; lost > d.Lost {
			r.t.Damage.Lost += lost - d.Lost
			d.Lost = lost
		}
	}
	r.damaged = false
}

// trim notes how much of the stream's end is not played.
func (r *Reader) trim() {
	if s := r.stream; s != nil && s.units > 0 {
		run := &r.t.Runs[len(r.t.Runs)-1]
		run.Trim = max(0, min(s.surplus, run.Samples-run.Skip))
	}
}

// finish completes the Track.
func (r *Reader) finish() {
	r.trim()
	s := r.stream
	n := len(r.t.Damage.Places)
	if s == nil || s.over && !r.begun || n > 0 && r.t.Damage.Places[n-1].Kind == track.CutEnd {
		return
	}
	d := track.Damage{Kind: track.CutEnd, Offset: r.t.Bytes, Unit: r.t.Units()}
	if r.begun {
		d.Lost = 1
	}
	r.t.Damage.Add(d)
}

// nextPage returns the page at pos, or the next one that is whole, and notes
// what is between. ok is false at the end of the file.
func (r *Reader) nextPage() (b []byte, ok bool, err error) {
	from := r.pos
	kind, head := track.Junk, false
	for {
		b, err := r.in.Peek(maxPage)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		atEnd := r.pos+int64(len(b)) >= r.t.Bytes
		if err != nil && !atEnd {
			return nil, false, io.ErrUnexpectedEOF // the source is shorter than its size says
		}
		h, whole := parsePage(b)
		if h.size > 0 && r.pos == from {
			kind, head = track.LostPackets, true
		}
		if whole && r.sum(b[:h.size]) {
			r.page = h
			r.between(from, kind)
			return b[:h.size], true, nil
		}
		i := len(b)
		if i > 1 {
			if n := bytes.Index(b[1:], []byte("OggS")); n >= 0 {
				i = 1 + n
			} else if !atEnd {
				i -= len("OggS") - 1
			}
		}
		if _, err := r.in.Discard(i); err != nil {
			return nil, false, err
		}
		r.pos += int64(i)
		if r.pos >= r.t.Bytes {
			if head {
				kind = track.CutEnd
			}
			r.between(from, kind)
			return nil, false, nil
		}
	}
}

// between notes what lies between a place and pos.
func (r *Reader) between(from int64, kind track.DamageKind) {
	if r.pos == from {
		return
	}
	d := track.Damage{Kind: kind, Offset: from, Bytes: r.pos - from, Unit: r.t.Units()}
	r.damaged = true
	if kind == track.CutEnd {
		d.Lost, r.begun = 1, false
	}
	r.t.Damage.Add(d)
}

// parsePage reads the header of a page; whole says that all of it is in b. The
// size is 0 if b does not begin with a page.
func parsePage(b []byte) (h page, whole bool) {
	if !bytes.HasPrefix(b, []byte("OggS")) {
		return h, false
	}
	h.size = pageHeader
	if len(b) < pageHeader {
		return h, false
	}
	const flags = flagContinued | flagFirst | flagLast
	if b[4] != 0 || b[5]&^flags != 0 {
		return page{}, false
	}
	le := binary.LittleEndian
	h.flags, h.position, h.serial, h.number, h.segments = b[5], le.Uint64(b[6:]), le.Uint32(b[14:]), le.Uint32(b[18:]), int(b[26])
	h.size += h.segments
	if len(b) < h.size {
		return h, false
	}
	for _, v := range b[pageHeader:h.size] {
		h.size += int(v)
	}
	return h, len(b) >= h.size
}

// sum reports whether the CRC of a page is right. In a file of nothing but what
// looks like pages, only some are tried.
func (r *Reader) sum(b []byte) bool {
	const often, free = 8, 1 << 20
	if r.spent > often*r.pos+free {
		return false
	}
	c := crc(b[:22])
	c = crcOn(c, []byte{0, 0, 0, 0})
	c = crcOn(c, b[26:])
	if c == binary.LittleEndian.Uint32(b[22:]) {
		return true
	}
	r.spent += int64(len(b))
	return false
}
