package recording

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/silence"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Measure returns the measurement of a Space, from the library if it is there
// and up to date, else by decoding all of its audio with so many jobs and
// keeping the result. No lock is taken: the files that are written depend on
// the audio alone, so that it does not matter who writes them last.
func Measure(ctx context.Context, lib *library.Library, id string, jobs int, p stream.Progress) (*library.Measurement, error) {
	return measureUnless(ctx, lib, id, jobs, p, func(*space.Space, *library.Measurement) bool { return true })
}

// MeasureGains does so, and measures again where the analyses are not kept that
// changes of level are planned from: with and without them plans would differ.
func MeasureGains(ctx context.Context, lib *library.Library, id string, jobs int, p stream.Progress) (*library.Measurement, error) {
	return measureUnless(ctx, lib, id, jobs, p, lib.HasAnalyses)
}

// measureUnless measures a Space unless there is a measurement that is enough.
func measureUnless(ctx context.Context, lib *library.Library, id string, jobs int, p stream.Progress, enough func(*space.Space, *library.Measurement) bool) (*library.Measurement, error) {
	s, err := lib.Load(id)
	if err != nil {
		return nil, err
	}
	if m := lib.Measured(s); m != nil && enough(s, m) {
		return m, nil
	}
	r, err := Open(lib, id, "")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return lib.KeepMeasurement(r.Space, func(m *library.Measurement, w io.Writer, keep func(file int, a *gain.Analysis) error) error {
		return r.measure(ctx, m, w, keep, jobs, p)
	})
}

// Peaks opens the waveform of a Space, measuring it first if need be. The
// caller closes the file.
func Peaks(ctx context.Context, lib *library.Library, id string, jobs int, p stream.Progress) (*peaks.File, io.Closer, error) {
	if _, err := Measure(ctx, lib, id, jobs, p); err != nil {
		return nil, nil, err
	}
	return lib.OpenPeaks(id)
}

// measure decodes all that is heard, once, feeds it to the meters, writes the peaks
// to w and keeps the analyses of the files whose level can be changed without
// encoding them again.
func (r *Recording) measure(ctx context.Context, m *library.Measurement, w io.Writer, keep func(file int, a *gain.Analysis) error, jobs int, p stream.Progress) error {
	first := r.Space.Configs[0]
	format := pcm.Format{SampleRate: first.SampleRate, Channels: min(2, first.Channels)}
	wave, err := peaks.NewWriter(w, peaks.Config{SampleRate: format.SampleRate, Channels: format.Channels, Mix: true})
	if err != nil {
		return err
	}
	quiet, err := silence.NewFinder(format.SampleRate, format.Channels, silence.Options{})
	if err != nil {
		return err
	}
	if p == nil {
		p = stream.NoProgress{}
	}
	p.Expect(*r.Space.Samples)
	var total *loudness.Meter
	limited := false
	parts := r.parts()
	for _, part := range parts {
		config := r.Files[part[0].File].Config
		meter, err := loudness.NewMeter(config.SampleRate, config.Channels)
		if err != nil {
			return err
		}
		kept := r.keeper(part, parts, meter)
		losses, cut, err := r.playPart(ctx, jobs, part, kept, format, func(block, conformed []float32) error {
			meter.Write(block)
			quiet.Write(conformed)
			p.Add(int64(len(conformed) / format.Channels))
			return wave.Write(conformed)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", r.Space.Files[part[0].File], err)
		}
		if a := kept.analysis(); a != nil {
			if err := keep(part[0].File, a); err != nil {
				return err
			}
		}
		limited = limited || cut > 0
		m.LostUnits += losses.Units
		m.LostSeconds = micro(m.LostSeconds + float64(losses.Samples)/float64(config.SampleRate))
		if total == nil {
			total = meter
		} else {
			total.Merge(meter)
		}
	}
	m.Loudness = total.Result()
	if limited {
		m.Loudness.CutOff()
	}
	rate := float64(format.SampleRate)
	for _, q := range quiet.Pauses() {
		m.Silence = append(m.Silence, space.Stretch{Start: micro(float64(q.From) / rate), End: micro(float64(q.To) / rate)})
		m.SilentSeconds = micro(m.SilentSeconds + float64(q.To-q.From)/rate)
	}
	return wave.Close()
}

// parts divides the recording into what is heard in a row of one file each.
func (r *Recording) parts() [][]Extent {
	var list [][]Extent
	for _, x := range r.Runs() {
		if n := len(list); n > 0 && list[n-1][0].File == x.File {
			list[n-1] = append(list[n-1], x)
		} else {
			list = append(list, []Extent{x})
		}
	}
	return list
}

// playPart decodes a part and hands out its blocks, as they are and in the
// format of the whole. It returns also how many units were cut off at full scale.
func (r *Recording) playPart(ctx context.Context, jobs int, part []Extent, kept *keeper, format pcm.Format, visit func(block, conformed []float32) error) (losses *pcm.Losses, cut int64, err error) {
	player, err := r.playKept(ctx, jobs, part, kept)
	if err != nil {
		return nil, 0, err
	}
	defer player.Close()
	whole := pcm.Reader(player)
	var raw *tap // nil where a block is conformed as it is
	if player.Format() != format {
		raw = &tap{Reader: player}
		var samples int64
		for _, x := range part {
			samples += x.Samples
		}
		whole = conform(raw, format, samples)
	}
	buf := make([]float32, 16<<10*format.Channels)
	for {
		n, err := whole.Read(buf)
		conformed := buf[:n*format.Channels]
		block := conformed
		if raw != nil {
			block = raw.take()
		}
		if verr := visit(block, conformed); verr != nil {
			return nil, 0, verr
		}
		if errors.Is(err, io.EOF) {
			return player.Losses(), player.CutOff(), nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

// A tap is a source that keeps what has been read through it since the last
// take.
type tap struct {
	pcm.Reader
	kept []float32
}

func (t *tap) Read(dst []float32) (int, error) {
	n, err := t.Reader.Read(dst)
	t.kept = append(t.kept, dst[:n*t.Format().Channels]...)
	return n, err
}

func (t *tap) take() []float32 {
	b := t.kept
	t.kept = t.kept[:0]
	return b
}
