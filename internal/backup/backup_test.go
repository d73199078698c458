package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/stream"
)

type quiet struct{ stream.NoProgress }

func (quiet) Phase(string) {}

// A place is a folder with a library in it and one beside it as the target.
type place struct {
	t   *testing.T
	dir string
	lib *library.Library // open, or nil
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	p.library()
	t.Cleanup(p.close)
	p.write("feed/Débat/notes.txt", "made by hand", 0o644)
	p.write("consent/ledger.jsonl", "{\"who\":\"guest\"}\n", 0o600)
	p.write("show.json", "{}", 0o644)
	p.write("twice.txt", "made by hand", 0o644)
	if err := os.MkdirAll(p.path("lib/archives/empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *place) write(name, content string, mode fs.FileMode) {
	p.t.Helper()
	name = p.path("lib/" + name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		p.t.Fatal(err)
	}
}

// library opens the library once: opening takes longer than all else here.
func (p *place) library() *library.Library {
	p.t.Helper()
	if p.lib != nil {
		return p.lib
	}
	lib, err := library.OpenWrite(p.t.Context(), library.Options{Dir: p.path("lib"), LockWait: time.Minute})
	if err != nil {
		p.t.Fatal(err)
	}
	p.lib = lib
	return lib
}

func (p *place) close() {
	if p.lib != nil {
		p.lib.Close()
		p.lib = nil
	}
}

// backup opens the library and its backup; wrap, if set, stands before the target.
func (p *place) backup(wrap func(publish.Target) publish.Target) *Backup {
	p.t.Helper()
	b := p.remote(wrap)
	b.Library = p.library()
	return b
}

// remote is the backup without its library, as after a loss.
func (p *place) remote(wrap func(publish.Target) publish.Target) *Backup {
	var target publish.Target = folder.New(p.path("there"))
	if wrap != nil {
		target = wrap(target)
	}
	now := time.Date(2021, 6, 14, 20, 0, 0, 0, time.UTC)
	return &Backup{Target: target, Jobs: 3, Wait: time.Second, Version: "test", Progress: quiet{}, Again: func(error) {}, Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}}
}

func (p *place) create(o CreateOptions) *Result {
	p.t.Helper()
	b := p.backup(nil)
	r, err := b.Create(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// check looks at the backup and returns what is wrong with it.
func (p *place) check(full bool) (*Checked, []Finding) {
	p.t.Helper()
	var list []Finding
	c, err := p.remote(nil).Check(p.t.Context(), full, func(f Finding) { list = append(list, f) })
	if err != nil {
		p.t.Fatal(err)
	}
	return c, list
}

func (p *place) restore(to string) *Restored {
	p.t.Helper()
	r, err := p.remote(nil).Restore(p.t.Context(), p.path(to), RestoreOptions{}, func(library.Finding) {})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// tree lists what lies in a library, but for what is made again and locks.
func (p *place) tree(dir string) map[string]string {
	p.t.Helper()
	list := make(map[string]string)
	err := filepath.WalkDir(p.path(dir), func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(p.path(dir), name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if !layout.BackedUp(rel) && rel != layout.Backups {
			return nil
		}
		if e.IsDir() {
			list[rel] = "folder"
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		list[rel] = info.Mode().String() + " " + string(text)
		if rel != layout.Backups {
			list[rel] += info.ModTime().String()
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

func (p *place) equal(what, a, b string) {
	p.t.Helper()
	x, y := p.tree(a), p.tree(b)
	for name := range y {
		if x[name] == "" {
			p.t.Errorf("%s: %s is in %s alone", what, name, b)
		}
	}
	for name, content := range x {
		if y[name] != content {
			p.t.Errorf("%s: %s: %q in %s, %q in %s", what, name, content, a, y[name], b)
		}
	}
}

// there lists what lies at the target.
func (p *place) there(sub string) (names []string) {
	p.t.Helper()
	entries, err := os.ReadDir(p.path("there/" + sub))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// The disk is lost, and afterwards everything is as it was, byte by byte.
func TestDrill(t *testing.T) {
	p := newPlace(t)
	if r := p.create(CreateOptions{}); r.New != 4 || r.Kept != 1 || r.Files != 5 || r.Same {
		t.Errorf("first run: %+v", r)
	}
	if r := p.create(CreateOptions{}); r.New != 0 || !r.Same {
		t.Errorf("without changes: %+v", r)
	}
	p.write("show.json", `{"title":"Débat"}`, 0o644)
	p.write("clips.txt", "new", 0o644)
	if r := p.create(CreateOptions{DryRun: true}); r.New != 2 {
		t.Errorf("dry run: %+v", r)
	}
	if r := p.create(CreateOptions{}); r.New != 2 || r.NewBytes != int64(len(`{"title":"Débat"}`)+3) || r.Kept != 4 {
		t.Errorf("after changes: %+v", r)
	}
	if c, wrong := p.check(true); len(wrong) > 0 || len(c.Snapshots) != 2 || c.Unfinished {
		t.Errorf("%v in %+v", wrong, c)
	}
	p.close()
	if err := os.Rename(p.path("lib"), p.path("lost")); err != nil {
		t.Fatal(err)
	}
	if r := p.restore("lib"); r.Fetched != 6 || r.Findings != 0 {
		t.Errorf("restored: %+v", r)
	}
	p.equal("after the loss", "lost", "lib")
	if r := p.create(CreateOptions{}); r.New != 0 || !r.Same {
		t.Errorf("the restored library goes on with the backup: %+v", r)
	}
	if r := p.create(CreateOptions{Keep: 1}); len(r.Dropped) != 1 || r.Removed != 1 {
		t.Errorf("keeping one: %+v", r)
	}
	if c, wrong := p.check(true); len(wrong) > 0 || len(c.Snapshots) != 1 || len(p.there("objects")) != c.Objects {
		t.Errorf("%v in %+v", wrong, c)
	}
}

var errCut = errors.New("the connection is gone")

// A cut target fails from its nth call on.
type cut struct {
	publish.Target
	mu    *sync.Mutex
	calls *int
	after int // -1: never
	// before, if set, is called before an object is put.
	before func(name string)
}

func cutAfter(n int, calls *int) func(publish.Target) publish.Target {
	return func(t publish.Target) publish.Target {
		return &cut{Target: t, mu: new(sync.Mutex), calls: calls, after: n}
	}
}

func (c *cut) step() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.calls++
	if c.after >= 0 && *c.calls > c.after {
		return errCut
	}
	return nil
}

func (c *cut) Stat(ctx context.Context, name string) (r publish.Remote, err error) {
	if err := c.step(); err != nil {
		return r, err
	}
	return c.Target.Stat(ctx, name)
}

func (c *cut) Put(ctx context.Context, u *publish.Upload) (r publish.Remote, err error) {
	if c.before != nil {
		c.before(u.Name)
	}
	if err := c.step(); err != nil {
		return r, err
	}
	return c.Target.Put(ctx, u)
}

func (c *cut) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := c.step(); err != nil {
		return nil, err
	}
	return c.Target.Open(ctx, name)
}

func (c *cut) Remove(ctx context.Context, name string, was publish.Remote) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.Target.Remove(ctx, name, was)
}

// A run that ends anywhere leaves the snapshot before it whole, and the next
// one finishes what it began: also where somebody was forgotten in between.
func TestKilledAtEachStep(t *testing.T) {
	for _, forgotten := range []bool{false, true} {
		stride := 1
		if !forgotten {
			stride = 3 // the steps are those of the other, without removing
		}
		for n := 0; ; n += stride {
			p := newPlace(t)
			p.write("guest.txt", "the voice of a guest", 0o644)
			p.create(CreateOptions{})
			if err := os.Remove(p.path("lib/guest.txt")); err != nil {
				t.Fatal(err)
			}
			p.write("new.txt", "something new", 0o644)
			calls := 0
			b := p.backup(cutAfter(n, &calls))
			if forgotten {
				if list, err := backups.Forgot(t.Context(), b.Library.Root(), b.Now()); err != nil || len(list) != 1 {
					t.Fatalf("%v, %v", list, err)
				}
			}
			_, err := b.Create(t.Context(), CreateOptions{})
			if err == nil {
				if n < 10 {
					t.Errorf("a run of %d steps", n)
				}
				break
			}
			if !errors.Is(err, errCut) {
				t.Fatalf("step %d: %v", n, err)
			}
			if _, wrong := p.check(true); len(wrong) > 0 {
				t.Errorf("step %d: %v", n, wrong)
			}
			p.create(CreateOptions{})
			c, wrong := p.check(true)
			if len(wrong) > 0 || c.Unfinished {
				t.Errorf("step %d, and again: %v in %+v", n, wrong, c)
			}
			if got := p.there("objects"); len(got) != c.Objects {
				t.Errorf("step %d: %d objects lie there, %d belong there", n, len(got), c.Objects)
			}
			if got := p.there("manifests"); len(got) != len(c.Snapshots) {
				t.Errorf("step %d: %d manifests of %d snapshots", n, len(got), len(c.Snapshots))
			}
			if forgotten && len(c.Snapshots) != 1 {
				t.Errorf("step %d: %d snapshots after somebody was forgotten", n, len(c.Snapshots))
			}
			r, err := backups.Read(p.library().Root())
			if err != nil || len(r.Holding()) > 0 {
				t.Errorf("step %d: %v still hold somebody, %v", n, r.Holding(), err)
			}
			p.restore("again")
			p.equal("restored", "lib", "again")
		}
	}
}

// Restoring is resumed as well, and leaves no half library under its name.
func TestRestoreKilledAtEachStep(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	for n := 0; ; n++ {
		calls := 0
		_, err := p.remote(cutAfter(n, &calls)).Restore(t.Context(), p.path("again"), RestoreOptions{}, func(library.Finding) {})
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("step %d: %v", n, err)
		}
		if _, err := os.Stat(p.path("again")); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("step %d: the folder is there: %v", n, err)
		}
	}
	p.equal("restored", "lib", "again")
	if _, err := os.Stat(p.path("again.partial")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the unfinished folder is still there: %v", err)
	}
}

// A file that changes between being read and being sent is read again.
func TestChangesWhileItRuns(t *testing.T) {
	p := newPlace(t)
	once := sync.OnceFunc(func() {
		p.write("show.json", "something else, and longer", 0o644)
		if err := os.Remove(p.path("lib/twice.txt")); err != nil {
			t.Error(err)
		}
	})
	calls := 0
	b := p.backup(func(target publish.Target) publish.Target {
		return &cut{Target: target, mu: new(sync.Mutex), calls: &calls, after: -1, before: func(name string) {
			if strings.HasPrefix(name, objects) {
				once()
			}
		}}
	})
	if _, err := b.Create(t.Context(), CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	p.restore("again")
	p.equal("restored", "lib", "again")
}

func TestCheckFinds(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, object string) error
		full   bool
		kind   FindingKind
	}{
		{"lost", func(_ *testing.T, object string) error { return os.Remove(object) }, false, Lost},
		{"cut off", func(_ *testing.T, object string) error { return os.Truncate(object, 1) }, false, Changed},
		{"altered", func(_ *testing.T, object string) error { return os.WriteFile(object, []byte("MADE BY HAND"), 0o644) }, true, Changed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			p.create(CreateOptions{})
			var object string
			for _, name := range p.there("objects") {
				if text, err := os.ReadFile(p.path("there/objects/" + name)); err == nil && string(text) == "made by hand" {
					object = p.path("there/objects/" + name)
				}
			}
			if err := c.damage(t, object); err != nil {
				t.Fatal(err)
			}
			_, wrong := p.check(c.full)
			if len(wrong) != 1 || wrong[0].Kind != c.kind || !strings.Contains(wrong[0].Path, "notes.txt") {
				t.Errorf("found %+v", wrong)
			}
			if _, err := p.remote(nil).Restore(t.Context(), p.path("again"), RestoreOptions{}, func(library.Finding) {}); !errors.Is(err, ErrBroken) {
				t.Errorf("restored from a damaged backup: %v", err)
			}
			if r := p.create(CreateOptions{Full: c.full}); r.New != 1 {
				t.Errorf("the next run: %+v", r)
			}
			if _, wrong := p.check(true); len(wrong) != 0 {
				t.Errorf("mended, and found %+v", wrong)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	p := newPlace(t)
	p.create(CreateOptions{})
	other := newPlace(t)
	for _, c := range []struct {
		name string
		want error
		run  func() error
	}{
		{"public", ErrPublic, func() error {
			b := p.backup(nil)
			b.Public = true
			_, err := b.Create(t.Context(), CreateOptions{})
			return err
		}},
		{"gone", ErrGone, func() error {
			b := p.backup(nil)
			if err := os.Rename(p.path("there"), p.path("elsewhere")); err != nil {
				return err
			}
			_, err := b.Create(t.Context(), CreateOptions{})
			if _, there := os.Stat(p.path("there")); there == nil {
				t.Error("something was sent to where the disk is missing")
			}
			return errors.Join(err, os.Rename(p.path("elsewhere"), p.path("there")))
		}},
		{"inside", ErrInside, func() error {
			b := p.backup(nil)
			b.Target = folder.New(p.path("lib/backup"))
			_, err := b.Create(t.Context(), CreateOptions{})
			return err
		}},
		{"inside by a link", ErrInside, func() error {
			if err := os.Symlink(p.path("lib/feed"), p.path("link")); err != nil {
				t.Skip(err)
			}
			b := p.backup(nil)
			b.Target = folder.New(p.path("link/backup"))
			_, err := b.Create(t.Context(), CreateOptions{})
			return err
		}},
		{"published", ErrPublished, func() error {
			q := newPlace(t)
			b := q.backup(nil)
			line := fmt.Sprintf(`{"schema":1,"kind":"feed","place":%q,"object":"feed.xml","url":"https://example.org/feed.xml","public":true}`, b.Target.Place())
			if err := os.MkdirAll(q.path("lib/uploads"), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(q.path("lib/uploads/receipts.jsonl"), []byte(line+"\n"), 0o644); err != nil {
				return err
			}
			_, err := b.Create(t.Context(), CreateOptions{})
			return err
		}},
		{"other library", ErrOther, func() error {
			b := other.backup(nil)
			b.Target = folder.New(p.path("there"))
			_, err := b.Create(t.Context(), CreateOptions{})
			return err
		}},
		{"over a library", ErrTaken, func() error {
			_, err := p.remote(nil).Restore(t.Context(), p.path("lib"), RestoreOptions{}, func(library.Finding) {})
			return err
		}},
		{"no backup", ErrNone, func() error {
			_, err := other.remote(nil).Restore(t.Context(), p.path("new"), RestoreOptions{}, func(library.Finding) {})
			return err
		}},
		{"no snapshot", ErrNoSnapshot, func() error {
			_, err := p.remote(nil).Restore(t.Context(), p.path("new"), RestoreOptions{Snapshot: "20200101T000000Z-9"}, func(library.Finding) {})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// A manifest leads nowhere but into the library.
func TestManifestNames(t *testing.T) {
	sum := strings.Repeat("0", 64)
	for _, name := range []string{"../a", "/a", ".", "a//b", layout.Catalog, ".lock", layout.Partial} {
		t.Run(name, func(t *testing.T) {
			m := Manifest{Files: []File{{Path: name, SHA256: sum}}}
			if err := m.check(); !errors.Is(err, ErrBroken) {
				t.Errorf("%v", err)
			}
		})
	}
	m := Manifest{Files: []File{{Path: "a", SHA256: "../../etc"}}}
	if err := m.check(); !errors.Is(err, ErrBroken) {
		t.Errorf("a hash that is a path: %v", err)
	}
	if got := (&Manifest{Files: []File{{Path: "a/b/c"}}}).dirs(); !slices.Equal(keys(got), []string{".", "a", "a/b"}) {
		t.Errorf("%v", got)
	}
}

func keys(m map[string]bool) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
