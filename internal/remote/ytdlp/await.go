package ytdlp

import (
	"context"
	"errors"
	"time"
)

const (
	// Hosts begin early and late: near the announced time X is asked often, and
	// far from it seldom.
	leastPause = 30 * time.Second
	mostPause  = 10 * time.Minute
	// late is how long after the announced time a Space is still waited for.
	late = 6 * time.Hour
	// mostFailures is how many questions in a row may fail.
	mostFailures = 10
)

// Await asks until a Space has a playlist. Waiting is told of one that is only
// announced, before each pause. An error that asking again may mend is returned
// only if it comes many times in a row.
func Await(ctx context.Context, ask func(context.Context) (*Answer, error), waiting func(*Answer, time.Duration)) (*Answer, error) {
	failures := 0
	var last *Answer
	began := time.Now()
	for {
		a, err := ask(ctx)
		pause := leastPause
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && a.Playlist != nil:
			return a, nil
		case err == nil:
			failures, last = 0, a
			from := began
			if a.Starts.After(from) {
				from = a.Starts
			}
			if time.Since(from) > late {
				return nil, &Error{Cause: NotStarted, Message: messageOf(NotStarted)}
			}
			pause = min(max(time.Until(a.Starts)/2, leastPause), mostPause)
			waiting(a, pause)
		case last == nil && !isSoon(err), !isPassing(err), failures >= mostFailures:
			return nil, err
		default:
			failures++
			pause = leastPause * time.Duration(failures)
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
	}
}

// isSoon reports whether an error says that there is going to be sound.
func isSoon(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Cause == NotReady || e.Cause == NotStarted)
}

// isPassing reports whether the same question may be answered later.
func isPassing(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Cause {
	case Busy, Unreachable, TimedOut, Failed, BadOutput:
		return true
	}
	return isSoon(err)
}
