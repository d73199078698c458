// Package transcribe turns the sound of a recording into words with an engine:
// cuts it into pieces where nobody speaks, has several of them recognized at
// once, and keeps each result when it is there, so that a run that was stopped
// is continued by the next.
//
// It does not ask anybody's consent: its caller says what must not be heard.
package transcribe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// A Job is the transcription of one recording.
type Job struct {
	Library   *library.Library
	Recording *recording.Recording
	Turns     *space.Turns // who speaks when, or nil: pieces rather end where somebody else begins
	Engine    engine.Engine
	Name      transcripts.Engine // of the engine, as transcripts tell it
	Setup     string             // what else decides about its results, such as its address; it is kept as a hash
	Language  string             // ISO 639-1, or "" to detect it
	Prompt    string             // names and terms that occur, or ""
	// Mute is what the engine must not hear: it gets silence in its place.
	Mute    []recording.Span
	Longest float64       // seconds of a piece; 0: 5 minutes
	At      int           // how many pieces are recognized at once
	Cores   int           // how many cores measure the recording, if it was not
	Timeout time.Duration // for each piece; 0: no limit
	// Progress is told of milliseconds of sound.
	Progress stream.Progress
}

// A Result is what was said in a recording.
type Result struct {
	Cues     []transcript.Cue // in seconds of the recording
	Language string           // of most of what was said; "" if no engine told it
	Raw      []transcripts.Raw

	Pieces  int // of the recording
	Before  int // of them an earlier run has done
	Skipped int // of them nothing is heard in, so that the engine was not asked
	// What was changed in the output of the engine; see engine.Result.
	Mended, PastEnd, Repeated, Garbled int
	// Failed are the pieces without words, in order.
	Failed []Failure

	work *work
}

// Close lets go of the work on the recording. What is done of it stays for the
// next run.
func (r *Result) Close() error { return r.work.Close() }

// Done removes the work on the recording, whose words have been kept, in place of
// Close.
func (r *Result) Done() error { return r.work.Remove() }

// A Failure is a piece of which an engine made no words.
type Failure struct {
	Span recording.Span
	Err  error
}

// A FailedError says that some pieces of a recording could not be recognized. The
// words of the others are kept: the next run of the same job asks for the rest
// only.
type FailedError struct {
	Failed []Failure
	Done   int // pieces that are done
	Pieces int
}

func (e *FailedError) Error() string {
	if e.Pieces == 1 {
		return e.Failed[0].Err.Error()
	}
	return fmt.Sprintf("%d of %d pieces are done: %v", e.Done, e.Pieces, e.Failed[0].Err)
}

func (e *FailedError) Unwrap() error { return e.Failed[0].Err }

// ErrBusy means that another program transcribes the recording.
var ErrBusy = errors.New("another program is transcribing this recording")

// phases of a job.
const (
	measuring   = "measuring"
	recognizing = "transcribing"
)

// Phases are those of a job, for its progress.
func Phases() []stream.Phase {
	return []stream.Phase{{Name: measuring, Weight: 1}, {Name: recognizing, Weight: 20}}
}

// Run makes words of the recording. The error is that of ctx, a *FailedError,
// which comes with the result of the pieces that are done, or one of reading
// and writing. The caller ends a result with Close or Done.
func (j *Job) Run(ctx context.Context) (*Result, error) {
	plan, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	w, err := j.open(plan)
	if err != nil {
		return nil, err
	}
	r, err := j.run(ctx, w, plan)
	if r == nil {
		return nil, errors.Join(err, w.Close())
	}
	return r, err
}

func (j *Job) run(ctx context.Context, w *work, plan []piece) (r *Result, err error) {
	stream.Enter(j.Progress, recognizing)
	j.Progress.Expect(milliseconds(j.Recording.Samples, j.Recording.Rate))
	results := make([]*heard, len(plan))
	failed := make([]error, len(plan))
	r = &Result{Pieces: len(plan), work: w}
	var todo []int
	for i, p := range plan {
		switch {
		case p.silent:
			results[i] = new(heard)
			r.Skipped++
		default:
			if results[i], err = w.load(i); err != nil {
				return nil, err
			}
			if results[i] != nil {
				r.Before++
			}
		}
		if results[i] == nil {
			todo = append(todo, i)
		} else {
			j.Progress.Add(milliseconds(p.span.Samples, j.Recording.Rate))
		}
	}
	if err := j.recognize(ctx, w, plan, todo, results, failed); err != nil {
		return nil, err
	}
	j.join(r, plan, results, failed)
	for i, h := range results {
		raw := transcripts.Raw{Start: plan[i].span.Start, Samples: plan[i].span.Samples}
		if h != nil && h.Raw != "" {
			raw.File = h.Raw
			if raw.Bytes, err = w.root.ReadFile(path.Join(w.dir, h.Raw)); err != nil {
				return nil, err
			}
		}
		r.Raw = append(r.Raw, raw)
	}
	if len(r.Failed) > 0 {
		return r, &FailedError{Failed: r.Failed, Done: len(plan) - len(r.Failed), Pieces: len(plan)}
	}
	return r, nil
}

// recognize has the engine recognize pieces, several at once. Once it fails in
// a way in which it would fail for every piece, the others are not tried.
func (j *Job) recognize(ctx context.Context, w *work, plan []piece, todo []int, results []*heard, failed []error) error {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, min(j.At, len(todo))) {
		wait.Go(func() {
			for i := range next {
				results[i], failed[i] = j.piece(within, w, i, plan[i])
				if failed[i] == nil {
					j.Progress.Add(milliseconds(plan[i].span.Samples, j.Recording.Rate))
				} else if persists(failed[i]) {
					stop(failed[i])
				}
			}
		})
	}
	for _, i := range todo {
		select {
		case next <- i:
			continue
		case <-within.Done():
		}
		failed[i] = context.Cause(within)
	}
	close(next)
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for i, err := range failed {
		if errors.Is(err, context.Canceled) { // because of another one
			failed[i] = context.Cause(within)
		}
	}
	return nil
}

// persists reports whether the other pieces need not be tried after an error:
// they would fail as well. Errors that are not the engine's are those of the
// disk.
func persists(err error) bool {
	var e *engine.Error
	return !errors.As(err, &e) || e.Persists()
}

// join puts the results of the pieces together.
func (j *Job) join(r *Result, plan []piece, results []*heard, failed []error) {
	spoken := make(map[string]float64) // seconds, by language
	for i, h := range results {
		if h == nil {
			r.Failed = append(r.Failed, Failure{plan[i].span, cmp.Or(failed[i], context.Canceled)})
			continue
		}
		r.Mended, r.PastEnd = r.Mended+h.Mended, r.PastEnd+h.PastEnd
		r.Repeated, r.Garbled = r.Repeated+h.Repeated, r.Garbled+h.Garbled
		begin := j.Recording.Seconds(plan[i].span.Start)
		for _, c := range h.Cues {
			spoken[h.Language] += c.End - c.Start
			c.Start, c.End = begin+c.Start, begin+c.End
			if j.muted(c) {
				continue // nothing was heard there
			}
			c.Words = slices.Clone(c.Words)
			for k := range c.Words {
				c.Words[k].Start += begin
				c.Words[k].End += begin
			}
			r.Cues = append(r.Cues, c)
		}
	}
	for language, seconds := range spoken {
		if r.Language == "" || seconds > spoken[r.Language] || seconds == spoken[r.Language] && language < r.Language {
			r.Language = language
		}
	}
	r.Language = cmp.Or(j.Language, r.Language)
}

// muted reports whether a cue lies wholly in what the engine did not hear.
func (j *Job) muted(c transcript.Cue) bool {
	return slices.ContainsFunc(j.Mute, func(s recording.Span) bool {
		return j.Recording.Seconds(s.Start) <= c.Start && c.End <= j.Recording.Seconds(s.End())
	})
}

func milliseconds(samples int64, rate int) int64 { return samples * 1000 / int64(rate) }
