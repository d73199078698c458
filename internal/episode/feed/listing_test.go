package feed

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/spaces-cli/spaces/internal/episode"
)

// theRecord is the name of the record in testLibrary.
const theRecord = "recordings/2021/2021-06-14 Débat [1ypKdEXvkMLGW]/episodes/2021-06-14-debat.json"

// relist changes a listing of the episode in testLibrary.
func relist(t *testing.T, lib *os.Root, show string, c episode.Relisting) {
	t.Helper()
	if err := episode.Relist(lib, theRecord, show, c); err != nil {
		t.Fatal(err)
	}
}

// Season, number, type and rating of an episode stand in both namespaces, and
// readers of others find them.
func TestNumbers(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	season, number, bonus, yes := 2, 14, episode.Bonus, "true"
	relist(t, lib, "", episode.Relisting{Season: &season, Number: &number, EpisodeType: &bonus, Explicit: &yes})
	s.Type = Serial
	b, _, text := build(t, lib, s, Options{})
	if len(b.Findings) > 0 {
		t.Error(b.Findings)
	}
	f, err := gofeed.NewParser().ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	it := f.Items[0].ITunesExt
	if it.Season != "2" || it.Episode != "14" || it.EpisodeType != "bonus" || it.Explicit != "true" || f.ITunesExt.Type != "serial" || f.ITunesExt.Explicit != "false" {
		t.Errorf("%+v of %+v", it, f.ITunesExt)
	}
	p := f.Items[0].Extensions["podcast"]
	if p["season"][0].Value != "2" || p["episode"][0].Value != "14" {
		t.Errorf("%+v", p)
	}
	// What is taken away is gone; what a record of before says is as before.
	none, full, same := 0, episode.Full, "show"
	relist(t, lib, "", episode.Relisting{Season: &none, Number: &none, EpisodeType: &full, Explicit: &same})
	s.Type = ""
	if _, _, text := build(t, lib, s, Options{Site: noPages{}}); text != golden(t) {
		t.Errorf("the feed is not as it was:\n%s", text)
	}
}

func TestNumbersSchema(t *testing.T) {
	lint := podcastSchema(t)
	lib, s := testLibrary(t), testShow()
	season, number := 2, 14
	relist(t, lib, "", episode.Relisting{Season: &season, Number: &number})
	_, _, text := build(t, lib, s, Options{})
	if n, err := lint(text); err != nil || n < 12 {
		t.Errorf("%d elements: %v", n, err)
	}
}

// A change keeps what it does not name, and the time of the record.
func TestRelist(t *testing.T) {
	lib := testLibrary(t)
	then := time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := lib.Chtimes(theRecord, then, then); err != nil {
		t.Fatal(err)
	}
	season, number, no := 1, 7, false
	at := time.Date(2026, 12, 12, 9, 0, 0, 0, time.FixedZone("", 3600))
	relist(t, lib, "", episode.Relisting{Season: &season})
	relist(t, lib, "", episode.Relisting{Number: &number, PublishAt: &at, Published: &no})
	var rec map[string]any
	b, err := lib.ReadFile(theRecord)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		t.Fatal(err)
	}
	if rec["season"] != 1.0 || rec["number"] != 7.0 || rec["published"] != false || !strings.HasPrefix(rec["publish_at"].(string), "2026-12-12T08:00:00") {
		t.Errorf("%s", b)
	}
	if info, err := lib.Stat(theRecord); err != nil || !info.ModTime().Equal(then) {
		t.Errorf("%v, %v", info.ModTime(), err)
	}
	relist(t, lib, "", episode.Relisting{PublishAt: new(time.Time)})
	if b, _ = lib.ReadFile(theRecord); strings.Contains(string(b), "publish_at") {
		t.Errorf("%s", b)
	}
}

// An episode with a date enters the feed from then on, with that date; the same
// files and time give the same bytes.
func TestPublishAt(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	at := time.Date(2026, 12, 12, 9, 0, 0, 0, time.FixedZone("", 3600))
	relist(t, lib, "", episode.Relisting{PublishAt: &at})
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var due *NoneDueError
	if _, err := Build(t.Context(), lib, out, s, Options{Now: at.Add(-time.Second)}); !errors.As(err, &due) || !due.Next.Equal(at) || !errors.Is(err, ErrNonePublished) {
		t.Fatalf("before: %v", err)
	}
	b, _, text := build(t, lib, s, Options{Now: at})
	if !strings.Contains(text, "<pubDate>Sat, 12 Dec 2026 08:00:00 +0000</pubDate>") || !strings.Contains(text, "<lastBuildDate>Sat, 12 Dec 2026 08:00:00 +0000") || len(b.Waiting) > 0 {
		t.Errorf("%v: %s", b.Waiting, text)
	}
	if _, _, again := build(t, lib, s, Options{Now: at.Add(time.Hour)}); again != text {
		t.Error("an hour later the bytes differ")
	}
	// With another one the feed is there, and tells who waits.
	put(t, lib, "2021-06-20 B [1aaaaaaaaaaaa]", record("1aaaaaaaaaaaa", "b.mp3", time.Date(2021, 6, 20, 18, 0, 0, 0, time.UTC)))
	b, _, text = build(t, lib, s, Options{Now: at.Add(-time.Minute)})
	if len(b.Waiting) != 1 || len(b.Episodes) != 1 || strings.Contains(text, "debat.mp3") {
		t.Errorf("%d wait: %s", len(b.Waiting), text)
	}
	b, _, text = build(t, lib, s, Options{Now: at})
	if len(b.Episodes) != 2 || b.Episodes[0].File != "2021-06-14-debat.mp3" || strings.Index(text, "debat.mp3") > strings.Index(text, "b.mp3") {
		t.Errorf("the one with the later date is not first: %s", text)
	}
}

// Each show of a library has its own settings, cover, feed and episodes.
func TestSeveralShows(t *testing.T) {
	lib, first := testLibrary(t), testShow()
	first.Image = ""
	jazz := testShow()
	jazz.Name, jazz.Title, jazz.BaseURL, jazz.GUID, jazz.Image = "jazz", "Jazz", "https://example.com/jazz/", "", ""
	jazz.Complete()
	for _, s := range []*Show{first, jazz} {
		if _, err := s.SetImage(picture(t, 1400), false); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(lib); err != nil {
			t.Fatal(err)
		}
	}
	names, err := Names(lib)
	if err != nil || !slices.Equal(names, []string{"", "jazz"}) {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range []string{"shows/jazz/show.json", "shows/jazz/feed/" + jazz.Cover, "show.json", "feed/" + first.Cover} {
		if _, err := lib.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if jazz, err = LoadValid(lib, "jazz"); err != nil || jazz.Title != "Jazz" || jazz.GUID == first.GUID {
		t.Fatalf("%+v, %v", jazz, err)
	}
	if _, err := Load(lib, "rock"); !errors.Is(err, ErrNoShow) || !strings.Contains(err.Error(), "rock") {
		t.Errorf("%v", err)
	}
	// A record of before means the first show alone.
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := Build(t.Context(), lib, out, jazz, Options{}); !errors.Is(err, ErrNonePublished) {
		t.Fatal(err)
	}
	yes, no, number := true, false, 3
	relist(t, lib, "jazz", episode.Relisting{Published: &yes, Number: &number})
	relist(t, lib, "", episode.Relisting{Published: &no})
	if _, err := Build(t.Context(), lib, out, first, Options{}); !errors.Is(err, ErrNonePublished) {
		t.Fatal(err)
	}
	b, _, text := build(t, lib, jazz, Options{})
	if !strings.Contains(text, "<itunes:episode>3<") || !strings.Contains(text, "https://example.com/jazz/2021-06-14-debat.mp3") || b.Files[0].Path != "shows/jazz/feed/"+jazz.Cover {
		t.Errorf("%+v: %s", b.Files[0], text)
	}
}
