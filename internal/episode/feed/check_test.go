package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// golden is a feed that passes.
func golden(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "feed.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// ruleTests spoil the golden feed in one way for each rule: the first place
// where old stands becomes new. line is a part of the line that the finding
// must name, in the spoiled feed.
var ruleTests = []struct{ rule, old, new, line string }{
	{"xml-syntax", "</channel>", "</chanel>", "</chanel>"},
	{"xml-syntax", "<title>Open Mic &amp;", "<title>Open Mic &nbsp;", "&nbsp;"},
	{"xml-syntax", "<?xml", "\n<?xml", "<?xml"},
	{"xml-syntax", "<?xml", " <?xml", "<?xml"},
	{"xml-syntax", "<?xml", "\ufeff\n<?xml", "<?xml"},
	{"xml-syntax", "<?xml", "<!-- made by hand --><?xml", "<?xml"},
	{"xml-syntax", "</rss>", "</rss><rss></rss>", "<rss></rss>"},
	{"xml-syntax", "</rss>", "</rss>done", "done"},
	{"xml-syntax", "<enclosure ", "<enclosure length=\"1\" ", "<enclosure"},
	{"xml-syntax", `href="https://example.com/show/cover.jpg"`, `href="https://example.com/show/caf&eacute;.jpg"`, "eacute"},
	{"xml-encoding", `encoding="UTF-8"`, `encoding="ISO-8859-1"`, "<?xml"},
	{"xml-doctype", "<rss", "<!DOCTYPE rss [<!ENTITY a \"b\">]>\n<rss", "<!DOCTYPE"},
	{"xml-namespace", ` xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"`, "", "<itunes:author>"},
	{"xml-namespace", `"http://www.itunes.com/dtds/podcast-1.0.dtd"`, `"http://www.itunes.com/DTDs/Podcast-1.0.dtd"`, "<itunes:author>"},
	{"rss-root", "<channel>", "<channel></channel><channel>", "<channel>"},
	{"rss-version", `version="2.0"`, `version="0.91"`, "<rss"},
	{"channel-title", "<title>Open Mic &amp; Friends</title>", "", "<channel>"},
	{"channel-link", "<link>https://example.com/show/</link>", "<link>example.com</link>", "<link>"},
	{"channel-description", "<![CDATA[Our Spaces, recorded.\n\nEvery <Monday>.]]>", " ", "<description>"},
	{"channel-description-length", "Our Spaces", strings.Repeat("x", 4001), "<description>"},
	{"channel-description-html", "Our Spaces", "<p>Our Spaces</p>", "<description>"},
	{"channel-description-html", "Our Spaces", "Our <a href='x'>Spaces", "<description>"},
	{"channel-language", "<language>en-GB</language>", "<language>English (UK)</language>", "<language>"},
	{"channel-image", `<itunes:image href="https://example.com/show/cover.jpg">`, `<itunes:image href="cover.jpg">`, "cover.jpg"},
	{"image-type", "cover.jpg", "cover.webp", "cover.webp"},
	{"channel-category", `text="Technology"`, `text=""`, `text=""`},
	{"category-unknown", `text="Technology"`, `text="technology"`, `text="technology"`},
	{"category-unknown", `text="Politics"`, `text="Gossip"`, `text="News"`},
	{"channel-explicit", "<itunes:explicit>false", "<itunes:explicit>perhaps", "perhaps"},
	{"explicit-old", "<itunes:explicit>false", "<itunes:explicit>clean", "clean"},
	{"channel-author", "<itunes:author>Ann Höst</itunes:author>", "", "<channel>"},
	{"channel-owner", "<itunes:email>ann@example.com</itunes:email>", "", "<itunes:owner>"},
	{"channel-self", `rel="self"`, `rel="alternate"`, "<channel>"},
	{"channel-guid", "<podcast:guid>ea04a966-8a79-565b-b550-b6e12ae3c7b8</podcast:guid>", "", "<channel>"},
	{"channel-guid-format", "<podcast:guid>ea04", "<podcast:guid>ea0", "<podcast:guid>"},
	{"channel-locked", `<podcast:locked owner="ann@example.com">yes</podcast:locked>`, "", "<channel>"},
	{"channel-locked-value", "yes</podcast:locked>", "true</podcast:locked>", "<podcast:locked"},
	{"channel-medium", "<podcast:medium>podcast", "<podcast:medium>radio", "<podcast:medium>"},
	{"episode-type", "episodic", "sometimes", "sometimes"},
	{"episode-type", "<itunes:episodeType>full", "<itunes:episodeType>half", "half"},
	{"item-title", "<title>Débat : l’été &lt;des&gt; médias</title>", "", "<item>"},
	{"item-description", "<![CDATA[<p>First &amp; last.</p><p>Second<br>line.</p>]]>", "", "<description></"},
	{"item-description-length", "First", strings.Repeat("x", 10001), "<br>line"},
	{"item-enclosure", "<enclosure", "<enclosured></enclosured><!--", "<item>"},
	{"item-enclosure", "</enclosure>", "</enclosure>\n<enclosure url=\"https://example.com/b.mp3\"/>", "b.mp3"},
	{"enclosure-url", `url="https://example.com/show/2021`, `url="2021`, `url="2021`},
	{"enclosure-url", `url="https://example.com/show/2021`, `url="https://ann:pw@example.com/show/2021`, "ann:pw"},
	{"enclosure-ascii", "2021-06-14-debat.mp3", "Débat.mp3", "Débat.mp3"},
	{"enclosure-length", `length="3599999"`, `length="0"`, "<enclosure"},
	{"enclosure-length", `length="3599999"`, `length="4 MB"`, "<enclosure"},
	{"enclosure-length-seconds", `length="3599999"`, `length="3600"`, "<enclosure"},
	{"enclosure-type", `type="audio/mpeg"`, `type="mp3"`, "<enclosure"},
	{"enclosure-type-apple", `type="audio/mpeg"`, `type="audio/ogg"`, "<enclosure"},
	{"enclosure-extension", `type="audio/mpeg"`, `type="audio/x-m4a"`, "<enclosure"},
	{"guid-missing", "x-space:1ypKdEXvkMLGW", "", "<guid"},
	{"guid-permalink", `isPermaLink="false"`, "", "<guid"},
	{"date-missing", "<pubDate>Mon, 14 Jun 2021 18:00:00 +0000</pubDate>", "", "<item>"},
	{"date-format", "<pubDate>Mon, 14 Jun 2021 18:00:00 +0000", "<pubDate>2021-06-14T18:00:00Z", "<pubDate>"},
	{"date-format", "<lastBuildDate>Mon, 14", "<lastBuildDate>Mo, 14", "<lastBuildDate>"},
	{"date-weekday", "<pubDate>Mon, 14", "<pubDate>Tue, 14", "<pubDate>"},
	{"date-weekday", "<pubDate>Mon, 14 Jun 2021 18:00:00 +0000", "<pubDate>Tue, 14 Jun 2021 23:00:00 EDT", "<pubDate>"},
	{"date-weekday", "<lastBuildDate>Mon, 14", "<lastBuildDate>sun, 14", "<lastBuildDate>"},
	{"duration-missing", "<itunes:duration>3600</itunes:duration>", "", "<item>"},
	{"duration-format", "<itunes:duration>3600", "<itunes:duration>60:00:00:00", "<itunes:duration>"},
	{"duration-format", "<itunes:duration>3600", "<itunes:duration>1e9", "<itunes:duration>"},
	{"duration-format", "<itunes:duration>3600", "<itunes:duration>1:75", "<itunes:duration>"},
	{"explicit-value", "<itunes:explicit>false</itunes:explicit>\n      <itunes:ep", "<itunes:explicit>maybe</itunes:explicit>\n      <itunes:ep", "maybe"},
	{"number-format", "<itunes:episodeType>full</itunes:episodeType>", "<itunes:episodeType>full</itunes:episodeType><itunes:season>0</itunes:season>", "<itunes:season>0"},
	{"number-missing", "<itunes:type>episodic", "<itunes:type>serial", "<itunes:type>"},
	{"trailer-number", "<itunes:episodeType>full</itunes:episodeType>", "<itunes:episodeType>trailer</itunes:episodeType><podcast:episode>3</podcast:episode>", "<podcast:episode>3"},
	{"new-feed-url", "<podcast:medium>", "<itunes:new-feed-url>feed.xml</itunes:new-feed-url><podcast:medium>", "new-feed-url"},
	{"item-image", `href="https://example.com/show/2021-06-14-debat.jpg"`, `href="/x.jpg"`, "/x.jpg"},
	{"transcript-url", `url="https://example.com/show/2021-06-14-debat.srt"`, "", "application/x-subrip"},
	{"transcript-type", `type="application/x-subrip"`, "", "debat.srt"},
	{"transcript-type-unknown", "application/x-subrip", "application/pdf", "debat.srt"},
	{"transcript-rel", `rel="captions"`, `rel="subtitles"`, "debat.srt"},
	{"transcript-captions", `type="text/plain"`, `type="text/plain" rel="captions"`, "debat.txt"},
	{"transcript-language", `type="application/x-subrip" language="fr"`, `type="application/x-subrip" language="French"`, "debat.srt"},
	{"chapters-url", `url="https://example.com/show/2021-06-14-debat.chapters.json"`, `url="c.json"`, "c.json"},
	{"chapters-type", "application/json+chapters", "text/plain", "chapters.json"},
	{"soundbite-time", `startTime="10"`, `startTime="0:10"`, "0:10"},
	{"soundbite-time", `startTime="10" duration="30"`, `startTime="10"`, "<podcast:soundbite"},
	{"soundbite-range", `startTime="3570"`, `startTime="3580"`, "3580"},
	{"soundbite-length", `duration="30"`, `duration="130"`, "130"},
	{"person-name", ">Bob &lt;Guest&gt;<", "> <", "> <"},
	{"podcast-text", "The &lt;best&gt; of it", strings.Repeat("é", 129), "éé"},
	{"podcast-number", "<podcast:medium>", "<podcast:season>one</podcast:season><podcast:medium>", "one"},
	{"podcast-unknown", "<podcast:medium>", "<podcast:mediun></podcast:mediun><podcast:medium>", "mediun"},
	{"url-https", `"https://example.com/show/2021-06-14-debat.mp3"`, `"http://example.com/show/2021-06-14-debat.mp3"`, "<enclosure"},
}

func TestRules(t *testing.T) {
	good := golden(t)
	if findings, err := CheckBytes([]byte(good)); err != nil || len(findings) > 0 {
		t.Fatalf("the golden feed: %v, %v", findings, err)
	}
	tried := map[string]bool{}
	for _, test := range ruleTests {
		tried[test.rule] = true
		t.Run(test.rule, func(t *testing.T) {
			if !strings.Contains(good, test.old) {
				t.Errorf("%s: the feed has no %q", test.rule, test.old)
				return
			}
			bad := strings.Replace(good, test.old, test.new, 1)
			if strings.Contains(test.new, "<!--") {
				bad = strings.Replace(bad, "</enclosure>", "-->", 1)
			}
			wantRule(t, test.rule, bad, test.line)
		})
	}
	// Rules about several items, and about none.
	item := good[strings.Index(good, "    <item>"):strings.Index(good, "  </channel>")]
	twice := strings.Replace(good, "  </channel>", strings.Replace(item, "<item>", "<item><!-- second -->", 1)+"  </channel>", 1)
	for _, rule := range []string{"guid-duplicate", "enclosure-duplicate"} {
		tried[rule] = true
		wantRule(t, rule, twice, "")
	}
	for rule, kind := range map[string]string{
		"number-duplicate":  "<itunes:episodeType>full</itunes:episodeType><itunes:season>2</itunes:season><itunes:episode>3</itunes:episode>",
		"trailer-duplicate": "<itunes:episodeType>Trailer</itunes:episodeType><itunes:season>2</itunes:season>",
	} {
		tried[rule] = true
		wantRule(t, rule, strings.ReplaceAll(twice, "<itunes:episodeType>full</itunes:episodeType>", kind), "")
	}
	tried["channel-items"] = true
	wantRule(t, "channel-items", strings.Replace(good, item, "", 1), "<channel>")
	for _, text := range []string{"", "<?xml version=\"1.0\"?>", "<feed/>", "<rss version=\"2.0\"/>"} {
		wantRule(t, "rss-root", text, "")
	}
	tried["xml-too-large"] = true // TestHostile
	tried["date-future"] = true   // TestFuture
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "publishing-a-podcast.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if !tried[r.ID] {
			t.Errorf("no test breaks the rule %s", r.ID)
		}
		if row := fmt.Sprintf("| `%s` | %s | %s | %s |", r.ID, r.Severity, r.From, r.About); !strings.Contains(string(page), row) {
			t.Errorf("docs/publishing-a-podcast.md lacks the row:\n%s", row)
		}
	}
}

// One fault is one finding, wherever it stands and whatever comes after it.
func TestOneFault(t *testing.T) {
	good := golden(t)
	for _, c := range []struct{ rule, old, new string }{
		{"xml-syntax", "<?xml", "\n<?xml"},
		{"xml-syntax", "<?xml", "\n\n  <?xml"},
		{"xml-syntax", "Our Spaces", "]]>&nbsp;<![CDATA[Our Spaces"},
		{"xml-syntax", "<title>Débat : l’été", "<title>D&eacute;bat&nbsp;: l&rsquo;&eacute;t&eacute; &nbsp;"},
		{"xml-syntax", "<title>Open Mic &amp;", "<title>Open Mic &"},
		{"xml-syntax", "<title>Open Mic &amp;", "<title>Open Mic &nosuch;"},
		{"xml-syntax", "<language>", "<language"},
		{"xml-syntax", "</channel>", "</chanel>"},
		{"xml-syntax", "UTF-8", "EBCDIC"},
		{"xml-namespace", `"http://www.itunes.com/dtds/podcast-1.0.dtd"`, `"http://www.itunes.com/dtds/podcast.dtd"`},
		{"xml-namespace", `"https://podcastindex.org/namespace/1.0"`, `"https://podcastindex.org/namespace"`},
		{"date-weekday", "<pubDate>Mon", "<pubDate>Fri"},
		{"enclosure-url", `url="https://example.com/show/2021-06-14-debat.mp3"`, `url=""`},
	} {
		t.Run(c.new, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Errorf("the feed has no %q", c.old)
				return
			}
			bad := strings.Replace(good, c.old, c.new, 1)
			findings, err := CheckAt(strings.NewReader(bad), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			want := 1
			if strings.Contains(c.new, "&rsquo;") {
				want = 3 // of three entities, each told once
			}
			if err != nil || len(findings) != want || findings[0].Rule != c.rule {
				t.Errorf("%q: %d findings, %+v, %v", c.new, len(findings), findings, err)
			}
		})
	}
	// A byte order mark may stand before the declaration.
	if findings, err := CheckBytes([]byte("\ufeff" + good)); err != nil || len(findings) > 0 {
		t.Errorf("with a byte order mark: %+v, %v", findings, err)
	}
}

// Dates are held against the clock, with the zones of their own.
func TestFuture(t *testing.T) {
	good := golden(t)
	for date, future := range map[string]bool{
		"Mon, 14 Jun 2021 18:00:00 +0000": false, "Mon, 14 Jun 2021 18:09:00 GMT": false, "Mon, 14 Jun 2021 19:00:00 +0000": true,
		"Mon, 14 Jun 2021 19:00:00 +0200": false, "Mon, 14 Jun 2021 15:00:00 EDT": true, "Mon, 14 Jun 2021 13:00:00 EDT": false, "Tue, 14 Jun 2022 18:00:00 +0000": true,
	} {
		bad := strings.Replace(good, "<pubDate>Mon, 14 Jun 2021 18:00:00 +0000", "<pubDate>"+date, 1)
		findings, err := CheckAt(strings.NewReader(bad), time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC))
		if err != nil || future != (len(findings) == 1 && findings[0].Rule == "date-future" && findings[0].Severity == Warning) || !future && len(findings) > 0 {
			t.Errorf("%s: %+v, %v", date, findings, err)
		}
	}
}

// wantRule checks a feed and wants a finding of a rule, on the first line that
// contains a text.
func wantRule(t *testing.T, rule, feed, line string) {
	t.Helper()
	findings, err := CheckBytes([]byte(feed))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Rule == rule })
	if i < 0 {
		t.Errorf("%s is not found, but %v", rule, findings)
		return
	}
	f := findings[i]
	lines := strings.Split(feed, "\n")
	if f.Line < 1 || f.Line > max(1, len(lines)) || !strings.Contains(lines[f.Line-1], line) {
		t.Errorf("%s is said of line %d, want the one with %q", rule, f.Line, line)
	}
	if f.Severity != severityOf()[rule] || f.Message == "" {
		t.Errorf("%+v", f)
	}
}

// What is allowed must not be complained of.
func TestAllowed(t *testing.T) {
	good := golden(t)
	for _, test := range []struct{ old, new string }{
		{"Mon, 14 Jun 2021 18:00:00 +0000</pubDate>", "14 Jun 2021 20:00 +0200</pubDate>"},
		{"Mon, 14 Jun 2021 18:00:00 +0000</pubDate>", "Mon, 14 Jun 2021 18:00:00 GMT</pubDate>"},
		{"Mon, 14 Jun 2021 18:00:00 +0000</pubDate>", "Mon, 14 Jun 2021 18:00:00 UT</pubDate>"},
		{"<itunes:duration>3600", "<itunes:duration>1:00:00"},
		{"<itunes:duration>3600", "<itunes:duration>60:00"},
		{`"https://podcastindex.org/namespace/1.0"`, `"` + oldPodcastNS + `"`},
		{"en-GB", "pt-br"},
		{`"https://example.com/show/2021-06-14-debat.mp3"`, `"https://example.com/a.mp3?x=1&amp;y=2"`},
		{"<guid isPermaLink=\"false\">x-space:1ypKdEXvkMLGW", "<guid>https://example.com/1"},
		{"<podcast:medium>podcast", "<podcast:medium>musicL"},
		{"<generator>", "<?pi a='?><!-- it's fine --><generator>"},
		{"<description>", "<content:encoded xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><![CDATA[<a href='x\">]]></content:encoded><description>"},
	} {
		t.Run(test.new, func(t *testing.T) {
			if !strings.Contains(good, test.old) {
				t.Fatalf("the feed has no %q", test.old)
			}
			if findings, err := CheckBytes([]byte(strings.Replace(good, test.old, test.new, 1))); err != nil || len(findings) > 0 {
				t.Errorf("%s: %v, %v", test.new, findings, err)
			}
		})
	}
}

// Latin-1 is complained of once, and read.
func TestEncoding(t *testing.T) {
	text := strings.Replace(golden(t), "UTF-8", "ISO-8859-1", 1)
	text = strings.NewReplacer("é", "\xe9", "’", "'", "ö", "\xf6", "©", "\xa9", " ", " ").Replace(text)
	findings, err := CheckBytes([]byte(text))
	if err != nil || len(findings) != 1 || findings[0].Rule != "xml-encoding" {
		t.Errorf("%v, %v", findings, err)
	}
	findings, _ = CheckBytes([]byte(strings.Replace(golden(t), "UTF-8", "EBCDIC", 1)))
	if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == "xml-syntax" }) {
		t.Errorf("%v", findings)
	}
}

// Feeds that are made to cost much cost little, and are named for it.
func TestHostile(t *testing.T) {
	const head = `<rss version="2.0"><channel>`
	for name, r := range map[string]io.Reader{
		"deep":       io.MultiReader(strings.NewReader(head), endless("<a>")),
		"wide":       io.MultiReader(strings.NewReader(head), endless("<a/>")),
		"wide item":  io.MultiReader(strings.NewReader(head+"<item>"), endless("<a/>")),
		"attributes": io.MultiReader(strings.NewReader(head+"<a"), endless(` b=">"`)),
		"value":      io.MultiReader(strings.NewReader(head+`<a b="`), endless("x>")),
		"text":       io.MultiReader(strings.NewReader(head+"<title>"), endless("text ")),
		"comment":    io.MultiReader(strings.NewReader(head+"<!--"), endless("-> '")),
		"items":      io.MultiReader(strings.NewReader(head), endless("<item/>")),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		findings, err := Check(r)
		runtime.ReadMemStats(&after)
		if err != nil || !slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == "xml-too-large" }) {
			t.Errorf("%s: %d findings, %v", name, len(findings), err)
		}
		if len(findings) > maxFindings {
			t.Errorf("%s: %d findings", name, len(findings))
		}
		if live := int64(after.HeapAlloc) - int64(before.HeapAlloc); live > 256<<20 {
			t.Errorf("%s: %d MiB live", name, live>>20)
		}
	}
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>`
	wantRule(t, "xml-doctype", bomb, "")
	wantRule(t, "xml-syntax", bomb, "")
	broken := errors.New("the disk broke")
	if _, err := Check(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// endless repeats a text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, bytes.Repeat([]byte(e), max(1, len(p)/len(e))))
	return n - n%len(e), nil
}

// However a feed is spoiled, the check ends, names rules that there are and
// lines that there are, in order, and says the same again.
func FuzzCheck(f *testing.F) {
	good := golden(f)
	f.Add(good)
	for _, test := range ruleTests {
		f.Add(strings.Replace(good, test.old, test.new, 1))
	}
	f.Add("<rss><channel><item/></channel><channel><item></item></channel></rss><rss/>")
	f.Fuzz(func(t *testing.T, text string) {
		findings, err := CheckBytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(findings) > maxFindings {
			t.Fatalf("%d findings", len(findings))
		}
		lines, last := strings.Count(text, "\n")+1, 1
		for _, found := range findings {
			if found.Line < last || found.Line > lines || severityOf()[found.Rule] != found.Severity {
				t.Fatalf("%+v in %d lines after line %d", found, lines, last)
			}
			last = found.Line
		}
		again, err := Check(iotest.OneByteReader(strings.NewReader(text)))
		if err != nil || !slices.Equal(findings, again) {
			t.Fatalf("%v, then %v (%v)", findings, again, err)
		}
	})
}
