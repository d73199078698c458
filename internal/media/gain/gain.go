// Package gain brings coded sound to a loudness without coding it again: it plans
// by how many steps of 2^(1/4), 1.505 dB, each access unit of AAC or MP3 is
// shifted, and says what that costs.
//
// Neighbouring units overlap. Where both are shifted alike, the decoded sound is
// exactly 2^(steps/4) times what it was. Where they are not, it moves from one
// level to the other within the overlap, along the squares of the window; and
// the time-domain aliasing of the two halves, which cancels otherwise, leaves a
// rest: for the gains g and h, with the window w and N samples of overlap,
//
//	y(n) = (g w²(N-1-n) + h w²(n)) x(n) + (g-h) w(n) w(N-1-n) x(N-1-n)
//
// (ISO/IEC 14496-3, 4.6.11). So damage, loudness and true peak of each choice of
// steps follow from the decoded sound, and nothing is decoded twice.
package gain

import (
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// StepDecibels is how much a step changes the level.
const StepDecibels = 1.5051499783199060

// Factor returns by what steps multiply samples.
func Factor(steps int) float64 {
	root := [...]float64{1, 1.1892071150027210667, math.Sqrt2, 1.6817928305074290861}
	return math.Ldexp(root[steps&3], steps>>2)
}

// A Run is a stretch of units that are shifted alike.
type Run struct {
	First int64 `json:"first"` // number of its first unit
	Steps int   `json:"steps"`
}

// A Plan says how the units of a recording are shifted, and what comes of it.
type Plan struct {
	Runs  []Run // in order; the first begins with unit 0
	Units int64

	Integrated loudness.Level // LUFS
	Range      loudness.Level // LU
	// Within is by how much Integrated can be wrong at most, in LU: where the level
	// changes it is not known in which part of a unit its energy lies.
	Within loudness.Level
	// MaxMomentary and MaxShortTerm are maxima of windows that begin every 100 ms.
	MaxMomentary, MaxShortTerm loudness.Level
	// TruePeak, in dBTP, is at most that of sound which lies below Options.Floor, and
	// of changes that a Settler has not looked at.
	TruePeak loudness.Level
	// Damage is how far all aliasing together lies below all sound, and Worst
	// how far that of the worst loud unit does, in decibels: +Inf where there is
	// none. A unit is loud if it lies less than 20 dB below the mean of all that
	// are not silence.
	Damage, Worst loudness.Level
	Changes       int     // in which the steps of neighbouring units differ
	LoudChanges   int     // those at loud units
	PerMinute     float64 // Changes

	certain  loudness.Level // the true peak of all but the blocks in doubtful
	doubtful []int64        // blocks of changes in which it may be higher
}

// An UnsupportedError says that units of a coding cannot be shifted.
type UnsupportedError struct{ Codec track.Codec }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("the level of %s audio cannot be changed without encoding it again", e.Codec)
}

// A Shifter shifts the units of a recording, in order, as a plan says.
type Shifter struct {
	runs  []Run
	unit  int64
	shift func(unit []byte, steps int) error
}

// NewShifter returns a Shifter of units that c describes. The error is an
// *UnsupportedError or says what in c cannot be shifted.
func NewShifter(c track.Config, runs []Run) (*Shifter, error) {
	coding, err := newCoding(c)
	if err != nil {
		return nil, err
	}
	return &Shifter{runs: runs, shift: coding.shift}, nil
}

// Steps returns by how many steps the next unit is shifted.
func (s *Shifter) Steps() int {
	for len(s.runs) > 1 && s.runs[1].First <= s.unit {
		s.runs = s.runs[1:]
	}
	if len(s.runs) == 0 {
		return 0
	}
	return s.runs[0].Steps
}

// Shift shifts the next unit in place. Where it fails the unit is unchanged.
func (s *Shifter) Shift(unit []byte) error {
	steps := s.Steps()
	s.unit++
	if steps == 0 {
		return nil
	}
	return s.shift(unit, steps)
}

// Skip leaves the next unit as it is.
func (s *Shifter) Skip() { s.unit++ }

// A coding knows the units of one configuration.
type coding struct {
	samples int // that a unit lasts
	// lead is how many samples after the first of a unit its overlap with the one
	// before it is heard.
	lead  int
	exact bool // the overlap is the window's as above
	shift func(unit []byte, steps int) error
	// look says by how many steps a unit can be shifted, and sets the kinds of
	// slope that it rises with and falls with, for each channel.
	look func(unit []byte, s *shape) (down, up int, err error)
}

// A shape is what the two halves of the windows of a unit look like.
type shape struct{ falls [2]slope }

func newCoding(c track.Config) (*coding, error) {
	switch c.Codec {
	case track.AACLC:
		return newAAC(c)
	case track.MP3:
		return &coding{samples: c.UnitSamples, lead: mp3Lead, shift: mp3.Shift, look: func(unit []byte, _ *shape) (int, int, error) {
			return mp3.Room(unit)
		}}, nil
	}
	return nil, &UnsupportedError{c.Codec}
}

// mp3Lead is the delay of the synthesis filter bank: the overlap is that of
// subband samples, before it (ISO/IEC 11172-3, 2.4.3.4).
const mp3Lead = 240

func newAAC(c track.Config) (*coding, error) {
	p, err := adts.NewParser(c.Specific)
	if err != nil {
		return nil, err
	}
	if c.Channels > 2 {
		return nil, fmt.Errorf("the level of AAC audio of %d channels cannot be planned", c.Channels)
	}
	var u syntax.Unit
	look := func(unit []byte, s *shape) (down, up int, err error) {
		if err := p.Parse(unit, &u); err != nil {
			return 0, 0, err
		}
		for i := range min(len(u.Streams), len(s.falls)) {
			stream := &u.Streams[i]
			s.falls[i] = longSine
			if stream.Sequence == syntax.LongStart || stream.Sequence == syntax.EightShort {
				s.falls[i] = shortSine
			}
			if stream.KBD {
				s.falls[i]++
			}
		}
		return u.Room(unit)
	}
	return &coding{samples: c.UnitSamples, exact: true, shift: p.Shift, look: look}, nil
}
