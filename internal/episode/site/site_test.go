package site

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

// measured puts the peaks and the measurement of a recording of an hour
// beside it: a second that is loud, and silence.
func measured(t *testing.T, lib *os.Root, folder string, pieces ...string) {
	t.Helper()
	var b bytes.Buffer
	w, err := peaks.NewWriter(&b, peaks.Config{SampleRate: 8000, Channels: 1, Mix: true})
	if err != nil {
		t.Fatal(err)
	}
	second := make([]float32, 8000)
	for i := range 3700 {
		for j := range second {
			second[j] = 0
			if i == 65 { // the first second after the cut, at 50 s in the episode
				second[j] = 0.5
			}
		}
		if err := w.Write(second); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, lib, folder+"/.spaces/peaks", b.Bytes())
	writeJSON(t, lib, folder+"/.spaces/measure.json", library.Measurement{Schema: 1, Version: 1, Pieces: pieces})
}

// sourced gives the record of an episode an original.
func sourced(t *testing.T, lib *os.Root, name, sha string) {
	t.Helper()
	b, err := lib.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r episode.Record
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	r.Source = []episode.Original{{SHA256: sha}}
	writeJSON(t, lib, name, r)
}

const testFolder = "recordings/2021/2021-06-14 Débat [1ypKdEXvkMLGW]"

var (
	loads = regexp.MustCompile(`(?:src|srcset|action|poster|data)="([^"]*)"`)
	links = regexp.MustCompile(`href="([^"]*)"`)
)

func TestSite(t *testing.T) {
	lib := testLibrary(t)
	measured(t, lib, testFolder, "abc")
	sourced(t, lib, testFolder+"/episodes/2021-06-14-debat.json", "abc")
	put(t, lib, "2022 <b> [1abcdefghijkl]", record("1abcdefghijkl", "plain.m4a", time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)))
	b, out, _ := build(t, lib, testShow())
	want := []string{"show-640.jpg", "show-320.jpg", "show-96.jpg", "show.card.jpg", "1abcdefghijkl.card.jpg", "1ypKdEXvkMLGW.card.jpg", "show-64.png", "show-180.png", "1abcdefghijkl.html", "1ypKdEXvkMLGW.html", "index.html", "sitemap.xml"}
	if got := slices.Sorted(slices.Values(b.Pages)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("files %q, want %q", got, want)
	}
	for _, name := range b.Pages {
		if path.Ext(name) != ".html" {
			continue
		}
		content, err := out.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page := string(content)
		// All that a page loads lies beside it.
		for _, m := range loads.FindAllStringSubmatch(page, -1) {
			for source := range strings.SplitSeq(html.UnescapeString(m[1]), ", ") {
				file, _, _ := strings.Cut(source, " ")
				if _, err := out.Stat(file); err != nil {
					t.Errorf("%s: %s: %v", name, m[0], err)
				}
			}
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			file, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			if _, err := out.Stat(file); file != "" && err != nil && !strings.Contains(file, ":") {
				t.Errorf("%s: %s: %v", name, m[0], err)
			}
		}
		for _, bad := range []string{"url(http", "@import", "fetch(", "XMLHttp", "<des>", "<air>", "<Monday>", "<Guest>", "555", "1234567890", "site."} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		for _, part := range []string{`<html lang="en-GB" dir="ltr">`, "<title>", "<h1 ", `<main class="wrap" id="main">`, `content="width=device-width`, "prefers-color-scheme: dark",
			`<link rel="canonical" href="https://example.com/show/`, `<meta property="og:title"`, `<meta property="og:site_name" content="Open Mic &amp; Friends">`, `<meta property="og:locale" content="en_GB">`, `<meta name="description"`,
			`<meta property="og:image:width" content="1200">`, `<meta property="og:image:height" content="630">`, `<meta name="twitter:card" content="summary_large_image">`,
			`<link rel="icon" type="image/png" sizes="64x64" href="show-64.png">`, "default-src &#39;none&#39;", `rel="apple-touch-icon"`} {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %q", name, part)
			}
		}
	}
	page, _ := out.ReadFile("1ypKdEXvkMLGW.html")
	for _, part := range []string{
		`<audio class="main" controls preload="metadata" src="2021-06-14-debat.mp3" aria-label="Débat : l’été &lt;des&gt; médias">`,
		`<track kind="captions" src="2021-06-14-debat.vtt" srclang="fr" label="Transcript">`,
		`data-at="75.5">1:15</a> <span dir="auto">On &lt;air&gt;`, `data-at="10">0:10</a> <span dir="auto">The &lt;best&gt; of it, 0:30`,
		`data-at="1.5">0:01</a> <b>Bob &lt;Guest&gt;, Cleo</b> <p dir="auto"><span data-at="1.5">Hello &amp; </span><span data-at="2">“&lt;welcome&gt;” </span>`,
		`data-at="3602">1:00:02</a> <b>@other</b> <p dir="auto"><span data-at="3602">Łódź, Straße and İstanbul. </span>`, `<ol lang="fr" dir="auto">`, "Speakers are estimates",
		`<div class="wave" aria-hidden="true">`, `Bob &lt;Guest&gt; <span class="role">guest</span>`, "<p>First &amp; last.</p><p>Second<br>line.</p>",
		`<meta property="og:audio" content="https://example.com/show/2021-06-14-debat.mp3">`, `"@type":"PodcastEpisode"`, `"duration":"PT1H0M0S"`, `<time datetime="2021-06-14T18:00:00Z">14 June 2021</time>`,
	} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page lacks %s:\n%s", part, page)
		}
	}
	if strings.Contains(string(page), `class="lanes"`) {
		t.Error("speakers are shown whose turns nobody has confirmed")
	}
	plain, _ := out.ReadFile("1abcdefghijkl.html")
	for _, part := range []string{`class="wave"`, "Chapters</h2>", "Clips</h2>", "Transcript</h2>"} {
		if strings.Contains(string(plain), part) {
			t.Errorf("a plain episode has %q", part)
		}
	}
	audio, err := out.ReadFile("2021-06-14-debat.mp3")
	if err != nil || int64(len(audio)) != b.Episodes[1].Bytes {
		t.Errorf("the copy of the audio has %d bytes, %v", len(audio), err)
	}
}

// The waveform is that of the episode, not of the recording: what was cut is
// not in it. One that belongs to other originals is not shown.
func TestWaveform(t *testing.T) {
	lib := testLibrary(t)
	measured(t, lib, testFolder, "abc")
	sourced(t, lib, testFolder+"/episodes/2021-06-14-debat.json", "abc")
	list, err := new(feed.Show).Choose(t.Context(), lib, (*feed.Episode).IsPublished)
	if err != nil {
		t.Fatal(err)
	}
	shape := peaksOf(lib, list[0])
	if loud := slices.IndexFunc(shape, func(v float64) bool { return v > 1000 }); loud != 50*bars/3600 {
		t.Errorf("the loud second is in bar %d of %d, want %d", loud, len(shape), 50*bars/3600)
	}
	measured(t, lib, testFolder, "other")
	if peaksOf(lib, list[0]) != nil {
		t.Error("the waveform of other originals is shown")
	}
}

func TestBadTranscript(t *testing.T) {
	lib := testLibrary(t)
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for _, text := range []string{"", "WEBVTT\n", "{}", `{"segments":[{"startTime":"soon","body":"Hello"}]}`} {
		write(t, lib, testFolder+"/episodes/2021-06-14-debat.transcript.json", []byte(text))
		var problem *feed.ProblemError
		if _, err := feed.Build(t.Context(), lib, out, testShow(), feed.Options{Site: New(Options{})}); !errors.As(err, &problem) || problem.Cause != feed.BadTranscript {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The page has the transcript of the form that says most of it.
func TestTranscriptOfForms(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	list, err := new(feed.Show).Choose(t.Context(), lib, (*feed.Episode).IsPublished)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		files    []string
		captions string
		want     string
	}{
		{[]string{"2021-06-14-debat.srt", "2021-06-14-debat.vtt"}, "2021-06-14-debat.vtt", "1.5 Ann: Hello & welcome. |3602 : Bye, all. |"},
		{[]string{"2021-06-14-debat.srt"}, "", "1.5 : Hello & welcome. |62 : From SRT. |"},
		{list[0].Transcripts, "2021-06-14-debat.vtt", "1.5 Bob <Guest>, Cleo: Hello & |“<welcome>” |là. |Again. |3602 @other: Łódź, Straße and İstanbul. |"},
		{[]string{"2021-06-14-debat.txt"}, "", ""},
	} {
		t.Run(strings.Join(tt.files, " "), func(t *testing.T) {
			e := *list[0]
			e.Transcripts = tt.files
			got := ""
			passages, captions, err := transcriptOf(lib, s, &e)
			for _, p := range passages {
				got += fmt.Sprintf("%g %s: ", p.Start, p.Speaker)
				for _, w := range p.Words {
					got += w.Text + "|"
				}
			}
			if err != nil || captions != tt.captions || got != tt.want {
				t.Errorf("%q, captions %q, %v; want %q", got, captions, err, tt.want)
			}
		})
	}
}

// Pages of an episode that is gone go too; what somebody else has put into the
// folder stays, and so does a page that somebody has changed.
func TestGonePagesAreRemoved(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	again := func(s *feed.Show, want ...string) {
		t.Helper()
		b, err := feed.Build(t.Context(), lib, out, s, feed.Options{Site: New(Options{})})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(b.Gone)
		if !slices.Equal(b.Gone, want) {
			t.Errorf("removed %q, want %q", b.Gone, want)
		}
	}
	folders := map[string]string{"1abcdefghijkl": "2022 a [1abcdefghijkl]", "1zzzzzzzzzzzz": "2022 z [1zzzzzzzzzzzz]", "1yyyyyyyyyyyy": "2022 y [1yyyyyyyyyyyy]"}
	for id, folder := range folders {
		put(t, lib, folder, record(id, id+".m4a", time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC)))
	}
	write(t, out, "1xxxxxxxxxxxx.html", []byte("the owner's own"))
	again(s)
	page, err := out.ReadFile("1zzzzzzzzzzzz.html")
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, "1zzzzzzzzzzzz.html", append(page, "a word of the owner's"...))
	for _, folder := range folders {
		if err := lib.RemoveAll("recordings/2022/" + folder); err != nil {
			t.Fatal(err)
		}
	}
	other := testShow() // another show in the same folder does not know them
	other.GUID = feed.GUID("https://example.com/other/feed.xml")
	kept, err := out.ReadFile(siteFile)
	if err != nil {
		t.Fatal(err)
	}
	again(other)
	write(t, out, siteFile, kept)
	again(s, "1abcdefghijkl.card.jpg", "1abcdefghijkl.html", "1yyyyyyyyyyyy.card.jpg", "1yyyyyyyyyyyy.html", "1zzzzzzzzzzzz.card.jpg")
	again(s)
	for _, name := range []string{"1xxxxxxxxxxxx.html", "1zzzzzzzzzzzz.html", "1abcdefghijkl.m4a", "1ypKdEXvkMLGW.html", "index.html"} {
		if _, err := out.Stat(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A list that somebody has written names nothing outside the folder, and
	// nothing that was not written here.
	outside := "../" + path.Base(out.Name()) + "-outside"
	for _, list := range []string{"{", `{"schema":9}`, `{"schema":1,"show":"` + s.GUID + `","pages":{"` + outside + `":"x","1xxxxxxxxxxxx.html":"y","nowhere.html":"z"}}`} {
		write(t, out, siteFile, []byte(list))
		again(s)
	}
	if _, err := out.Stat("1xxxxxxxxxxxx.html"); err != nil {
		t.Error(err)
	}
}

// A browser that can reach no host shows the page as a file.
func TestChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium")
	}
	lib := testLibrary(t)
	_, out, _ := build(t, lib, testShow())
	cmd := exec.CommandContext(t.Context(), chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", "--dump-dom", "file://"+out.Name()+"/1ypKdEXvkMLGW.html")
	dom, err := cmd.Output()
	if err != nil {
		t.Skipf("chromium does not run here: %v", err)
	}
	for _, part := range []string{`<h1 dir="auto">Débat : l’été &lt;des&gt; médias</h1>`, "On &lt;air&gt;", "has-player"} {
		if !strings.Contains(string(dom), part) {
			t.Errorf("the page as shown lacks %q", part)
		}
	}
}

// An episode whose recording nobody has measured is heard, once; so is one with
// an intro, which no measurement of the recording has.
func TestHear(t *testing.T) {
	t.Run("unmeasured", func(t *testing.T) { testHear(t, nil) })
	t.Run("intro", func(t *testing.T) { testHear(t, &episode.Added{Seconds: 10}) })
}

func testHear(t *testing.T, intro *episode.Added) {
	t.Helper()
	c := english()
	c.seconds, c.episodes = 100, 1
	lib, s := c.put(t)
	const folder = "recordings/2026/2026-11-30 x [1showcase0000]"
	if intro == nil {
		if err := lib.RemoveAll(folder + "/.spaces"); err != nil {
			t.Fatal(err)
		}
	}
	name := folder + "/episodes/2026-11-30-0.wav"
	audio, err := lib.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 * 8000 { // ten seconds at 50
		audio[44+50*8000+i] = byte(128 + 100*(i/8%2*2-1))
	}
	write(t, lib, name, audio)
	var r episode.Record
	b, err := lib.ReadFile(folder + "/episodes/2026-11-30-0.json")
	if err != nil || json.Unmarshal(b, &r) != nil {
		t.Fatal(err)
	}
	r.SHA256, r.Intro = sumOf(audio), intro
	writeJSON(t, lib, folder+"/episodes/2026-11-30-0.json", r)
	_, out, files := again(t, lib, s, nil, Options{})
	l, err := readSiteList(out, s.GUID)
	if err != nil {
		t.Fatal(err)
	}
	heights, err := base64.StdEncoding.DecodeString(l.Heard[r.SHA256])
	if err != nil || len(heights) != bars {
		t.Fatalf("%d bars, %v", len(heights), err)
	}
	for i, h := range heights {
		at := (float64(i) + 0.5) / bars * 100
		if loud := at > 50 && at < 60; loud != (h > 128) && math.Abs(at-50) > 0.5 && math.Abs(at-60) > 0.5 {
			t.Errorf("the bar at %.1f s has the height %d", at, h)
		}
	}
	if _, _, second := again(t, lib, s, out, Options{}); !bytes.Equal(second["1showcase0000.html"], files["1showcase0000.html"]) || !bytes.Contains(second["1showcase0000.html"], []byte(`class="wave"`)) {
		t.Error("the second build has another page")
	}
}

// Season, number and kind of an episode stand on its page and in the list, marked as
// English where the program has no words in the show's language.
func TestNumbers(t *testing.T) {
	for language, want := range map[string]string{
		"fr": "<span>Épisode bonus</span><span>Saison 2, épisode 14</span><time",
		"sw": `<span lang="en">Bonus</span><span lang="en">Season 2, episode 14</span><time`,
	} {
		lib := testLibrary(t)
		r := record("1abcdefghijkl", "plain.m4a", time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC))
		r.Season, r.Number, r.EpisodeType = 2, 14, episode.Bonus
		put(t, lib, "2022 [1abcdefghijkl]", r)
		s := testShow()
		s.Language = language
		_, out, _ := build(t, lib, s)
		for name, times := range map[string]int{"1abcdefghijkl.html": 1, Index: 1, "1ypKdEXvkMLGW.html": 0} {
			page, err := out.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(page), want); n != times {
				t.Errorf("%s: %s has %q %d times, want %d", language, name, want, n, times)
			}
		}
	}
}
