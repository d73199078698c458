package pcm

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// linearDecoder converts linear PCM. Integers of up to 24 bits and 32-bit
// floats come out exactly, wider numbers rounded to the nearest float32.
type linearDecoder struct {
	size    int // of one number in bytes
	convert func(dst []float32, b []byte)
}

func newLinear(c track.Config) (*linearDecoder, error) {
	f, err := wav.ParseFormat([]byte(c.Specific))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnsupported, c, err)
	}
	if f.Channels != c.Channels {
		return nil, fmt.Errorf("%w: %s with a format of %d channels", ErrUnsupported, c, f.Channels)
	}
	l := &linearDecoder{size: f.Bits / 8}
	switch {
	case f.Float && f.Bits == 32:
		l.convert = fromFloat32
	case f.Float && f.Bits == 64:
		l.convert = fromFloat64
	case f.Float:
	case f.Bits == 8:
		l.convert = fromUint8
	case f.Bits == 16:
		l.convert = fromInt16
	case f.Bits == 24:
		l.convert = fromInt24
	case f.Bits == 32:
		l.convert = fromInt32
	}
	if l.convert == nil {
		return nil, fmt.Errorf("%w: PCM of %d bits (float: %t)", ErrUnsupported, f.Bits, f.Float)
	}
	return l, nil
}

func (l *linearDecoder) reset()       {}
func (l *linearDecoder) prime([]byte) {}

func (l *linearDecoder) decode(dst []float32, unit []byte) error {
	n := min(len(dst), len(unit)/l.size)
	l.convert(dst[:n], unit[:n*l.size])
	clear(dst[n:])
	if n*l.size != len(unit) || n != len(dst) {
		return fmt.Errorf("%w: %d bytes for %d numbers", ErrDamaged, len(unit), len(dst))
	}
	return nil
}

func fromUint8(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = float32(int(b[i])-1<<7) / (1 << 7)
	}
}

func fromInt16(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / (1 << 15)
	}
}

func fromInt24(dst []float32, b []byte) {
	for i := range dst {
		v := int32(uint32(b[3*i])<<8|uint32(b[3*i+1])<<16|uint32(b[3*i+2])<<24) >> 8
		dst[i] = float32(v) / (1 << 23)
	}
}

func fromInt32(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = float32(int32(binary.LittleEndian.Uint32(b[4*i:]))) / (1 << 31)
	}
}

func fromFloat32(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = finite(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
}

func fromFloat64(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = finite(float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))))
	}
}

// finite returns v, or 0 for what is no number: a single NaN would make every
// sum after it, such as a loudness, NaN too.
func finite(v float32) float32 {
	if v-v != 0 {
		return 0
	}
	return v
}
