package episode

import (
	"context"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A chain is how the samples of an episode come about, again and again.
type chain struct {
	r       *recording.Recording
	list    []recording.Section
	format  pcm.Format
	samples int64 // of the sections alone
	bits    int
	exact   bool       // the sections are joined as they are
	steps   []pcm.Step // between speakers
	gain    float64    // dB
	ceiling float64    // dBTP
	limit   bool
	sides   []*side // what goes before and after the sections
	// progress is told of each pass, in frames.
	progress stream.Progress
}

// ramp is how long the level takes to change between two speakers, in parts of
// a second.
const ramp = 5

// open returns the samples and what ends them.
func (c *chain) open(ctx context.Context) (encode.Sound, func(), error) {
	c.progress.Expect(c.samples)
	tape := c.r.ReadSections(ctx, c.list, c.format, !c.exact, c.progress.Add)
	var src pcm.Reader = tape
	if len(c.steps) > 0 {
		src = pcm.Level(src, c.steps, int64(c.format.SampleRate/ramp))
	}
	if c.gain != 0 {
		src = pcm.Gain(src, pcm.Decibels(c.gain))
	}
	src, err := c.join(ctx, src)
	if err != nil {
		tape.Close()
		return encode.Sound{}, nil, err
	}
	if c.limit {
		src = pcm.Limit(src, pcm.Decibels(c.ceiling))
	}
	return encode.Sound{Reader: src, Samples: c.total(), Bits: c.bits}, tape.Close, nil
}
