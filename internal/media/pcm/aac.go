package pcm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	aacpcm "github.com/tphakala/go-aac/pcm"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// maxAACUnit is more than an access unit of two channels can need: 6144 bits
// for each (ISO/IEC 14496-3, 4.5.3.1), and data that is no sound.
const maxAACUnit = 1<<13 - 1

// aacDecoder decodes AAC-LC. The decoder below it wants a stream, of units
// with their lengths before them, and gives up at the first bad one; so it
// gets one unit at a time and is set up anew after each that fails.
//
// Its samples have 16 bits and are cut off at full scale; see lossy.
type aacDecoder struct {
	asc      []byte
	config   track.Config
	implicit *adts.Implicit
	channels int
	dec      *aacpcm.Decoder
	in       unitFeed
	length   []byte // what dec reads: length and unit
	out      []byte // what it makes of that: 16-bit samples

	full    bool           // of the unit decoded last, samples are at full scale
	parser  *syntax.Parser // nil where units cannot be shifted
	low     *aacDecoder    // nil until a unit is decoded shifted down
	before  []byte         // the unit before the one decoded last, which overlaps with it
	last    []byte         // the unit decoded last
	shifted []byte
	known   int // how many of the two there are
}

// A unitFeed is a stream that holds what is left of one unit.
type unitFeed []byte

func (f *unitFeed) Read(p []byte) (int, error) {
	if len(*f) == 0 {
		return 0, io.EOF
	}
	n := copy(p, *f)
	*f = (*f)[n:]
	return n, nil
}

func newAAC(c track.Config) (*aacDecoder, error) {
	a := &aacDecoder{asc: []byte(c.Specific), config: c, implicit: adts.NewImplicit(c), channels: c.Channels}
	dec, err := aacpcm.NewDecoder(&a.in, aacpcm.WithRawStream(a.asc))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnsupported, c, err)
	}
	if info := dec.Info(); info.Channels != c.Channels || info.SampleRate != c.SampleRate {
		return nil, fmt.Errorf("%w: %s that the decoder takes for %d Hz %d ch", ErrUnsupported, c, info.SampleRate, info.Channels)
	}
	a.dec = dec
	a.parser, _ = adts.NewParser(c.Specific)
	return a, nil
}

func (a *aacDecoder) reset() {
	a.in, a.known = nil, 0
	// It worked with the same config before, so it cannot fail.
	a.dec.Reset(&a.in, aacpcm.WithRawStream(a.asc))
}

func (a *aacDecoder) prime([]byte) {}

func (a *aacDecoder) decode(dst []float32, unit []byte) error {
	a.full = false
	err := a.decode16(len(dst), unit)
	if err != nil {
		a.reset()
		clear(dst)
		return err
	}
	a.before, a.last = a.last, append(a.before[:0], unit...)
	a.known = min(a.known+1, 2)
	a.full = fromFixed(dst, a.out)
	return nil
}

// fromFixed converts samples of 16 bits, and reports whether some are at full
// scale.
func fromFixed(dst []float32, b []byte) (full bool) {
	const (
		each      = 0x0001000100010001
		magnitude = 0x7fff7fff7fff7fff
		sign      = 0x8000800080008000
	)
	var tops uint64
	for len(dst) >= 4 && len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b)
		dst[0] = float32(int16(v)) / (1 << 15)
		dst[1] = float32(int16(v>>16)) / (1 << 15)
		dst[2] = float32(int16(v>>32)) / (1 << 15)
		dst[3] = float32(int16(v>>48)) / (1 << 15)
		// One more than the magnitude, -1 counted as 0, carries into the sign.
		negative := v >> 15 & each
		tops |= (v^negative*math.MaxInt16)&magnitude + each
		dst, b = dst[4:], b[8:]
	}
	full = tops&sign != 0
	for i := range dst {
		v := int16(binary.LittleEndian.Uint16(b[2*i:]))
		dst[i] = float32(v) / (1 << 15)
		full = full || v == math.MaxInt16 || v == math.MinInt16
	}
	return full
}

func (a *aacDecoder) atFullScale() bool { return a.full }

func (a *aacDecoder) lowered(dst []float32, steps int) (err error) {
	if a.parser == nil {
		return ErrUnsupported
	}
	if a.low == nil {
		if a.low, err = newAAC(a.config); err != nil {
			return err
		}
	}
	a.low.reset()
	if a.known > 1 {
		if err := a.lower(dst, a.before, steps); err != nil {
			return err
		}
	}
	return a.lower(dst, a.last, steps)
}

func (a *aacDecoder) lower(dst []float32, unit []byte, steps int) error {
	a.shifted = append(a.shifted[:0], unit...)
	if err := a.parser.Shift(a.shifted, -steps); err != nil {
		return err
	}
	return a.low.decode(dst, a.shifted)
}

// decode16 decodes unit to a.out, n samples of 16 bits.
func (a *aacDecoder) decode16(n int, unit []byte) (err error) {
	defer recovered(&err)
	if n != aacUnitSamples*a.channels || len(unit) > maxAACUnit {
		return fmt.Errorf("%w: %d bytes for %d samples", ErrDamaged, len(unit), n/a.channels)
	}
	// Libraries of before 2026-12 call HE-AAC AAC-LC where only the units say so.
	if c := a.implicit.Config(unit); c != a.config {
		return fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	a.length = append(a.length[:0], byte(len(unit)>>8), byte(len(unit)))
	a.length = append(a.length, unit...)
	a.in = a.length
	if cap(a.out) < 2*n {
		a.out = make([]byte, 2*n)
	}
	a.out = a.out[:2*n]
	_, err = io.ReadFull(a.dec, a.out)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, aacpcm.ErrUnsupported):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: no sound in it", ErrDamaged)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

const aacUnitSamples = 1024
