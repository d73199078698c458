package episode

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/stream"
)

// render writes the file and measures what it plays. The access units of AAC and MP3
// are decoded and measured while those after them are encoded; then the file must
// hold these units, and its edit list or Info frame must say which of their samples
// are heard. Other files are decoded when they are written.
func (e *export) render(ctx context.Context, d *durable.File) (loudness.Result, error) {
	s, stop, err := e.chain.open(ctx)
	if err != nil {
		return loudness.Result{}, err
	}
	defer stop()
	o := e.options()
	entry := e.Format.Entry()
	if e.Format != format.M4A && (e.Format != format.MP3 || o.Program.Path != "") {
		if err := entry.Encode(ctx, d, s, o); err != nil {
			return loudness.Result{}, err
		}
		stream.Enter(e.progress, Verifying)
		e.progress.Expect(e.rec.Samples)
		return measureFile(ctx, d.File, e.Format, &e.rec, e.progress.Add, e.body.step())
	}
	m := &monitor{jobs: o.Jobs, left: e.rec.Samples, sum: newUnitSum(), onStep: e.body.step()}
	defer m.stop()
	o.Watch = m
	if err := entry.Encode(ctx, d, s, o); err != nil {
		return loudness.Result{}, err
	}
	stream.Enter(e.progress, Verifying)
	e.progress.Expect(e.rec.Samples)
	res, err := m.result(d.File)
	e.progress.Add(e.rec.Samples)
	return res, err
}

// A monitor measures what a player will hear of the access units of a file that
// is being encoded.
type monitor struct {
	jobs   int
	config track.Config
	skip   int64 // samples of the first units that are not heard
	hidden int64 // of those, the ones still to come
	left   int64 // that are heard
	feed   *pcm.Feed
	meter  *loudness.Meter
	sum    *unitSum
	onStep func(loudness.Step)
}

var _ encode.Watcher = (*monitor)(nil)

// Begin learns what the units will be.
func (m *monitor) Begin(c track.Config, skip int64) (err error) {
	m.config, m.skip, m.hidden = c, skip, skip
	if m.meter, err = loudness.NewMeter(c.SampleRate, c.Channels); err != nil {
		return err
	}
	m.meter.OnStep = m.onStep
	m.feed, err = pcm.NewFeed(c, m.jobs, m.hear)
	return err
}

// Unit takes the next access unit.
func (m *monitor) Unit(unit []byte) error {
	m.sum.Write(unit)
	return m.feed.Put(unit)
}

// hear measures those of the samples that are played.
func (m *monitor) hear(samples []float32) error {
	channels := int64(m.config.Channels)
	n := int64(len(samples)) / channels
	drop := min(m.hidden, n)
	m.hidden -= drop
	n = min(n-drop, m.left)
	m.left -= n
	m.meter.Write(samples[drop*channels : (drop+n)*channels])
	return nil
}

func (m *monitor) stop() {
	if m.feed != nil {
		m.feed.Stop()
	}
}

// result is the measurement, if the file plays what was measured.
func (m *monitor) result(f *os.File) (loudness.Result, error) {
	none := loudness.Result{}
	if m.feed == nil {
		return none, errChanged // no units
	}
	lost, cut, err := m.feed.Close()
	if err != nil {
		return none, err
	}
	if m.left > 0 || lost > 0 {
		return none, fmt.Errorf("%w: %d samples are missing, and %d access units cannot be decoded", errChanged, m.left, lost)
	}
	info, err := f.Stat()
	if err != nil {
		return none, err
	}
	rd, err := media.Open(f, info.Size(), track.Options{})
	if err != nil {
		return none, err
	}
	got := newUnitSum()
	for {
		var p track.Packet
		if err := rd.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			return none, err
		}
		got.Write(p.Data)
	}
	runs := rd.Track().Runs
	if len(runs) != 1 || runs[0].Config != m.config || runs[0].Skip != m.skip || !bytes.Equal(got.Sum(nil), m.sum.Sum(nil)) {
		return none, errChanged
	}
	res := m.meter.Result()
	if cut > 0 {
		res.CutOff()
	}
	return res, nil
}
