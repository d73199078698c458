// Package flac finds the frames of FLAC files (RFC 9639). It decodes nothing:
// a frame counts when its header and the CRC over all of it are right.
package flac

import (
	"errors"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrNotFLAC means that a file does not begin with FLAC's marker.
	ErrNotFLAC = errors.New("not a FLAC file")
	// ErrStreamInfo means that the STREAMINFO block is missing or makes no
	// sense.
	ErrStreamInfo = errors.New("FLAC file without a valid STREAMINFO block")
)

const streamInfoSize = 34

// leastBlock is how many samples blocks have at least, the last one left out
// (RFC 9639 §8.2).
const leastBlock = 16

// StreamInfo is the metadata block of that name (RFC 9639 §8.2).
type StreamInfo struct {
	MinBlock, MaxBlock int      // samples in a frame, the last one left out
	MinFrame, MaxFrame int      // bytes in a frame, 0 if not known
	SampleRate         int      // samples per second
	Channels           int      // 1 to 8
	Bits               int      // per sample of a channel, 4 to 32
	Samples            int64    // in the whole file, 0 if not known
	MD5                [16]byte // of the decoded sound, all 0 if not known
}

// append appends the block's body to b.
func (s *StreamInfo) append(b []byte) []byte {
	b = append(b, byte(s.MinBlock>>8), byte(s.MinBlock), byte(s.MaxBlock>>8), byte(s.MaxBlock),
		byte(s.MinFrame>>16), byte(s.MinFrame>>8), byte(s.MinFrame),
		byte(s.MaxFrame>>16), byte(s.MaxFrame>>8), byte(s.MaxFrame),
		byte(s.SampleRate>>12), byte(s.SampleRate>>4), byte(s.SampleRate<<4|(s.Channels-1)<<1|(s.Bits-1)>>4),
		byte(s.Bits-1)<<4|byte(s.Samples>>32&0xF), byte(s.Samples>>24), byte(s.Samples>>16), byte(s.Samples>>8), byte(s.Samples))
	return append(b, s.MD5[:]...)
}

// ParseStreamInfo reads the body of a STREAMINFO block, such as
// Config.Specific of FLAC.
func ParseStreamInfo(b []byte) (StreamInfo, error) {
	if len(b) < streamInfoSize {
		return StreamInfo{}, ErrStreamInfo
	}
	s := StreamInfo{
		MinBlock:   int(b[0])<<8 | int(b[1]),
		MaxBlock:   int(b[2])<<8 | int(b[3]),
		MinFrame:   int(b[4])<<16 | int(b[5])<<8 | int(b[6]),
		MaxFrame:   int(b[7])<<16 | int(b[8])<<8 | int(b[9]),
		SampleRate: int(b[10])<<12 | int(b[11])<<4 | int(b[12])>>4,
		Channels:   int(b[12]>>1&7) + 1,
		Bits:       int(b[12]&1)<<4 + int(b[13]>>4) + 1,
		Samples:    int64(b[13]&0xF)<<32 | int64(b[14])<<24 | int64(b[15])<<16 | int64(b[16])<<8 | int64(b[17]),
	}
	copy(s.MD5[:], b[18:])
	if s.MaxBlock < leastBlock || s.MinBlock > s.MaxBlock || s.SampleRate == 0 || s.Bits < 4 {
		return StreamInfo{}, ErrStreamInfo
	}
	return s, nil
}

// ConfigOf returns the configuration of the frames that the body of a
// STREAMINFO block, which b begins with, describes.
func ConfigOf(b []byte) (track.Config, error) {
	s, err := ParseStreamInfo(b)
	if err != nil {
		return track.Config{}, err
	}
	return s.Config(), nil
}

// Config returns the configuration of frames that s describes.
func (s *StreamInfo) Config() track.Config {
	c := track.Config{Codec: track.FLAC, SampleRate: s.SampleRate, Channels: s.Channels, Specific: string(s.append(nil))}
	if s.MinBlock == s.MaxBlock {
		c.UnitSamples = s.MaxBlock
	}
	return c
}

// A header is that of a frame (RFC 9639 §9.1).
type header struct {
	variable bool  // number counts samples, not frames
	number   int64 // of the frame's first sample, or of the frame
	samples  int
	size     int // of the header in bytes, its CRC included

	rate, channels, bits int // bits are those of the stream if the header leaves them to it
}

// maxFrameSize returns a bound for the size of the frame in bytes: samples that
// are stored as they are, the side channel with one bit more, and headers.
func (h *header) maxFrameSize() int {
	const overhead = 64
	return h.samples*h.channels*(h.bits+1)/8 + overhead + 8*h.channels
}

// of reports whether the header says the same as a stream of its rate, channels
// and bits. Nearly all frames of a file do, so that this tells headers from
// chance matches.
func (h *header) of(s StreamInfo) bool {
	return h.rate == s.SampleRate && h.channels == s.Channels && h.bits == s.Bits
}

// maxHeader is the length of the longest header.
const maxHeader = 4 + 7 + 2 + 2 + 1

// parseHeader reads the frame header that b starts with, in a stream that s
// describes.
func parseHeader(b []byte, s StreamInfo) (h header, ok bool) {
	if len(b) < 6 || b[0] != 0xFF || b[1]&0xFE != 0xF8 {
		return h, false
	}
	h.variable = b[1]&1 != 0
	block, rate := b[2]>>4, b[2]&0xF
	channels, bits := b[3]>>4, b[3]>>1&7
	if block == 0 || rate == 15 || channels > 10 || bits == 3 || b[3]&1 != 0 {
		return h, false
	}
	n, ok := h.readNumber(b[4:])
	if !ok {
		return h, false
	}
	at := 4 + n
	blockBytes, rateBytes := 0, 0
	switch block {
	case 6:
		blockBytes = 1
	case 7:
		blockBytes = 2
	}
	switch rate {
	case 12:
		rateBytes = 1
	case 13, 14:
		rateBytes = 2
	}
	h.size = at + blockBytes + rateBytes + 1
	if len(b) < h.size || crc8(b[:h.size]) != 0 {
		return h, false
	}
	switch {
	case block == 1:
		h.samples = 192
	case block <= 5:
		h.samples = 144 << block
	case block == 6:
		h.samples = int(b[at]) + 1
	case block == 7:
		h.samples = int(b[at])<<8 + int(b[at+1]) + 1
	default:
		h.samples = 1 << block
	}
	h.setRate(rate, b[at+blockBytes:], s)
	if h.channels = int(channels) + 1; channels >= 8 {
		h.channels = 2 // left and side, side and right, mid and side
	}
	h.bits = [...]int{s.Bits, 8, 12, 0, 16, 20, 24, 32}[bits]
	return h, h.samples <= maxBlock && h.rate > 0 && h.bits > 0
}

// maxBlock is how many samples a frame can have (§9.1.1 forbids one more).
const maxBlock = 1<<16 - 1

// setRate sets the sample rate by its code and what stands behind the block
// size (§9.1.2).
func (h *header) setRate(code byte, b []byte, s StreamInfo) {
	rates := [...]int{s.SampleRate, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000}
	switch code {
	case 12:
		h.rate = 1000 * int(b[0])
	case 13:
		h.rate = int(b[0])<<8 + int(b[1])
	case 14:
		h.rate = 10 * (int(b[0])<<8 + int(b[1]))
	default:
		h.rate = rates[code]
	}
}

// FrameSamples returns how many samples the frame that b begins with lasts; ok
// is false if b does not begin with one.
func FrameSamples(b []byte) (n int, ok bool) {
	h, ok := parseHeader(b, StreamInfo{SampleRate: 1, Bits: 1})
	return h.samples, ok
}

// readNumber reads the coded number, in the manner of UTF-8 with up to 36
// bits, and returns how many bytes it takes.
func (h *header) readNumber(b []byte) (n int, ok bool) {
	c := b[0]
	if c < 0x80 {
		h.number = int64(c)
		return 1, true
	}
	n = 0
	for mask := byte(0x80); c&mask != 0 && n < 8; mask >>= 1 {
		n++
	}
	if n < 2 || n > 7 || len(b) < n {
		return 0, false
	}
	h.number = int64(c & (0x7F >> n))
	for _, c := range b[1:n] {
		if c&0xC0 != 0x80 {
			return 0, false
		}
		h.number = h.number<<6 | int64(c&0x3F)
	}
	return n, true
}

// crc8 is the CRC of headers (§9.1.8); over a header with its CRC it is 0.
func crc8(b []byte) byte {
	var crc byte
	for _, c := range b {
		crc ^= c
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x07
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// crcTable is of the polynomial x^16 + x^15 + x^2 + 1, for four bytes at a
// time: crcTable[k][c] is the CRC of c with k bytes of 0 behind it.
var crcTable = sync.OnceValue(func() *[4][256]uint16 {
	var t [4][256]uint16
	for i := range t[0] {
		crc := uint16(i) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x8005
			} else {
				crc <<= 1
			}
		}
		t[0][i] = crc
	}
	for k := 1; k < len(t); k++ {
		for i := range t[k] {
			crc := t[k-1][i]
			t[k][i] = crc<<8 ^ t[0][crc>>8]
		}
	}
	return &t
})

// crc16 continues the CRC of frames (§9.3) over b. Over a frame with its CRC
// it is 0.
func crc16(crc uint16, b []byte) uint16 {
	table := crcTable()
	for len(b) >= 4 {
		crc = table[3][byte(crc>>8)^b[0]] ^ table[2][byte(crc)^b[1]] ^ table[1][b[2]] ^ table[0][b[3]]
		b = b[4:]
	}
	for _, c := range b {
		crc = crc<<8 ^ table[0][byte(crc>>8)^c]
	}
	return crc
}
