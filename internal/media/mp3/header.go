// Package mp3 finds the frames of MPEG audio Layer III files (ISO/IEC 11172-3
// and 13818-3, and the MPEG-2.5 extension for low sample rates), past the tags
// before and after them and past damage between them. It also writes the Info
// frame that makes a file put together from frames play to the exact sample.
package mp3

import "errors"

var (
	// ErrHeader means that four bytes are no Layer III frame header.
	ErrHeader = errors.New("not an MPEG audio Layer III header")
	// ErrFreeFormat means a frame whose header does not give its bit rate, so
	// that its length can only be guessed.
	ErrFreeFormat = errors.New("free-format MP3 (no bit rate in its frames) is not supported")
	// ErrNoFrames means that a file holds no Layer III frames.
	ErrNoFrames = errors.New("no MP3 frames found")
)

// HeaderSize is the length in bytes of a frame header.
const HeaderSize = 4

// MaxFrameSize is the longest frame that a header can describe: 320 kb/s at
// 32 kHz, or 160 kb/s at 8 kHz, and one byte of padding.
const MaxFrameSize = 1441

// A Version is a generation of MPEG audio, as the header's ID field codes it.
type Version uint8

const (
	MPEG25 Version = 0 // 8, 11.025 and 12 kHz; no standard defines it
	MPEG2  Version = 2 // 16, 22.05 and 24 kHz; ISO/IEC 13818-3
	MPEG1  Version = 3 // 32, 44.1 and 48 kHz; ISO/IEC 11172-3
)

// A ChannelMode is the header's mode field (ISO/IEC 11172-3, 2.4.2.3).
type ChannelMode uint8

const (
	Stereo ChannelMode = iota
	JointStereo
	DualChannel
	Mono
)

// A Header is the header of a Layer III frame (ISO/IEC 11172-3, 2.4.1.3).
type Header struct {
	Version    Version
	Protected  bool // a CRC-16 follows the header
	BitRate    int  // bits per second
	SampleRate int  // samples per second
	Padded     bool // one byte longer than the bit rate says
	Mode       ChannelMode
	// These mean nothing to a decoder. But players take a frame for junk if
	// they differ from those of the frame after it (ffmpeg looks at all but
	// Private).
	Private   bool
	Copyright bool
	Original  bool
	Emphasis  uint8 // 0: none, 1: 50/15 µs, 3: CCITT J.17
}

// bitRates holds the bit rates of Layer III in kb/s by the header's
// bitrate_index: of MPEG-1 (ISO/IEC 11172-3, 2.4.2.3), and of MPEG-2 and 2.5
// (ISO/IEC 13818-3, 2.4.2.3).
var bitRates = [2][15]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

// BitRates returns the bit rates that a header can tell, in bits per second, the
// lowest first.
func BitRates(v Version) (list []int) {
	table := bitRates[1][1:]
	if v == MPEG1 {
		table = bitRates[0][1:]
	}
	for _, kb := range table {
		list = append(list, 1000*kb)
	}
	return list
}

// sampleRates holds the sample rates of MPEG-1; MPEG-2 has the half of them,
// MPEG-2.5 a quarter.
var sampleRates = [3]int{44100, 48000, 32000}

// ParseHeader reads the frame header at the start of b. It fails with
// ErrHeader or ErrFreeFormat.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize || b[0] != 0xFF || b[1]&0xE0 != 0xE0 {
		return Header{}, ErrHeader
	}
	version := Version(b[1] >> 3 & 3)
	layer := b[1] >> 1 & 3 // 1 is Layer III
	rate := b[2] >> 2 & 3
	bitRate := b[2] >> 4
	// Emphasis 2 is reserved. No encoder writes it, so it tells chance
	// matches in junk from headers.
	if version == 1 || layer != 1 || rate == 3 || bitRate == 15 || b[3]&3 == 2 {
		return Header{}, ErrHeader
	}
	if bitRate == 0 {
		return Header{}, ErrFreeFormat
	}
	h := Header{
		Version:    version,
		Protected:  b[1]&1 == 0,
		SampleRate: sampleRates[rate],
		Padded:     b[2]&2 != 0,
		Mode:       ChannelMode(b[3] >> 6),
		Private:    b[2]&1 != 0,
		Copyright:  b[3]&8 != 0,
		Original:   b[3]&4 != 0,
		Emphasis:   b[3] & 3,
	}
	switch version {
	case MPEG1:
		h.BitRate = 1000 * bitRates[0][bitRate]
	case MPEG2:
		h.BitRate = 1000 * bitRates[1][bitRate]
		h.SampleRate /= 2
	case MPEG25:
		h.BitRate = 1000 * bitRates[1][bitRate]
		h.SampleRate /= 4
	}
	return h, nil
}

// Channels returns 1 or 2.
func (h Header) Channels() int {
	if h.Mode == Mono {
		return 1
	}
	return 2
}

// Samples returns how many samples a frame lasts: 1152, or 576 in MPEG-2 and
// MPEG-2.5, whose frames have one granule instead of two.
func (h Header) Samples() int {
	if h.Version == MPEG1 {
		return 1152
	}
	return 576
}

// FrameSize returns the length of the frame in bytes, header included
// (ISO/IEC 11172-3, 2.4.3.1).
func (h Header) FrameSize() int {
	n := h.Samples() / 8 * h.BitRate / h.SampleRate
	if h.Padded {
		n++
	}
	return n
}

// sideInfoSize returns the length of the side information that follows the
// header and its CRC (ISO/IEC 11172-3, 2.4.1.7).
func (h Header) sideInfoSize() int {
	switch {
	case h.Version == MPEG1 && h.Mode != Mono:
		return 32
	case h.Version != MPEG1 && h.Mode == Mono:
		return 9
	}
	return 17
}

// Bytes returns the header as it stands in a file, without mode extension. It
// fails with ErrHeader if there is no such header.
func (h Header) Bytes() (b [HeaderSize]byte, err error) {
	rate, table := -1, 1
	base := h.SampleRate
	switch h.Version {
	case MPEG1:
		table = 0
	case MPEG2:
		base *= 2
	case MPEG25:
		base *= 4
	default:
		return b, ErrHeader
	}
	for i, r := range sampleRates {
		if r == base {
			rate = i
		}
	}
	bitRate := 0
	for i, r := range bitRates[table] {
		if 1000*r == h.BitRate {
			bitRate = i
		}
	}
	if rate < 0 || bitRate == 0 || h.Mode > Mono || h.Emphasis > 3 || h.Emphasis == 2 {
		return b, ErrHeader
	}
	b[0] = 0xFF
	b[1] = 0xE0 | byte(h.Version)<<3 | 1<<1
	if !h.Protected {
		b[1] |= 1
	}
	b[2] = byte(bitRate)<<4 | byte(rate)<<2
	if h.Padded {
		b[2] |= 2
	}
	if h.Private {
		b[2] |= 1
	}
	b[3] = byte(h.Mode)<<6 | h.Emphasis
	if h.Copyright {
		b[3] |= 8
	}
	if h.Original {
		b[3] |= 4
	}
	return b, nil
}
