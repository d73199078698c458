package pcm

import (
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Stream decodes what a track.Reader finds, from front to back. Where the
// configuration changes a new run begins, which is a Reader of its own: Next
// goes to the first run and to each one after it, Read reads up to its end.
//
// A Stream yields all that the units last. What is declared as priming and
// padding is in the track's Run, its end only when all is read; Cut leaves it
// out.
type Stream struct {
	reader track.Reader
	packet track.Packet
	held   bool  // packet is not decoded yet
	err    error // of reader

	dec    *Decoder
	run    int
	unit   int64 // index in the run of the next unit to be decoded
	sample int64 // the same as a sample
	losses Losses

	block block
	ready []float32 // of block, not read yet
}

// probeUnits is how many units are decoded before their samples are given out,
// to see whether they can be decoded at all.
const probeUnits = 16

// NewStream returns a Stream of what r finds.
func NewStream(r track.Reader) *Stream { return &Stream{reader: r, run: -1} }

// Next goes to the next run, past what is left of this one, and returns its
// index in Track.Runs. After the last one it returns io.EOF. If the error wraps
// ErrUnsupported, further runs may follow.
func (s *Stream) Next() (run int, err error) {
	for s.more() {
		s.held = false
	}
	if !s.held {
		return 0, s.err
	}
	s.run = s.packet.Run
	s.dec, s.ready = nil, nil
	s.unit, s.sample, s.losses = 0, 0, Losses{}
	s.dec, err = NewDecoder(s.reader.Track().Runs[s.run].Config)
	return s.run, err
}

// more has the next unit in packet if there is one and it is of this run.
func (s *Stream) more() bool {
	if !s.held && s.err == nil {
		s.err = s.reader.Next(&s.packet)
		s.held = s.err == nil
	}
	return s.held && s.packet.Run == s.run
}

// Format returns the format of the run.
func (s *Stream) Format() Format {
	if s.dec == nil {
		return Format{}
	}
	return s.dec.Format()
}

// Losses returns what could not be decoded of the run so far.
func (s *Stream) Losses() *Losses { return &s.losses }

// CutOff returns how many units of the run so far were cut off at full scale,
// because they cannot be shifted.
func (s *Stream) CutOff() int64 {
	if s.dec == nil {
		return 0
	}
	return s.dec.CutOff()
}

// Read reads samples of the run. At its end it returns io.EOF; errors of the
// track.Reader come as they are.
func (s *Stream) Read(dst []float32) (frames int, err error) {
	if s.dec == nil {
		return 0, io.EOF
	}
	channels := s.dec.config.Channels
	if len(dst) < channels {
		return 0, nil
	}
	for len(s.ready) == 0 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(dst[:len(dst)/channels*channels], s.ready)
	s.ready = s.ready[n:]
	return n / channels, nil
}

// fill decodes the next units.
func (s *Stream) fill() error {
	s.block.reset()
	for s.block.units < probeUnits && s.more() {
		s.held = false
		s.block.decode(s.dec, s.packet.Data, s.packet.Samples)
	}
	if err := s.block.unsupported(s.dec.config); err != nil {
		return err
	}
	if s.block.units == 0 {
		if s.held {
			return io.EOF // another run follows
		}
		return s.err
	}
	for _, l := range s.block.bad {
		s.losses.add(s.unit+l.Unit, s.sample+l.Start, l.Samples)
	}
	s.unit += int64(s.block.units)
	s.sample += int64(len(s.block.samples) / s.dec.config.Channels)
	s.ready = s.block.samples
	return nil
}

// A block is the samples of some units, one after the other.
type block struct {
	samples []float32
	units   int
	bad     []Loss // counted from the start of the block
	err     error  // that of the first unit which is unsupported
}

func (b *block) reset() {
	b.samples, b.units, b.bad, b.err = b.samples[:0], 0, b.bad[:0], nil
}

// decode adds a unit that lasts so many samples.
func (b *block) decode(d *Decoder, unit []byte, samples int) {
	n, more := len(b.samples), samples*d.config.Channels
	if cap(b.samples) < n+more {
		grown := make([]float32, n, max(2*n, probeUnits*more))
		copy(grown, b.samples)
		b.samples = grown
	}
	b.samples = b.samples[:n+more]
	if err := d.Decode(b.samples[n:], unit); err != nil {
		if b.err == nil && errors.Is(err, ErrUnsupported) {
			b.err = err
		}
		at := int64(n / d.config.Channels)
		b.bad = append(b.bad, Loss{Unit: int64(b.units), Units: 1, Span: Span{at, int64(samples)}})
	}
	b.units++
}

// unsupported returns an error if it is for the coding, and not for damage, that
// the block is silent.
func (b *block) unsupported(c track.Config) error {
	if b.err != nil && len(b.bad) == b.units {
		return fmt.Errorf("%s: %w", c, b.err)
	}
	return nil
}
