package passage

import (
	"context"

	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript/quote"
)

const (
	// reach is how far from a word, in seconds, its pause is looked for.
	reach = 1.0
	// leadIn and leadOut are how much of a pause, in seconds, is left before the
	// first word and after the last; of a shorter pause it is half.
	leadIn, leadOut = 0.15, 0.3
	// slack is how exact the times of recognizers are at best.
	slack = 0.02
	// stop is the shortest silence, in seconds, that is a pause and no stop
	// consonant where it lies in a neighbouring word.
	stop = 0.15
	// loud is how much of the words is heard to know what quiet is.
	loud = 1.0
	// doubt is how far off the time of a word is that was estimated, and wide how
	// far beyond that a pause is looked for.
	doubt, wide = 0.5, 3.0
)

// An end is where a stretch of words begins or ends.
type end struct {
	at   int64
	edge quote.Edge
}

// cut finds the stretch around words.
func (w *Words) cut(ctx context.Context, first, last end) (Cut, error) {
	c := Cut{Words: recording.Span{Start: first.at, Samples: last.at - first.at}, Estimated: first.edge.Estimated || last.edge.Estimated}
	from, before, err := w.start(ctx, first.at, first.edge)
	if err != nil {
		return c, err
	}
	to, after, err := w.end(ctx, last.at, last.edge)
	if err != nil {
		return c, err
	}
	if to <= from { // the words have no length: as much as is heard of a word
		to = min(w.rec.Samples, from+w.samples(leadOut))
		from = min(from, to-1)
	}
	c.Span, c.Before, c.After = recording.Span{Start: from, Samples: to - from}, before, after
	return c, nil
}

func (w *Words) samples(seconds float64) int64 { return int64(seconds * float64(w.rec.Rate)) }

// start returns where a stretch begins whose first word is at a position, and
// whether that is a pause.
func (w *Words) start(ctx context.Context, at int64, e quote.Edge) (int64, bool, error) {
	if !e.Estimated {
		return w.startExact(ctx, at, e, reach)
	}
	// Somewhere before the estimate, but not before the utterance.
	from := max(e.UtteranceStart, at-w.samples(doubt))
	pauses, err := w.pauses(ctx, max(e.UtteranceStart, from-w.samples(wide)), from+w.samples(loud))
	if err != nil {
		return 0, false, err
	}
	for i := len(pauses) - 1; i >= 0; i-- {
		if p := pauses[i]; p.Start < from && p.Samples >= w.samples(stop) {
			return min(at, max(p.Start+p.Samples/2, p.End()-w.samples(leadIn))), true, nil
		}
	}
	if from-e.UtteranceStart > w.samples(wide) {
		return from, false, nil
	}
	return w.startExact(ctx, e.UtteranceStart, quote.Edge{Alone: true}, 2*leadIn)
}

// startExact is start for a word whose time is known.
func (w *Words) startExact(ctx context.Context, at int64, e quote.Edge, reach float64) (int64, bool, error) {
	low := max(0, at-w.samples(reach))
	for _, b := range w.rec.Space.Breaks() {
		if b <= at {
			low = max(low, b)
		}
	}
	whole := low // how far the recording goes, or the reach
	if !e.Alone {
		// Recognizers let a word last until the next one: the pause is in it.
		low = max(low, e.NextEnd-(e.NextEnd-e.NextStart)/2)
	}
	pauses, err := w.pauses(ctx, low, at+w.samples(loud))
	if err != nil {
		return 0, false, err
	}
	for i := len(pauses) - 1; i >= 0; i-- {
		p := pauses[i]
		inside := !e.Alone && p.End() < e.NextEnd-w.samples(slack)
		if p.Start < at+w.samples(slack) && (!inside || p.Samples >= w.samples(stop)) {
			return max(whole, min(at, max(p.Start+p.Samples/2, p.End()-w.samples(leadIn)))), true, nil
		}
	}
	if whole > at-w.samples(reach) && low == whole && at-whole <= w.samples(leadIn) {
		return whole, true, nil // the recording, or a part of it, begins there
	}
	from := low
	if !e.Alone {
		from = max(whole, e.NextEnd)
	}
	return max(at-w.samples(leadIn), from+(at-from)/2), false, nil
}

// end returns where a stretch ends whose last word ends at a position, and
// whether that is a pause.
func (w *Words) end(ctx context.Context, at int64, e quote.Edge) (int64, bool, error) {
	if !e.Estimated {
		return w.endExact(ctx, at, e, reach)
	}
	to := min(e.UtteranceEnd, at+w.samples(doubt))
	pauses, err := w.pauses(ctx, to-w.samples(loud), min(e.UtteranceEnd, to+w.samples(wide)))
	if err != nil {
		return 0, false, err
	}
	for _, p := range pauses {
		if p.End() > to && p.Samples >= w.samples(stop) {
			return max(at, min(p.Start+p.Samples/2, p.Start+w.samples(leadOut))), true, nil
		}
	}
	if e.UtteranceEnd-to > w.samples(wide) {
		return to, false, nil
	}
	return w.endExact(ctx, e.UtteranceEnd, quote.Edge{Alone: true}, 2*leadOut)
}

// endExact is end for a word whose time is known.
func (w *Words) endExact(ctx context.Context, at int64, e quote.Edge, reach float64) (int64, bool, error) {
	high := min(w.rec.Samples, at+w.samples(reach))
	for _, b := range w.rec.Space.Breaks() {
		if b >= at {
			high = min(high, b)
		}
	}
	whole := high
	if !e.Alone {
		high = min(high, e.NextStart+(e.NextEnd-e.NextStart)/2)
	}
	pauses, err := w.pauses(ctx, at-w.samples(loud), high)
	if err != nil {
		return 0, false, err
	}
	for _, p := range pauses {
		inside := !e.Alone && p.Start > e.NextStart+w.samples(slack)
		if p.End() > at-w.samples(slack) && (!inside || p.Samples >= w.samples(stop)) {
			return min(whole, max(at, min(p.Start+p.Samples/2, p.Start+w.samples(leadOut)))), true, nil
		}
	}
	if whole < at+w.samples(reach) && high == whole && whole-at <= w.samples(leadOut) {
		return whole, true, nil
	}
	to := high
	if !e.Alone {
		to = min(whole, e.NextStart)
	}
	return min(at+w.samples(leadOut), at+(to-at)/2), false, nil
}

// pauses finds the pauses from one position to another.
func (w *Words) pauses(ctx context.Context, from, to int64) ([]recording.Span, error) {
	from, to = max(0, from), min(w.rec.Samples, to)
	if to <= from {
		return nil, nil
	}
	return w.rec.Pauses(ctx, recording.Span{Start: from, Samples: to - from})
}
