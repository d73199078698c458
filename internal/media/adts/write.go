package adts

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// HeaderOf returns the header, but for the length, of frames of configuration
// c. The object types that ADTS can state are Main, LC, SSR and LTP.
func HeaderOf(c track.Config) (Header, error) {
	b := bitReader{b: []byte(c.Specific)}
	h := Header{ObjectType: b.objectType(), RateIndex: b.bits(4), Channels: b.bits(4), Blocks: 1, HeaderLen: HeaderLen}
	if b.over() || h.ObjectType < 1 || h.ObjectType > 4 || h.RateIndex >= len(sampleRates) || h.Channels > 7 {
		return Header{}, fmt.Errorf("adts: cannot frame %v", c)
	}
	return h, nil
}

// AppendFrame appends a frame of one access unit, without error check, to b.
func (h Header) AppendFrame(b, unit []byte) ([]byte, error) {
	n := HeaderLen + len(unit)
	if n > MaxFrame {
		return b, fmt.Errorf("adts: an access unit of %d bytes is too long", len(unit))
	}
	const fullness = 0x7FF // adts_buffer_fullness of a variable bit rate
	b = append(b,
		0xFF, 0xF1,
		byte((h.ObjectType-1)<<6|h.RateIndex<<2|h.Channels>>2),
		byte(h.Channels<<6|n>>11),
		byte(n>>3),
		byte(n<<5|fullness>>6),
		byte(fullness&0x3F<<2))
	return append(b, unit...), nil
}
