package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
)

// twin copies the library with all that it notes, to one beside it that has the
// same target.
func (p *place) twin() *place {
	p.t.Helper()
	p.close()
	q := &place{t: p.t, dir: p.t.TempDir()}
	p.t.Cleanup(q.close)
	if err := errors.Join(os.CopyFS(q.path("lib"), os.DirFS(p.path("lib"))), os.MkdirAll(p.path("there"), 0o755), os.Symlink(p.path("there"), q.path("there"))); err != nil {
		p.t.Fatal(err)
	}
	return q
}

// at is the backup of the library at the target of another one.
func (p *place) at(q *place, wrap func(publish.Target) publish.Target) *Backup {
	b := p.backup(wrap)
	if wrap == nil {
		b.Target = folder.New(q.path("there"))
	}
	return b
}

func (p *place) createAt(q *place, o CreateOptions) (*Result, error) {
	return p.at(q, nil).Create(p.t.Context(), o)
}

func (p *place) snapshots() (names []string) {
	p.t.Helper()
	c, wrong := p.check(true)
	if len(wrong) > 0 {
		p.t.Errorf("%v in %+v", wrong, c)
	}
	for _, s := range c.Snapshots {
		names = append(names, s.Name)
	}
	return names
}

func (p *place) forget() {
	p.t.Helper()
	if _, err := backups.Forgot(p.t.Context(), p.library().Root(), p.remote(nil).Now()); err != nil {
		p.t.Fatal(err)
	}
}

// Of two copies of a library, the one that comes second takes nothing from the
// first: neither its snapshots nor what tells of them.
func TestCopyStops(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	q := p.twin()
	p.write("first.txt", "of the first library", 0o644)
	q.write("second.txt", "of the second library", 0o644)
	p.create(CreateOptions{})
	want := p.snapshots()
	for _, o := range []CreateOptions{{Keep: 1}, {New: true}, {DryRun: true}, {Full: true}} {
		if _, err := q.createAt(p, o); !errors.Is(err, ErrCopy) {
			t.Errorf("%+v: %v, want %v", o, err, ErrCopy)
		}
	}
	if got := p.snapshots(); !slices.Equal(got, want) {
		t.Errorf("%v, was %v", got, want)
	}
	if r := p.create(CreateOptions{}); !r.Same {
		t.Errorf("the first library: %+v", r)
	}
}

// A library that was restored goes on, and then the one it was made of stops. One
// of an earlier snapshot does not go on unasked.
func TestRestoredBesideStops(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	first := p.snapshots()[0]
	p.write("new.txt", "new", 0o644)
	p.create(CreateOptions{})
	q := &place{t: t, dir: p.dir}
	for _, c := range []struct {
		snapshot string
		want     error
	}{{first, ErrCopy}, {"", nil}} {
		if _, err := p.remote(nil).Restore(t.Context(), p.path("again"+c.snapshot), RestoreOptions{Snapshot: c.snapshot}, func(library.Finding) {}); err != nil {
			t.Fatal(err)
		}
		lib, err := library.OpenWrite(t.Context(), library.Options{Dir: p.path("again" + c.snapshot)})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.path("again"+c.snapshot+"/more.txt"), []byte("more"), 0o644); err != nil {
			t.Fatal(err)
		}
		q.lib = lib
		if _, err := q.createAt(p, CreateOptions{Keep: 1}); !errors.Is(err, c.want) {
			t.Errorf("of snapshot %q: %v, want %v", c.snapshot, err, c.want)
		}
		lib.Close()
	}
	if _, err := p.createAt(p, CreateOptions{Keep: 1}); !errors.Is(err, ErrCopy) {
		t.Errorf("the first library goes on: %v", err)
	}
}

// Taking over keeps the snapshots of the other copy, whatever else is asked for;
// the other one cannot go on with them.
func TestTakeOver(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	q := p.twin()
	p.write("first.txt", "of the first library", 0o644)
	p.create(CreateOptions{})
	q.write("second.txt", "of the second library", 0o644)
	q.forget() // somebody whom the first library holds
	r, err := q.createAt(p, CreateOptions{Keep: 1, TakeOver: true})
	if err != nil || !r.TakenOver || !r.Holding || len(r.Dropped) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := p.snapshots(); len(got) != 3 {
		t.Errorf("snapshots %v", got)
	}
	if record, err := backups.Read(q.library().Root()); err != nil || len(record.Holding()) != 2 {
		t.Errorf("%+v still hold somebody, %v", record.Holding(), err)
	}
	if _, err := p.createAt(p, CreateOptions{Keep: 1, TakeOver: true}); !errors.Is(err, ErrReplaced) {
		t.Errorf("the first library goes on: %v", err)
	}
	r, err = q.createAt(p, CreateOptions{})
	if err != nil || r.TakenOver || !r.Forgotten || len(r.Dropped) != 3 {
		t.Errorf("the next run: %+v, %v", r, err)
	}
	if record, err := backups.Read(q.library().Root()); err != nil || len(record.Holding()) != 1 {
		t.Errorf("%+v still hold somebody, %v", record.Holding(), err)
	}
}

// Whom another copy of the library has forgotten is not held for forgotten by this one.
func TestForgottenByOtherCopy(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	q := p.twin()
	p.forget()
	p.create(CreateOptions{})
	q.forget()
	r, err := q.createAt(p, CreateOptions{TakeOver: true})
	if err != nil || !r.Holding {
		t.Errorf("as often as the other, and of somebody else: %+v, %v", r, err)
	}
	h, _, err := p.remote(nil).head(t.Context())
	if err != nil || len(h.Followed) > 0 {
		t.Errorf("followed %v, %v", h.Followed, err)
	}
}

func TestTakeOverKilledAtEachStep(t *testing.T) {
	for n := 0; ; n++ {
		p := newPlace(t)
		p.create(CreateOptions{})
		q := p.twin()
		p.write("first.txt", "of the first library", 0o644)
		p.create(CreateOptions{})
		q.write("second.txt", "of the second library", 0o644)
		calls := 0
		b := q.at(p, cutAfter(n, &calls))
		_, err := b.Create(t.Context(), CreateOptions{TakeOver: true})
		if err == nil {
			if n < 5 {
				t.Errorf("a run of %d steps", n)
			}
			return
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("step %d: %v", n, err)
		}
		if got := p.snapshots(); len(got) < 2 {
			t.Errorf("step %d: %v", n, got)
		}
		r, err := q.at(q, nil).Create(t.Context(), CreateOptions{TakeOver: true, Keep: 1})
		if err != nil || len(r.Dropped) > 0 && r.TakenOver {
			t.Errorf("step %d, and again: %+v, %v", n, r, err)
		}
		if _, err := p.createAt(p, CreateOptions{}); !errors.Is(err, ErrReplaced) {
			t.Errorf("step %d: the first library goes on: %v", n, err)
		}
		record, err := backups.Read(q.library().Root())
		if err != nil || len(record) != 2 {
			t.Errorf("step %d: %+v, %v", n, record, err)
		}
	}
}

// Two copies have no lock in common: the one that finds the head changed stops,
// and both snapshots are whole or not there.
func TestCopiesAtOnce(t *testing.T) {
	for n := 1; n <= 3; n++ { // the put before which the other one runs
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			p := newPlace(t)
			p.create(CreateOptions{})
			q := p.twin()
			p.write("first.txt", "of the first library", 0o644)
			p.write("shared.txt", "of both", 0o644)
			q.write("shared.txt", "of both", 0o644)
			puts, calls := 0, 0
			b := p.backup(func(target publish.Target) publish.Target {
				return &cut{Target: target, mu: new(sync.Mutex), calls: &calls, after: -1, before: func(string) {
					if puts++; puts == n {
						if _, err := q.createAt(p, CreateOptions{}); err != nil {
							t.Errorf("the other: %v", err)
						}
					}
				}}
			})
			b.Jobs = 1
			_, err := b.Create(t.Context(), CreateOptions{})
			if n > 1 && !errors.Is(err, ErrMeanwhile) {
				t.Errorf("%v, want %v", err, ErrMeanwhile)
			}
			p.snapshots()
			if _, err := q.createAt(p, CreateOptions{}); n > 1 && err != nil {
				t.Errorf("the other again: %v", err)
			}
		})
	}
}

// Disks that take turns at one place have backups of their own, and each is asked
// itself whether it still holds somebody.
func TestRotatingDisks(t *testing.T) {
	p := newPlace(t)
	swap := func(out, in string) {
		t.Helper()
		if err := os.Rename(p.path("there"), p.path(out)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p.path(in), p.path("there")); err != nil && in != "" {
			t.Fatal(err)
		}
	}
	holding := func() int {
		t.Helper()
		r, err := backups.Read(p.library().Root())
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Holding())
	}
	p.write("guest.txt", "the voice of a guest", 0o644)
	p.create(CreateOptions{})
	swap("A", "")
	if _, err := p.createAt(p, CreateOptions{}); !errors.Is(err, ErrGone) {
		t.Fatal(err)
	}
	p.create(CreateOptions{New: true})
	swap("B", "A")
	p.create(CreateOptions{})
	if err := os.Remove(p.path("lib/guest.txt")); err != nil {
		t.Fatal(err)
	}
	p.forget()
	if n := holding(); n != 2 {
		t.Errorf("%d disks hold somebody, not 2", n)
	}
	p.create(CreateOptions{})
	if n := holding(); n != 1 {
		t.Errorf("%d disks hold somebody after one has followed, not 1", n)
	}
	swap("A", "B")
	if r := p.create(CreateOptions{}); !r.Forgotten || holding() != 0 {
		t.Errorf("the other disk: %+v", r)
	}
	if got := p.snapshots(); len(got) != 1 {
		t.Errorf("snapshots %v", got)
	}
}

// An image of the disk, taken before somebody was forgotten, is not taken for the
// disk that has followed.
func TestCopiedDisk(t *testing.T) {
	p := newPlace(t)
	p.write("guest.txt", "the voice of a guest", 0o644)
	p.create(CreateOptions{})
	if err := os.CopyFS(p.path("image"), os.DirFS(p.path("there"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(p.path("lib/guest.txt")); err != nil {
		t.Fatal(err)
	}
	p.forget()
	p.create(CreateOptions{})
	if err := errors.Join(os.Rename(p.path("there"), p.path("disk")), os.Rename(p.path("image"), p.path("there"))); err != nil {
		t.Fatal(err)
	}
	if _, err := p.createAt(p, CreateOptions{}); !errors.Is(err, ErrCopy) {
		t.Errorf("%v", err)
	}
	if r, err := p.createAt(p, CreateOptions{TakeOver: true}); err != nil || !r.Holding {
		t.Errorf("%+v, %v", r, err)
	}
	if r := p.create(CreateOptions{}); !r.Forgotten {
		t.Errorf("%+v", r)
	}
}

// A disk that is mounted elsewhere is known again.
func TestMovedDisk(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	if err := os.Rename(p.path("there"), p.path("elsewhere")); err != nil {
		t.Fatal(err)
	}
	p.write("new.txt", "new", 0o644)
	b := p.backup(nil)
	b.Target = folder.New(p.path("elsewhere"))
	if r, err := b.Create(t.Context(), CreateOptions{}); err != nil || r.New != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := os.Rename(p.path("elsewhere"), p.path("there")); err != nil {
		t.Fatal(err)
	}
	if r := p.create(CreateOptions{}); r.New != 0 {
		t.Errorf("%+v", r)
	}
}

// What earlier programs left is gone on with: they counted the forgettings in the
// library alone.
func TestEarlierHead(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	p.forget()
	p.create(CreateOptions{})
	text, err := os.ReadFile(p.path("there/backup.json"))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), ` "followed": [`)
	_, after, _ := strings.Cut(rest, "],\n")
	if err := os.WriteFile(p.path("there/backup.json"), []byte(before+after), 0o644); err != nil {
		t.Fatal(err)
	}
	p.write("new.txt", "new", 0o644)
	if r := p.create(CreateOptions{}); r.Forgotten || len(r.Dropped) > 0 {
		t.Errorf("%+v", r)
	}
	if h, _, err := p.remote(nil).head(context.Background()); err != nil || len(h.Followed) != 1 {
		t.Errorf("followed %v, %v", h.Followed, err)
	}
}

// Two copies that send a snapshot of the same number in the same second do not give
// it the same name: the list of files of one would take the place of the other's.
func TestNamesOfCopiesDiffer(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	q := p.twin()
	p.write("first.txt", "of the first library", 0o644)
	q.write("second.txt", "of the second library", 0o644)
	a, err := p.createAt(p, CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(p.path("there")), os.Mkdir(p.path("there"), 0o755)); err != nil {
		t.Fatal(err)
	}
	b, err := q.createAt(p, CreateOptions{New: true})
	if err != nil {
		t.Fatal(err)
	}
	if a.Snapshot == b.Snapshot || a.Snapshot[len(a.Snapshot)-4:] == b.Snapshot[len(b.Snapshot)-4:] {
		t.Errorf("%s and %s", a.Snapshot, b.Snapshot)
	}
}
