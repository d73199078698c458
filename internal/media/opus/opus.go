// Package opus encodes and decodes packets of Opus (RFC 6716) at 48 kHz.
//
// The codec has 16-bit samples, as those of AAC and MP3 have: what lies beyond
// full scale is cut off there. It computes with integers, so the same samples
// give the same packets on any machine.
package opus

import (
	"math"

	"github.com/tphakala/go-opus/opus"
)

const (
	// Rate is the sample rate of all packets.
	Rate = 48000
	// Frame is how many samples of a channel a packet has that Encode makes: 20 ms.
	Frame = Rate / 50
	// MaxFrame is how many a packet has at most (RFC 6716 §3.2.5).
	MaxFrame = Rate * 120 / 1000
)

// An Encoder makes packets of the frames of one stream, in order.
type Encoder struct {
	enc     *opus.Encoder
	samples []int16
	packet  [4000]byte // enough for any packet of one frame
}

// NewEncoder returns an encoder of one or two channels that makes so many bits
// per second.
func NewEncoder(channels, bitRate int) (*Encoder, error) {
	// The rate varies around the one asked for, as libopus has it by default.
	enc, err := opus.NewEncoder(opus.EncoderConfig{SampleRate: Rate, Channels: channels, Bitrate: bitRate, ConstrainedVBR: true})
	if err != nil {
		return nil, err
	}
	return &Encoder{enc: enc, samples: make([]int16, Frame*channels)}, nil
}

// PreSkip is how many samples a decoder makes before the first one encoded.
func (e *Encoder) PreSkip() int { return e.enc.PreSkip() }

// Encode returns the packet of a frame, Frame samples of each channel. It is
// valid until the next one.
func (e *Encoder) Encode(frame []float32) ([]byte, error) {
	const full = 1 << 15
	for i, v := range frame {
		e.samples[i] = int16(max(-full, min(full-1, math.RoundToEven(float64(v)*full))))
	}
	n, err := e.enc.Encode(e.samples[:len(frame)], e.packet[:])
	return e.packet[:n], err
}

// A Decoder decodes the packets of one stream, in order.
type Decoder struct {
	dec      *opus.Decoder
	channels int
	samples  []int16
	frame    []float32
	full     bool
}

// NewDecoder returns a decoder to one or two channels.
func NewDecoder(channels int) (*Decoder, error) {
	dec, err := opus.NewDecoder(Rate, channels)
	if err != nil {
		return nil, err
	}
	return &Decoder{dec: dec, channels: channels, samples: make([]int16, MaxFrame*channels), frame: make([]float32, MaxFrame*channels)}, nil
}

// Decode returns the samples of a packet, channels interleaved. They are valid
// until the next one.
func (d *Decoder) Decode(packet []byte) ([]float32, error) {
	if len(packet) == 0 { // which the decoder below takes for a lost one
		return nil, opus.ErrInvalidPacket
	}
	return d.decode(packet, d.samples)
}

// Conceal returns what the decoder makes up in the place of a packet of so many
// samples, a multiple of 2.5 ms.
func (d *Decoder) Conceal(samples int) ([]float32, error) {
	return d.decode(nil, d.samples[:min(samples, MaxFrame)*d.channels])
}

func (d *Decoder) decode(packet []byte, room []int16) ([]float32, error) {
	d.full = false
	n, err := d.dec.Decode(packet, room)
	if err != nil {
		return nil, err
	}
	frame := d.frame[:n*d.channels]
	for i, v := range d.samples[:len(frame)] {
		frame[i] = float32(v) / (1 << 15)
		d.full = d.full || v == math.MaxInt16 || v == math.MinInt16
	}
	return frame, nil
}

// AtFullScale reports whether samples of the packet decoded last are at full
// scale, where the decoder cuts off.
func (d *Decoder) AtFullScale() bool { return d.full }

// Reset forgets all packets before.
func (d *Decoder) Reset() { d.dec.Reset() }
