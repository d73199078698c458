package adts

import (
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// sampleRates is indexed by samplingFrequencyIndex (ISO/IEC 14496-3 §1.6.3.4).
var sampleRates = [...]int{
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
}

// channelCounts is indexed by channelConfiguration (§1.6.3.5). 0 leaves the
// count to a program_config_element; other gaps are reserved.
var channelCounts = [16]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8}

// unitSamples is how long an access unit of AAC lasts, but for short frames
// and the low-delay object types.
const unitSamples = 1024

// Audio object types (§1.5.1.1) that are told apart here.
const (
	typeLC         = 2
	typeSBR        = 5
	typeScalable   = 6
	typeERLC       = 17
	typeERScalable = 20
	typeERBSAC     = 22
	typeERLD       = 23
	typePS         = 29
	typeEscape     = 31
	typeELD        = 39
)

// syncExtension comes before the signalling of SBR that old decoders skip
// (table 1.15).
const syncExtension = 0x2b7

var errReserved = errors.New("reserved value")

func codec(objectType int) track.Codec {
	if objectType == typeLC {
		return track.AACLC
	}
	return track.AACOther
}

// ParseConfig reads an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) of AAC.
// With SBR or PS the result states what comes out of the decoder: the
// extension's sample rate, and two channels for PS. Bytes after the config
// are allowed. Object types that are not AAC are an error.
func ParseConfig(asc []byte) (track.Config, error) {
	b := bitReader{b: asc}
	c, err := parseConfig(&b)
	if b.over() {
		err = fmt.Errorf("it is cut off after %d bytes", len(asc))
	}
	if err != nil {
		return track.Config{}, fmt.Errorf("adts: AudioSpecificConfig: %w", err)
	}
	c.Specific = string(asc)
	return c, nil
}

func parseConfig(b *bitReader) (track.Config, error) {
	objectType := b.objectType()
	rate, err := b.rate()
	if err != nil {
		return track.Config{}, err
	}
	channelConfig := b.bits(4)
	channels := channelCounts[channelConfig]
	if channelConfig != 0 && channels == 0 {
		return track.Config{}, fmt.Errorf("channelConfiguration %d: %w", channelConfig, errReserved)
	}

	sbr, ps, outRate := false, false, rate
	if objectType == typeSBR || objectType == typePS {
		sbr, ps = true, objectType == typePS
		if outRate, err = b.rate(); err != nil {
			return track.Config{}, err
		}
		objectType = b.objectType()
		if objectType == typeERBSAC {
			b.bits(4) // extensionChannelConfiguration
		}
	}

	samples := unitSamples
	switch {
	case objectType >= 1 && objectType <= 4, objectType == typeScalable, objectType == 7,
		objectType == typeERLC, objectType >= 19 && objectType <= typeERLD:
		if channels, samples, err = b.gaSpecific(objectType, channelConfig); err != nil {
			return track.Config{}, err
		}
	case objectType == typeELD:
		if channels == 0 {
			return track.Config{}, fmt.Errorf("channelConfiguration 0: %w", errReserved)
		}
		samples = 512 - 32*b.bits(1) // frameLengthFlag (§4.6.20.2)
	default:
		return track.Config{}, fmt.Errorf("audio object type %d is not AAC", objectType)
	}

	// The backward compatible way to signal SBR and PS (§1.6.6): old decoders
	// stop before it. For error resilient types epConfig comes first.
	if objectType >= typeERLC {
		b.bits(2)
	} else if !sbr && b.left() >= 16 && b.peek(11) == syncExtension {
		b.bits(11)
		if b.objectType() == typeSBR && b.bits(1) == 1 {
			sbr = true
			if outRate, err = b.rate(); err != nil {
				return track.Config{}, err
			}
			if b.left() >= 12 && b.peek(11) == 0x548 {
				b.bits(11)
				ps = b.bits(1) == 1
			}
		}
	}

	c := track.Config{Codec: codec(objectType), SampleRate: rate, Channels: channels, UnitSamples: samples}
	if sbr {
		if outRate != rate && outRate != 2*rate {
			return track.Config{}, fmt.Errorf("SBR from %d Hz to %d Hz is not possible", rate, outRate)
		}
		c.Codec = track.HEAAC
		c.SampleRate = outRate
		c.UnitSamples = samples * outRate / rate
	}
	if ps {
		c.Channels = 2
	}
	return c, nil
}

// gaSpecific reads a GASpecificConfig (§4.4.1).
func (b *bitReader) gaSpecific(objectType, channelConfig int) (channels, samples int, err error) {
	samples = unitSamples
	short := b.bits(1) == 1 // frameLengthFlag
	switch {
	case objectType == typeERLD && short:
		samples = 480
	case objectType == typeERLD:
		samples = 512
	case short:
		samples = 960
	}
	if b.bits(1) == 1 { // dependsOnCoreCoder
		b.bits(14)
	}
	extension := b.bits(1) == 1
	channels = channelCounts[channelConfig]
	if channelConfig == 0 {
		p := b.programConfig()
		if channels = p.channels; channels == 0 {
			return 0, 0, fmt.Errorf("program_config_element names no channels")
		}
	}
	if objectType == typeScalable || objectType == typeERScalable {
		b.bits(3) // layerNr
	}
	if extension {
		switch objectType {
		case typeERBSAC:
			b.bits(5 + 11)
		case typeERLC, 19, typeERScalable, typeERLD:
			b.bits(3)
		}
		b.bits(1) // extensionFlag3
	}
	return channels, samples, nil
}

// A programConfig is a program_config_element (§4.4.1.1) as far as needed.
type programConfig struct {
	channels int
	bits     int // from its start to the byte alignment before the comment
}

// programConfig reads a program_config_element.
func (b *bitReader) programConfig() programConfig {
	start := b.pos
	b.bits(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
	front, side, back := b.bits(4), b.bits(4), b.bits(4)
	lfe, data, coupling := b.bits(2), b.bits(3), b.bits(4)
	if b.bits(1) == 1 { // mono_mixdown
		b.bits(4)
	}
	if b.bits(1) == 1 { // stereo_mixdown
		b.bits(4)
	}
	if b.bits(1) == 1 { // matrix_mixdown
		b.bits(3)
	}
	p := programConfig{channels: lfe}
	for range front + side + back {
		p.channels += 1 + b.bits(1) // element_is_cpe
		b.bits(4)
	}
	b.skip(4*lfe + 4*data + 5*coupling)
	p.bits = b.pos - start
	b.align()
	b.skip(8 * b.bits(8)) // comment_field_data
	return p
}

// withProgram completes the config of a stream whose headers leave the
// channels to a program_config_element, which then is the first element of
// the raw data block data. It returns c unchanged if there is none.
func withProgram(c track.Config, h Header, data []byte) track.Config {
	const idPCE = 5
	b := bitReader{b: data}
	if b.bits(3) != idPCE {
		return c
	}
	start := b.pos
	p := b.programConfig()
	if b.over() || p.channels == 0 {
		return c
	}
	w := bitWriter{}
	w.write(h.ObjectType, 5)
	w.write(h.RateIndex, 4)
	w.write(0, 4+3) // channelConfiguration, GASpecificConfig
	b.pos = start
	for range p.bits {
		w.write(b.bits(1), 1)
	}
	w.align()
	w.write(0, 8) // no comment
	c.Channels = p.channels
	c.Specific = string(w.b)
	return c
}
