package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testShow is a show that has everything.
func testShow() *Show {
	s := &Show{
		Title: "Open Mic & Friends", Description: "Our Spaces, recorded.\n\nEvery <Monday>.", BaseURL: "https://example.com/show",
		Author: "Ann Höst", Email: "ann@example.com", Language: "en-GB", Category: []string{"News > Politics", "Technology"},
		Image: "https://example.com/show/cover.jpg", Copyright: "© 2026 Ann Höst",
		People: []Person{{Handle: "guest1", Name: "Bob <Guest>"}, {Handle: "cohost", Name: "Cleo", Role: "guest", URL: "https://example.com/cleo"}, {Name: "Eve Editor", Role: "editor"}},
	}
	s.Complete()
	return s
}

// testLibrary makes a folder like a library's, with one recording of an hour that
// has an episode and clips.
func testLibrary(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	r := record("1ypKdEXvkMLGW", "2021-06-14-debat.mp3", time.Date(2021, 6, 14, 18, 0, 0, 391e6, time.UTC))
	r.Title, r.Description = "Débat : l’été <des> médias", "First & last.\n\nSecond\nline."
	r.ChapterFile, r.Transcripts, r.Cover = "2021-06-14-debat.chapters.json", []string{"2021-06-14-debat.srt", "2021-06-14-debat.vtt", "2021-06-14-debat.transcript.json", "2021-06-14-debat.txt"}, "2021-06-14-debat.jpg"
	r.TranscriptLanguage, r.TranscriptSpeakers = "fr", episode.SpeakersEstimated
	r.Chapters = []episode.Chapter{{Start: 0, Title: "Hello"}, {Start: 75.5, Title: "On <air>"}}
	r.Host = &space.Person{ID: "1234567890", Handle: "hostess"}
	r.Speakers = []space.Speaker{{ID: "1234567890", Handle: "hostess", Role: "host"}, {Handle: "cohost", Role: "co-host"},
		{ID: "555", Handle: "Guest1", Role: "speaker"}, {ID: "666", Handle: "silent", Role: "speaker"}, {ID: "777", Role: "speaker"}}
	// Ten seconds were trimmed at the beginning, and five cut out at 60.
	r.Kept = []episode.Kept{{Start: 10, Seconds: 50, At: 0}, {Start: 65, Seconds: 3550, At: 50}}
	r.Duration = 3600
	put(t, root, "2021-06-14 Débat [1ypKdEXvkMLGW]", r)
	for _, c := range []clip.Provenance{
		{File: "a.m4a", At: 20, Length: 30, Settings: clip.Settings{Title: "The <best> of it"}},
		{File: "a.mp3", At: 20, Length: 30},
		{File: "b.m4a", At: 3585, Length: 30}, // ends with the episode
		{File: "c.m4a", At: 5, Length: 30},    // begins in what was trimmed
		{File: "d.m4a", At: 50, Length: 30},   // across the cut
		{File: "e.m4a", At: 3600, Length: 30}, // beyond the end
		{File: "f.m4a", At: 20, Length: 5, Recording: "another000000"},
	} {
		c.Schema, c.Samples = clip.Schema, 1
		if c.Recording == "" {
			c.Recording = r.ID
		}
		writeJSON(t, root, "recordings/2021/2021-06-14 Débat [1ypKdEXvkMLGW]/clips/"+c.File+".json", c)
	}
	return root
}

func record(id, file string, date time.Time) *episode.Record {
	return &episode.Record{
		Schema: 1, ID: id, File: file, Type: format.MediaType(filepath.Ext(file)), Title: "Space " + id, Date: space.Time{Time: date}, Duration: 1800,
		Speakers: []space.Speaker{}, Kept: []episode.Kept{{Start: 0, Seconds: 1800}}, Settings: episode.Settings{Preset: "host"},
	}
}

// testWords is a transcript with the times of words.
const testWords = `{"version": "1.0.0", "segments": [
	{"speaker": "@guest1, @cohost", "startTime": 1.5, "endTime": 3, "body": "Hello & “<welcome>” là.", "words": [
		{"word": "Hello", "start": 1.5, "end": 2}, {"word": "“<welcome>”", "start": 2, "end": 2.5}, {"word": "là.", "start": 2.5, "end": 3}]},
	{"speaker": "@guest1, @cohost", "startTime": 4, "endTime": 5, "body": "Again."},
	{"speaker": "@other", "startTime": 3602, "endTime": 3603, "body": "Łódź, Straße\nand İstanbul."}]}`

// put writes an episode: audio (of the size that goes with its length, at
// 8 kb/s), record, and whatever the record names.
func put(t *testing.T, root *os.Root, folder string, r *episode.Record) string {
	t.Helper()
	dir := "recordings/" + r.Date.UTC().Format("2006") + "/" + folder + "/episodes"
	audio := bytes.Repeat([]byte(r.ID), int(r.Duration)*1000/len(r.ID))
	sum := sha256.Sum256(audio)
	r.Bytes, r.SHA256 = int64(len(audio)), hex.EncodeToString(sum[:])
	write(t, root, dir+"/"+r.File, audio)
	if r.ChapterFile != "" {
		write(t, root, dir+"/"+r.ChapterFile, []byte(`{"version":"1.2.0","chapters":[]}`))
	}
	for _, file := range r.Transcripts {
		text := "1\n00:00:01,500 --> 00:00:03,000\nHello & <i>welcome</i>.\n\n2\n00:01:02,000 --> 00:01:03,000\nFrom <b>SRT</b>.\n"
		switch filepath.Ext(file) {
		case ".json":
			text = testWords
		case ".vtt":
			text = "WEBVTT\n\nNOTE nothing\n\n00:01.500 --> 00:03.000 align:start\n<v Ann>Hello &amp; <i>welcome</i>.\n\nlast\n01:00:02.000 --> 01:00:03.000\nBye,\nall.\n"
		}
		write(t, root, dir+"/"+file, []byte(text))
	}
	if r.Cover != "" {
		write(t, root, dir+"/"+r.Cover, []byte("a picture"))
	}
	name := dir + "/" + strings.TrimSuffix(r.File, filepath.Ext(r.File)) + ".json"
	writeJSON(t, root, name, r)
	return name
}

func write(t *testing.T, root *os.Root, name string, content []byte) {
	t.Helper()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, root *os.Root, name string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, name, b)
}

// build builds a feed into a new folder.
func build(t *testing.T, lib *os.Root, s *Show, o Options) (*Built, *os.Root, string) {
	t.Helper()
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	b, err := Build(context.Background(), lib, out, s, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := out.ReadFile(filepath.Base(b.URL))
	if err != nil {
		t.Fatal(err)
	}
	return b, out, string(text)
}

// noPages is a site without pages.
type noPages struct{}

func (noPages) Write(context.Context, *os.Root, *os.Root, *Show, []*Episode, string) ([]string, error) {
	return nil, nil
}
func (noPages) Tidy(*os.Root) ([]string, error) { return nil, nil }

func TestGolden(t *testing.T) {
	b, _, got := build(t, testLibrary(t), testShow(), Options{Site: noPages{}})
	golden := filepath.Join("testdata", "feed.xml")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("the feed differs from %s (-update writes it anew):\n%s", golden, got)
	}
	if len(b.Findings) > 0 {
		t.Errorf("our own feed does not pass our own check: %v", b.Findings)
	}
	for _, private := range []string{"1234567890", "555", "666", "silent"} {
		if strings.Contains(got, private) {
			t.Errorf("%q is in the feed; nobody has named it", private)
		}
	}
}

// The example of the podcast namespace's own page.
func TestGUID(t *testing.T) {
	const want = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
	for _, u := range []string{"https://mp3s.nashownotes.com/pc20rss.xml", "http://mp3s.nashownotes.com/pc20rss.xml/", "mp3s.nashownotes.com/pc20rss.xml"} {
		if got := GUID(u); got != want {
			t.Errorf("GUID(%q) = %s, want %s", u, got, want)
		}
	}
	s := testShow()
	old := s.GUID
	if s.BaseURL = "https://elsewhere.example/"; old == "" {
		t.Fatal("no GUID")
	}
	if s.Complete(); s.GUID != old {
		t.Error("the GUID has changed with the address")
	}
}

// A new episode adds lines and changes the date of the whole, nothing else.
func TestNewEpisodeChangesOnlyWhatIsNew(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	text := func(wantChanged bool) []string {
		t.Helper()
		b, err := Build(context.Background(), lib, out, s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if b.Changed != wantChanged {
			t.Errorf("changed: %v", b.Changed)
		}
		content, err := out.ReadFile(layout.FeedFile)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(content), "\n")
	}
	before := text(true)
	text(false)
	put(t, lib, "2022 New [1abcdefghijkl]", record("1abcdefghijkl", "new.m4a", time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)))
	after := text(true)
	i, gone := 0, []string{}
	for _, line := range before {
		j := i
		for j < len(after) && after[j] != line {
			j++
		}
		if j == len(after) {
			gone = append(gone, line)
		} else {
			i = j + 1
		}
	}
	if len(gone) != 1 || !strings.Contains(gone[0], "lastBuildDate") {
		t.Errorf("lines that are gone: %q", gone)
	}
	if !strings.Contains(strings.Join(after, "\n"), "<lastBuildDate>Sun, 02 Jan 2022 03:04:05 +0000</lastBuildDate>") {
		t.Error("lastBuildDate is not that of the newest episode")
	}
}

// A Space has one item, whatever was exported of it.
func TestOneItemPerSpace(t *testing.T) {
	date := time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	add := func(file, preset string, age time.Duration) {
		r := record("1abcdefghijkl", file, date)
		r.Settings.Preset = preset
		name := put(t, root, "x [1abcdefghijkl]", r)
		when := time.Now().Add(-age)
		if err := root.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
	}
	chosen := func(prefer, want string) {
		t.Helper()
		list, err := (&Show{Prefer: prefer}).Choose(context.Background(), root, (*Episode).IsPublished)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].File != want {
			t.Errorf("%d episodes, the first %s, want %s", len(list), list[0].File, want)
		}
	}
	add("e.flac", "archive", 0)
	chosen("", "e.flac")
	add("d.m4a", "untouched", 0)
	chosen("", "d.m4a")
	add("c.m4a", "host", 2*time.Hour)
	chosen("", "c.m4a")
	add("b.m4a", "host", time.Hour)
	chosen("", "b.m4a")
	add("a.mp3", "archive", 3*time.Hour)
	chosen("", "a.mp3")
	chosen("m4a", "b.m4a")
}

func TestBadEpisodes(t *testing.T) {
	date := time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)
	const folder = "x [1abcdefghijkl]"
	const dir = "recordings/2022/" + folder + "/episodes/"
	for _, test := range []struct {
		name, want string
		spoil      func(t *testing.T, root *os.Root)
	}{
		{"same name", "a.mp3 would have the same address", func(t *testing.T, root *os.Root) {
			put(t, root, "y [1zzzzzzzzzzzz]", record("1zzzzzzzzzzzz", "A.mp3", date))
		}},
		{"changed audio", "the file has changed since the export", func(t *testing.T, root *os.Root) { write(t, root, dir+"a.mp3", []byte("other")) }},
		{"audio gone", "a.mp3: the file is missing", func(t *testing.T, root *os.Root) { root.Remove(dir + "a.mp3") }},
		{"broken record", "cannot read the record", func(t *testing.T, root *os.Root) { write(t, root, dir+"a.json", []byte("{")) }},
		{"broken clip", "cannot read the source of the clip", func(t *testing.T, root *os.Root) {
			write(t, root, "recordings/2022/"+folder+"/clips/a.m4a.json", []byte("["))
		}},
		{"newer record", "newer version", func(t *testing.T, root *os.Root) { write(t, root, dir+"b.json", []byte(`{"schema":2}`)) }},
		{"path", `the name "../../space.mp3" cannot`, func(t *testing.T, root *os.Root) {
			r := record("1abcdefghijkl", "a.mp3", date)
			r.File = "../../space.mp3"
			writeJSON(t, root, dir+"b.json", r)
		}},
		{"invalid id", "invalid id", func(t *testing.T, root *os.Root) {
			writeJSON(t, root, dir+"b.json", record("../x", "a.mp3", date))
		}},
		{"not ASCII", "cannot be part of a web address", func(t *testing.T, root *os.Root) {
			writeJSON(t, root, dir+"b.json", record("1abcdefghijkl", "é.mp3", date))
		}},
		{"no date", "date of the Space is unknown", func(t *testing.T, root *os.Root) {
			writeJSON(t, root, dir+"b.json", record("1abcdefghijkl", "b.mp3", time.Time{}))
			root.Remove(dir + "a.json")
		}},
		{"chapters gone", "c.json: the file is missing", func(t *testing.T, root *os.Root) {
			r := record("1abcdefghijkl", "b.mp3", date)
			r.ChapterFile = "c.json"
			put(t, root, folder, r)
			root.Remove(dir + "c.json")
			root.Remove(dir + "a.json")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			if _, err := new(Show).Choose(context.Background(), root, (*Episode).IsPublished); !errors.Is(err, ErrNoEpisodes) {
				t.Errorf("an empty library: %v", err)
			}
			put(t, root, folder, record("1abcdefghijkl", "a.mp3", date))
			test.spoil(t, root)
			_, err = new(Show).Choose(context.Background(), root, (*Episode).IsPublished)
			var problem *ProblemError
			if !errors.As(err, &problem) || !strings.Contains(err.Error(), test.want) || problem.Cause == "" {
				t.Errorf("error %v, want one with %q and a hint", err, test.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := new(Show).Choose(ctx, testLibrary(t), (*Episode).IsPublished); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// One damaged record or file leaves out what it is about, and nothing else.
func TestSkip(t *testing.T) {
	date := time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)
	const other = "recordings/2022/y [1zzzzzzzzzzzz]/"
	for _, c := range []struct {
		name, file string // that is damaged
		left       int
	}{
		{"a record", other + "episodes/b.json", 1},
		{"audio", other + "episodes/b.mp3", 1},
		{"the record of a clip", other + "clips/c.m4a.json", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			put(t, root, "x [1abcdefghijkl]", record("1abcdefghijkl", "a.mp3", date))
			put(t, root, "y [1zzzzzzzzzzzz]", record("1zzzzzzzzzzzz", "b.mp3", date))
			write(t, root, c.file, []byte("{"))
			var told []*ProblemError
			list, err := new(Show).choose(t.Context(), root, (*Episode).IsPublished, func(p *ProblemError) error { told = append(told, p); return nil }, nil)
			if err != nil || len(list) != c.left || len(told) != 1 || told[0].Path != c.file {
				t.Errorf("%d episodes, told of %v, %v", len(list), told, err)
			}
			if _, err := new(Show).Choose(t.Context(), root, (*Episode).IsPublished); err == nil {
				t.Error("nobody was told")
			}
		})
	}
}

func TestShow(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := Load(root, ""); !errors.Is(err, ErrNoShow) {
		t.Errorf("no show: %v", err)
	}
	if err := testShow().Save(root); err != nil {
		t.Fatal(err)
	}
	s, err := Load(root, "")
	if err != nil {
		t.Fatal(err)
	}
	if warnings, err := s.Check(); err != nil || len(warnings) > 0 {
		t.Errorf("a good show: %q, %v", warnings, err)
	}
	for _, test := range []struct {
		want  string // of the error, or of the warnings after "warning: "
		spoil func(s *Show)
	}{
		{"no title", func(s *Show) { s.Title = " " }},
		{"no base URL", func(s *Show) { s.BaseURL = "" }},
		{"is not a web address", func(s *Show) { s.BaseURL = "ftp://example.com/" }},
		{"is not a web address", func(s *Show) { s.Image = "cover.jpg" }},
		{"a user name", func(s *Show) { s.BaseURL = "https://ann:secret@example.com/" }},
		{"must not have a query", func(s *Show) { s.BaseURL = "https://example.com/?x=/" }},
		{"not a valid show GUID", func(s *Show) { s.GUID = "x" }},
		{"not a valid language code", func(s *Show) { s.Language = "English!" }},
		{"not a valid e-mail address", func(s *Show) { s.Email = "Ann <ann@example.com>" }},
		{`Apple spells the category "news" as "News"`, func(s *Show) { s.Category = []string{"news"} }},
		{"(use Arts, ", func(s *Show) { s.Category = []string{"Chat"} }},
		{"not a subcategory of News (use Business News", func(s *Show) { s.Category = []string{"News > Gossip"} }},
		{"has no subcategories", func(s *Show) { s.Category = []string{"Technology > X"} }},
		{"a person's name", func(s *Show) { s.People[0].Name = strings.Repeat("x", 129) }},
		{"XML does not allow", func(s *Show) { s.Description = "a\x00b" }},
		{"unsupported episode format", func(s *Show) { s.Prefer = "wma" }},
		{"warning: the base URL http://example.com/ is not https", func(s *Show) { s.BaseURL = "http://example.com/" }},
		{"warning: the show has no image", func(s *Show) { s.Image = "" }},
		{"warning: the show has no author", func(s *Show) { s.Author = "" }},
		{"warning: the description has 4001 bytes", func(s *Show) { s.Description = strings.Repeat("x", 4001) }},
	} {
		t.Run(test.want, func(t *testing.T) {
			s := testShow()
			test.spoil(s)
			warnings, err := s.Check()
			if want, ok := strings.CutPrefix(test.want, "warning: "); ok {
				if err != nil || !strings.Contains(strings.Join(warnings, "\n"), want) {
					t.Errorf("warnings %q, error %v; want a warning %q", warnings, err, want)
				}
			} else if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestParsePerson(t *testing.T) {
	for text, want := range map[string]Person{
		"guest1=Bob Guest":         {Handle: "guest1", Name: "Bob Guest"},
		"@guest1 = Bob , Producer": {Handle: "guest1", Name: "Bob", Role: "producer"},
		"Ann,host":                 {Name: "Ann", Role: "host"},
	} {
		if got, err := ParsePerson(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	if _, err := ParsePerson("guest1="); err == nil {
		t.Error("nobody is a person")
	}
}
