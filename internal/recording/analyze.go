package recording

import (
	"context"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A UnitReader hands out access units of one file, each valid during the call.
type UnitReader func(ctx context.Context, unit func(data []byte) error) error

// Analyze decodes access units of a file and says what shifting them costs. Each
// of ranges is a stretch of units, such as First to End-1; units reads those of
// all ranges in a row. Peaks below floor, in dBTP, are only bounded; tick is told
// of the samples. The error wraps a *gain.UnsupportedError where the level of
// such units cannot be changed.
func (r *Recording) Analyze(ctx context.Context, file int, ranges []UnitRange, units UnitReader, floor float64, jobs int, tick func(samples int64)) (*gain.Analysis, error) {
	f := r.Files[file]
	analyzer, err := gain.NewAnalyzer(f.Config, floor)
	if err != nil {
		return nil, err
	}
	unit := int64(f.Config.UnitSamples)
	var list []Extent
	for _, x := range ranges {
		list = append(list, Extent{file, Span{Start: x.First * unit, Samples: (x.End - x.First) * unit}})
	}
	player, err := r.Play(ctx, jobs, list...)
	if err != nil {
		return nil, err
	}
	defer player.Close()
	samples := make([]float32, f.Config.UnitSamples*f.Config.Channels)
	n := 0
	err = units(ctx, func(data []byte) error {
		got, err := pcm.ReadFull(player, samples)
		if err != nil {
			return fmt.Errorf("%s: unit %d: %d samples: %w", f.Name(), n, got, err)
		}
		n++
		tick(unit)
		return analyzer.Add(data, samples)
	})
	if err != nil {
		return nil, err
	}
	return analyzer.Analysis(), nil
}

// A UnitRange is a stretch of the access units of a file, in their order.
type UnitRange struct{ First, End int64 }
