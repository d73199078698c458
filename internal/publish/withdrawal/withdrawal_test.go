package withdrawal_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/withdrawal"
)

// The library has sent the episodes of three Spaces, with pages and a feed, to
// one folder. @mika_prod has declined, and was left out of the episode; @tomokafor
// is heard in it.
const (
	place = "file:///fixture/web"
	debat = "1ypKdEXvkMLGW"
	hours = "1RDxlaZNRDLJL"
)

func open(t *testing.T) (*library.Library, *consent.Ledger) {
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
	l, err := consent.Open(lib.Dir(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return lib, l
}

func now() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }

func answer(t *testing.T, l *consent.Ledger, handle, recording string, a consent.Answer) {
	t.Helper()
	if err := l.Add(t.Context(), consent.Entry{Kind: consent.Consent, Handle: handle, Recording: recording, Answer: a}); err != nil {
		t.Fatal(err)
	}
}

func finder(t *testing.T, lib *library.Library, l *consent.Ledger) *withdrawal.Finder {
	t.Helper()
	f, err := withdrawal.NewFinder(t.Context(), lib, l, now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func objects(list []*publish.Receipt) []string {
	var names []string
	for _, r := range list {
		names = append(names, r.Object)
	}
	return names
}

// A person's own words are listed, and the feeds that they are part of; nobody
// else's.
func TestSentListsEpisodesAndTheirFeed(t *testing.T) {
	lib, l := open(t)
	answer(t, l, "tomokafor", debat, consent.Withdrawn)
	for _, c := range []struct {
		handle string
		kinds  []publish.Kind
		id     string // of what is not the feed
	}{
		{"tomokafor", []publish.Kind{publish.Episode, publish.Feed}, debat},
		{"@TomoKafor", []publish.Kind{publish.Episode, publish.Feed}, debat},
		{"mika_prod", nil, ""},  // has said no, and is not heard
		{"lea_durand", nil, ""}, // is heard, and has agreed
		{"nobody", nil, ""},
	} {
		t.Run(c.handle, func(t *testing.T) {
			list, err := finder(t, lib, l).Sent(consent.Who{Handle: c.handle})
			if err != nil {
				t.Fatal(err)
			}
			var kinds []publish.Kind
			for _, s := range list {
				kinds = append(kinds, s.Kind)
				if s.Kind != publish.Feed && s.ID != c.id || s.Place != place {
					t.Errorf("%+v", s)
				}
			}
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("%v, want %v", kinds, c.kinds)
			}
		})
	}
}

// The host is heard in two Spaces: when they withdraw, both are listed.
func TestSentAfterAWithdrawal(t *testing.T) {
	lib, l := open(t)
	lea := consent.Who{Handle: "lea_durand"}
	before, err := finder(t, lib, l).Sent(lea)
	if err != nil || len(before) != 0 {
		t.Fatalf("before: %v, %v", before, err)
	}
	answer(t, l, "lea_durand", "", consent.Withdrawn)
	after, err := finder(t, lib, l).Sent(lea)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for _, s := range after {
		ids[s.ID] = true
	}
	if !ids[hours] || !ids[debat] {
		t.Errorf("%+v", after)
	}
}

// Of an episode everything goes that stands beside it, the sound first; other
// episodes, their pages and the feed stay.
func TestTakeDownRemovesAnEpisodeAndWhatStandsBesideIt(t *testing.T) {
	lib, l := open(t)
	answer(t, l, "tomokafor", debat, consent.Withdrawn)
	d, err := finder(t, lib, l).NewTakeDown(new(feed.Show), place, func(*feed.Episode) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := feed.List(context.Background(), lib.Root())
	if err != nil {
		t.Fatal(err)
	}
	var stays []*feed.Episode
	for _, e := range all {
		if d.Stays(e) != (e.ID != debat) {
			t.Errorf("%s stays: %t", e.ID, d.Stays(e))
		}
		if d.Stays(e) {
			stays = append(stays, e)
		}
		if d.Sends(e) {
			t.Errorf("%s is sent, and is there already", e.ID)
		}
	}
	xml := &publish.Item{Name: "feed.xml", Kind: publish.Feed, Open: publish.Bytes("feed.xml", []byte("<rss/>"))}
	d.Send(stays, []*publish.Item{xml})
	if !xml.Replace {
		t.Error("the feed does not replace the one that is there")
	}
	removed, replaced, err := d.Plan()
	if err != nil {
		t.Fatal(err)
	}
	const mp3 = "2021-06-14-Debat-lete-des-medias-sociaux-Spaces-avec-tomokafor-et-mika_prod"
	want := []string{mp3 + ".mp3", debat + ".dark.svg", debat + ".html", debat + ".svg", mp3 + ".chapters.json"}
	if got := objects(removed); !slices.Equal(got, want) || len(replaced) != 0 {
		t.Errorf("removed %q, want %q; replaced %q", got, want, objects(replaced))
	}
	stale, err := d.Stale([]*publish.Item{xml})
	if err != nil || !slices.Equal(objects(stale), []string{"feed.xml"}) {
		t.Errorf("stale %q, %v", objects(stale), err)
	}

	// What goes is not published any more; the others are as they were.
	if err := d.Publish(); err != nil {
		t.Fatal(err)
	}
	if all, _, err = feed.List(context.Background(), lib.Root()); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.ID == debat && e.IsPublished() {
			t.Errorf("%s is still published", e.File)
		}
	}
}

// An episode that is not at the target as it is now is sent only if the gate
// lets it through.
func TestTakeDownAsksBeforeItSends(t *testing.T) {
	lib, l := open(t)
	standing, err := publish.Standing(lib.Root())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(standing, func(r *publish.Receipt) bool { return r.Kind == publish.Episode && r.ID == debat })
	if i < 0 {
		t.Fatal("the episode was not sent")
	}
	all, _, err := feed.List(context.Background(), lib.Root())
	if err != nil {
		t.Fatal(err)
	}
	e := new(feed.Show).Best(all, debat)
	for _, c := range []struct {
		name    string
		err     error
		sends   bool
		refused int
		fails   bool
	}{
		{name: "allowed", sends: true},
		{name: "refused", err: fmt.Errorf("no: %w", &consent.Refused{}), refused: 1},
		{name: "failed", err: context.Canceled, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A later receipt of the same object tells of other bytes.
			asked := 0
			d, err := other(t, lib, l, standing[i]).NewTakeDown(new(feed.Show), place, func(*feed.Episode) error { asked++; return c.err })
			if c.fails {
				if err == nil {
					t.Error("the error of the gate is lost")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if asked != 1 || d.Sends(e) != c.sends || len(d.Refused) != c.refused || d.Stays(e) != c.sends { // the bytes there have @mika_prod in them
				t.Errorf("asked %d times; sends %t, stays %t, refused %v", asked, d.Sends(e), d.Stays(e), d.Refused)
			}
		})
	}
}

// other enters that an object has other bytes than the library's.
func other(t *testing.T, lib *library.Library, l *consent.Ledger, r *publish.Receipt) *withdrawal.Finder {
	t.Helper()
	a, err := publish.OpenAttempt(t.Context(), publish.AttemptConfig{Library: lib.Root(), Place: r.Place, Object: r.Object, Bytes: r.Bytes, SHA256: r.SHA256, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	o := *r
	o.SHA256 = "00" + r.SHA256[2:]
	if err := a.Done(&o); err != nil {
		t.Fatal(err)
	}
	return finder(t, lib, l)
}
