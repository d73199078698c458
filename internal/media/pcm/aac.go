package pcm

import (
	"errors"
	"fmt"
	"io"

	aacpcm "github.com/tphakala/go-aac/pcm"

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
// Its samples have 16 bits and are cut off at full scale.
type aacDecoder struct {
	asc      []byte
	config   track.Config
	implicit *adts.Implicit
	channels int
	dec      *aacpcm.Decoder
	in       unitFeed
	length   []byte // what dec reads: length and unit
	out      []byte // what it makes of that: 16-bit samples
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
	return a, nil
}

func (a *aacDecoder) reset() {
	a.in = nil
	// It worked with the same config before, so it cannot fail.
	a.dec.Reset(&a.in, aacpcm.WithRawStream(a.asc))
}

func (a *aacDecoder) prime([]byte) {}

func (a *aacDecoder) decode(dst []float32, unit []byte) error {
	err := a.decode16(len(dst), unit)
	if err != nil {
		a.reset()
		clear(dst)
		return err
	}
	out := a.out
	for i := range dst {
		dst[i] = float32(int16(uint16(out[2*i])|uint16(out[2*i+1])<<8)) / (1 << 15)
	}
	return nil
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
