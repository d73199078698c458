// Package linear turns numbers of PCM, as containers store them in many forms,
// into those of WAV, which everything behind the readers knows: little-endian,
// those of 8 bits unsigned.
package linear

import (
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// ErrForm means that a container says of its PCM what makes no sense, or what no
// program writes.
var ErrForm = errors.New("unsupported form of PCM")

// A Kind says what the numbers are.
type Kind int

const (
	Signed Kind = iota
	Unsigned
	Float
	// Numbers of 8 bits that stand for 14 and 13 (ITU-T G.711).
	MuLaw
	ALaw
)

// A Form is how a container stores PCM.
type Form struct {
	Kind     Kind
	Bits     int // of a number as stored: 8, 16, 24, 32 or 64
	Valid    int // of these, the topmost, carry sound; 0 means all
	Big      bool
	Channels int
	Rate     int // samples per second
}

const (
	maxChannels = 255
	maxRate     = 1 << 24
)

// Config returns the configuration of the units that Append makes. The error is
// ErrForm.
func (f *Form) Config() (track.Config, error) {
	bad := func() (track.Config, error) {
		return track.Config{}, fmt.Errorf("%w: %d channels of %d bits at %d Hz", ErrForm, f.Channels, f.Bits, f.Rate)
	}
	if f.Channels < 1 || f.Channels > maxChannels || f.Rate < 1 || f.Rate > maxRate || f.Bits%8 != 0 {
		return bad()
	}
	w := wav.Format{Float: f.Kind == Float, Channels: f.Channels, SampleRate: f.Rate, Bits: f.Bits, ValidBits: f.Valid}
	if f.law() {
		if f.Bits != 8 {
			return bad()
		}
		w.Bits, w.ValidBits = 16, 16
	}
	if w.ValidBits < 1 || w.ValidBits > w.Bits || w.Float {
		w.ValidBits = w.Bits
	}
	c := w.Config()
	if _, err := wav.ParseFormat([]byte(c.Specific)); err != nil {
		return bad()
	}
	return c, nil
}

func (f *Form) law() bool { return f.Kind == MuLaw || f.Kind == ALaw }

// Align returns how many bytes of the container one sample of all channels takes.
func (f *Form) Align() int { return f.Bits / 8 * f.Channels }

// Made returns how many bytes Append makes of one sample of all channels.
func (f *Form) Made() int {
	if f.law() {
		return 2 * f.Channels
	}
	return f.Align()
}

// Append appends the numbers in src, which are whole, to dst as WAV has them.
func (f *Form) Append(dst, src []byte) []byte {
	if f.law() {
		table := muLaw
		if f.Kind == ALaw {
			table = aLaw
		}
		for _, b := range src {
			v := table(b)
			dst = append(dst, byte(v), byte(v>>8))
		}
		return dst
	}
	from := len(dst)
	dst = append(dst, src...)
	b, size := dst[from:], f.Bits/8
	if f.Big && size > 1 {
		for n := b; len(n) >= size; n = n[size:] {
			for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
				n[i], n[j] = n[j], n[i]
			}
		}
	}
	// WAV has unsigned numbers of 8 bits and no others.
	if (f.Kind == Signed && size == 1) || (f.Kind == Unsigned && size > 1) {
		for i := size - 1; i < len(b); i += size {
			b[i] ^= 0x80
		}
	}
	return dst
}

// muLaw returns the number that one of µ-law stands for (ITU-T G.711, table 2a):
// its bits are inverted, and its steps double from segment to segment.
func muLaw(b byte) int16 {
	const bias = 0x84
	b = ^b
	v := (int16(b&0x0F)<<3+bias)<<(b>>4&7) - bias
	if b&0x80 != 0 {
		return -v
	}
	return v
}

// aLaw returns the number that one of A-law stands for (ITU-T G.711, table 1a):
// its even bits are inverted, and the first two segments have the same steps.
func aLaw(b byte) int16 {
	b ^= 0x55
	v, segment := int16(b&0x0F)<<4+8, b>>4&7
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 != 0 {
		return v
	}
	return -v
}
