package episode

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// adjust finds the gain that brings the episode to its loudness.
func (e *export) adjust(ctx context.Context) error {
	stream.Enter(e.progress, Adjusting)
	own := e.Recording.Format()
	known := &e.measured.Loudness
	if !e.whole() || len(e.chain.steps) > 0 || e.chain.format.Channels != own.Channels || len(e.Recording.Files) > 1 {
		known = nil
	}
	wave, closer, err := e.Library.OpenPeaks(e.rec.ID)
	if err == nil {
		defer closer.Close()
	} else {
		wave = nil // all is decoded instead
	}
	target := *e.rec.Settings.Loudness
	found, err := e.chain.tune(ctx, known, float64(e.measured.Loudness.Integrated), wave, target)
	switch {
	case err != nil:
		return err
	case math.IsInf(found.loudness, -1):
		e.beyond = true
		e.noteSilence()
	case !found.reached:
		e.beyond = true
		e.limited = target-found.loudness > MaxGain // else the limiter takes back what more gain adds
	}
	return nil
}

// noteSilence says why the loudness stays as it is of sound that has none.
func (e *export) noteSilence() {
	if math.IsInf(float64(e.measured.Loudness.SamplePeak), -1) {
		e.note("the sound is silent: its loudness was not changed")
		return
	}
	e.note("the sound has less than 0.4 s above -70 LUFS: its loudness was not changed")
}

// prospects are by how many decibels more than what would be needed without a
// limiter the sound is amplified in a forecast. What lies between is
// interpolated.
var prospects = [...]float64{-0.5, 0, 0.25, 0.5, 1, 1.5, 2, 3, 4.5, 6.5, 9, 12}

// tune sets the gain that brings the chain to the target. known is how it measures,
// with its true peak, nil if that has to be found; about is how loud the whole
// recording is.
//
// What the limiter takes follows from the energies and peaks of parts: of all the
// sound if that has to be decoded anyway, else of samples of it, together with
// what the peaks of the whole, which the library keeps, say of the rest.
func (c *chain) tune(ctx context.Context, known *loudness.Result, about float64, wave *peaks.File, target float64) (found tuning, err error) {
	about = kept(about)
	if known != nil {
		found.loudness = kept(float64(known.Integrated))
		peak := kept(float64(known.TruePeak))
		if known.TruePeakAtLeast {
			peak = max(peak, 0)
		}
		want := target - found.loudness
		switch {
		case math.IsInf(found.loudness, -1):
			return found, nil
		case peak+min(want, MaxGain) <= c.ceiling:
			c.gain, c.limit, found.reached = min(want, MaxGain), false, want <= MaxGain
			return found, nil
		}
		around := spread(want, prospects[:])
		losses, err := c.sample(ctx, wave, around)
		if err != nil {
			return found, err
		}
		if losses != nil {
			c.limit = true
			c.gain, found.reached = solve(around, losses, want)
			return found, nil
		}
	}
	if found.loudness = about; math.IsInf(about, -1) {
		return found, nil
	}
	guess := target - about
	around := spread(guess, prospects[:])
	if known == nil { // mixing and levelling change the loudness by some decibels
		around = around[:0]
		for g := -8.0; g <= 16; g++ {
			around = append(around, guess+g)
		}
	}
	f := newForecast(c.format.SampleRate, c.format.SampleRate/(10*partsPerStep), c.ceiling, around)
	if err := c.scan(ctx, f); err != nil {
		return found, err
	}
	if known == nil {
		found.loudness = f.loudness()
	}
	if math.IsInf(found.loudness, -1) {
		return found, nil
	}
	want := target - found.loudness
	c.gain, found.reached = solve(around, f.losses(), want)
	c.limit = f.peak*pcm.Decibels(c.gain) > pcm.Decibels(c.ceiling)
	return found, nil
}

// kept is a level as the library keeps it: what was measured just now must give
// the same bytes as what was kept.
func kept(level float64) float64 { return math.Round(level*1000) / 1000 }

// A tuning is what tune found.
type tuning struct {
	loudness float64 // of the chain as it is, -Inf for silence
	reached  bool    // with no more than MaxGain
}

func spread(middle float64, by []float64) []float64 {
	list := make([]float64, len(by))
	for i, d := range by {
		list[i] = middle + d
	}
	return list
}

// solve returns the gain that, less what the limiter takes at each of some
// gains, is the one that is wanted.
func solve(gains, losses []float64, want float64) (gain float64, reached bool) {
	n := len(gains)
	gain = want + losses[n-1] // beyond the last one
	if gains[0]-losses[0] >= want {
		gain = want + losses[0]
	} else {
		for i := 1; i < n; i++ {
			low, high := gains[i-1]-losses[i-1], gains[i]-losses[i]
			if high >= want {
				part := 0.0
				if high > low {
					part = (want - low) / (high - low)
				}
				gain = gains[i-1] + float64(part*(gains[i]-gains[i-1]))
				break
			}
		}
	}
	// Rounded, since the last digits of logarithms depend on the processor.
	gain = math.Round(gain*1000) / 1000
	return min(gain, MaxGain), gain <= MaxGain
}

// scan plays the chain as it is, without gain and limiter, through a forecast.
func (c *chain) scan(ctx context.Context, f *forecast) error {
	plain := *c
	plain.gain, plain.limit, plain.sides = 0, false, nil
	src, stop, err := plain.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return scanAll(ctx, src, c.floor(f), func(energy, peak float64, frames int) { f.add(energy, peak, frames, true) }, f)
}

// floor is below which true peaks do not matter.
func (c *chain) floor(f *forecast) float64 {
	return pcm.Decibels(c.ceiling - f.gains[len(f.gains)-1].gain)
}

// scanAll plays src to its end through a scan, and ends the forecast.
func scanAll(ctx context.Context, src pcm.Reader, floor float64, visit func(energy, peak float64, frames int), f *forecast) error {
	s, err := newScan(src.Format(), floor, visit)
	if err != nil {
		return err
	}
	if err := s.play(ctx, src); err != nil {
		return err
	}
	s.end()
	f.end()
	return nil
}

// play writes all of src.
func (s *scan) play(ctx context.Context, src pcm.Reader) error {
	buf := make([]float32, 16<<10*s.channels)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := src.Read(buf)
		s.write(buf[:n*s.channels])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

const (
	// samples is how many stretches of a recording are decoded to see what the
	// limiter does.
	samples = 32
	// sampleLength is how long each lasts, and settling how long the limiter and the
	// filters run before it counts, in parts of 100 ms.
	sampleLength = 34
	settling     = 10
)

// sample returns what the limiter takes at each gain from a recording that the
// chain plays whole: what it takes from the samples, and by how much more or
// less it takes from the whole by the peaks alone than from the samples. It returns
// nil where sampling does not pay, or the peaks cannot be read.
func (c *chain) sample(ctx context.Context, wave *peaks.File, gains []float64) ([]float64, error) {
	step := int64(c.format.SampleRate / 10)
	if wave == nil || wave.SampleRate != c.format.SampleRate || c.samples < 3*samples*sampleLength*step {
		return nil, nil
	}
	exact := newForecast(c.format.SampleRate, c.format.SampleRate/(10*partsPerStep), c.ceiling, gains)
	whole := newForecast(c.format.SampleRate, wave.Bucket, c.ceiling, gains)
	part := newForecast(c.format.SampleRate, wave.Bucket, c.ceiling, gains)
	if err := outline(wave, 0, wave.Frames, 0, whole); err != nil {
		return nil, nil
	}
	whole.end()
	for i := range int64(samples) {
		start := c.cheap((c.samples*(2*i+1)/(2*samples) - sampleLength*step/2) / step * step)
		if err := outline(wave, start, sampleLength*step, settling*step, part); err != nil {
			return nil, nil
		}
		if err := c.sampleAt(ctx, start, sampleLength*step, settling*step, exact); err != nil {
			return nil, err
		}
	}
	exact.end()
	part.end()
	losses, all, some := exact.losses(), whole.losses(), part.losses()
	for i := range losses {
		losses[i] = max(0, losses[i]+all[i]-some[i])
		if i > 0 { // a higher gain never makes the sound quieter
			losses[i] = min(losses[i], losses[i-1]+gains[i]-gains[i-1])
		}
	}
	return losses, nil
}

// cheap returns a frame at or before start from which on nothing has to be
// decoded and dropped.
func (c *chain) cheap(start int64) int64 {
	x := c.r.Extents(recording.Span{Start: rescale(start, c.r.Rate, c.format.SampleRate), Samples: 1})
	if len(x) == 0 || c.r.Rate != c.format.SampleRate {
		return start
	}
	return max(0, start-x[0].Start%pcm.Grid)
}

// sampleAt plays a stretch through a forecast. What lies before settling frames
// moves the limiter only.
func (c *chain) sampleAt(ctx context.Context, start, length, settling int64, f *forecast) error {
	r := c.r
	src, stop, err := r.Decode(ctx, recording.Span{Start: rescale(start, r.Rate, c.format.SampleRate), Samples: rescale(length, r.Rate, c.format.SampleRate)}, c.format)
	if err != nil {
		return err
	}
	defer stop()
	at := int64(0)
	s, err := newScan(c.format, c.floor(f), func(energy, peak float64, frames int) {
		f.add(energy, peak, frames, at >= settling)
		at += int64(frames)
	})
	if err != nil {
		return err
	}
	return s.play(ctx, src)
}

func rescale(n int64, to, from int) int64 { return n * int64(to) / int64(from) }

// outline plays the peaks of a stretch through a forecast, as if the sound were
// as loud throughout each of them as it is at its peak.
func outline(wave *peaks.File, start, length, settling int64, f *forecast) error {
	const chunk = 1 << 14
	bucket := int64(wave.Bucket)
	first, end := start/bucket, min((start+length)/bucket, (wave.Frames+bucket-1)/bucket)
	for at := first; at < end; {
		n := int(min(chunk, end-at))
		list, err := wave.Read(0, at, n)
		if err != nil {
			return err
		}
		for i := 0; i < len(list); i += wave.Tracks {
			var top, sum float64
			for _, p := range list[i : i+wave.Tracks] {
				low, high := -float64(p.Min)/(1<<15), float64(p.Max)/(1<<15)
				top = max(top, low, high)
				sum += float64(low*low) + float64(high*high)
			}
			f.add(sum*float64(bucket)/8, top, int(bucket), (at-first)*bucket >= settling)
			at++
		}
		if len(list) == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}
