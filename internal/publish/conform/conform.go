// Package conform holds targets against what package publish promises of them,
// on real servers that the tests start themselves, and with faults between the
// two. It is for tests only.
//
// What is there is looked at in the server's own folder, not through the target
// that is tested.
package conform

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
)

// A Site is an empty place to send to.
type Site struct {
	// Dial makes a target for the site with connections of its own, as each run
	// of the program does. The suite closes it.
	Dial func(t *testing.T) publish.Target
	// Dir is the folder in which the server keeps the site: the object a/b is
	// its file a/b.
	Dir string
}

// Options say what a kind of target promises beyond what all do, and what the
// suite has to know of it.
type Options struct {
	// Part is the size that the target cuts objects at, or 0.
	Part int64
	// Resumes says that a second run sends only what the first one has not.
	Resumes bool
	// Leaves says that a Put that stands still half way can be seen among the
	// leftovers.
	Leaves bool
	// Public says that the target takes only what is to be public.
	Public bool
	// Secrets are texts that no error, state, plan or name may hold.
	Secrets []string
	// Denied makes a target for the site with wrong credentials; nil if there
	// is nothing like it.
	Denied func(t *testing.T, site Site) publish.Target
	// Own reports whether a file, by its path in Dir, is one of the server's own.
	Own func(path string) bool
	// Refuses reports whether the target may refuse a name.
	Refuses func(name string) bool
}

// Run holds a kind of target against the suite. New makes an empty site each
// time.
func Run(t *testing.T, new func(t *testing.T) Site, o Options) {
	s := &suite{new, o}
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"Sizes", s.sizes},
		{"Names", s.names},
		{"Overwrite", s.overwrite},
		{"NotThere", s.notThere},
		{"Denied", s.denied},
		{"BodyFails", s.bodyFails},
		{"Cancelled", s.cancelled},
		{"Changed", s.changed},
		{"Again", s.again},
		{"Leftovers", s.leftovers},
		{"Remove", s.remove},
		{"Plan", s.plan},
		{"SideBySide", s.sideBySide},
	} {
		t.Run(c.name, c.run)
	}
}

type suite struct {
	new func(t *testing.T) Site
	o   Options
}

// dial makes a target that is closed with the test.
func (s *suite) dial(t *testing.T, site Site) publish.Target {
	t.Helper()
	target := site.Dial(t)
	t.Cleanup(func() { target.Close() })
	s.clean(t, "Place", target.Place())
	return target
}

// clean complains of secrets.
func (s *suite) clean(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range s.o.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds the secret %q: %s", what, secret, text)
		}
	}
}

// wantErr complains if an error is not of a kind, or holds secrets.
func (s *suite) wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that is %q", what, err, want)
	}
	if err != nil {
		s.clean(t, what, err.Error())
	}
}

// A Sending is one upload with what was told of it.
type Sending struct {
	publish.Upload
	Bytes  []byte
	sent   atomic.Int64
	kept   atomic.Int64
	mu     sync.Mutex
	saved  []byte
	states [][]byte
}

// NewSending makes an upload of some bytes.
func NewSending(name string, b []byte) *Sending {
	s := &Sending{Bytes: b}
	s.Upload = publish.Upload{
		Name:        name,
		Body:        bytes.NewReader(b),
		Size:        int64(len(b)),
		SHA256:      sha256.Sum256(b),
		ContentType: "audio/mp4",
		Meta:        publish.Meta{Title: "Débat", Creator: "hostess", Date: time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)},
		Jobs:        2,
		Save:        s.save,
		Sent:        func(n int64) { s.sent.Add(n) },
		Kept:        func(n int64) { s.kept.Add(n) },
	}
	return s
}

// told is of how many bytes it was told that they are there.
func (s *Sending) told() int64 { return s.sent.Load() + s.kept.Load() }

func (s *Sending) save(state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = bytes.Clone(state)
	s.states = append(s.states, s.saved)
	return nil
}

// Next is the upload as the next run makes it: with what was saved.
func (s *Sending) Next() *Sending {
	n := NewSending(s.Name, s.Bytes)
	n.Public, n.Jobs = s.Public, s.Jobs
	s.mu.Lock()
	defer s.mu.Unlock()
	n.State, n.saved = s.saved, s.saved
	return n
}

// noise is n bytes that are the same for the same seed.
func noise(seed uint64, n int64) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1}).Read(b)
	return b
}

// sending makes an upload as the target takes them.
func (s *suite) sending(name string, b []byte) *Sending {
	up := NewSending(name, b)
	up.Public = s.o.Public
	return up
}

// put sends and looks at what is there.
func (s *suite) put(t *testing.T, target publish.Target, site Site, up *Sending) publish.Remote {
	t.Helper()
	r, err := target.Put(t.Context(), &up.Upload)
	if err != nil {
		t.Fatalf("Put %s: %v", up.Name, err)
	}
	s.told(t, "Put "+up.Name, r, up)
	site.Holds(t, up.Name, up.Bytes)
	// It is more if the machine was so busy that something was sent again.
	if got := up.told(); got < up.Size {
		t.Errorf("Put %s: told of %d bytes, sent and kept, of %d", up.Name, got, up.Size)
	}
	s.cleanStates(t, up)
	return r
}

func (s *suite) cleanStates(t *testing.T, up *Sending) {
	t.Helper()
	for _, state := range up.states {
		s.clean(t, "State", string(state))
	}
}

// told compares what a target says of an object with what was sent.
func (s *suite) told(t *testing.T, what string, r publish.Remote, up *Sending) {
	t.Helper()
	if r.Size != up.Size {
		t.Errorf("%s: size %d, want %d", what, r.Size, up.Size)
	}
	if want := hex.EncodeToString(up.SHA256[:]); r.SHA256 != "" && r.SHA256 != want {
		t.Errorf("%s: SHA-256 %s, want %s", what, r.SHA256, want)
	}
	if r.SHA256Computed && r.SHA256 == "" {
		t.Errorf("%s: a SHA-256 was computed that is not told", what)
	}
	s.clean(t, what, r.URL)
}

// Holds complains unless an object is there with these bytes.
func (site Site) Holds(t *testing.T, name string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(site.Dir, filepath.FromSlash(name)))
	if err != nil {
		t.Errorf("at the server: %v", err)
		return
	}
	if !bytes.Equal(got, want) {
		t.Errorf("at the server %s has %d bytes, not the %d that it should have", name, len(got), len(want))
	}
}

// HoldsEither complains if an object is there with other bytes than these; nil
// stands for not being there.
func (site Site) HoldsEither(t *testing.T, name string, may ...[]byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(site.Dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		if !slices.ContainsFunc(may, func(b []byte) bool { return b == nil }) {
			t.Errorf("at the server %s is gone", name)
		}
		return
	}
	if err != nil {
		t.Errorf("at the server: %v", err)
		return
	}
	if !slices.ContainsFunc(may, func(b []byte) bool { return b != nil && bytes.Equal(b, got) }) {
		t.Errorf("at the server %s has %d bytes that nobody wanted there", name, len(got))
	}
}

// files lists what a site holds but for the server's own files.
func (s *suite) files(t *testing.T, site Site) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(site.Dir, func(p string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(site.Dir, p)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); s.o.Own != nil && s.o.Own(rel) {
			return nil
		}
		if !e.IsDir() {
			list = append(list, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// read opens an object through the target.
func read(t *testing.T, target publish.Target, name string) []byte {
	t.Helper()
	r, err := target.Open(t.Context(), name)
	if err != nil {
		t.Errorf("Open %s: %v", name, err)
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("Open %s: %v", name, err)
	}
	return b
}

// within runs f and fails the test if it takes so long that it must hang.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(5 * time.Minute):
		t.Fatal(what + " hangs")
	}
}

// A body does something when it is read behind some bytes.
type body struct {
	*bytes.Reader
	after int64
	do    func() error
}

// ReadAt does what is to be done when bytes behind after are asked for.
func (b *body) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.after {
		if err := b.do(); err != nil {
			return 0, err
		}
	}
	return b.Reader.ReadAt(p, off)
}

// failing is a body that does something when bytes behind after are read, and
// fails if that does.
func failing(b []byte, after int64, do func() error) io.ReaderAt {
	return &body{bytes.NewReader(b), after, do}
}

// cancelAfter returns a context that is cancelled when a body is read behind
// some bytes, and that body.
func cancelAfter(ctx context.Context, b []byte, after int64) (context.Context, io.ReaderAt) {
	ctx, cancel := context.WithCancel(ctx)
	return ctx, failing(b, after, func() error { cancel(); return nil })
}
