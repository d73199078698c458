package feed

import (
	"encoding/json"
	"os"
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
