package opus

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// ErrHead means that an identification header is damaged or of a later version.
var ErrHead = errors.New("damaged identification header of Opus")

// headSize is the length of an identification header without channel mapping.
const headSize = 19

// A Head is the identification header that containers keep (RFC 7845 §5.1).
type Head struct {
	Channels  int
	PreSkip   int // samples at Rate that the decoder makes first and nobody hears
	InputRate int // of the sound before it was encoded, for information
	// Gain is what a player adds to the decoder's output, in 1/256 dB.
	Gain int
	// Family says what the channels are; 0 is mono or stereo.
	Family int
	// Bytes is the header itself, up to its channel mapping table.
	Bytes []byte
}

// ParseHead reads the header that b begins with. What follows it is left out.
func ParseHead(b []byte) (Head, error) {
	const version = 8
	// Only the upper half of the version's byte tells incompatible headers.
	if len(b) < headSize || string(b[:version]) != "OpusHead" || b[version]>>4 != 0 {
		return Head{}, ErrHead
	}
	h := Head{
		Channels:  int(b[9]),
		PreSkip:   int(binary.LittleEndian.Uint16(b[10:])),
		InputRate: int(binary.LittleEndian.Uint32(b[12:])),
		Gain:      int(int16(binary.LittleEndian.Uint16(b[16:]))),
		Family:    int(b[18]),
	}
	size := headSize
	if h.Family != 0 {
		size += 2 + h.Channels // numbers of streams, and the table
	}
	if h.Channels == 0 || h.Family == 0 && h.Channels > 2 || len(b) < size {
		return Head{}, ErrHead
	}
	h.Bytes = b[:size:size]
	return h, nil
}

// Config returns what a decoder of the stream needs. It leaves out what differs
// between recordings that decode alike: how much the encoder looks ahead, which
// is the run's Skip, and the rate of its input.
func (h Head) Config() track.Config {
	b := slices.Clone(h.Bytes)
	b[8] = 1
	clear(b[10:16])
	return track.Config{Codec: track.Opus, SampleRate: Rate, Channels: h.Channels, Specific: string(b)}
}

// Preroll is how much a player decodes before the sample that it seeks to
// (RFC 7845 §4.6): 80 ms.
const Preroll = Rate * 80 / 1000

// Single reports whether the packets are those of one stream, whose channels are
// in their usual order: another family than 0 may say that too (RFC 7845 §5.1.1).
func (h Head) Single() bool {
	if h.Family == 0 {
		return true
	}
	streams, coupled, table := int(h.Bytes[headSize]), int(h.Bytes[headSize+1]), h.Bytes[headSize+2:]
	if streams != 1 || coupled != h.Channels-1 || coupled > 1 {
		return false
	}
	for i, v := range table {
		if int(v) != i {
			return false
		}
	}
	return true
}

// Factor is what Gain multiplies samples by.
func (h Head) Factor() float32 { return float32(math.Pow(10, float64(h.Gain)/(20*256))) }

// Samples returns how many samples of a channel, at Rate, a packet lasts
// (RFC 6716 §3.1 and §3.2); ok is false if it cannot be a packet.
func Samples(packet []byte) (n int, ok bool) {
	if len(packet) == 0 {
		return 0, false
	}
	const ms = Rate / 1000
	config := packet[0] >> 3
	var frame int
	switch {
	case config < 12: // SILK
		frame = [...]int{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config%4]
	case config < 16: // hybrid
		frame = [...]int{10 * ms, 20 * ms}[config%2]
	default: // CELT
		frame = 5 * ms / 2 << (config % 4)
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0, false
		}
		frames = int(packet[1] & 0x3F)
	}
	n = frames * frame
	return n, n > 0 && n <= MaxFrame
}
