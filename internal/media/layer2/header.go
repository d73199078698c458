// Package layer2 reads and decodes MPEG audio Layers I and II (ISO/IEC 11172-3
// and, for 16 to 24 kHz, ISO/IEC 13818-3), as broadcasters use them.
package layer2

import (
	"errors"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrHeader means that four bytes are no header of a frame.
	ErrHeader = errors.New("not a header of MPEG audio Layer I or II")
	// ErrNoFrames means that a file has no frames.
	ErrNoFrames = errors.New("no frames of MPEG audio Layer I or II")
	// ErrDamaged means that a frame cannot be decoded.
	ErrDamaged = errors.New("damaged frame of MPEG audio Layer I or II")
)

const (
	// HeaderSize is the length of a frame's header in bytes.
	HeaderSize = 4
	// MaxFrameSize is the longest frame: 384 kb/s at 32 kHz, padded.
	MaxFrameSize = 1729
	subbands     = 32
)

// A Header is what a frame says of itself (ISO/IEC 11172-3 §2.4.2.3).
type Header struct {
	Layer      int  // 1 or 2
	Low        bool // sample rates of MPEG-2
	Protected  bool // a CRC-16 follows
	KBits      int  // kb/s
	SampleRate int
	Channels   int
	bound      int // first subband that both channels share
	padded     int
}

// bitRates are those of Layer I, Layer II, and both at low sample rates, in kb/s
// (ISO/IEC 11172-3 §2.4.2.3, ISO/IEC 13818-3 §2.4.2.3).
var bitRates = [2][2][15]int{
	{
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
	},
	{
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	},
}

// ParseHeader reads the header that b begins with. The error is ErrHeader. A
// frame without a bit rate (free format) is none either: nobody writes them.
func ParseHeader(b []byte) (h Header, err error) {
	if len(b) < HeaderSize || b[0] != 0xFF || b[1]&0xF0 != 0xF0 {
		return h, ErrHeader
	}
	layer, rate, code := 4-int(b[1]>>1&3), int(b[2]>>2&3), int(b[2]>>4)
	if layer != 1 && layer != 2 || rate == 3 || code == 0 || code == 15 || b[3]&3 == 2 {
		return h, ErrHeader
	}
	h = Header{
		Layer: layer, Low: b[1]&8 == 0, Protected: b[1]&1 == 0,
		SampleRate: [...]int{44100, 48000, 32000}[rate], Channels: 2, padded: int(b[2] >> 1 & 1), bound: subbands,
	}
	low := 0
	if h.Low {
		low, h.SampleRate = 1, h.SampleRate/2
	}
	h.KBits = bitRates[low][layer-1][code]
	switch b[3] >> 6 {
	case 1: // joint stereo
		h.bound = 4 + 4*int(b[3]>>4&3)
	case 3:
		h.Channels = 1
	}
	return h, nil
}

// Samples returns how many samples a frame lasts.
func (h Header) Samples() int {
	if h.Layer == 1 {
		return 12 * subbands
	}
	return 36 * subbands
}

// FrameSize returns the length of the frame in bytes, header included (ISO/IEC
// 11172-3 §2.4.3.1).
func (h Header) FrameSize() int {
	if h.Layer == 1 {
		return 4 * (12000*h.KBits/h.SampleRate + h.padded)
	}
	return 144000*h.KBits/h.SampleRate + h.padded
}

// Config returns what a header says of its stream.
func (h Header) Config() track.Config {
	c := track.Config{Codec: track.MP2, SampleRate: h.SampleRate, Channels: h.Channels, UnitSamples: h.Samples()}
	if h.Layer == 1 {
		c.Codec = track.MP1
	}
	return c
}
