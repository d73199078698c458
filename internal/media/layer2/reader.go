package layer2

import (
	"bytes"
	"io"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/window"
)

const (
	bufferSize = 64 << 10
	// ahead is enough to see that a frame which begins within one follows on a
	// frame, and is followed by one.
	ahead = 3*MaxFrameSize + HeaderSize
	// scanSize is how much is searched for a frame in one go.
	scanSize = 32 << 10
	maxTag   = 1 << 20
)

// A Reader walks through the frames of a file or of a part of one. It is a
// track.Reader; Packet.Data is a whole frame, header included. A frame counts as
// one when another of the same stream, a tag or the end follows it, or when it
// stands where the one before it ends.
type Reader struct {
	in    *window.Reader
	held  int              // bytes of the last packet, still in in
	last  [HeaderSize]byte // header of the last frame
	due   bool             // the last frame ends at pos
	track track.Track
}

// NewReader returns a Reader of the size bytes in r. The error is ErrNoFrames, or
// comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	end, err := mp3.AudioEnd(r, size)
	if err != nil {
		return nil, err
	}
	return Part(r, track.Track{Format: track.Layer12, Bytes: size}, 0, end)
}

// Part returns a Reader of the frames from start to end in a file of which t
// tells. The error is ErrNoFrames, or comes from src.
func Part(src io.ReaderAt, t track.Track, start, end int64) (*Reader, error) {
	r := &Reader{in: window.New(src, start, end, bufferSize), track: t}
	for {
		b, h, err := r.seek()
		switch {
		case err == io.EOF:
			return nil, ErrNoFrames
		case err != nil:
			return nil, err
		case len(b) >= h.FrameSize():
			return r, nil
		}
		if err := r.damage(track.CutEnd, len(b)); err != nil {
			return nil, err
		}
	}
}

// Codec returns the coding of the first frame.
func (r *Reader) Codec() track.Codec {
	b, _, err := r.in.Peek(HeaderSize)
	if err != nil {
		return ""
	}
	h, err := ParseHeader(b)
	if err != nil {
		return ""
	}
	return h.Config().Codec
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// Next puts the next frame into p.
func (r *Reader) Next(p *track.Packet) error {
	if err := r.in.Skip(int64(r.held)); err != nil {
		return err
	}
	r.held = 0
	for {
		b, h, err := r.seek()
		if err != nil {
			return err
		}
		size := h.FrameSize()
		if len(b) < size {
			if err := r.damage(track.CutEnd, len(b)); err != nil {
				return err
			}
			continue
		}
		run, err := r.track.AddUnit(h.Config(), h.Samples(), size)
		if err != nil {
			return err
		}
		r.held, r.due = size, true
		copy(r.last[:], b)
		*p = track.Packet{Offset: r.in.Pos, Data: b[:size], Run: run, Samples: h.Samples()}
		return nil
	}
}

// seek goes to the next frame, which may be cut by the end, and returns what
// follows from there on. The error is io.EOF at the end.
func (r *Reader) seek() ([]byte, Header, error) {
	for {
		b, last, err := r.in.Peek(scanSize)
		if err != nil {
			return nil, Header{}, err
		}
		if len(b) == 0 {
			return nil, Header{}, io.EOF
		}
		if r.frame(b, last) {
			h, err := ParseHeader(b)
			return b, h, err
		}
		n, err := r.tag(b)
		if err != nil {
			return nil, Header{}, err
		}
		if n > 0 {
			if err := r.in.Skip(int64(n)); err != nil {
				return nil, Header{}, err
			}
			continue
		}
		r.due = false
		if n = next(b, last); n == 0 {
			n = 1
		}
		if err := r.damage(track.Junk, n); err != nil {
			return nil, Header{}, err
		}
	}
}

// frame reports whether b, which begins here, begins with a frame.
func (r *Reader) frame(b []byte, last bool) bool {
	h, err := ParseHeader(b)
	if err != nil {
		return false
	}
	if confirmed(b, last) {
		return true
	}
	if !r.due || !sameStream(r.last[:], b) {
		return false
	}
	// It stands where it should. If another one begins within, it is cut.
	size := min(h.FrameSize(), len(b))
	for i := 1; i < size; i++ {
		if b[i] == 0xFF && sameStream(r.last[:], b[i:]) && confirmed(b[i:], last) {
			return false
		}
	}
	return true
}

// next returns where in b, from the index 1 on, a confirmed frame or a tag begins,
// or how much of b has none.
func next(b []byte, last bool) int {
	limit := len(b)
	if !last {
		limit = max(1, limit-ahead)
	}
	for i := 1; i < limit; i++ {
		switch {
		case b[i] == 0xFF && confirmed(b[i:], last):
			return i
		case b[i] == 'I' && bytes.HasPrefix(b[i:], []byte("ID3")):
			if _, ok := id3.ParseHeader(b[i:]); ok {
				return i
			}
		}
	}
	return limit
}

// confirmed reports whether a frame that b begins with is followed by one of the
// same stream, by a tag, or by the end.
func confirmed(b []byte, last bool) bool {
	h, err := ParseHeader(b)
	if err != nil || len(b) < h.FrameSize() {
		return false
	}
	rest := b[h.FrameSize():]
	if len(rest) == 0 {
		return last
	}
	if _, ok := id3.ParseHeader(rest); ok {
		return true
	}
	return sameStream(b, rest)
}

// sameStream reports whether b begins with a header that agrees with another one
// in layer, sample rate and number of channels.
func sameStream(a, b []byte) bool {
	x, errX := ParseHeader(a)
	y, errY := ParseHeader(b)
	return errX == nil && errY == nil && x.Config() == y.Config()
}

// tag returns the length of the tag that b, which begins here, begins with, or 0.
// The first one is read.
func (r *Reader) tag(b []byte) (int, error) {
	h, ok := id3.ParseHeader(b)
	if !ok || int64(h.Len()) > r.in.End-r.in.Pos {
		return 0, nil
	}
	if len(r.track.Runs) > 0 || r.track.Tags != nil {
		return h.Len(), nil
	}
	tag := make([]byte, min(h.Len(), maxTag))
	if n, err := r.in.ReadAt(tag, r.in.Pos); n < len(tag) {
		return 0, err
	}
	r.track.Tags = id3.Tags(tag)
	return h.Len(), nil
}

// damage notes n bytes from here on, and goes past them.
func (r *Reader) damage(kind track.DamageKind, n int) error {
	d := track.Damage{Kind: kind, Offset: r.in.Pos, Bytes: int64(n), Unit: r.track.Units()}
	if kind == track.CutEnd {
		d.Lost = 1
	}
	r.track.Damage.Add(d)
	return r.in.Skip(int64(n))
}
