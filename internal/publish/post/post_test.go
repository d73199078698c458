package post_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// hours is the recording of which the library has a clip as a video.
const hours = "1RDxlaZNRDLJL"

func open(t *testing.T) (lib *library.Library, g *gate.Gate, clip string) {
	t.Helper()
	dir := t.TempDir()
	if err := fixture.Unpack(dir, "../../../testdata/libraries/2026-11-30.zip"); err != nil {
		t.Fatal(err)
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: filepath.Join(dir, "library")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	g, err = gate.Open(gate.Options{Library: lib, Policy: consent.Policy{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	sp, err := lib.Load(hours)
	if err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(strings.ReplaceAll(lib.Path(sp.Folder), "[", `\[`) + "/clips/*.mp4")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return lib, g, list[0]
}

func TestID(t *testing.T) {
	for text, want := range map[string]string{
		"1234567890": "1234567890",
		"https://x.com/lea_durand/status/1234567890":    "1234567890",
		"https://twitter.com/i/web/status/12?s=20":      "12",
		"http://mobile.twitter.com/a/status/12/photo/1": "12",
		"https://x.com/lea_durand":                      "",
		"https://example.com/a/status/12":               "",
		"":                                              "",
	} {
		t.Run(text, func(t *testing.T) {
			if id, ok := post.ID(text); ok != (want != "") || ok && id != want {
				t.Errorf("%q, %t, want %q", id, ok, want)
			}
		})
	}
}

// A clip of the library is known by its name there and by its recording, and is
// held against what X takes.
func TestDraft(t *testing.T) {
	lib, g, clip := open(t)
	d, err := post.Open(t.Context(), clip, x.Post{Text: "Words"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Look(t.Context(), lib, g); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.File, "recordings/") || len(d.Uses) == 0 || d.Uses[0].Recording != hours || len(d.Uses[0].Parts) == 0 {
		t.Errorf("%s holds %+v", d.File, d.Uses)
	}
	if err := d.Inspect(x.Current()); err != nil {
		t.Fatal(err)
	}
	if len(d.Checks) == 0 || len(d.With(x.Over)) != 0 {
		t.Errorf("%+v", d.Checks)
	}
	short := x.Current()
	short.Seconds, short.MostSeconds = 1, 2
	if err := d.Inspect(short); err != nil {
		t.Fatal(err)
	}
	if over := d.With(x.Over); len(over) != 1 || over[0].What != "length" {
		t.Errorf("%+v", over)
	}
	r := d.Receipt("https://x.com/lea_durand", "test")
	if r.ID != hours || r.File != d.File || r.Bytes != d.Post.Size || r.SHA256 != d.Post.SHA256 || r.Place != "https://x.com/lea_durand" {
		t.Errorf("%+v", r)
	}
}

// Captions become SubRip; those that go on after the clip are of something else.
func TestCaptions(t *testing.T) {
	lib, g, clip := open(t)
	d, err := post.Open(t.Context(), clip, x.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(d.Look(t.Context(), lib, g), d.Inspect(x.Current())); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		ok         bool
		notes      int
	}{
		{"of the clip", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", true, 0},
		{"a second too long", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n00:01.000 --> 99:00.000\nyou\n", true, 1},
		{"of the Space", "WEBVTT\n\n59:00.000 --> 59:01.000\nHello\n", false, 0},
		{"none", "Hello", false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.Post.Captions = nil
			notes, err := d.SetCaptions(strings.NewReader(c.text), transcript.Options{})
			if (err == nil) != c.ok || len(notes) != c.notes || c.ok != strings.Contains(string(d.Post.Captions), "00:00:01,000") {
				t.Errorf("%v: %q", err, d.Post.Captions)
			}
		})
	}
}

func TestDraftRefuses(t *testing.T) {
	lib, g, clip := open(t)
	dir := t.TempDir()
	if _, err := post.Open(t.Context(), filepath.Join(dir, "none.mp4"), x.Post{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := post.Open(t.Context(), dir, x.Post{}); !errors.Is(err, post.ErrNotFile) {
		t.Errorf("a folder: %v", err)
	}
	text := filepath.Join(dir, "a.mp4")
	if err := os.WriteFile(text, []byte("no video"), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := post.Open(t.Context(), text, x.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Inspect(x.Current()); !errors.Is(err, x.ErrNotMP4) {
		t.Errorf("a text: %v", err)
	}

	// What the gate has looked at is what is posted.
	c, err := post.Open(t.Context(), clip, x.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f, err := os.OpenFile(clip, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := c.Look(t.Context(), lib, g); err != nil {
		t.Fatal(err)
	}
	if err := c.Inspect(x.Current()); !errors.Is(err, publish.ErrChanged) {
		t.Errorf("a file that has changed: %v", err)
	}
}

// A token comes back as it was kept; one program at a time renews it.
func TestTokens(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "settings")
	tokens := &post.Tokens{Store: &keyring.Store{File: filepath.Join(dir, "credentials.json"), FileOnly: true}, Dir: dir, Wait: time.Millisecond}
	if _, err := tokens.Load(); !errors.Is(err, x.ErrSignedOut) {
		t.Errorf("none is kept: %v", err)
	}
	want := x.Token{Access: "a", Refresh: "r", Expires: time.Date(2026, 12, 1, 2, 3, 4, 0, time.UTC), User: "1", Handle: "lea_durand"}
	unlock, err := tokens.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Lock(t.Context()); !errors.Is(err, post.ErrRenewing) {
		t.Errorf("a second lock: %v", err)
	}
	if err := tokens.Save(want); err != nil {
		t.Fatal(err)
	}
	unlock()
	if got, err := tokens.Load(); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if unlock, err = tokens.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	unlock()
	tokens.Dir = ""
	if _, err := tokens.Lock(t.Context()); !errors.Is(err, post.ErrNoDir) {
		t.Errorf("no folder: %v", err)
	}
}
