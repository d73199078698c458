// Package adts reads AAC in ADTS framing (ISO/IEC 14496-3 §1.A.2 and ISO/IEC
// 13818-7 §6.2), with ID3v2 tags between the frames as in HTTP Live Streaming,
// and the AudioSpecificConfig that other containers describe AAC with.
package adts

import (
	"encoding/binary"
	"errors"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// HeaderLen is the size in bytes of a header without error check.
const HeaderLen = 7

// MaxFrame is the greatest length that a header can state.
const MaxFrame = 1<<13 - 1

// A Header is the adts_fixed_header and adts_variable_header of a frame, and
// the adts_error_check or adts_header_error_check after it.
type Header struct {
	ObjectType int // audio object type: 1 Main, 2 LC, 3 SSR, 4 LTP
	RateIndex  int // sampling_frequency_index, 0 to 12
	Channels   int // channel_configuration, 0 to 7
	CRC        bool
	Blocks     int // raw data blocks in the frame, 1 to 4
	Length     int // of the whole frame in bytes, this header included
	HeaderLen  int // of the header and the error check in bytes
}

// Reasons for which ParseHeader fails.
var (
	ErrShort  = errors.New("adts: header is cut off")
	ErrSync   = errors.New("adts: no sync word")
	ErrRate   = errors.New("adts: reserved sampling frequency index")
	ErrNoRoom = errors.New("adts: frame length leaves no room for audio")
)

// ParseHeader reads the header at the front of b, which holds at least
// HeaderLen bytes; the error check need not be in b.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, ErrShort
	}
	if b[0] != 0xff || b[1]&0xf6 != 0xf0 { // the layer, two bits, is always 0
		return Header{}, ErrSync
	}
	h := Header{
		ObjectType: int(b[2]>>6) + 1,
		RateIndex:  int(b[2] >> 2 & 0xf),
		Channels:   int(b[2]&1)<<2 | int(b[3]>>6),
		CRC:        b[1]&1 == 0,
		Blocks:     int(b[6]&3) + 1,
		Length:     int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5),
		HeaderLen:  HeaderLen,
	}
	if h.CRC {
		// A position of 16 bits for each block but the first, and the CRC.
		h.HeaderLen += 2 * h.Blocks
	}
	if h.RateIndex >= len(sampleRates) {
		return Header{}, ErrRate
	}
	if h.Length <= h.HeaderLen {
		return Header{}, ErrNoRoom
	}
	return h, nil
}

// Config returns how to decode frames with this header. Where the header
// leaves the channels to a program_config_element inside the first frame
// (channel_configuration 0), Channels is 0 and Specific lacks that element;
// a Reader fills them in.
func (h Header) Config() track.Config {
	c := track.Config{
		Codec:       codec(h.ObjectType),
		SampleRate:  sampleRates[h.RateIndex],
		Channels:    channelCounts[h.Channels],
		UnitSamples: unitSamples,
	}
	var asc [2]byte // ends in frameLengthFlag, dependsOnCoreCoder, extensionFlag: all 0
	binary.BigEndian.PutUint16(asc[:], uint16(h.ObjectType<<11|h.RateIndex<<7|h.Channels<<3))
	c.Specific = string(asc[:])
	return c
}

// blocks appends the raw data blocks of frame, which h heads, to dst. Where
// there are several, only the positions that come with a CRC tell them apart
// (§1.A.2.2.1): it returns dst as it was if they are missing or contradict
// the frame.
func (h Header) blocks(dst [][]byte, frame []byte) [][]byte {
	data := frame[h.HeaderLen:]
	if h.Blocks == 1 {
		return append(dst, data)
	}
	if !h.CRC {
		return dst
	}
	const crcLen = 2 // after each block
	n, start := len(dst), 0
	for i := range h.Blocks {
		end := len(data)
		if i+1 < h.Blocks {
			end = int(binary.BigEndian.Uint16(frame[HeaderLen+2*i:]))
		}
		if end > len(data) || end-crcLen <= start {
			return dst[:n]
		}
		dst = append(dst, data[start:end-crcLen])
		start = end
	}
	return dst
}

// fixedMask selects the bits of a header's first four bytes that say how to
// decode and that hence stay the same from frame to frame: all of the fixed
// header but private_bit, original_copy and home.
const fixedMask = 0xfffffdc0

// fixed returns those bits of the header at the front of b.
func fixed(b []byte) uint32 { return binary.BigEndian.Uint32(b) & fixedMask }
