package syntax

import (
	"errors"
	"fmt"
)

// Reasons for which Shift fails beside those of Parse. They come wrapped.
var (
	// ErrFixed means that the level of the unit cannot be changed exactly.
	ErrFixed = errors.New("the level of the AAC access unit cannot be changed")

	ErrRange    error = &reason{ErrFixed, "a gain would leave its range"}
	ErrSBR      error = &reason{ErrFixed, "it holds spectral band replication, which has energies of its own"}
	ErrDRC      error = &reason{ErrFixed, "it holds dynamic range control, which names the level"}
	ErrChannels error = &reason{ErrFixed, "it holds more than 64 channels"} // MaxStreams
	ErrBehind   error = &reason{ErrFixed, "data follow its END element"}
)

// The ranges that decoders agree on. Scalefactors are 8 bits (4.6.2). Noise
// energies have no range of their own in 4.6.13; but decoders hold them, lowered
// by 90, to -100 to 155, and a value that is cut off there would not follow.
const (
	lastGain                = 255
	leastNoise, mostNoise   = 90 - 100, 90 + 155
	leastFactor, mostFactor = 0, 255
)

// room sets Down and Up by the values that global_gain is the base of.
func (s *Stream) room(factors, noise chain) {
	if !s.Coded {
		return
	}
	s.Down, s.Up = int(s.Value), lastGain-int(s.Value)
	if factors.coded {
		s.Down, s.Up = min(s.Down, factors.low-leastFactor), min(s.Up, mostFactor-factors.high)
	}
	if noise.coded {
		s.Down, s.Up = min(s.Down, noise.low-leastNoise), min(s.Up, mostNoise-noise.high)
	}
}

// Room returns by how many steps the level of a unit can be lowered and raised,
// each 255 for one without sound. u is what Parse says of it. The error is one
// of those of Shift.
func (u *Unit) Room(unit []byte) (down, up int, err error) {
	switch {
	case u.SBR:
		return 0, 0, ErrSBR
	case u.DRC:
		return 0, 0, ErrDRC
	case u.Channels != len(u.Streams):
		return 0, 0, ErrChannels
	}
	for _, b := range unit[min(u.Bytes, len(unit)):] {
		if b != 0 {
			return 0, 0, ErrBehind
		}
	}
	down, up = lastGain, lastGain
	for i := range u.Streams {
		if s := &u.Streams[i]; s.Coded {
			down, up = min(down, s.Down), min(up, s.Up)
		}
	}
	if down < 0 || up < 0 {
		return 0, 0, ErrRange
	}
	return down, up, nil
}

// Shift changes the level of a unit by steps of 2^(1/4), 1.505 dB: it adds
// steps to the global_gain of every individual_channel_stream (4.6.2). All else
// follows by itself. Noise energies begin with global_gain (4.6.13), intensity
// positions are relative to the left channel (4.6.8.2), and pulses, middle and
// side, and temporal noise shaping are linear in the coefficients. Channels in
// which nothing is coded keep their global_gain, which means nothing there.
//
// Shift with -steps gives the bytes back. Where it fails the unit is unchanged;
// the error is one of those of Parse, or wraps ErrFixed. The CRC of an ADTS
// header, which covers the fields, is the caller's.
func (p *Parser) Shift(unit []byte, steps int) error {
	u := &p.own
	if err := p.Parse(unit, u); err != nil {
		return err
	}
	down, up, err := u.Room(unit)
	if err != nil {
		return err
	}
	if -steps > down || steps > up {
		return fmt.Errorf("%w: %d steps, and %d down or %d up are possible", ErrRange, steps, down, up)
	}
	for i := range u.Streams {
		if s := &u.Streams[i]; s.Coded {
			putByte(unit, s.Gain, byte(int(s.Value)+steps))
		}
	}
	return nil
}

// putByte writes v into b from bit at on.
func putByte(b []byte, at int, v byte) {
	i, shift := at>>3, at&7
	b[i] = b[i]&^(0xff>>shift) | v>>shift
	if shift > 0 {
		b[i+1] = b[i+1]&(0xff>>shift) | v<<(8-shift)
	}
}
