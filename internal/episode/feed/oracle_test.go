package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// gofeed is one of two RSS parsers that know nothing of ours.
func TestGofeed(t *testing.T) {
	f, err := gofeed.NewParser().ParseString(golden(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ what, got, want string }{
		{"title", f.Title, "Open Mic & Friends"}, {"link", f.Link, "https://example.com/show/"},
		{"feed link", f.FeedLink, "https://example.com/show/feed.xml"}, {"language", f.Language, "en-GB"},
		{"description", f.Description, "Our Spaces, recorded.\n\nEvery <Monday>."},
		{"author", f.ITunesExt.Author, "Ann Höst"}, {"email", f.ITunesExt.Owner.Email, "ann@example.com"},
		{"image", f.ITunesExt.Image, "https://example.com/show/cover.jpg"}, {"category", f.ITunesExt.Categories[0].Text, "News"},
		{"subcategory", f.ITunesExt.Categories[0].Subcategory.Text, "Politics"},
		{"guid of the show", f.Extensions["podcast"]["guid"][0].Value, testShow().GUID},
		{"soundbites", f.Items[0].Extensions["podcast"]["soundbite"][1].Attrs["startTime"], "3570"},
	} {
		t.Run(test.what, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("%s: %q, want %q", test.what, test.got, test.want)
			}
		})
	}
	it := f.Items[0]
	if it.Title != "Débat : l’été <des> médias" || it.GUID != "x-space:1ypKdEXvkMLGW" || it.ITunesExt.Duration != "3600" ||
		it.PublishedParsed == nil || !it.PublishedParsed.Equal(time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", it)
	}
	if e := it.Enclosures[0]; *e != (gofeed.Enclosure{URL: "https://example.com/show/2021-06-14-debat.mp3", Length: "3599999", Type: "audio/mpeg"}) {
		t.Errorf("%+v", e)
	}
}

// Python's feedparser is the other one.
func TestFeedparser(t *testing.T) {
	const script = `
import sys, json, feedparser
f = feedparser.parse(sys.stdin.buffer.read())
e = f.entries[0]
json.dump({"bozo": bool(f.bozo), "version": f.version, "title": f.feed.title, "guid": e.id, "link": e.link, "entry": e.title,
  "published": list(e.published_parsed)[:6], "enclosure": dict(e.enclosures[0]), "duration": e.itunes_duration,
  "author": f.feed.author, "language": f.feed.language, "tags": [t.term for t in f.feed.tags]}, sys.stdout)`
	// Debian's own Python comes first: its packages are not seen by others.
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import feedparser").Run() != nil {
			continue
		}
		cmd := exec.Command(python, "-c", script)
		cmd.Stdin = strings.NewReader(golden(t))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Bozo                                                          bool
			Version, Title, GUID, Link, Entry, Duration, Author, Language string
			Published                                                     []int
			Enclosure                                                     map[string]string
			Tags                                                          []string
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got.Bozo || got.Version != "rss20" || got.Title != "Open Mic & Friends" || got.GUID != "x-space:1ypKdEXvkMLGW" ||
			got.Link != "https://example.com/show/1ypKdEXvkMLGW.html" || got.Enclosure["length"] != "3599999" ||
			got.Enclosure["type"] != "audio/mpeg" || got.Duration != "3600" || got.Language != "en-GB" || len(got.Tags) != 3 ||
			len(got.Published) != 6 || got.Published[3] != 18 || got.Author == "" {
			t.Errorf("feedparser reads: %s", out)
		}
		return
	}
	t.Skip("no Python with feedparser")
}

// The schema of the podcast namespace, where somebody has it: PODCAST_XSD
// names podcast-wrapper.xsd, with podcast.xsd beside it. Else it is looked for
// in a folder of contracts beside the repository.
func TestSchema(t *testing.T) {
	lint := podcastSchema(t)
	if n, err := lint(golden(t)); err != nil || n < 10 {
		t.Errorf("%d elements: %v", n, err)
	}
	if _, err := lint(strings.Replace(golden(t), `startTime="10"`, `startTime="0:10"`, 1)); err == nil {
		t.Error("the schema takes everything: it proves nothing")
	}
}

// podcastSchema returns a check of a feed's elements of the podcast namespace,
// which tells how many it has seen. It skips the test where there is none.
func podcastSchema(t *testing.T) func(feed string) (n int, err error) {
	t.Helper()
	schema := os.Getenv("PODCAST_XSD")
	if schema == "" {
		schema = filepath.Join("..", "..", "..", "..", "shared", "contracts", "podcast-wrapper.xsd")
		if _, err := os.Stat(schema); err != nil {
			t.Skip("PODCAST_XSD is not set")
		}
	}
	declared, err := os.ReadFile(filepath.Join(filepath.Dir(schema), "podcast.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("no xmllint")
	}
	return func(feed string) (int, error) {
		elements, n := podcastOnly(t, feed, string(declared))
		cmd := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, "-")
		cmd.Stdin = strings.NewReader(`<podcast:test-wrapper xmlns:podcast="` + podcastNS + `">` + elements + `</podcast:test-wrapper>`)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s\n%s", err, out, elements)
		}
		return n, err
	}
}

// podcastOnly copies those elements of a feed that the schema declares. (It is
// older than podcast:guid and podcast:medium.)
func podcastOnly(t *testing.T, feed, schema string) (elements string, n int) {
	t.Helper()
	var b bytes.Buffer
	dec := xml.NewDecoder(strings.NewReader(feed))
	for {
		start := dec.InputOffset()
		tok, err := dec.Token()
		if err == io.EOF {
			return b.String(), n
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Space != podcastNS || !strings.Contains(schema, `<xs:element name="`+e.Name.Local+`"`) {
			continue
		}
		if err := dec.Skip(); err != nil {
			t.Fatal(err)
		}
		b.WriteString(feed[start:dec.InputOffset()])
		n++
	}
}
