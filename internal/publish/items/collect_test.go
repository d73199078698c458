package items_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/publish/items"
)

// The library has three Spaces with an episode each, and has sent them to one
// folder with pages and a feed. Not everybody in debat has agreed.
const (
	place = "file:///fixture/web"
	debat = "1ypKdEXvkMLGW"
)

func collector(t *testing.T, p consent.Policy, open, inFeed bool) *items.Collector {
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
	g, err := gate.Open(gate.Options{Library: lib, Policy: p, Now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return &items.Collector{Library: lib, Gate: g, Open: open, Feed: inFeed}
}

func names(list []*publish.Item) []string {
	var names []string
	for _, it := range list {
		names = append(names, it.Name)
	}
	return names
}

// What was asked for of a Space is collected, and nothing else; a Space that has
// none of it says so.
func TestAddSpace(t *testing.T) {
	c := collector(t, consent.Policy{}, false, false)
	for _, k := range []struct {
		name string
		of   items.Of
		kind publish.Kind
		none publish.Kind // there is none of it
	}{
		{name: "episode", kind: publish.Episode},
		{name: "recording", of: items.Of{Recording: true}, kind: publish.Recording},
		{name: "originals", of: items.Of{Originals: true}, kind: publish.Original},
		{name: "clips", of: items.Of{Clips: true}, kind: publish.Clip},
	} {
		t.Run(k.name, func(t *testing.T) {
			sp, err := c.Library.Load(debat)
			if err != nil {
				t.Fatal(err)
			}
			c.List, c.Uses = nil, nil
			if err := c.AddSpace(t.Context(), sp, k.of); err != nil {
				t.Fatal(err)
			}
			if len(c.List) == 0 || len(c.Uses) != len(c.List) || c.List[0].Kind != k.kind {
				t.Fatalf("%q, uses %+v", names(c.List), c.Uses)
			}
			for i, it := range c.List {
				if it.Space != debat || c.Uses[i].Recording != debat || it.Kind != k.kind && it.Kind != publish.Extra {
					t.Errorf("%+v holds %+v", it, c.Uses[i])
				}
				if b, err := it.Content(); err != nil || len(b) == 0 {
					t.Errorf("%s: %d bytes, %v", it.Name, len(b), err)
				}
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		sp, err := c.Library.Load(debat)
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"episodes", "clips"} {
			if err := os.RemoveAll(c.Library.Path(sp.Folder + "/" + dir)); err != nil {
				t.Fatal(err)
			}
		}
		for of, want := range map[items.Of]string{{}: debat + " has no episode", {Clips: true}: debat + " has no clips"} {
			err := c.AddSpace(t.Context(), sp, of)
			if !errors.As(err, new(*items.NoneError)) || err.Error() != want {
				t.Errorf("%+v: %v, want %s", of, err, want)
			}
		}
	})
}

// A file is looked into where the gate asks about sending it, and what was
// looked at is what is sent.
func TestAddFile(t *testing.T) {
	for _, k := range []struct {
		name   string
		policy consent.Policy
		open   bool
		looked bool
	}{
		{"nothing is asked", consent.Policy{consent.SendingAll: consent.Off, consent.SendingOwn: consent.Off}, true, false},
		{"asked of what is public", consent.Policy{consent.SendingAll: consent.Require, consent.SendingOwn: consent.Off}, true, true},
		{"this is not public", consent.Policy{consent.SendingAll: consent.Require, consent.SendingOwn: consent.Off}, false, false},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := collector(t, k.policy, k.open, false)
			name := filepath.Join(t.TempDir(), "a b.txt")
			if err := os.WriteFile(name, []byte("words"), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := c.AddFile(t.Context(), name, "a-b.txt"); err != nil {
				t.Fatal(err)
			}
			it := c.List[0]
			if it.Name != "a-b.txt" || it.File != name || it.Kind != publish.File || (it.SHA256 != "") != k.looked {
				t.Errorf("%+v", it)
			}
		})
	}
}

func TestWebName(t *testing.T) {
	for name, want := range map[string]string{"/x/Café 1.mp3": "Cafe-1.mp3", "a.txt": "a.txt", "日本": ""} {
		got, err := items.WebName(name)
		if got != want || (err != nil) != (want == "") || want == "" && !errors.Is(err, items.ErrNoWebName) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}

// Whose consent is missing stops an upload that is public, not one that is not.
func TestAgree(t *testing.T) {
	policy := consent.Policy{consent.SendingAll: consent.Require, consent.SendingOwn: consent.Warn}
	for _, open := range []bool{true, false} {
		c := collector(t, policy, open, false)
		sp, err := c.Library.Load(debat)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddSpace(t.Context(), sp, items.Of{Recording: true}); err != nil {
			t.Fatal(err)
		}
		found, err := c.Agree(t.Context())
		if open {
			if !errors.As(err, new(*consent.Refused)) {
				t.Errorf("public: %v", err)
			}
			continue
		}
		if err != nil || len(found) != 1 || !slices.Contains(found[0].Handles(), "mika_prod") {
			t.Errorf("not public: %+v, %v", found, err)
		}
	}
}

// only lets one episode stay, and sends none.
type only string

func (o only) Stays(e *feed.Episode) bool           { return e.ID == string(o) }
func (o only) Hears(*clip.Provenance) (bool, error) { return true, nil }
func (o only) Sends(*feed.Episode) bool             { return false }

// The feed comes last, names the address at which it is found, and is empty
// where the last episode has gone.
func TestAddFeed(t *testing.T) {
	off := consent.Policy{consent.SendingAll: consent.Off, consent.Feeding: consent.Off}
	for _, k := range []struct {
		name            string
		o               items.FeedOptions
		episodes, sends int
		noFeed          bool
	}{
		{name: "all", o: items.FeedOptions{Place: place}, episodes: 3, sends: 3},
		{name: "planned", o: items.FeedOptions{Place: place, Plan: true, BaseURL: "https://b.example/"}, episodes: 3, sends: 3},
		{name: "one stays", o: items.FeedOptions{Place: place, Only: only(debat)}, episodes: 1},
		{name: "none stays", o: items.FeedOptions{Place: place, Only: only("")}},
		{name: "never sent there", o: items.FeedOptions{Place: "file:///else", Plan: true, Only: only("")}, noFeed: true},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := collector(t, off, true, true)
			episodes, base, err := c.AddFeed(t.Context(), k.o)
			if err != nil {
				t.Fatal(err)
			}
			sends := 0
			for _, it := range c.List {
				if it.Kind == publish.Episode {
					sends++
				}
			}
			if len(episodes) != k.episodes || sends != k.sends {
				t.Errorf("%d episodes, %d of them sent: %q", len(episodes), sends, names(c.List))
			}
			if k.noFeed {
				if len(c.List) != 0 {
					t.Errorf("%q", names(c.List))
				}
				return
			}
			last := c.FeedItem()
			if n := len(c.List); c.List[n-1].Name != site.Index || slices.Index(c.List, last) < n-3 {
				t.Errorf("the feed is not behind all but the map and the first page: %q", names(c.List))
			}
			text, err := last.Content()
			if err != nil || !last.Last || strings.Count(string(text), "<item>") != k.episodes {
				t.Errorf("%s, %v:\n%s", last.Name, err, text)
			}
			if want := k.o.BaseURL; want != "" && base != want || !strings.Contains(string(text), base) {
				t.Errorf("the feed is not at %s:\n%s", base, text)
			}
		})
	}
}

// Subscribers are told of what differs from the feed that is there; what is no
// feed is an error, and everything is new.
func TestFeedChanges(t *testing.T) {
	c := collector(t, consent.Policy{}, false, false)
	if _, _, err := c.AddFeed(t.Context(), items.FeedOptions{Place: place, Plan: true}); err != nil {
		t.Fatal(err)
	}
	it := c.FeedItem()
	text, err := it.Content()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name       string
		there      []byte
		added      int
		unreadable bool
	}{
		{"nothing is there", nil, 3, false},
		{"the same is there", text, 0, false},
		{"a page is there", []byte("<html><body>404"), 3, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			if k.there != nil {
				if err := os.WriteFile(filepath.Join(dir, it.Name), k.there, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			target := folder.New(dir)
			defer target.Close()
			changes, err := items.FeedChanges(t.Context(), target, it)
			if errors.As(err, new(*items.UnreadableFeedError)) != k.unreadable || !k.unreadable && err != nil {
				t.Fatal(err)
			}
			if len(changes.Added) != k.added || len(changes.Removed)+len(changes.Changed) != 0 {
				t.Errorf("%+v", changes)
			}
		})
	}
	t.Run("the target fails", func(t *testing.T) {
		target := folder.New(t.TempDir())
		defer target.Close()
		if _, err := items.FeedChanges(t.Context(), broken{target}, it); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	})
}

// broken is a target whose connection breaks.
type broken struct{ publish.Target }

func (broken) Open(context.Context, string) (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
