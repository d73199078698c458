package episode

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// talk makes a library of the fixture's short archive, which is measured.
func talk(t *testing.T) (*library.Library, *recording.Recording) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "short.zip")
	short := fixture.Short()
	if _, err := short.WriteZIP(name); err != nil {
		t.Fatal(err)
	}
	l, r := taken(t, name)
	if _, err := recording.Measure(t.Context(), l, r.Space.ID, 1, stream.NoProgress{}); err != nil {
		t.Fatal(err)
	}
	return l, r
}

// stopping is a context that is cancelled once it has been asked so often.
type stopping struct {
	context.Context
	cancel context.CancelFunc
	left   *atomic.Int64
}

func stopsAfter(ctx context.Context, n int64) stopping {
	s := stopping{left: new(atomic.Int64)}
	s.Context, s.cancel = context.WithCancel(ctx)
	s.left.Store(n)
	return s
}

func (s stopping) Err() error {
	if s.left.Add(-1) < 0 {
		s.cancel()
	}
	return s.Context.Err()
}

// filesOf lists what a library has, but for its indexes.
func filesOf(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if rel = filepath.ToSlash(rel); err == nil && !layout.IsIndex(rel) && rel != layout.LockDetails {
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Whoever interrupts an export or a clip while its gains are planned, or at any
// other time, leaves nothing of it.
func TestInterruptedWhilePlanning(t *testing.T) {
	lufs := -21.0
	for _, test := range []struct {
		name string
		make func(ctx context.Context, l *library.Library, r *recording.Recording, p stream.Progress) error
	}{
		{"export", func(ctx context.Context, l *library.Library, r *recording.Recording, p stream.Progress) error {
			res, err := Export(ctx, Request{Recording: r, Library: l, Version: "test", Encode: EncodeNever, Level: true, NoCover: true}, p)
			if err == nil && res.Gain == nil {
				return errors.New("no gain was changed")
			}
			return err
		}},
		{"clip", func(ctx context.Context, l *library.Library, r *recording.Recording, _ stream.Progress) error {
			q := clip.Request{Recording: r, Span: recording.Span{Start: r.Samples / 4, Samples: r.Samples / 2}}
			q.Normalize = &lufs
			res, err := clip.Cut(ctx, q)
			if err == nil && res.Gain == nil {
				return errors.New("no gain was changed")
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, r := talk(t)
			before := filesOf(t, l.Dir())
			stopped := 0
			for n := int64(0); ; n += 1 + n/4 {
				ctx := stopsAfter(t.Context(), n)
				err := test.make(ctx, l, r, stream.NoProgress{})
				ctx.cancel()
				if err == nil {
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("asked %d times: %v", n, err)
				}
				stopped++
				if now := filesOf(t, l.Dir()); !slices.Equal(now, before) {
					t.Fatalf("asked %d times: there is %q, and was %q", n, now, before)
				}
			}
			if stopped < 2 || len(filesOf(t, l.Dir())) <= len(before) {
				t.Errorf("it was stopped %d times", stopped)
			}
		})
	}
	t.Run("as soon as it plans", func(t *testing.T) {
		l, r := talk(t)
		before := filesOf(t, l.Dir())
		low := -20.0 // lower than the peaks of what measuring keeps
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := &cancelling{cancel: cancel}
		_, err := Export(ctx, Request{Recording: r, Library: l, Version: "test", NoCover: true, TruePeak: &low}, p)
		if !errors.Is(err, context.Canceled) || !p.planned || !slices.Equal(filesOf(t, l.Dir()), before) {
			t.Errorf("planned: %t, %v, %q", p.planned, err, filesOf(t, l.Dir()))
		}
		if _, err := os.Stat(filepath.Join(r.Dir, layout.Episodes)); err == nil {
			entries, err := os.ReadDir(filepath.Join(r.Dir, layout.Episodes))
			if err != nil || len(entries) > 0 {
				t.Errorf("%v, %v", entries, err)
			}
		}
	})
}

// cancelling cancels once some of the planning is done.
type cancelling struct {
	stream.NoProgress
	cancel  context.CancelFunc
	planned bool
	entered bool
}

func (c *cancelling) Phase(name string) { c.entered = c.entered || name == Adjusting }

func (c *cancelling) Add(n int64) {
	if c.entered {
		c.planned = true
		c.cancel()
	}
}
