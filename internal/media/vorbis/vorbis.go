// Package vorbis reads the headers of Vorbis (Vorbis I specification, §4.2), tells
// how long its packets last, and decodes them.
//
// The decoder is other people's. It believes headers, so this package walks
// through them first: what would make it take much memory, or never end, is
// refused.
package vorbis

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrHeader means that headers make no sense, or ask for too much.
	ErrHeader = errors.New("invalid headers of Vorbis")
	// ErrDamaged means that a packet cannot be decoded.
	ErrDamaged = errors.New("damaged packet of Vorbis")
)

const (
	identification = 1
	comment        = 3
	setup          = 5
	idSize         = 30
	maxChannels    = 8
	maxSetup       = 1 << 20
)

// IsHeader reports whether a packet is a header.
func IsHeader(packet []byte) bool {
	return len(packet) >= 7 && packet[0]&1 == 1 && string(packet[1:7]) == "vorbis"
}

// IsSetup reports whether a packet is the last of the three headers.
func IsSetup(packet []byte) bool { return IsHeader(packet) && packet[0] == setup }

// Comments returns the fields of the second header as a Vorbis comment block has
// them, or nil of another packet.
func Comments(packet []byte) []byte {
	if IsHeader(packet) && packet[0] == comment {
		return packet[7:]
	}
	return nil
}

// Headers are the first and the last header.
type Headers struct {
	Channels   int
	SampleRate int
	blocks     [2]int  // how many samples short and long windows have
	long       []uint8 // of each mode, which of them
	modeBits   int
	id, setup  []byte
}

// ParseIdentification reads the first header. The error is ErrHeader.
func ParseIdentification(packet []byte) (*Headers, error) {
	if len(packet) < idSize || !IsHeader(packet) || packet[0] != identification {
		return nil, fmt.Errorf("%w: no identification header", ErrHeader)
	}
	le := binary.LittleEndian
	h := &Headers{Channels: int(packet[11]), SampleRate: int(min(le.Uint32(packet[12:]), 1<<30)), id: bytes.Clone(packet[:idSize])}
	h.blocks = [2]int{1 << (packet[28] & 15), 1 << (packet[28] >> 4)}
	const least, most = 64, 8192
	switch {
	case le.Uint32(packet[7:]) != 0:
		return nil, fmt.Errorf("%w: version %d", ErrHeader, le.Uint32(packet[7:]))
	case h.Channels < 1 || h.Channels > maxChannels || h.SampleRate < 1 || h.SampleRate > 1<<20-1:
		return nil, fmt.Errorf("%w: %d channels at %d Hz", ErrHeader, h.Channels, h.SampleRate)
	case h.blocks[0] < least || h.blocks[0] > h.blocks[1] || h.blocks[1] > most:
		return nil, fmt.Errorf("%w: windows of %d and %d samples", ErrHeader, h.blocks[0], h.blocks[1])
	}
	return h, nil
}

// AddSetup reads the last header. The error is ErrHeader.
func (h *Headers) AddSetup(packet []byte) error {
	if !IsSetup(packet) || len(packet) > maxSetup {
		return fmt.Errorf("%w: no setup header", ErrHeader)
	}
	w := walker{r: reader{b: packet[7:]}, channels: h.Channels}
	if err := w.walk(); err != nil {
		return err
	}
	h.long, h.modeBits = w.long, bitsOf(len(w.long)-1)
	h.setup = bytes.Clone(packet)
	return nil
}

// ParseSpecific reads what Config made of both headers.
func ParseSpecific(b []byte) (*Headers, error) {
	if len(b) < idSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrHeader, len(b))
	}
	h, err := ParseIdentification(b[:idSize])
	if err == nil {
		err = h.AddSetup(b[idSize:])
	}
	return h, err
}

// ParsePrivate reads the three headers as Matroska has them, in Xiph lacing
// (Matroska codec specification, A_VORBIS).
func ParsePrivate(b []byte) (*Headers, error) {
	if len(b) < 1 || b[0] != 2 {
		return nil, fmt.Errorf("%w: they are not three", ErrHeader)
	}
	b = b[1:]
	var sizes [2]int
	for i := range sizes {
		for {
			if len(b) == 0 {
				return nil, fmt.Errorf("%w: they are cut off", ErrHeader)
			}
			n := b[0]
			b = b[1:]
			sizes[i] += int(n)
			if n < 255 {
				break
			}
		}
	}
	if sizes[0]+sizes[1] > len(b) {
		return nil, fmt.Errorf("%w: they are cut off", ErrHeader)
	}
	h, err := ParseIdentification(b[:sizes[0]])
	if err == nil {
		err = h.AddSetup(b[sizes[0]+sizes[1]:])
	}
	return h, err
}

// Config returns the configuration of the packets.
func (h *Headers) Config() track.Config {
	return track.Config{
		Codec: track.Vorbis, SampleRate: h.SampleRate, Channels: h.Channels, Specific: string(h.id) + string(h.setup),
	}
}

// A Clock tells how long packets last: each one with the one before it.
type Clock struct {
	headers *Headers
	before  int // the window of the packet before, 0 of none
}

// NewClock returns the Clock of a stream with these headers.
func NewClock(h *Headers) *Clock { return &Clock{headers: h} }

// Samples returns how many samples a packet adds: of the first one none (§4.3.8).
// ok is false if it is not a packet of sound.
func (c *Clock) Samples(packet []byte) (n int, ok bool) {
	h := c.headers
	r := reader{b: packet}
	if len(packet) == 0 || r.bits(1) != 0 {
		return 0, false
	}
	mode := int(r.bits(h.modeBits))
	if mode >= len(h.long) || r.over() {
		return 0, false
	}
	window := h.blocks[h.long[mode]]
	if c.before > 0 {
		n = c.before/4 + window/4
	}
	c.before = window
	return n, true
}

// bitsOf returns how many bits a number takes.
func bitsOf(v int) (n int) {
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

// A reader reads bits, the lowest of each byte first. Behind the end they are 0.
type reader struct {
	b  []byte
	at int
}

func (r *reader) over() bool { return r.at > 8*len(r.b) }

func (r *reader) bits(n int) (v uint32) {
	for i := 0; i < n; {
		at := r.at >> 3
		if at >= len(r.b) {
			r.at += n - i
			break
		}
		have := 8 - r.at&7
		take := min(have, n-i)
		part := uint32(r.b[at]) >> (r.at & 7) & (1<<take - 1)
		v |= part << i
		i += take
		r.at += take
	}
	return v
}
