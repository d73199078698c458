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
	// pauseDrop is the same between words whose times are known: there breath and
	// rooms are no speech.
	pauseDrop = 25.0 // dB
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
	windows, cell, err := r.windows(ctx, Span{Start: from, Samples: to - from})
	if err != nil {
		return 0, err
	}
	limit := limitOf(windows, quietDrop)
	best, distance := position, reach+1
	for i, w := range windows {
		middle := from + int64(i)*int64(cell) + int64(snapWindow*cell)/2
		if d := max(middle-position, position-middle); w <= limit && d < distance {
			best, distance = middle, d
		}
	}
	return best, nil
}

// windows returns the power of the windows of a span, and by how many samples each
// begins after the one before.
func (r *Recording) windows(ctx context.Context, s Span) (list []float64, cell int, err error) {
	in, stop, err := r.Decode(ctx, s, pcm.Format{SampleRate: r.Rate, Channels: 1})
	if err != nil {
		return nil, 0, err
	}
	defer stop()
	cell = max(1, r.Rate/cellsASec)
	var power []float64
	err = in.Frames(ctx, cell, func(block []float32) error {
		sum := 0.0
		for _, v := range block {
			sum += float64(float64(v) * float64(v))
		}
		power = append(power, sum/float64(len(block)))
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	list = make([]float64, 0, len(power))
	for i := 0; i+snapWindow <= len(power); i++ {
		sum := 0.0
		for _, p := range power[i : i+snapWindow] {
			sum += p
		}
		list = append(list, sum/snapWindow)
	}
	return list, cell, nil
}

// limitOf is the power up to which a window is silence.
func limitOf(windows []float64, drop float64) float64 {
	loudest := 0.0
	for _, w := range windows {
		loudest = max(loudest, w)
	}
	return max(math.Pow(10, quietLevel/10), loudest*math.Pow(10, -drop/10))
}

// Pauses returns the stretches of a span in which nobody speaks, in order: those
// of 40 ms or more that are silence, or much quieter than the loudest of the span.
// It is for spans of a few seconds with speech in them.
func (r *Recording) Pauses(ctx context.Context, s Span) ([]Span, error) {
	windows, cell, err := r.windows(ctx, s)
	if err != nil {
		return nil, err
	}
	limit := limitOf(windows, pauseDrop)
	var list []Span
	for i, w := range windows {
		if w > limit {
			continue
		}
		from := s.Start + int64(i)*int64(cell)
		end := min(s.End(), from+int64(snapWindow*cell))
		if n := len(list); n > 0 && list[n-1].End() >= from {
			list[n-1].Samples = end - list[n-1].Start
			continue
		}
		list = append(list, Span{Start: from, Samples: end - from})
	}
	return list, nil
}
