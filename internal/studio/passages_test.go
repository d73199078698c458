package studio

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// TestPassages looks for what was said from the list of recordings, and opens a
// recording where it was said.
func TestPassages(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	var said *transcripts.Transcript
	speakWords(t, dir, sampleID, 20, 10, func(made *transcripts.Transcript) { said = made })
	speakWords(t, dir, shorterID, 2, 4, func(made *transcripts.Transcript) {
		made.Utterances[0].Text = `<b>vanished</b> & gone`
	})
	b := browse(t, serveTest(t, dir))
	shown := `[...document.querySelectorAll("#passages-list a")]`
	b.set("words", "the")
	b.until("passages", shown+`.length === 3 && document.getElementById("said-more").checkVisibility()`)
	b.click("said-more")
	b.until("more of them", shown+`.length > 10 && !document.getElementById("said-more").checkVisibility()`)
	b.screenshot("passages")
	b.set("words", "VANISH")
	b.until("those of the last word", shown+`.length === 3 && `+shown+`.every((a) => a.querySelector("mark").textContent.toLowerCase().startsWith("vanished"))`)
	if got := b.text("count"); got != "No titles match, but the words were said:" {
		t.Errorf("of the titles the page says %q", got)
	}
	if got := eval[[]string](b, shown+`.map((a) => a.querySelector(".said-words").textContent)`); !slices.Contains(got, `<b>vanished</b> & gone`) {
		t.Errorf("HTML in a passage: %q", got)
	}
	b.choose("state", "damaged")
	b.until("none of a damaged recording", shown+`.length === 0 || document.getElementById("passages").hidden`)
	b.choose("state", "")
	b.until("them again", shown+`.length === 3`)
	u, _ := wordNamed(said, "vanished.")
	at := said.Utterances[u].Start
	first := fmt.Sprintf(`%s.find((a) => a.href.includes(%q))`, shown, sampleID)
	b.script(first + `.focus()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("the recording at its time", fmt.Sprintf(`location.hash.startsWith("#/r/%s?t=") && Math.abs(%s - %s) < 0.001`, sampleID, playhead, formatSeconds(said, at)))
	b.until("what is said there", fmt.Sprintf(`document.querySelector('#said .here')?.dataset.line === "%d"`, u))
	b.script(`history.back()`)
	b.until("the list", shown+`.length === 3`)
	b.set("words", "zzz")
	b.until("nothing", `document.getElementById("passages").hidden && document.getElementById("count").textContent === "No recordings match"`)
}

// What a search is asked cannot break it.
func TestPassagesAsked(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	ask := func(query string) (int, saidHits, string) {
		t.Helper()
		status, text, _ := c.ask("GET", "/api/said?"+query, "", nil)
		var v saidHits
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return status, v, text
	}
	if status, v, text := ask("words=vanished"); status != 200 || len(v.Passages) > 0 || v.Behind != "" {
		t.Errorf("without transcripts: %d %s", status, text)
	}
	speakWords(t, dir, sampleID, 20, 10, nil)
	if status, v, text := ask("words=vanished"); status != 200 || len(v.Passages) == 0 || strings.Join(v.Passages[0].Parts[1:2], "") != "vanished" {
		t.Errorf("with one: %d %s", status, text)
	}
	if _, v, text := ask("words=the&limit=2"); len(v.Passages) != 2 || !v.More {
		t.Errorf("two of them: %s", text)
	}
	for query, want := range map[string]int{
		"": 200, "words=": 200, "words=" + strings.Repeat("zq+", 160): 200, "words=" + strings.Repeat("a", 501): 400, "words=%ff": 400,
		"words=the&limit=0": 400, "words=the&limit=101": 400, "words=" + url.QueryEscape(`"the" OR x* NEAR(`): 200, "words=" + url.QueryEscape(`"`): 200, "words=the&state=nonsense": 200,
	} {
		if status, v, text := ask(query); status != want || want == 200 && !strings.Contains(query, "=the") && len(v.Passages) > 0 {
			t.Errorf("%.60s: %d %.200s", query, status, text)
		}
	}
}

func TestParts(t *testing.T) {
	long := strings.Repeat("é ", 300)
	for _, tt := range []struct {
		text    string
		matches [][2]int
		want    []string
	}{
		{"one two three", [][2]int{{4, 7}}, []string{"one ", "two", " three"}},
		{"two", [][2]int{{0, 3}}, []string{"", "two", ""}},
		{"a b", [][2]int{{0, 1}, {2, 3}}, []string{"", "a", " ", "b", ""}},
		{"a b", [][2]int{{2, 3}, {0, 1}, {2, 9}}, []string{"a ", "b", ""}},
		{long + "x", [][2]int{{len(long), len(long) + 1}}, []string{"… " + strings.Repeat("é ", 54)[2:], "x", ""}},
		{"x" + long + "y", [][2]int{{0, 1}, {len(long) + 1, len(long) + 2}}, []string{"", "x", strings.Repeat("é ", 53) + " …"}},
	} {
		if got := parts(tt.text, tt.matches); !slices.Equal(got, tt.want) {
			t.Errorf("%.20q %v:\n%q, want\n%q", tt.text, tt.matches, got, tt.want)
		}
	}
}
