package recording

import (
	"context"

	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A keeper analyses a whole file while the parts of it that are heard are
// measured.
type keeper struct {
	analyzer *gain.Analyzer
	heard    []gain.Span
	cells    []float32 // weighted energies that the meter found
	err      error
}

// keeper returns the keeper for the file of a part, or nil where its level cannot
// be changed, where it is heard in other parts too, and where most of it is not
// heard.
func (r *Recording) keeper(part []Extent, parts [][]Extent, meter *loudness.Meter) *keeper {
	f := r.Files[part[0].File]
	if f.Index == nil || f.Index.Listed {
		return nil
	}
	for _, other := range parts {
		if &other[0] != &part[0] && other[0].File == part[0].File {
			return nil
		}
	}
	var samples int64
	var heard []gain.Span
	for _, x := range part {
		if n := len(heard); n > 0 && x.Start < heard[n-1].End {
			return nil
		}
		heard = append(heard, gain.Span{Start: x.Start, End: x.End()})
		samples += x.Samples
	}
	if samples < f.Index.Units*int64(f.Config.UnitSamples)/2 {
		return nil
	}
	analyzer, err := gain.NewKeptAnalyzer(f.Config)
	if err != nil {
		return nil
	}
	k := &keeper{analyzer: analyzer, heard: heard}
	meter.OnCell = func(energy float64) { k.cells = append(k.cells, float32(energy)) }
	return k
}

// playKept decodes a part, and all of its file if that is to be analyzed.
func (r *Recording) playKept(ctx context.Context, jobs int, part []Extent, k *keeper) (*pcm.Player, error) {
	if k == nil {
		return r.Play(ctx, jobs, part...)
	}
	file, err := r.decode[part[0].File]()
	if err != nil {
		return nil, err
	}
	spans := make([]Span, len(part))
	for i, x := range part {
		spans[i] = x.Span
	}
	return file.PlayAll(ctx, jobs, spans, func(unit []byte, samples []float32) error {
		if k.err == nil {
			k.err = k.analyzer.Add(unit, samples)
		}
		return nil
	})
}

// analysis returns what was found of the whole file, or nil where it holds units
// whose level cannot be changed.
func (k *keeper) analysis() *gain.Analysis {
	if k == nil || k.err != nil {
		return nil
	}
	a := k.analyzer.Analysis()
	k.analyzer.Weigh(k.heard, k.cells)
	return a
}

// Analysis returns the analysis of a file that was kept when the recording was
// measured, or nil.
func (r *Recording) Analysis(file int) *gain.Analysis {
	if r.kept == nil || r.Files[file].Index == nil {
		return nil
	}
	return r.kept(file)
}

// Analyzed returns what was kept of stretches of units when the recording was
// measured, or nil where that is not enough: only peaks below floor may be bounded.
// It bounds more than Analyze does, so that plans differ.
func (r *Recording) Analyzed(file int, ranges []UnitRange, floor float64) *gain.Analysis {
	a := r.Analysis(file)
	if a == nil || a.Floor() > floor || len(ranges) == 0 {
		return nil
	}
	var all *gain.Analysis
	for _, x := range ranges {
		if x.First < 0 || x.End < x.First || x.End > a.Units() {
			return nil
		}
		if part := a.Range(x.First, x.End); all == nil {
			all = part
		} else {
			all = all.Join(part)
		}
	}
	return all
}
