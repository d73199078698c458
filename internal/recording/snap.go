package recording

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

const (
	// snapSeconds is how far Snap moves an end.
	snapSeconds = 1
	// snapWindow is how long the quiet must last: windows of 40 ms, looked at
	// every 10 ms.
	snapWindow = 4
	cellsASec  = 100
	// quietLevel is the level below which a window is silence. Rooms and
	// microphones differ, so it also is if it is this far below the loudest
	// one around.
	quietLevel = -50.0 // dBFS
	quietDrop  = 35.0  // dB
)

// Snap moves the ends of a span to the nearest silence within a second, so
// that no word is cut. An end without silence near it stays where it is.
func (r *Recording) Snap(ctx context.Context, s Span) (Span, error) {
	start, err := r.quiet(ctx, s.Start)
	if err != nil {
		return s, err
	}
	end, err := r.quiet(ctx, s.End())
	if err != nil || end <= start {
		return s, err
	}
	return Span{Start: start, Samples: end - start}, nil
}

// quiet returns the middle of the silence that is nearest to a position. The
// ends of the recording are silence.
func (r *Recording) quiet(ctx context.Context, position int64) (int64, error) {
	reach := int64(snapSeconds * r.Rate)
	from, to := max(0, position-reach), min(r.Samples, position+reach)
	if position == 0 || position == r.Samples {
		return position, nil
	}
	s, stop, err := r.Decode(ctx, Span{Start: from, Samples: to - from}, pcm.Format{SampleRate: r.Rate, Channels: 1})
	if err != nil {
		return 0, err
	}
	defer stop()
	cell := max(1, r.Rate/cellsASec)
	var power []float64
	err = s.Frames(ctx, cell, func(block []float32) error {
		sum := 0.0
		for _, v := range block {
			sum += float64(v) * float64(v)
		}
		power = append(power, sum/float64(len(block)))
		return nil
	})
	if err != nil {
		return 0, err
	}
	windows := make([]float64, 0, len(power))
	loudest := 0.0
	for i := 0; i+snapWindow <= len(power); i++ {
		sum := 0.0
		for _, p := range power[i : i+snapWindow] {
			sum += p
		}
		windows = append(windows, sum/snapWindow)
		loudest = max(loudest, sum/snapWindow)
	}
	limit := max(math.Pow(10, quietLevel/10), loudest*math.Pow(10, -quietDrop/10))
	best, distance := position, reach+1
	for i, w := range windows {
		middle := from + int64(i)*int64(cell) + int64(snapWindow*cell)/2
		if d := max(middle-position, position-middle); w <= limit && d < distance {
			best, distance = middle, d
		}
	}
	return best, nil
}
