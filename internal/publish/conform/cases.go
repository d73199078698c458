package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
)

// large is a size that is sent in more than one step by all targets.
func (s *suite) large() int64 {
	if s.o.Part > 0 {
		return 2*s.o.Part + 12345
	}
	return 1<<20 + 12345
}

func (s *suite) sizes(t *testing.T) {
	sizes := []int64{0, 1, 511, 32<<10 - 1, 32 << 10, 32<<10 + 1, 1<<20 + 1}
	if p := s.o.Part; p > 0 {
		sizes = append(sizes, p-1, p, p+1, 2*p, 2*p+1)
	}
	site := s.new(t)
	target := s.dial(t, site)
	exact := 0
	for _, n := range sizes {
		up := s.sending(fmt.Sprintf("sizes/%d.m4a", n), noise(uint64(n), n))
		s.put(t, target, site, up)
		if up.told() == up.Size {
			exact++
		}
		r, err := target.Stat(t.Context(), up.Name)
		if err != nil {
			t.Errorf("Stat %s: %v", up.Name, err)
		}
		s.told(t, "Stat "+up.Name, r, up)
		if r.Modified.IsZero() {
			t.Errorf("Stat %s: no time", up.Name)
		}
		if !bytes.Equal(read(t, target, up.Name), up.Bytes) {
			t.Errorf("Open %s: other bytes than were sent", up.Name)
		}
	}
	if exact <= len(sizes)/2 {
		t.Errorf("of only %d files of %d it was told rightly how many bytes were sent", exact, len(sizes))
	}
	if got := s.files(t, site); len(got) != len(sizes) {
		t.Errorf("at the server there are %q", got)
	}
}

// names are such as files have.
var names = []string{
	"plain.m4a",
	"folder/in a folder/space in the name.m4a",
	"100% ?#&+=$,;@!'()*~[]{}^`|.m4a",
	"a?query=1&b=2#fragment",
	"percent%2Fslash%20%.m4a",
	"Débat : l’été des médias sociaux [1ypKdEXvkMLGW]/Débat.m4a",
	"日本語/스페이스 🎙.m4a",
	"quoted \"name\" <tag>.m4a",
	"trailing dot./x..y.m4a",
	"back\\slash:colon.m4a",
}

func (s *suite) names(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	var want []string
	for i, name := range names {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, "\"<>|?*:\\") {
			continue
		}
		up := s.sending(name, noise(uint64(i), int64(100+i)))
		if s.o.Refuses != nil && s.o.Refuses(name) {
			if _, err := target.Put(t.Context(), &up.Upload); err == nil {
				t.Errorf("Put %s: no error, though the target says that it refuses the name", name)
			}
			continue
		}
		want = append(want, name)
		s.put(t, target, site, up)
		r, err := target.Stat(t.Context(), name)
		if err != nil {
			t.Errorf("Stat %s: %v", name, err)
		}
		s.told(t, "Stat "+name, r, up)
		if !bytes.Equal(read(t, target, name), up.Bytes) {
			t.Errorf("Open %s: other bytes than were sent", name)
		}
	}
	slices.Sort(want)
	if got := s.files(t, site); !slices.Equal(got, want) {
		t.Errorf("at the server there are\n%q, want\n%q", got, want)
	}
}

func (s *suite) overwrite(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	for i, n := range []int64{1000, s.large(), 10, 0, 7} {
		s.put(t, target, site, s.sending("episode.m4a", noise(uint64(i), n)))
	}
	if got := s.files(t, site); len(got) != 1 {
		t.Errorf("at the server there are %q", got)
	}
}

func (s *suite) notThere(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	s.put(t, target, site, s.sending("folder/there.m4a", noise(1, 10)))
	for _, name := range []string{"missing.m4a", "no folder/missing.m4a", "folder/missing.m4a", "folder"} {
		_, err := target.Stat(t.Context(), name)
		s.wantErr(t, "Stat "+name, err, publish.ErrNotExist)
		r, err := target.Open(t.Context(), name)
		if err == nil { // some ask only when they are read from
			_, err = io.ReadAll(r)
			r.Close()
		}
		s.wantErr(t, "Open "+name, err, publish.ErrNotExist)
	}
}

func (s *suite) denied(t *testing.T) {
	if s.o.Denied == nil {
		t.Skip("this target asks for no credentials")
	}
	site := s.new(t)
	old := s.sending("there.m4a", noise(1, 10))
	s.put(t, s.dial(t, site), site, old)

	target := s.o.Denied(t, site)
	defer target.Close()
	_, err := target.Stat(t.Context(), old.Name)
	s.wantErr(t, "Stat", err, publish.ErrDenied)
	for _, n := range []int64{0, 10, s.large()} {
		for _, name := range []string{"new.m4a", "folder/new.m4a", old.Name} {
			up := s.sending(name, noise(2, n))
			_, err = target.Put(t.Context(), &up.Upload)
			s.wantErr(t, "Put", err, publish.ErrDenied)
			s.cleanStates(t, up)
		}
	}
	site.Holds(t, old.Name, old.Bytes)
	if got := s.files(t, site); len(got) != 1 {
		t.Errorf("at the server there are %q", got)
	}
}

var errDisk = errors.New("the disk has a bad sector")

// bodyFails has the local file fail at its end and half way.
func (s *suite) bodyFails(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	old := s.sending("old.m4a", noise(1, 1000))
	s.put(t, target, site, old)
	n := s.large()
	for _, name := range []string{"new.m4a", old.Name} {
		for _, after := range []int64{0, n / 2, n - 1} {
			up := s.sending(name, noise(2, n))
			up.Body = failing(up.Bytes, after, func() error { return errDisk })
			within(t, "Put of a file that cannot be read", func() {
				_, err := target.Put(t.Context(), &up.Upload)
				s.wantErr(t, fmt.Sprintf("Put of a file that fails after %d bytes", after), err, errDisk)
			})
			s.cleanStates(t, up)
		}
	}
	site.HoldsEither(t, "new.m4a", nil)
	site.Holds(t, old.Name, old.Bytes)
}

func (s *suite) cancelled(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	old := s.sending("old.m4a", noise(1, 1000))
	s.put(t, target, site, old)
	n := s.large()
	for _, name := range []string{"new.m4a", old.Name} {
		for _, after := range []int64{0, n / 2} {
			up := s.sending(name, noise(2, n))
			var ctx context.Context
			ctx, up.Body = cancelAfter(t.Context(), up.Bytes, after)
			within(t, "Put that was cancelled", func() {
				_, err := target.Put(ctx, &up.Upload)
				s.wantErr(t, "Put", err, context.Canceled)
			})
		}
	}
	site.HoldsEither(t, "new.m4a", nil)
	site.Holds(t, old.Name, old.Bytes)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := target.Stat(ctx, old.Name)
	s.wantErr(t, "Stat", err, context.Canceled)
}

// changed has the local file be another than the one that was announced.
func (s *suite) changed(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	old := s.sending("old.m4a", noise(1, 1000))
	s.put(t, target, site, old)
	for _, n := range []int64{1, 1000, s.large()} {
		for what, change := range map[string]func([]byte) []byte{
			"one bit in the middle": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
			"the last byte":         func(b []byte) []byte { b[len(b)-1]++; return b },
			"shorter":               func(b []byte) []byte { return b[:len(b)-1] },
			"empty":                 func(b []byte) []byte { return nil },
		} {
			for _, name := range []string{"new.m4a", old.Name} {
				up := s.sending(name, noise(2, n))
				up.Body = bytes.NewReader(change(bytes.Clone(up.Bytes)))
				_, err := target.Put(t.Context(), &up.Upload)
				s.wantErr(t, fmt.Sprintf("Put of %d bytes, changed: %s", n, what), err, publish.ErrChanged)
			}
		}
	}
	site.HoldsEither(t, "new.m4a", nil)
	site.Holds(t, old.Name, old.Bytes)

	// The next run, with the file as it is now, is not misled by what is there.
	s.put(t, target, site, s.sending("new.m4a", noise(3, s.large())))
}

// again has a run fail half way and the next one finish.
func (s *suite) again(t *testing.T) {
	site := s.new(t)
	n := s.large()
	up := s.sending("folder/new.m4a", noise(2, n))
	up.Jobs = 1
	up.Body = failing(up.Bytes, n-10, func() error { return errDisk })
	if _, err := s.dial(t, site).Put(t.Context(), &up.Upload); err == nil {
		t.Fatal("no error")
	}
	next := up.Next()
	target := s.dial(t, site)
	s.put(t, target, site, next)
	kept, sent := next.kept.Load(), next.sent.Load()
	switch {
	case !s.o.Resumes && kept != 0:
		t.Errorf("kept %d bytes, though this target does not resume", kept)
	case s.o.Resumes && kept == 0:
		t.Errorf("sent all %d bytes again", sent)
	}
	if got := s.files(t, site); len(got) != 1 {
		t.Errorf("at the server there are %q", got)
	}

	// A state that tells of another world is no reason to fail, nor to believe it.
	lost := s.sending("folder/new.m4a", noise(4, n))
	lost.State = next.saved
	s.put(t, target, site, lost)
	for _, state := range []string{"", "{}", "null", "{\"upload\":\"no such upload\"}", "\x00garbage"} {
		odd := s.sending("folder/odd.m4a", noise(5, 100))
		odd.State = []byte(state)
		s.put(t, target, site, odd)
	}
}

func (s *suite) leftovers(t *testing.T) {
	site := s.new(t)
	there := s.sending("there.m4a", noise(1, 10))
	looks := s.dial(t, site)
	s.put(t, looks, site, there)
	if l := list(t, looks); len(l) != 0 {
		t.Errorf("leftovers %v where nothing was interrupted", l)
	}

	// A run stands still half way, as if it had been killed.
	stands, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	n := s.large()
	up := s.sending("folder/half.m4a", noise(2, n))
	up.Jobs = 1
	up.Body = failing(up.Bytes, n-10, func() error {
		once.Do(func() { close(stands) })
		<-free
		return errDisk
	})
	ended := make(chan error)
	target := s.dial(t, site)
	go func() {
		_, err := target.Put(t.Context(), &up.Upload)
		ended <- err
	}()
	within(t, "Put", func() { <-stands })
	if l := list(t, looks); s.o.Leaves && len(l) == 0 {
		t.Error("what is half there is not among the leftovers")
	}
	site.HoldsEither(t, up.Name, nil)
	close(free)
	if err := <-ended; err == nil {
		t.Error("no error")
	}

	for _, l := range list(t, looks) {
		if l.Name == "" || l.Remove == nil {
			t.Fatalf("a leftover without name or Remove: %+v", l)
		}
		if err := l.Remove(t.Context()); err != nil {
			t.Errorf("Remove %s: %v", l.Name, err)
		}
	}
	if l := list(t, looks); len(l) != 0 {
		t.Errorf("leftovers %v after all were removed", l)
	}
	if got := s.files(t, site); !slices.Equal(got, []string{there.Name}) {
		t.Errorf("at the server there are %q", got)
	}
	site.Holds(t, there.Name, there.Bytes)
	s.put(t, looks, site, up.Next())
}

func list(t *testing.T, target publish.Target) []publish.Leftover {
	t.Helper()
	l, err := target.Leftovers(t.Context())
	if err != nil {
		t.Errorf("Leftovers: %v", err)
	}
	return l
}

func (s *suite) plan(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	for _, n := range []int64{0, s.large()} {
		up := s.sending("folder/?#% é.m4a", noise(1, n))
		up.Body = failing(nil, -1, func() error { t.Error("Plan reads the file"); return errDisk })
		lines := target.Plan(&up.Upload)
		if len(lines) == 0 {
			t.Error("Plan tells nothing")
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" || strings.ContainsAny(line, "\r\n") {
				t.Errorf("Plan: not one line: %q", line)
			}
			s.clean(t, "Plan", line)
		}
	}
	if got := s.files(t, site); len(got) != 0 {
		t.Errorf("Plan left %q at the server", got)
	}
}

// sideBySide uses one target from several goroutines.
func (s *suite) sideBySide(t *testing.T) {
	site := s.new(t)
	target := s.dial(t, site)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			n := int64(i * 1000)
			if i == 0 {
				n = s.large()
			}
			up := s.sending(fmt.Sprintf("shared folder/%d.m4a", i), noise(uint64(i), n))
			r, err := target.Put(t.Context(), &up.Upload)
			if err != nil {
				t.Errorf("Put %s: %v", up.Name, err)
				return
			}
			s.told(t, "Put", r, up)
			if _, err := target.Stat(t.Context(), up.Name); err != nil {
				t.Errorf("Stat %s: %v", up.Name, err)
			}
			site.Holds(t, up.Name, up.Bytes)
		})
	}
	wg.Wait()
}
