package ytdlp

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// A Space that is announced is waited for, often when its time is near.
func TestAwait(t *testing.T) {
	for _, c := range []struct {
		name   string
		starts time.Duration // announced
		begins time.Duration // in fact; 0: never
		fails  map[int]Cause // the questions, from 0 on
		cause  Cause
		asked  int // at most
	}{
		{"on time", 3 * time.Hour, 3 * time.Hour, nil, "", 40},
		{"early", 3 * time.Hour, time.Hour, nil, "", 10},
		{"late", time.Hour, 2 * time.Hour, nil, "", 150},
		{"never", time.Hour, 0, nil, NotStarted, 800},
		{"X is away for a while", time.Hour, time.Hour, map[int]Cause{3: Unreachable, 4: Busy, 5: TimedOut}, "", 40},
		{"cancelled", time.Hour, time.Hour, map[int]Cause{3: NotFound}, NotFound, 4},
		{"there was never one", time.Hour, time.Hour, map[int]Cause{0: NotFound}, NotFound, 1},
		{"not reached at first", time.Hour, time.Hour, map[int]Cause{0: Unreachable}, Unreachable, 1},
		{"without a time", 0, 5 * time.Minute, map[int]Cause{0: NotStarted, 1: NotStarted}, "", 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, n, told := time.Now(), 0, 0
				a, err := Await(t.Context(), func(context.Context) (*Answer, error) {
					cause := c.fails[n]
					n++
					if cause != "" {
						return nil, &Error{Cause: cause}
					}
					a := &Answer{Status: Upcoming}
					if c.starts > 0 {
						a.Starts = began.Add(c.starts)
					}
					if c.begins > 0 && time.Since(began) >= c.begins {
						a.Playlist = new(url.URL)
					}
					return a, nil
				}, func(*Answer, time.Duration) { told++ })
				var problem *Error
				if errors.As(err, &problem) != (c.cause != "") || problem != nil && problem.Cause != c.cause || err == nil && a.Playlist == nil {
					t.Fatalf("%+v, %v", a, err)
				}
				if n > c.asked || told > n {
					t.Errorf("asked %d times, told %d times", n, told)
				}
				if late := time.Since(began) - c.begins; err == nil && late > mostPause {
					t.Errorf("noticed %s after it had begun", late)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Await(ctx, func(context.Context) (*Answer, error) { return new(Answer), nil }, func(*Answer, time.Duration) {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
