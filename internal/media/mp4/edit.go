package mp4

import (
	"encoding/binary"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// maxEdits bounds how many entries of an edit list are read.
const maxEdits = track.MaxRuns

// readEdits reads an edit list (§8.6.6) and returns its edits in units of the
// media timescale. A length of 0 means: to the end of the track, which is how
// fragmented files put it.
//
// Empty edits are left out: they delay a track against the others of a file,
// and we hear it alone. So are edits that hold one sample for a while
// (media_rate 0).
func (w *window) readEdits(elst box, mediaScale, movieScale int64) (edits []Edit, dropped int64, err error) {
	if !elst.exists() {
		return nil, 0, nil
	}
	head, err := w.content(elst, 8)
	if err != nil || len(head) < 8 {
		return nil, 0, err
	}
	long := head[0] == 1
	width := 12
	if long {
		width = 20
	}
	list, err := w.table(elst, 8, width)
	if err != nil {
		return nil, 0, err
	}
	dropped = list.lost
	for i := range list.n {
		if i >= maxEdits {
			return edits, dropped + list.n - i, nil
		}
		b, err := list.at(i)
		if err != nil {
			return nil, 0, err
		}
		var length uint64
		var start int64
		if long {
			length = binary.BigEndian.Uint64(b)
			start = int64(binary.BigEndian.Uint64(b[8:]))
			b = b[16:]
		} else {
			length = uint64(binary.BigEndian.Uint32(b))
			start = int64(int32(binary.BigEndian.Uint32(b[4:])))
			b = b[8:]
		}
		rate := binary.BigEndian.Uint16(b)
		if start < 0 || rate == 0 {
			continue
		}
		edits = append(edits, Edit{
			Start:   min(start, maxTicks),
			Samples: rescale(int64(min(length, maxTicks)), mediaScale, movieScale),
		})
	}
	return edits, dropped, nil
}

// playSpan returns where the first and the last moment of all edits lie on
// the track's timeline, which ends at end.
func playSpan(edits []Edit, end int64) (from, to int64) {
	from = edits[0].Start
	for _, e := range edits {
		from = min(from, e.Start)
		if e.Samples == 0 {
			to = max(to, end)
		}
		to = max(to, addTicks(e.Start, e.Samples))
	}
	return from, to
}

// leaveOut notes in the runs of t that so much at the start and at the end is
// not played, in units of the media timescale.
func leaveOut(t *track.Track, skip, trim, timescale int64) {
	for i := range t.Runs {
		r := &t.Runs[i]
		r.Skip = min(r.Samples, rescale(skip, int64(r.SampleRate), timescale))
		if skip -= rescale(r.Samples, timescale, int64(r.SampleRate)); skip <= 0 {
			break
		}
	}
	for i := len(t.Runs) - 1; i >= 0; i-- {
		r := &t.Runs[i]
		r.Trim = min(r.Samples-r.Skip, rescale(trim, int64(r.SampleRate), timescale))
		if trim -= rescale(r.Samples, timescale, int64(r.SampleRate)); trim <= 0 {
			break
		}
	}
}
