package studio

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/spaces-cli/spaces/internal/stream"
)

// Tasks that need the measurement of a recording wait for the one that
// measures it, and tell how far it is.
func TestMeasuresOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ms := measures{now: make(map[string]*measuring)}
		var begun atomic.Int64
		damaged, release := errors.New("damaged"), make(chan error)
		begin := func(ctx context.Context, id string) (*task, chan error) {
			k, ended := new(task), make(chan error, 1)
			go func() {
				ended <- ms.do(ctx, id, k, func(ctx context.Context, p stream.Progress) error {
					begun.Add(1)
					p.Expect(10)
					p.Add(4)
					select {
					case err := <-release:
						p.Add(6)
						return err
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			}()
			synctest.Wait()
			return k, ended
		}
		far := func(k *task, wantDone, wantTotal int64) {
			t.Helper()
			if done, total := k.progress(); done != wantDone || total != wantTotal {
				t.Errorf("%d of %d is told, want %d of %d", done, total, wantDone, wantTotal)
			}
		}
		count := func(want int64) {
			t.Helper()
			if n := begun.Load(); n != want {
				t.Fatalf("measured %d times, want %d", n, want)
			}
		}

		// One measures, three wait; another recording is nobody's business.
		first, stop := context.WithCancel(t.Context())
		a, aEnded := begin(first, "1")
		b, bEnded := begin(t.Context(), "1")
		c, cEnded := begin(t.Context(), "1")
		impatient, leave := context.WithCancel(t.Context())
		_, dEnded := begin(impatient, "1")
		count(1)
		_, other := begin(t.Context(), "2")
		count(2)
		far(a, 4, 10)
		far(b, 4, 10)
		leave()
		if err := <-dEnded; !errors.Is(err, context.Canceled) {
			t.Errorf("who waits cannot be stopped: %v", err)
		}

		// The one that measures is stopped: one of the others does it.
		stop()
		if err := <-aEnded; !errors.Is(err, context.Canceled) {
			t.Errorf("who measures cannot be stopped: %v", err)
		}
		synctest.Wait()
		count(3)
		far(b, 4, 10)
		far(c, 4, 10)
		release <- nil
		release <- nil
		for _, ended := range []chan error{bEnded, cEnded, other} {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		count(3)
		far(b, 10, 10)
		far(c, 10, 10)

		// What cannot be measured is not tried by each in turn.
		_, aEnded = begin(t.Context(), "1")
		_, bEnded = begin(t.Context(), "1")
		release <- damaged
		for _, ended := range []chan error{aEnded, bEnded} {
			if err := <-ended; !errors.Is(err, damaged) {
				t.Errorf("the error is %v", err)
			}
		}
		count(4)
		if len(ms.now) > 0 {
			t.Errorf("%d are still being measured", len(ms.now))
		}
	})
}
