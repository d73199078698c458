package adts

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
)

// NewParser returns a parser of the access units that an AudioSpecificConfig
// describes: of their AAC-LC part where that has SBR or PS. The error wraps
// syntax.ErrOther where they are not AAC-LC.
func NewParser(asc string) (*syntax.Parser, error) {
	b := bitReader{b: []byte(asc)}
	objectType := b.objectType()
	rate := b.rateIndex()
	b.bits(4) // channelConfiguration
	if objectType == typeSBR || objectType == typePS {
		b.rateIndex()
		objectType = b.objectType()
	}
	short := b.bits(1) == 1 // frameLengthFlag
	if b.over() {
		return nil, fmt.Errorf("adts: AudioSpecificConfig: it is cut off after %d bytes", len(asc))
	}
	if short && objectType == typeLC {
		return nil, syntax.ErrFrame
	}
	return syntax.NewParser(objectType, rate)
}

// rateIndex reads a samplingFrequencyIndex. Where it is the escape value, the
// result is the index whose tables hold for the frequency that follows
// (ISO/IEC 14496-3, table 4.82).
func (b *bitReader) rateIndex() int {
	i := b.bits(4)
	if i != 0xf {
		return i
	}
	rate := b.bits(24)
	for i, least := range [...]int{92017, 75132, 55426, 46009, 37566, 27713, 23004, 18783, 13856, 11502, 9391} {
		if rate >= least {
			return i
		}
	}
	return 11
}
