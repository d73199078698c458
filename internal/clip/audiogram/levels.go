package audiogram

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/clip"
)

// levels returns how high the bars of a clip's waveform are, 0 to 1.
func levels(ctx context.Context, q *clip.Request, bars int) ([]float64, error) {
	f := q.Recording.Format()
	f.Channels = 1
	s, stop, err := q.Recording.Decode(ctx, q.Span, f)
	if err != nil {
		return nil, err
	}
	defer stop()
	power, count := make([]float64, bars), make([]float64, bars)
	var at int64
	err = s.Frames(ctx, blockFrames, func(block []float32) error {
		for _, v := range block {
			i := min(at*int64(bars)/s.Samples, int64(bars)-1)
			power[i] += float64(float64(v) * float64(v))
			count[i]++
			at++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range power {
		power[i] /= max(1, count[i])
	}
	return heights(power), nil
}

// blockFrames is how many samples are decoded at once.
const blockFrames = 4096

// heights turns powers into heights: up to the loudest bar, and such that
// quiet speech remains visible.
func heights(power []float64) []float64 {
	const (
		silence  = 1e-7 // −70 dBFS
		exponent = 0.3  // of power: 20 dB less is a quarter as high
	)
	loudest := silence
	for _, p := range power {
		if !math.IsNaN(p) && !math.IsInf(p, 0) {
			loudest = max(loudest, p)
		}
	}
	list := make([]float64, len(power))
	for i, p := range power {
		if p > silence {
			list[i] = math.Pow(min(1, p/loudest), exponent)
		}
	}
	return list
}
