// Package mpegts finds AAC audio and timed ID3 tags in MPEG transport streams
// (ISO/IEC 13818-1). It demultiplexes one audio stream and leaves the finding
// of frames in it to package adts, so that packets that are lost cost no more
// than the frames they were part of.
package mpegts

import (
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Reader walks through the AAC access units of a transport stream. It is a
// track.Reader; the offset of a unit is that of the transport packet in which
// it begins, so that several units may have the same.
type Reader struct {
	es    *elementary
	aac   *adts.Reader
	opts  track.Options
	track track.Track

	units int64
	seen  track.DamageList // of the ADTS reader; counts only
	clock clock
}

// NewReader returns a Reader of the transport stream r. Nothing is read
// before the first call of Next, which fails with ErrNotTS, ErrLATM or
// ErrNoAudio if there is nothing to be had.
func NewReader(r io.Reader, opts track.Options) *Reader {
	m := &Reader{es: newElementary(r), opts: opts, track: track.Track{Format: track.MPEGTS}}
	m.es.metadata.want = opts.OnEvent != nil
	var inner track.Options
	if opts.OnEvent != nil {
		inner.OnEvent = m.onEvent
	}
	m.aac = adts.NewReader(m.es, inner)
	return m
}

// Next puts the next access unit into p.
func (r *Reader) Next(p *track.Packet) error {
	err := r.aac.Next(p)
	if err == io.EOF {
		return r.finish()
	}
	if err != nil {
		return err
	}
	es := p.Offset
	p.Offset = r.es.file(es)
	if len(r.es.marks) > 0 || r.seen.Count != r.aac.Track().Damage.Count {
		r.settle(es)
	}
	if len(r.es.metadata.queue) > 0 {
		here := track.Event{Unit: r.units, Run: p.Run, Sample: r.aac.Track().Runs[p.Run].Samples - int64(p.Samples)}
		if err := r.sendTags(p.Offset, here); err != nil {
			return err
		}
	}
	r.es.forget(es)
	r.units++
	return nil
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track {
	inner := r.aac.Track()
	r.track.Runs, r.track.Tags = inner.Runs, inner.Tags
	r.track.Video = r.es.psi.video
	r.track.OtherTracks = max(0, len(r.es.psi.sounds)-1)
	r.track.Bytes = r.es.packets.base + int64(r.es.packets.end)
	return &r.track
}

// finish settles what comes after the last unit.
func (r *Reader) finish() error {
	r.settle(r.es.size)
	here := track.Event{Unit: r.units}
	if runs := r.aac.Track().Runs; len(runs) > 0 {
		here.Run = len(runs) - 1
		here.Sample = runs[here.Run].Samples
	}
	const end = 1<<63 - 1
	if err := r.sendTags(end, here); err != nil {
		return err
	}
	return io.EOF
}

// onEvent hands on a tag from within the elementary stream.
func (r *Reader) onEvent(e *track.Event) error {
	e.Offset = r.es.file(e.Offset)
	if err := r.sendTags(e.Offset, *e); err != nil {
		return err
	}
	return r.opts.OnEvent(e)
}

// sendTags hands on the timed tags that are complete before the offset end,
// with the place among the units that here states.
func (r *Reader) sendTags(end int64, here track.Event) error {
	queue := r.es.metadata.queue
	n := 0
	for n < len(queue) && queue[n].end < end {
		e := &queue[n].event
		e.Unit, e.Run, e.Sample = here.Unit, here.Run, here.Sample
		if err := r.opts.OnEvent(e); err != nil {
			return err
		}
		r.es.metadata.queued -= len(e.Value)
		n++
	}
	r.es.metadata.queue = queue[:copy(queue, queue[n:])]
	return nil
}
