package adts

import (
	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// An Implicit finds out whether units that are described as AAC-LC are HE-AAC:
// spectral band replication may be signalled by nothing but its data in the
// units (ISO/IEC 14496-3, 1.6.5.3). What comes out of a decoder then has twice
// the sample rate. A decoder of AAC-LC plays such units too, without their
// upper half.
//
// Whether a mono stream has parametric stereo as well is not found out: its
// data are at the end of the SBR data, behind codes that depend on headers far
// away.
type Implicit struct {
	parser *syntax.Parser // nil when nothing more is looked at
	unit   syntax.Unit
	config track.Config
	left   int // units still to be looked at, or −1 for all
}

const (
	// maxCore is the highest rate of AAC for which each unit is looked at: SBR
	// doubles it, and 48 kHz is where encoders end. Above, the first units tell.
	maxCore    = 24000
	maxDoubled = 48000
	firstUnits = 32
)

// NewImplicit returns an Implicit for units of configuration c. Nothing is
// looked at where c says itself whether there is SBR, or is not AAC-LC.
func NewImplicit(c track.Config) *Implicit {
	m := &Implicit{config: c, left: firstUnits}
	if c.Codec != track.AACLC || c.SampleRate > maxDoubled || c.UnitSamples != unitSamples || statesSBR(c.Specific) {
		return m
	}
	if c.SampleRate <= maxCore {
		m.left = -1
	}
	m.parser, _ = NewParser(c.Specific)
	return m
}

// Open reports whether units are still looked at.
func (m *Implicit) Open() bool { return m.parser != nil }

// Config returns how to decode unit, the next one: as the one before, or from
// here on as HE-AAC.
func (m *Implicit) Config(unit []byte) track.Config {
	if m.parser == nil {
		return m.config
	}
	// Damage can look like anything; a unit that ends where it should is none.
	if m.parser.Parse(unit, &m.unit) == nil && m.unit.SBR && m.unit.Bytes == len(unit) {
		m.config = withSBR(m.config)
		m.parser = nil
	} else if m.left--; m.left == 0 {
		m.parser = nil
	}
	return m.config
}

// statesSBR reports whether an AudioSpecificConfig of AAC-LC says whether there
// is SBR, be it that there is none.
func statesSBR(asc string) bool {
	b := bitReader{b: []byte(asc)}
	if b.objectType() != typeLC {
		return true
	}
	b.rateIndex()
	channels := b.bits(4)
	if _, _, err := b.gaSpecific(typeLC, channels); err != nil {
		return false
	}
	return b.left() >= 16 && b.peek(11) == syncExtension
}

// withSBR returns the configuration of AAC-LC with SBR that was not signalled.
// Its AudioSpecificConfig signals it, in the way that decoders of AAC-LC skip
// (1.6.6), so that it need not be found again in files that are written.
func withSBR(c track.Config) track.Config {
	b := bitReader{b: []byte(c.Specific)}
	b.objectType()
	b.rateIndex()
	channels := b.bits(4)
	if _, _, err := b.gaSpecific(typeLC, channels); err != nil {
		return c
	}
	w := bitWriter{}
	end := b.pos
	b.pos = 0
	for range end {
		w.write(b.bits(1), 1)
	}
	w.write(syncExtension, 11)
	w.write(typeSBR, 5)
	w.write(1, 1) // sbrPresentFlag
	w.rate(2 * c.SampleRate)
	c.Codec, c.SampleRate, c.UnitSamples, c.Specific = track.HEAAC, 2*c.SampleRate, 2*c.UnitSamples, string(w.b)
	return c
}

// rate writes a samplingFrequencyIndex, and the frequency where there is none
// for it.
func (w *bitWriter) rate(rate int) {
	for i, r := range sampleRates {
		if r == rate {
			w.write(i, 4)
			return
		}
	}
	w.write(0xf, 4)
	w.write(rate, 24)
}
