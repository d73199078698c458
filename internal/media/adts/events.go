package adts

import (
	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// maxQueued bounds the bytes of tags that wait for the unit after them.
const maxQueued = 1 << 20

// An eventQueue keeps the frames of tags until the next unit comes: only then
// is it known which run they fall in.
type eventQueue struct {
	frames []queued
	values []byte
	offset int64       // of the tag whose frames are being added
	event  track.Event // the one being delivered
}

type queued struct {
	offset   int64
	id, name string
	value    int // length, in values
}

func (q *eventQueue) empty() bool { return len(q.frames) == 0 }

// add queues a frame.
func (q *eventQueue) add(f id3.Frame) error {
	q.frames = append(q.frames, queued{q.offset, f.ID, f.Name, len(f.Value)})
	q.values = append(q.values, f.Value...)
	return nil
}

// readTag reads the tag at offset off.
func (r *Reader) readTag(tag []byte, off int64) error {
	if r.units == 0 {
		for name, value := range id3.Tags(tag) {
			if r.track.Tags == nil {
				r.track.Tags = make(map[string]string)
			}
			if _, ok := r.track.Tags[name]; !ok {
				r.track.Tags[name] = value
			}
		}
	}
	if r.opts.OnEvent == nil {
		return nil
	}
	if q := &r.events; len(q.frames) > 0 && len(q.values)+len(tag) > maxQueued {
		// A mass of tags and no sound: the run at hand must do.
		if err := r.flushHere(); err != nil {
			return err
		}
	}
	r.events.offset = off
	return r.tags.Frames(tag, r.queue)
}

// flushHere delivers the queued events at the end of what has been read.
func (r *Reader) flushHere() error {
	n := len(r.track.Runs)
	if n == 0 {
		return r.flushEvents(0, 0)
	}
	return r.flushEvents(n-1, r.track.Runs[n-1].Samples)
}

// flushEvents delivers the queued events for a place in run, samples after
// its start.
func (r *Reader) flushEvents(run int, samples int64) error {
	q := &r.events
	values := q.values
	for _, f := range q.frames {
		q.event = track.Event{
			Offset: f.offset, Unit: r.units, Run: run, Sample: samples,
			ID: f.id, Name: f.name, Value: values[:f.value:f.value],
		}
		values = values[f.value:]
		if err := r.opts.OnEvent(&q.event); err != nil {
			return err
		}
	}
	q.frames, q.values = q.frames[:0], q.values[:0]
	return nil
}
