package opus

import (
	"errors"
	"fmt"
)

// ErrMapping means that what the channels of a stream are is not known.
var ErrMapping = errors.New("unknown channel mapping of Opus")

// maxStreams bounds how many streams side by side are decoded: 7.1 channels
// are five.
const maxStreams = 16

// silent stands in a channel mapping table for a channel without sound.
const silent = 255

// Streams decodes packets of several streams side by side (RFC 7845 §5.1.1).
type Streams struct {
	streams []*Decoder // the coupled ones first
	from    []int      // for each channel, which decoded channel it is, or −1
	packet  []byte
	decoded [][]float32 // for each decoded channel, where it begins in what its stream gave
	frame   []float32
	alone   bool // there is one stream, whose channels are in their order
}

// NewStreams returns a decoder of what h describes. The error is ErrMapping.
func NewStreams(h Head) (*Streams, error) {
	if h.Single() {
		dec, err := NewDecoder(h.Channels)
		return &Streams{streams: []*Decoder{dec}, alone: true}, err
	}
	// Family 1 is surround sound, 2 is ambisonics, 255 says nothing of them; that
	// of all others means something else.
	count, coupled, table := int(h.Bytes[headSize]), int(h.Bytes[headSize+1]), h.Bytes[headSize+2:]
	if h.Family != 1 && h.Family != 2 && h.Family != 255 || count < 1 || count > maxStreams || coupled > count {
		return nil, fmt.Errorf("%w: family %d, %d streams", ErrMapping, h.Family, count)
	}
	s := &Streams{}
	for i := range count {
		channels := 1
		if i < coupled {
			channels = 2
		}
		dec, err := NewDecoder(channels)
		if err != nil {
			return nil, err
		}
		s.streams = append(s.streams, dec)
	}
	for _, v := range table {
		switch {
		case v == silent:
			s.from = append(s.from, -1)
		case int(v) < count+coupled:
			s.from = append(s.from, int(v))
		default:
			return nil, fmt.Errorf("%w: channel %d of %d", ErrMapping, v, count+coupled)
		}
	}
	return s, nil
}

// Decode returns the samples of a packet, channels interleaved. They are valid
// until the next one.
func (s *Streams) Decode(packet []byte) ([]float32, error) {
	if s.alone {
		return s.streams[0].Decode(packet)
	}
	return s.each(func(i int, d *Decoder) (_ []float32, err error) {
		own := packet
		if i < len(s.streams)-1 {
			var ok bool
			if s.packet, packet, ok = undelimit(s.packet[:0], packet); !ok {
				return nil, fmt.Errorf("stream %d of the packet is damaged", i)
			}
			own = s.packet
		}
		return d.Decode(own)
	})
}

// Conceal returns what the decoders make up in the place of a packet of so many
// samples, a multiple of 2.5 ms.
func (s *Streams) Conceal(samples int) ([]float32, error) {
	if s.alone {
		return s.streams[0].Conceal(samples)
	}
	return s.each(func(_ int, d *Decoder) ([]float32, error) { return d.Conceal(samples) })
}

// each has each stream decoded and puts the channels side by side.
func (s *Streams) each(decode func(i int, d *Decoder) ([]float32, error)) ([]float32, error) {
	s.decoded = s.decoded[:0]
	var width []int // of what a decoded channel is in
	samples := 0
	for i, d := range s.streams {
		some, err := decode(i, d)
		if err != nil {
			return nil, err
		}
		if n := len(some) / d.channels; i > 0 && n != samples {
			return nil, fmt.Errorf("stream %d of the packet has %d samples, not %d", i, n, samples)
		} else {
			samples = n
		}
		for c := range d.channels {
			s.decoded, width = append(s.decoded, some[c:]), append(width, d.channels)
		}
	}
	if n := samples * len(s.from); cap(s.frame) < n {
		s.frame = make([]float32, n)
	}
	s.frame = s.frame[:samples*len(s.from)]
	for c, from := range s.from {
		for i := range samples {
			v := float32(0)
			if from >= 0 {
				v = s.decoded[from][i*width[from]]
			}
			s.frame[i*len(s.from)+c] = v
		}
	}
	return s.frame, nil
}

// AtFullScale reports whether samples of the packet decoded last are at full
// scale, where the decoders cut off.
func (s *Streams) AtFullScale() bool {
	for _, d := range s.streams {
		if d.AtFullScale() {
			return true
		}
	}
	return false
}

// Reset forgets all packets before.
func (s *Streams) Reset() {
	for _, d := range s.streams {
		d.Reset()
	}
}

// undelimit appends the packet that b begins with, which says where it ends
// (RFC 6716, Appendix B), without saying so, and returns what follows it.
func undelimit(dst, b []byte) (packet, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	frames, variable, padding := 1, false, 0
	at := 1
	switch b[0] & 3 {
	case 1:
		frames = 2
	case 2:
		frames, variable = 2, true
	case 3:
		frames, variable = int(b[1]&0x3F), b[1]&0x80 != 0
		at++
		for more := b[1]&0x40 != 0; more; { // §3.2.5
			if at >= len(b) {
				return nil, nil, false
			}
			n := int(b[at])
			at++
			if more = n == 255; more {
				n = 254
			}
			padding += n
		}
		if frames == 0 {
			return nil, nil, false
		}
	}
	size := padding
	if variable {
		for range frames - 1 {
			n, used := frameLength(b[at:])
			if used == 0 {
				return nil, nil, false
			}
			size, at = size+n, at+used
		}
	}
	// The length of the last frame, or of each.
	n, used := frameLength(b[at:])
	if used == 0 {
		return nil, nil, false
	}
	if !variable {
		n *= frames
	}
	size += n
	if size > len(b)-at-used {
		return nil, nil, false
	}
	packet = append(append(dst, b[:at]...), b[at+used:][:size]...)
	return packet, b[at+used+size:], true
}

// frameLength reads the length of a frame and returns of how many bytes it
// consists, or 0 (RFC 6716 §3.2.1).
func frameLength(b []byte) (n, used int) {
	switch {
	case len(b) > 0 && b[0] < 252:
		return int(b[0]), 1
	case len(b) > 1:
		return 4*int(b[1]) + int(b[0]), 2
	}
	return 0, 0
}
