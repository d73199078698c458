package clip

import (
	"context"

	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

const (
	// certain is by how much the loudness of a plan may be wrong, in LU, and brief how
	// many seconds sound lasts for which the units at its ends matter: beyond that it
	// is measured.
	certain = 0.1
	brief   = 3
)

// Settle corrects what a plan says of loudness and true peak. It decodes the units
// around those changes of which the true peak is only bounded, if it may be the
// highest; and all of them where the loudness is not certain, as of claps between
// two levels.
func (u *Units) Settle(ctx context.Context, p *gain.Plan) error {
	c := u.x.file.Config
	if float64(p.Within) > certain || u.x.played() < int64(brief*c.SampleRate) {
		return u.measure(ctx, p)
	}
	settler := p.Settler(c)
	if settler == nil {
		return nil
	}
	shifter, err := gain.NewShifter(c, p.Runs)
	if err != nil {
		return err
	}
	var decoder *pcm.Decoder
	samples := make([]float32, c.UnitSamples*c.Channels)
	n := int64(-1)
	err = u.x.each(ctx, func(unit []byte) error {
		n++
		needed, anew := settler.Needs(n)
		if !needed {
			shifter.Skip()
			return nil
		}
		if anew {
			if decoder, err = pcm.NewDecoder(c); err != nil {
				return err
			}
		}
		if err := shifter.Shift(unit); err != nil {
			return err
		}
		if decoder.Decode(samples, unit) != nil {
			clear(samples) // it takes main data from a frame that was not decoded
		}
		settler.Add(n, samples)
		return nil
	})
	if err == nil {
		settler.Settle()
	}
	return err
}

// measure decodes the units as a plan shifts them, and measures what is heard of
// them.
func (u *Units) measure(ctx context.Context, p *gain.Plan) error {
	c := u.x.file.Config
	shifter, err := gain.NewShifter(c, p.Runs)
	if err != nil {
		return err
	}
	decoder, err := pcm.NewDecoder(c)
	if err != nil {
		return err
	}
	meter, err := loudness.NewMeter(c.SampleRate, c.Channels)
	if err != nil {
		return err
	}
	samples := make([]float32, c.UnitSamples*c.Channels)
	at, edits := int64(0), u.x.edits
	err = u.x.each(ctx, func(unit []byte) error {
		if err := shifter.Shift(unit); err != nil {
			return err
		}
		if decoder.Decode(samples, unit) != nil {
			clear(samples) // it is damaged, or takes main data from a frame before the first
		}
		end := at + int64(c.UnitSamples)
		for len(edits) > 0 && edits[0].Start < end {
			from, to := max(at, edits[0].Start), min(end, edits[0].Start+edits[0].Samples)
			if from < to {
				meter.Write(samples[int(from-at)*c.Channels : int(to-at)*c.Channels])
			}
			if edits[0].Start+edits[0].Samples > end {
				break
			}
			edits = edits[1:]
		}
		at = end
		return nil
	})
	if err != nil {
		return err
	}
	r := meter.Result()
	p.Integrated, p.Range, p.MaxMomentary, p.MaxShortTerm, p.TruePeak = r.Integrated, r.Range, r.MaxMomentary, r.MaxShortTerm, r.TruePeak
	return nil
}
