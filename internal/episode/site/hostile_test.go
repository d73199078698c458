package site

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/media/colour"
)

// hostile are texts that would break a page, a script, a style or a policy.
const hostile = "a <b> & \"c\" 'd' + `e` \x00\x07 é\u2028\ufdd0 </title></style></script><script>alert(1)</script><img src=x onerror=alert(1)> {{.}} --> ]]> ../../x\u202e javascript:alert(1)"

// small is a show with one short episode and a clip, whose texts are all one.
func small(say string) showcase {
	c := english()
	c.title, c.about, c.names, c.titles, c.chapters, c.sentences = say, say+"\n\n"+say, [3]string{say, "Bob", "Cleo"}, []string{say}, []string{say, say}, []string{say}
	c.seconds, c.episodes, c.cover = 100, 2, false
	return c
}

// made builds the site of a show and returns its files.
func made(t *testing.T, c showcase, o Options) (*feed.Built, *os.Root, map[string][]byte) {
	t.Helper()
	lib, s := c.put(t)
	return again(t, lib, s, nil, o)
}

// again builds a site, into a new folder if out is nil.
func again(t *testing.T, lib *os.Root, s *feed.Show, out *os.Root, o Options) (*feed.Built, *os.Root, map[string][]byte) {
	t.Helper()
	if out == nil {
		var err error
		if out, err = os.OpenRoot(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
	}
	b, err := feed.Build(t.Context(), lib, out, s, feed.Options{Site: New(o)})
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	err = fs.WalkDir(out.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = out.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, out, files
}

// tree is what a parser makes of a page: its elements and their attributes, but no
// texts.
func tree(t *testing.T, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		depth := 0
		for p := n.Parent; p != nil; p = p.Parent {
			depth++
		}
		fmt.Fprintf(&b, "%*s%s", depth, "", n.Data)
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("a handler: %s", a.Val)
			}
			if (a.Key == "href" || a.Key == "src") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript") {
				t.Errorf("a link that runs a script: %s", a.Val)
			}
			fmt.Fprintf(&b, " %s", a.Key)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Whatever titles, names and words say, the pages have the same elements, and the
// same files come out.
func TestHostileTexts(t *testing.T) {
	plain := strings.Repeat("word ", len([]rune(hostile))/5) + "word"
	_, _, want := made(t, small(plain), Options{Clip: everyClip})
	_, _, got := made(t, small(hostile), Options{Clip: everyClip})
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
		t.Fatalf("the files are %q, want %q", a, b)
	}
	pages := 0
	for name, page := range got {
		if path.Ext(name) != ".html" {
			continue
		}
		pages++
		if a, b := tree(t, page), tree(t, want[name]); a != b {
			t.Errorf("%s has other elements:\n%s\nthan\n%s", name, a, b)
		}
		if bytes.ContainsAny(page, "\x00\x07") {
			t.Errorf("%s has control characters", name)
		}
	}
	if pages != 5 { // of the show, two episodes and a clip of each
		t.Errorf("%d pages", pages)
	}
}

// A link that would run a script goes nowhere.
func TestLinksRunNothing(t *testing.T) {
	for in, want := range map[string]markup{
		"javascript:alert(1)":      "#",
		"JavaScript:alert(1)":      "#",
		" javascript:alert(1)":     "#",
		"java\nscript:alert(1)":    "#",
		"data:text/html,<b>":       "#",
		"https://example.com/a?b":  "https://example.com/a?b",
		"HTTP://example.com":       "HTTP://example.com",
		"mailto:a@example.com":     "mailto:a@example.com",
		"folder/a:b.html":          "folder/a:b.html",
		`a.html" onclick="x`:       "a.html%22%20onclick=%22x",
		"//example.com/javascript": "//example.com/javascript",
	} {
		if got := link(in); got != want {
			t.Errorf("link(%q) = %q, want %q", in, got, want)
		}
	}
}

// The same library gives the same bytes, in a new folder and in the same one.
func TestSameBytes(t *testing.T) {
	c := english()
	c.seconds, c.episodes = 100, 2
	lib, s := c.put(t)
	_, out, first := again(t, lib, s, nil, Options{Clip: everyClip})
	_, _, second := again(t, lib, s, out, Options{Clip: everyClip})
	_, _, third := again(t, lib, s, nil, Options{Clip: everyClip})
	for name := range first {
		if !bytes.Equal(first[name], second[name]) || !bytes.Equal(first[name], third[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if len(second) != len(first) || len(third) != len(first) {
		t.Errorf("%d files, then %d and %d", len(first), len(second), len(third))
	}
	for name, b := range first {
		if strings.HasSuffix(name, ".card.jpg") && len(b) > 200<<10 {
			t.Errorf("%s has %d bytes", name, len(b))
		}
	}
}

// A clip has a page where everybody who is heard has agreed, and in no other case;
// when it may not be heard any more, its page, its picture and its sound go.
func TestClips(t *testing.T) {
	c := english()
	c.seconds, c.episodes = 100, 1
	lib, s := c.put(t)
	const base = "1showcase0000.61000-28000"
	b, out, files := again(t, lib, s, nil, Options{Clip: everyClip})
	for _, name := range []string{base + ".html", base + ".card.jpg", base + ".wav"} {
		if files[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	page := string(files[base+".html"])
	for _, part := range []string{`<blockquote class="quote"`, `href="1showcase0000.html#t=61"`, `<audio class="main" controls preload="metadata" src="` + base + `.wav"`, `<link rel="canonical" href="https://example.com/show/` + base + `.html">`,
		`<meta property="og:image" content="https://example.com/show/` + base + `.card.jpg">`, `<meta property="og:audio" content="https://example.com/show/` + base + `.wav">`} {
		if !strings.Contains(page, part) {
			t.Errorf("the page of the clip lacks %s", part)
		}
	}
	if !strings.Contains(string(files["1showcase0000.html"]), `src="`+base+`.wav"`) || !strings.Contains(string(files[Index]), base+".html") {
		t.Error("the clip cannot be heard on the pages of the episode and the show")
	}
	if clips, err := Clips(out, s.GUID, b.Episodes); err != nil || len(clips) != 1 || clips[0].Name != base+".wav" || clips[0].Path != "recordings/2026/2026-11-30 x [1showcase0000]/clips/clip0.wav" {
		t.Errorf("clips to send: %+v, %v", clips, err)
	}
	if pages, err := Files(out, s.GUID, b.Episodes); err != nil || slices.Contains(pages, base+".wav") || !slices.Contains(pages, base+".html") || pages[len(pages)-1] != Index {
		t.Errorf("pages to send: %q, %v", pages, err)
	}
	no := func(context.Context, *feed.Episode, *clip.Provenance) (bool, error) { return false, nil }
	b, _, files = again(t, lib, s, out, Options{Clip: no})
	if want := []string{base + ".card.jpg", base + ".html", base + ".wav"}; !slices.Equal(slices.Sorted(slices.Values(b.Gone)), want) {
		t.Errorf("removed %q, want %q", b.Gone, want)
	}
	for name, content := range files {
		if strings.HasPrefix(name, base) || path.Ext(name) == ".html" && strings.Contains(string(content), base) {
			t.Errorf("%s has the clip", name)
		}
	}
	// A file that is not the one of its record is not published.
	dir := "recordings/2026/2026-11-30 x [1showcase0000]/clips/"
	write(t, lib, dir+"clip0.wav", []byte("another sound"))
	var skipped []*feed.ProblemError
	_, _, files = again(t, lib, s, out, Options{Clip: everyClip, Skip: func(p *feed.ProblemError) { skipped = append(skipped, p) }})
	if len(skipped) != 1 || skipped[0].Cause != feed.Altered || files[base+".html"] != nil || files[base+".wav"] != nil {
		t.Errorf("an altered clip: %v", skipped)
	}
}

// People have lanes where the host has confirmed who speaks when, and only those
// whom the feed names.
func TestLanes(t *testing.T) {
	c := english()
	c.seconds, c.episodes = 100, 1
	lib, s := c.put(t)
	lanes := func() []string {
		_, _, files := again(t, lib, s, nil, Options{})
		var names []string
		for _, m := range regexp.MustCompile(`<div class="lane"><span>([^<]*)`).FindAllSubmatch(files["1showcase0000.html"], -1) {
			names = append(names, string(m[1]))
		}
		return slices.Sorted(slices.Values(names))
	}
	if got := lanes(); !slices.Equal(got, []string{"Ann Höst", "Bob Guest", "Cleo Marsh"}) {
		t.Errorf("lanes of %q", got)
	}
	s.People = s.People[:1]
	if got := lanes(); !slices.Equal(got, []string{"Ann Höst"}) {
		t.Errorf("lanes of %q, of whom one is named", got)
	}
	if err := lib.Remove("turns/1showcase0000.json"); err != nil {
		t.Fatal(err)
	}
	if got := lanes(); len(got) > 0 {
		t.Errorf("lanes of %q without confirmed turns", got)
	}
}

// The colours can be read, whatever the cover is.
func TestToneHasContrast(t *testing.T) {
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				c := toneOf(rgb(fmt.Sprintf("#%02x%02x%02x", r, g, b)))
				for _, pair := range [][2]string{{c.accent, c.tint}, {c.accent, "#ffffff"}, {c.accent, c.on}, {c.darkAccent, c.darkTint}, {c.darkAccent, "#0e1013"}, {c.darkAccent, c.darkOn}, {"#565d67", c.tint}, {"#a5adb8", c.darkTint}} {
					if ratio := colour.Contrast(rgb(pair[0]), rgb(pair[1])); ratio < 4.5 {
						t.Errorf("#%02x%02x%02x: %s on %s has a contrast of %.2f", r, g, b, pair[0], pair[1], ratio)
					}
				}
			}
		}
	}
}
