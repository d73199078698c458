package adts

import (
	"bytes"
	"io"
	"math/bits"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	// lookahead is how far the reader sees from any place: a frame, another
	// one that begins before its end, and the header after that.
	lookahead = 32 << 10
	// maxTag is the size of the largest tag that is read; larger ones, which
	// hold pictures, are skipped.
	maxTag = 1 << 20
)

// A Reader reads a stream of ADTS frames and ID3v2 tags. It implements
// track.Reader.
//
// A frame counts only where what follows it agrees: a frame of the same
// parameters, a tag or the end of the file. Where that fails, the place is
// damaged, and the Reader looks for the next frame or tag that can be trusted;
// of a frame with a damaged neighbour nothing is lost. A change of parameters
// counts once two frames in a row have them.
type Reader struct {
	w     window
	opts  track.Options
	track track.Track
	err   error // what every further Next returns

	config track.Config // of the current run
	fixed  uint32       // the header bits that config was made from, or 0
	sbr    *Implicit    // whether units of config are HE-AAC

	started bool // a frame or tag has been found
	synced  bool // the last thing before this place was sound
	known   sync // what has been found out about the bytes ahead

	blocks  [][]byte // raw data blocks of the last frame, not yet handed out
	offsets [4]int64 // of blocks
	next    int      // index in blocks
	store   [4][]byte

	units  int64
	tags   id3.Parser
	events eventQueue
	queue  func(id3.Frame) error // events.add, made once
}

// NewReader returns a Reader of the stream r. It reads ahead of the unit that
// Next returns, by 256 KiB where tags are small, never by more than 3 MiB, and
// keeps no more than that in memory.
func NewReader(r io.Reader, opts track.Options) *Reader {
	ar := &Reader{w: window{src: r}, opts: opts, track: track.Track{Format: track.ADTS}}
	ar.queue = ar.events.add
	return ar
}

// Track implements track.Reader.
func (r *Reader) Track() *track.Track { return &r.track }

// Next implements track.Reader.
func (r *Reader) Next(p *track.Packet) error {
	for r.err == nil {
		if r.next < len(r.blocks) {
			r.err = r.take(p)
			break
		}
		if r.err = r.step(); r.err != nil {
			r.track.Bytes = r.w.offset()
			break
		}
	}
	return r.err
}

// take hands out the next raw data block.
func (r *Reader) take(p *track.Packet) error {
	data := r.blocks[r.next]
	offset := r.offsets[r.next]
	r.next++
	r.config = r.sbr.Config(data)
	samples := r.config.UnitSamples
	run, err := r.track.AddUnit(r.config, samples, len(data))
	if err != nil {
		return err
	}
	r.track.Bytes = r.w.offset()
	if !r.events.empty() {
		if err := r.flushEvents(run, r.track.Runs[run].Samples-int64(samples)); err != nil {
			return err
		}
	}
	r.units++
	*p = track.Packet{Offset: offset, Data: data, Run: run, Samples: samples}
	return nil
}

// step deals with what lies at the current place: a tag, a frame or damage.
func (r *Reader) step() error {
	if err := r.w.fill(lookahead); err != nil {
		return err
	}
	b := r.w.bytes()
	if len(b) == 0 {
		return r.finish()
	}
	if b[0] == 'I' {
		if h, ok := id3.ParseHeader(b); ok {
			return r.tag(h)
		}
	} else if h, err := ParseHeader(b); err == nil && r.sound(b, h) {
		r.frame(b[:h.Length], h)
		return nil
	}
	r.damaged(b)
	return nil
}

// sound reports whether the frame with header h at the front of b, which
// holds all there is within the lookahead, is to be kept.
func (r *Reader) sound(b []byte, h Header) bool {
	f := fixed(b)
	switch {
	case f == r.fixed:
		if ends(b, h.Length, f) {
			return true
		}
		// What follows is wrong. Is it this frame's length that misleads, or
		// are bytes of it missing? Then the next frame lies before its end.
		// If not, the damage is behind the frame.
		start := r.w.offset()
		end := start + int64(h.Length)
		return r.synced && h.Length <= len(b) && r.sync(start+1, end) == end
	case r.fixed == 0:
		return ends(b, h.Length, f) || r.leads(b, h, f)
	default:
		return ends(b, h.Length, f) && confirmed(b[h.Length:], f)
	}
}

// leads reports whether the frame with header h at the front of b may be the
// first of the file though what follows it is damaged: the first place that
// can be trusted lies behind it and is a frame of the same parameters f.
func (r *Reader) leads(b []byte, h Header, f uint32) bool {
	start := r.w.offset()
	limit := start + int64(min(len(b), 2*MaxFrame))
	q := r.sync(start+1, limit)
	return q < limit && q >= start+int64(h.Length) && fixed(r.w.from(q)) == f
}

// confirmed reports whether b, after any tags that are in memory, continues
// with a frame of the parameters f, or ends.
func confirmed(b []byte, f uint32) bool {
	for {
		h, ok := id3.ParseHeader(b)
		if !ok || h.Len() > len(b) {
			return ends(b, 0, f)
		}
		b = b[h.Len():]
	}
}

// frame takes the frame at the current place.
func (r *Reader) frame(frame []byte, h Header) {
	offset := r.w.offset()
	blocks := h.blocks(r.store[:0], frame)
	if len(blocks) == 0 {
		// Several blocks that only a decoder could tell apart.
		r.damage(track.BadUnit, h.Length, h.Blocks)
		r.started, r.synced = true, true
		return
	}
	if f := fixed(frame); f != r.fixed {
		r.fixed, r.config = f, h.Config()
		if h.Channels == 0 {
			r.config = withProgram(r.config, h, blocks[0])
		}
		r.sbr = NewImplicit(r.config)
		r.foresee()
	}
	r.blocks, r.next = blocks, 0
	r.offsets[0] = offset
	at := offset + int64(h.HeaderLen)
	for i := 1; i < len(blocks); i++ {
		at += int64(len(blocks[i-1])) + 2 // its CRC
		r.offsets[i] = at
	}
	r.w.pos += h.Length
	r.started, r.synced = true, true
}

// foresee looks at the first frames of a configuration, as far as they are in
// memory, so that one without SBR before those with it starts no run of its own.
func (r *Reader) foresee() {
	const frames = 16
	var store [4][]byte
	b := r.w.bytes()
	for range frames {
		h, err := ParseHeader(b)
		if err != nil || h.Length > len(b) || fixed(b) != r.fixed {
			return
		}
		for _, data := range h.blocks(store[:0], b[:h.Length]) {
			if r.sbr.Config(data).Codec == track.HEAAC {
				return
			}
		}
		b = b[h.Length:]
	}
}

// tag takes the tag with header h at the current place.
func (r *Reader) tag(h id3.Header) error {
	n := h.Len()
	want, search := n+lookahead, n
	if n > maxTag {
		want, search = 2*lookahead, lookahead
	}
	if err := r.w.fill(want); err != nil {
		return err
	}
	b := r.w.bytes()
	start := r.w.offset()
	if n > len(b) || n > maxTag || !r.follows(b[n:]) {
		// Either the size is wrong or the tag is cut short, or what follows it
		// is damaged: frames inside the tag tell.
		limit := start + int64(min(search, len(b)))
		if q := r.sync(start+id3.HeaderLen, limit); q < limit {
			r.damage(r.junk(), int(q-start), 0)
			r.synced = true
			return nil
		}
	}
	r.started, r.synced = true, true
	if n > len(b) || n > maxTag {
		done, err := r.w.discard(n)
		if err == nil && done < n {
			r.track.Damage.Add(track.Damage{Kind: track.CutEnd, Offset: start, Bytes: int64(done), Unit: r.units})
		}
		return err
	}
	err := r.readTag(b[:n], start)
	r.w.pos += n
	return err
}

// follows reports whether b begins with what may follow a tag.
func (r *Reader) follows(b []byte) bool {
	if r.fixed != 0 && ends(b, 0, r.fixed) {
		return true
	}
	if _, ok := id3.ParseHeader(b); ok || len(b) == 0 {
		return true
	}
	h, err := ParseHeader(b)
	return err == nil && ends(b, h.Length, fixed(b))
}

// damaged skips what lies at the current place and is neither a tag nor a
// frame to be kept. b begins there.
func (r *Reader) damaged(b []byte) {
	start := r.w.offset()
	reach := min(len(b), MaxFrame)
	end := start + int64(reach)
	n := int(r.sync(start+1, end) - start)
	last := n == len(b) // nothing more can be trusted up to the end of the file

	if length, ok := r.resembles(b); ok && r.synced {
		switch {
		case last && (length > n || length == 0):
			r.damage(track.CutEnd, n, 1)
		case length > HeaderLen && length < n:
			// More damage follows, perhaps another frame's.
			r.damage(track.BadUnit, length, 1)
		default:
			r.damage(track.BadUnit, n, 1)
			r.synced = n < reach
		}
		return
	}
	kind := r.junk()
	if last && r.synced && len(b) < id3.HeaderLen && bytes.HasPrefix([]byte("ID3"), b[:min(3, len(b))]) {
		kind = track.CutEnd
	}
	r.damage(kind, n, 0)
	r.synced = false
}

// resembles reports whether b looks like a frame whose header is damaged or
// cut, or of parameters that nothing confirms, and the length that it states,
// 0 if cut.
func (r *Reader) resembles(b []byte) (length int, ok bool) {
	if r.fixed == 0 {
		return 0, false
	}
	if len(b) < HeaderLen {
		return 0, startsLike(b, r.fixed)
	}
	// A burst of a few bits; random bytes differ in 12.
	const few = 4
	if _, err := ParseHeader(b); err != nil && bits.OnesCount32(fixed(b)^r.fixed) > few {
		return 0, false
	}
	return int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5), true
}

// junk returns the kind of damage that bytes of no meaning are: at the start
// of a file they are taken for the rest of a frame or tag.
func (r *Reader) junk() track.DamageKind {
	if r.started {
		return track.Junk
	}
	return track.CutStart
}

// damage notes and skips n bytes at the current place.
func (r *Reader) damage(kind track.DamageKind, n, lost int) {
	r.track.Damage.Add(track.Damage{
		Kind: kind, Offset: r.w.offset(), Bytes: int64(n), Unit: r.units, Lost: int64(lost),
	})
	r.w.pos += n
}

// finish ends the reading at the end of the file.
func (r *Reader) finish() error {
	if !r.started && !r.track.Damage.Empty() {
		// Nothing was found that the bytes could be the rest of.
		r.track.Damage.Places[0].Kind = track.Junk
	}
	if err := r.flushHere(); err != nil {
		return err
	}
	return io.EOF
}
