package episode

import (
	"context"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// levels are what is kept of a measurement.
func levels(m loudness.Result) *Levels {
	return &Levels{number(m.Integrated), number(m.Range), number(m.TruePeak), m.TruePeakAtLeast}
}

// number is a level to the hundredth, nil for silence.
func number(l loudness.Level) *float64 {
	if math.IsInf(float64(l), 0) {
		return nil
	}
	v := math.Round(float64(l)*100)/100 + 0
	return &v
}

// measure plays src to its end.
func measure(ctx context.Context, src pcm.Reader, onStep func(loudness.Step)) (loudness.Result, error) {
	f := src.Format()
	m, err := loudness.NewMeter(f.SampleRate, f.Channels)
	if err != nil {
		return loudness.Result{}, err
	}
	m.OnStep = onStep
	buf := make([]float32, 16<<10*f.Channels)
	for {
		if err := ctx.Err(); err != nil {
			return loudness.Result{}, err
		}
		n, err := src.Read(buf)
		m.Write(buf[:n*f.Channels])
		if err == io.EOF {
			return m.Result(), nil
		}
		if err != nil {
			return loudness.Result{}, err
		}
	}
}

func (c *chain) measure(ctx context.Context, onStep func(loudness.Step)) (loudness.Result, error) {
	src, stop, err := c.open(ctx)
	if err != nil {
		return loudness.Result{}, err
	}
	defer stop()
	return measure(ctx, src, onStep)
}

const (
	// heard is the level from which a moment counts as speech.
	heard = -50.0 // LUFS
	// shortTurn is too short to say how loud somebody is, in seconds.
	shortTurn = 1.0
)

// meetings turns the speaking turns into steps that bring everybody to the
// loudness of all: how loud each one is comes from the moments in which they
// spoke, quiet ones left out.
func (c *chain) meetings(ctx context.Context, turns []space.Turn, rec *Record) error {
	rate := float64(c.format.SampleRate)
	type turn struct {
		handle     string
		start, end float64 // in the sections
	}
	lead := float64(c.lead()) / rate
	var list []turn
	for _, t := range turns {
		from, in := rec.Locate(t.Start)
		to, _ := rec.Locate(t.End)
		if (in || to > from) && t.Handle != "" {
			list = append(list, turn{t.Handle, from - lead, to - lead})
		}
	}
	sums, counts := map[string]float64{}, map[string]float64{}
	next := 0
	plain := *c
	plain.sides = nil
	_, err := plain.measure(ctx, func(s loudness.Step) {
		const half = 0.2 // of the window of momentary loudness, seconds
		at := float64(s.End)/rate - half
		for next < len(list) && list[next].end < at {
			next++
		}
		if next == len(list) || at < list[next].start+half || at > list[next].end-half || s.Momentary < heard {
			return
		}
		t := list[next]
		sums[t.handle] += math.Pow(10, float64(s.Momentary)/10)
		counts[t.handle]++
	})
	if err != nil {
		return err
	}
	var all, n float64
	for handle := range sums {
		all, n = all+sums[handle], n+counts[handle]
	}
	if n == 0 {
		return nil
	}
	const stepsPerSecond = 10
	factor := func(handle string) (float64, bool) {
		if counts[handle] < shortTurn*stepsPerSecond {
			return 0, false
		}
		db := 10 * math.Log10(all/n/(sums[handle]/counts[handle]))
		return pcm.Decibels(max(-clip.MaxLevelling, min(clip.MaxLevelling, db))), true
	}
	for _, t := range list {
		f, ok := factor(t.handle)
		if !ok {
			continue
		}
		if k := len(c.steps); k == 0 || c.steps[k-1].Factor != f {
			c.steps = append(c.steps, pcm.Step{At: int64(t.start * rate), Factor: f})
		}
	}
	return nil
}
