package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// A memoryTarget keeps objects in memory and does what tests tell it.
type memoryTarget struct {
	mu      sync.Mutex
	objects map[string][]byte
	times   map[string]time.Time
	puts    []string // names, in order
	states  [][]byte // that Put was given
	forgot  [][]byte
	hash    bool                               // Stat tells the SHA-256 of what Put was told
	sums    map[string]string                  // likewise
	before  func(u *Upload) error              // Put calls it first
	damage  func(name string, b []byte) []byte // what of it arrives
	stat    func(name string) error            // Stat calls it first
	clock   time.Time
}

func newMemory() *memoryTarget {
	return &memoryTarget{objects: map[string][]byte{}, times: map[string]time.Time{}, sums: map[string]string{}, clock: time.Unix(1e9, 0)}
}

func (m *memoryTarget) Place() string                                 { return "memory://" }
func (m *memoryTarget) Close() error                                  { return nil }
func (m *memoryTarget) Plan(u *Upload) []string                       { return []string{"PUT " + u.Name} }
func (m *memoryTarget) Leftovers(context.Context) ([]Leftover, error) { return nil, nil }

func (m *memoryTarget) Stat(_ context.Context, name string) (Remote, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stat != nil {
		if err := m.stat(name); err != nil {
			return Remote{}, err
		}
	}
	b, ok := m.objects[name]
	if !ok {
		return Remote{}, fmt.Errorf("%w: %s", ErrNotExist, name)
	}
	r := Remote{Size: int64(len(b)), Modified: m.times[name]}
	if m.hash {
		r.SHA256 = m.sums[name]
	}
	return r, nil
}

func (m *memoryTarget) Put(ctx context.Context, u *Upload) (Remote, error) {
	m.mu.Lock()
	m.puts, m.states = append(m.puts, u.Name), append(m.states, u.State)
	m.mu.Unlock()
	if m.before != nil {
		if err := m.before(u); err != nil {
			return Remote{}, err
		}
	}
	b, err := io.ReadAll(u.Content(ctx))
	if err != nil {
		return Remote{}, err
	}
	if m.damage != nil {
		b = m.damage(u.Name, b)
	}
	m.set(u.Name, b)
	m.mu.Lock()
	m.sums[u.Name] = fmt.Sprintf("%x", u.SHA256)
	m.mu.Unlock()
	return m.Stat(ctx, u.Name)
}

func (m *memoryTarget) set(name string, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock = m.clock.Add(time.Second)
	m.objects[name], m.times[name] = bytes.Clone(b), m.clock
}

func (m *memoryTarget) Open(_ context.Context, name string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return io.NopCloser(bytes.NewReader(m.objects[name])), nil
}

func (m *memoryTarget) Remove(ctx context.Context, name string, was Remote) error {
	there, err := m.Stat(ctx, name)
	if err == nil {
		err = there.Unchanged(was)
	}
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	return nil
}

func (m *memoryTarget) Forget(_ context.Context, _ string, state []byte) error {
	m.forgot = append(m.forgot, state)
	return nil
}

// ends notes how items ended.
type ends struct {
	mu    sync.Mutex
	list  []string
	errs  map[string]error
	again int
}

func (e *ends) Start(*Item, int64)             {}
func (e *ends) Progress(*Item, int64, int64)   {}
func (e *ends) Planned(*Item, int64, []string) {}
func (e *ends) Again(*Item, error)             { e.again++ }
func (e *ends) End(it *Item, o Outcome, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, it.Name+" "+string(o.Status))
	e.errs[it.Name] = err
}

func sender(t *testing.T, target Target) (*Sender, *ends) {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	e := &ends{errs: map[string]error{}}
	return &Sender{Target: target, Library: root, Wait: 5 * time.Second, Version: "test", Now: time.Now, Events: e}, e
}

func item(name, content string) *Item {
	return &Item{Name: name, File: name, Kind: File, Type: "text/plain", Open: Bytes(name, []byte(content))}
}

// send sends items and returns how they ended, in order.
func send(t *testing.T, s *Sender, items ...*Item) []string {
	t.Helper()
	e := s.Events.(*ends)
	e.list = nil
	if _, err := s.Send(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	return e.list
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// What has taken the place of what somebody agreed to is not sent.
func TestSendOnlyWhatWasAgreedTo(t *testing.T) {
	m := newMemory()
	s, e := sender(t, m)
	agreed, other := item("a.txt", "agreed"), item("b.txt", "another")
	agreed.SHA256 = fmt.Sprintf("%x", sha256.Sum256([]byte("agreed")))
	other.SHA256 = agreed.SHA256
	send(t, s, agreed, other)
	if e.errs["a.txt"] != nil || !errors.Is(e.errs["b.txt"], ErrChanged) || m.objects["b.txt"] != nil || m.objects["a.txt"] == nil {
		t.Errorf("%v, %d objects", e.errs, len(m.objects))
	}
}

func TestSendOnce(t *testing.T) {
	for _, hash := range []bool{false, true} {
		m := newMemory()
		m.hash = hash
		s, e := sender(t, m)
		want(t, "first", send(t, s, item("a", "one")), "a sent")
		want(t, "again", send(t, s, item("a", "one")), "a there")
		want(t, "changed here", send(t, s, item("a", "two")), "a failed")
		if !errors.Is(e.errs["a"], ErrDiffers) || string(m.objects["a"]) != "one" {
			t.Errorf("error %v, there is %q", e.errs["a"], m.objects["a"])
		}
		s.Force = true
		want(t, "by force", send(t, s, item("a", "two")), "a sent")
		want(t, "by force again", send(t, s, item("a", "two")), "a there")
		if string(m.objects["a"]) != "two" || len(m.puts) != 2 {
			t.Errorf("there is %q after %d puts", m.objects["a"], len(m.puts))
		}
	}
}

// Without hash and receipt only its bytes tell whether an object is equal.
func TestWhatOthersPutThere(t *testing.T) {
	m := newMemory()
	s, e := sender(t, m)
	m.set("same", []byte("one"))
	m.set("other", []byte("two"))
	want(t, "sent", send(t, s, item("same", "one"), item("other", "one")), "same there", "other failed")
	if !errors.Is(e.errs["other"], ErrDiffers) || len(m.puts) != 0 {
		t.Errorf("error %v, puts %q", e.errs["other"], m.puts)
	}
	// One that was changed behind our back, in size alike.
	want(t, "first", send(t, s, item("new", "one")), "new sent")
	m.set("new", []byte("eno"))
	want(t, "again", send(t, s, item("new", "one")), "new failed")
}

func TestReplaceOnlyOurs(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	feed := func(text string) *Item { it := item("feed.xml", text); it.Replace = true; return it }
	want(t, "first", send(t, s, feed("one")), "feed.xml sent")
	want(t, "ours", send(t, s, feed("longer")), "feed.xml sent")
	m.set("feed.xml", []byte("edited"))
	want(t, "edited", send(t, s, feed("third")), "feed.xml failed")
	if string(m.objects["feed.xml"]) != "edited" {
		t.Errorf("there is %q", m.objects["feed.xml"])
	}
}

func TestFeedGoesLast(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	feed := item("feed", "f")
	feed.Last = true
	m.before = func(u *Upload) error {
		if u.Name == "b" {
			return errors.New("odd")
		}
		return nil
	}
	want(t, "one fails", send(t, s, feed, item("a", "1"), item("b", "2"), item("c", "3")), "a sent", "b failed", "c sent", "feed held")
	m.before = nil
	want(t, "all well", send(t, s, feed, item("a", "1"), item("b", "2"), item("c", "3")), "a there", "b sent", "c there", "feed sent")
}

// What would fail for all is tried once.
func TestStopsWhenAllWouldFail(t *testing.T) {
	for _, err := range []error{ErrDenied, ErrFull, ErrUntrusted} {
		m := newMemory()
		s, e := sender(t, m)
		m.stat = func(string) error { return fmt.Errorf("no: %w", err) }
		want(t, err.Error(), send(t, s, item("a", "1"), item("b", "2")), "a failed", "b failed")
		if !errors.Is(e.errs["b"], ErrStopped) || len(m.puts) != 0 {
			t.Errorf("error %v, puts %q", e.errs["b"], m.puts)
		}
	}
}

func TestGoesOn(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	m.before = func(u *Upload) error {
		if err := u.Save([]byte("half way")); err != nil {
			t.Error(err)
		}
		return errors.New("the line is broken")
	}
	want(t, "broken", send(t, s, item("a", "one")), "a failed")
	m.before = nil
	want(t, "again", send(t, s, item("a", "one")), "a sent")
	if string(m.states[1]) != "half way" {
		t.Errorf("the second run was told %q", m.states[1])
	}
	s.Force = true
	want(t, "another", send(t, s, item("a", "two")), "a sent")
	if m.states[2] != nil {
		t.Errorf("an upload that had ended left %q", m.states[2])
	}

	// A state of another content is forgotten.
	m.before = func(u *Upload) error { u.Save([]byte("of three")); return errors.New("broken") }
	want(t, "broken", send(t, s, item("a", "three")), "a failed")
	m.before = nil
	want(t, "four", send(t, s, item("a", "four")), "a sent")
	if m.states[4] != nil || len(m.forgot) != 1 || string(m.forgot[0]) != "of three" {
		t.Errorf("told %q, forgotten %q", m.states[4], m.forgot)
	}
}

// The target says that all is well, and it is not.
func TestWhatArrivedIsChecked(t *testing.T) {
	m := newMemory()
	s, e := sender(t, m)
	m.damage = func(_ string, b []byte) []byte { return b[:len(b)-1] }
	want(t, "short", send(t, s, item("a", "sound")), "a failed")
	if !errors.Is(e.errs["a"], ErrMismatch) || e.again != 1 || len(m.puts) != 2 {
		t.Errorf("error %v, again %d, puts %q", e.errs["a"], e.again, m.puts)
	}
	m.damage = func(_ string, b []byte) []byte { b[0] ^= 1; return b }
	s.Full, s.Force = true, true
	want(t, "bits", send(t, s, item("a", "sound")), "a failed")
	n := 0
	m.damage = func(_ string, b []byte) []byte {
		if n++; n == 1 {
			b[0] ^= 1
		}
		return b
	}
	want(t, "bits, once", send(t, s, item("a", "sound")), "a sent")
	m.damage = nil
	// Later it rots, and its description does not.
	m.hash = true
	m.objects["a"][1] ^= 1
	s.Force = false
	want(t, "rotten", send(t, s, item("a", "sound")), "a failed")
	if !errors.Is(e.errs["a"], ErrMismatch) {
		t.Errorf("error %v", e.errs["a"])
	}
}

func TestFileChangesMeanwhile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Repeat("x", 1<<20))
	m := newMemory()
	s, e := sender(t, m)
	it := &Item{Name: "a", File: name, Open: func() (OpenedFile, error) { return os.Open(name) }}
	for what, change := range map[string]func(){
		"longer":  func() { write(strings.Repeat("x", 1<<20+1)) },
		"shorter": func() { write("x") },
		"touched": func() { os.Chtimes(name, time.Now(), time.Now().Add(time.Hour)) },
	} {
		m.before = func(*Upload) error { change(); return nil }
		want(t, what, send(t, s, it), "a failed")
		if !errors.Is(e.errs["a"], ErrChanged) || m.objects["a"] != nil {
			t.Errorf("%s: error %v", what, e.errs["a"])
		}
	}
}

// Two runs never send one object at the same time.
func TestTwoRuns(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			other := *s
			other.Events = &ends{errs: map[string]error{}}
			if sum, err := other.Send(t.Context(), []*Item{item("a", "one")}); err != nil || sum.Failed > 0 {
				t.Errorf("%+v %v", sum, err)
			}
		})
	}
	wg.Wait()
	if len(m.puts) != 1 {
		t.Errorf("sent %d times", len(m.puts))
	}
	if l, _ := filepath.Glob(filepath.Join(s.Library.Name(), layout.Uploads, ".*.lock")); len(l) != 0 {
		t.Errorf("locks are left: %q", l)
	}
}

func TestBusy(t *testing.T) {
	m := newMemory()
	s, e := sender(t, m)
	s.Wait = time.Millisecond
	j, err := openJournal(s.Library, s.Wait, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := j.lock(t.Context(), m.Place(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "busy", send(t, s, item("a", "one")), "a failed")
	var busy *BusyError
	if !errors.As(e.errs["a"], &busy) {
		t.Errorf("error %v", e.errs["a"])
	}
	unlock()
	want(t, "free", send(t, s, item("a", "one")), "a sent")
}

func TestReceiptsTell(t *testing.T) {
	m := newMemory()
	s, _ := sender(t, m)
	s.BaseURL, s.Name = "https://example.com/show", "show"
	send(t, s, item("a b/é#?%.txt", "one"))
	send(t, s, item("a b/é#?%.txt", "one"))
	s.Full = true
	send(t, s, item("a b/é#?%.txt", "one"))
	var list []*Receipt
	if err := Receipts(s.Library, func(r *Receipt) error { list = append(list, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 {
		t.Fatalf("%d receipts, want one of the first run and one of the third, which read it back", len(list))
	}
	if r := list[0]; r.URL != "https://example.com/show/a%20b/%C3%A9%23%3F%25.txt" || !r.Sent || !slices.Equal(r.Verified, []string{"size"}) || r.Target != "show" {
		t.Errorf("first receipt %+v", r)
	}
	if r := list[1]; r.Sent || !slices.Contains(r.Verified, "read-back") {
		t.Errorf("second receipt %+v", r)
	}
}

// The journal does not grow for ever, and what is unfinished stays in it.
func TestJournalIsTidied(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	j, err := openJournal(root, time.Second, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	state := bytes.Repeat([]byte("s"), 60<<10)
	for _, s := range []step{
		{Object: "open", State: []byte("old")}, {Object: "open", State: []byte("new")},
		{Object: "ended", State: state}, {Object: "ended", Ended: true},
		{Object: "again", Ended: true}, {Object: "again", State: []byte("more")},
	} {
		if err := j.note(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for object, state := range map[string]string{"open": "new", "ended": "", "again": "more"} {
		s, err := j.last("", object)
		if err != nil || (s == nil) != (state == "") || s != nil && string(s.State) != state {
			t.Errorf("%s: %+v, %v; want %q", object, s, err, state)
		}
	}
	if b, _ := root.ReadFile(layout.Journal); bytes.Count(b, []byte("\n")) != 2 {
		t.Errorf("%d lines are left", bytes.Count(b, []byte("\n")))
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", ".", "a/..", "/a", "a//b", "a/"} {
		if Check([]*Item{item(name, "")}) == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
	if Check([]*Item{item("a", "1"), item("a", "2")}) == nil {
		t.Error("two items of one name")
	}
}

// A stubborn target says that it removes, and does not.
type stubborn struct{ *memoryTarget }

func (stubborn) Remove(context.Context, string, Remote) error { return nil }
