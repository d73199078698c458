package clip

import (
	"context"

	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// Settle decodes the units around those changes of a plan of which the true peak is
// only bounded, if it may be the highest, and corrects that of the plan.
func (u *Units) Settle(ctx context.Context, p *gain.Plan) error {
	c := u.x.file.Config
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
