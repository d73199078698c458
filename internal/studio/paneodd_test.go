package studio

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// TestTranscriptStates opens recordings without a transcript and with one that
// cannot be used: each says why, and all else works.
func TestTranscriptStates(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	b := browse(t, serveTest(t, dir))
	file := filepath.Join(folderOf(t, dir), "transcript", "transcript.json")
	state := func() (v saidHere) {
		t.Helper()
		status, text, _ := c.ask("GET", sampleAPI+"/transcript", "", nil)
		if err := json.Unmarshal([]byte(text), &v); err != nil || status != 200 {
			t.Fatalf("%d, %v: %.200s", status, err, text)
		}
		return v
	}
	see := func(want string, parts ...string) {
		t.Helper()
		if got := state().State; got != want {
			t.Errorf("the state is %q, want %q", got, want)
		}
		b.script(`location.hash = "#/"; performance.clearMarks()`)
		b.openRecording(sampleID)
		b.until("what is said of the transcript", `document.getElementById("transcript-why").checkVisibility()`)
		got := eval[string](b, `document.getElementById("transcript").innerText`)
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s: the page says %q, want %q in it", want, got, part)
			}
		}
		b.do(chromedp.KeyEvent("i"))
		b.until("a selection", `!document.getElementById("save").disabled`)
		b.screenshot("transcript-" + want)
	}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := "spaces transcribe " + sampleID + " --library " + dir
	see("none", "This recording has no transcript yet.", command, "Copy command")

	speakWords(t, dir, sampleID, 3, 3, nil)
	good := string(read(t, file))
	put(strings.Replace(good, `"audio": [`, `"audio": ["aa",`, 1))
	see("other", "belongs to other audio", command)
	put(strings.Replace(good, `"schema": 1`, `"schema": 2`, 1))
	see("newer", "Update spaces")
	if eval[bool](b, `document.getElementById("transcript-command").checkVisibility()`) {
		t.Error("the page says how to write over a transcript of a newer program")
	}
	for _, damage := range []string{good[:len(good)/2], "", "null", "[]", `{"schema":1}`, strings.Replace(good, `"start": `, `"start": 9`, 1)} {
		put(damage)
		see("damaged", "The transcript cannot be read: ", command)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o777); err != nil {
		t.Fatal(err)
	}
	see("damaged", "The transcript cannot be read: ", command)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	speakWords(t, dir, sampleID, 1, 1, func(made *transcripts.Transcript) { made.Utterances = []transcripts.Utterance{} })
	see("ok", "The transcript has no words.", command)

	b.script(`location.hash = "#/r/1aaaaaaaaaaaa"`)
	b.until("that there is no such recording", `document.getElementById("title").textContent === "This recording cannot be shown"`)
	if eval[bool](b, `document.getElementById("transcript").checkVisibility()`) {
		t.Error("there is a transcript of a recording that there is not")
	}
	if status, text, _ := c.ask("GET", "/api/recordings/1aaaaaaaaaaaa/transcript", "", nil); status != 404 || !strings.Contains(text, `"no-such-space"`) {
		t.Errorf("no such recording: %d %s", status, text)
	}
}

// hostile is what recognizers and people may write, where it would do harm if it
// were taken for anything else than text.
var hostile = []string{
	`<img src=x onerror="document.title='broken'"><script>document.title="broken"</script>`,
	"\u202eright to left\u202c and \u2066isolated",
	"bell \x07 escape \x1b[31m red \x7f \u0085 end",
	"مرحبا بالعالم this is mixed",
	"two\nlines\u2028and\ta tab",
	strings.Repeat("donaudampfschifffahrt", 60),
	"👩‍👩‍👧 family ﷽ e\u0301\u0301\u0301\u0301 Zalgo",
	"今日はいい天気ですね",
}

// Whatever a transcript says, it is shown as text: words without times, times that
// are odd, overlapping lines and names that are none.
func TestTranscriptOdd(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 9, 3, func(made *transcripts.Transcript) {
		for i, text := range hostile {
			u := &made.Utterances[i]
			u.Text, u.Words, u.Speakers, u.Label = text, nil, []string{}, text
		}
		last := &made.Utterances[8]
		last.Text = "other words than Those, with a comma"
		last.Words[0].Text, last.Words[1].Text, last.Words[2].Text = "those", "Those,", ""
		last.Words[1].Start, last.Words[1].End = made.Samples, made.Samples
		last.Start, last.End = made.Utterances[7].Start, made.Samples
	})
	b := browse(t, serveTest(t, dir))
	for _, width := range []int64{1280, 360} {
		b.size(width, 800)
		b.script(`location.hash = "#/"; performance.clearMarks()`)
		b.openWords(sampleID)
		b.fits("odd words")
		for i, text := range hostile {
			b.script(`document.getElementById("said-box").scrollTop = 1e9`)
			if i < 5 {
				b.script(`document.getElementById("said-box").scrollTop = 0`)
			}
			b.until("the line", `document.querySelector('#said > li[data-line="`+string(rune('0'+i))+`"]')`)
			got := b.lineText(i)
			want := strings.NewReplacer("\n", " ", "\t", " ", "\u2028", " ", "\u0085", " ", "\x07", "␇", "\x1b", "␛", "\x7f", "␡").Replace(text)
			if got != want {
				t.Errorf("line %d is %q, want %q", i, got, want)
			}
		}
		if got := eval[string](b, `document.title`); strings.Contains(got, "broken") || eval[int](b, `document.querySelectorAll("#said img, #said script").length`) > 0 {
			t.Errorf("a line was taken for HTML; the title is %q", got)
		}
		b.screenshot("transcript-odd-" + string(rune('0'+width/1000)))
		// Everything can still be done with it.
		for _, find := range []string{"مرحبا", "天気", "<img", "donaudampf", "famil", "zalgo", "e\u0301"} {
			b.set("said-find", find)
			if got := b.text("said-count"); !strings.Contains(got, " of ") {
				t.Errorf("%q is found: %q", find, got)
			}
		}
		b.do(chromedp.KeyEvent(kb.Escape))
		for range 12 {
			b.do(chromedp.KeyEvent(kb.ArrowDown))
		}
		for range 12 {
			b.do(chromedp.KeyEvent(kb.ArrowLeft))
		}
		b.do(chromedp.KeyEvent(" "), chromedp.KeyEvent("k"))
	}
}

// TestTranscriptKeys does without a mouse what can be done with one.
func TestTranscriptKeys(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	var said *transcripts.Transcript
	speakWords(t, dir, sampleID, 30, 8, func(made *transcripts.Transcript) { said = made })
	b := browse(t, serveTest(t, dir))
	b.openWords(sampleID)
	list := b.tabbed()
	if !inOrder(list, "keys", "from", "said-find", "Go to 0:00, @lea_durand (approximate)", "Edit the words at 0:00", "preset") {
		t.Errorf("Tab goes to %q", list)
	}
	line := func() string { return eval[string](b, `document.activeElement.dataset.line ?? ""`) }
	b.script(`document.querySelector('#said > li[tabindex="0"]').focus()`)
	at := func(u, w int) string {
		return "Math.abs(" + playhead + " - " + formatSeconds(said, said.Utterances[u].Words[w].Start) + ") < 0.001"
	}
	press := func(what string, key string, modifiers ...chromedp.Modifier) {
		t.Helper()
		b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
	}
	press("a line down", kb.ArrowDown)
	b.until("the second line", at(1, 0))
	press("a word on", kb.ArrowRight)
	b.until("its second word", at(1, 1))
	press("back", kb.ArrowLeft)
	press("back", kb.ArrowLeft)
	b.until("the last word of the first line", at(0, 7))
	press("the end", kb.End)
	b.until("the last line", at(29, 0))
	if got := line(); got != "29" {
		t.Errorf("the keyboard is on line %q, want 29", got)
	}
	press("the beginning", kb.Home)
	b.until("the first line", at(0, 0))
	// Shift selects: from the first word to the second of the third line.
	press("select", kb.ArrowRight, chromedp.ModifierShift)
	press("select", kb.ArrowDown, chromedp.ModifierShift)
	press("select", kb.ArrowRight, chromedp.ModifierShift)
	press("select", kb.ArrowRight, chromedp.ModifierShift)
	if got, want := b.value("from")+" "+b.value("to"), clockOf(said, said.Utterances[0].Words[0].Start)+" "+clockOf(said, said.Utterances[2].Words[1].End); got != want {
		t.Errorf("selected with the keys: %s, want %s", got, want)
	}
	if got := b.marked("chosen"); strings.Count(got, "|") != 2 {
		t.Errorf("marked as selected: %q", got)
	}
	// All of that is one step.
	b.script(`document.activeElement.dispatchEvent(new KeyboardEvent("keyup", {key: "Shift", bubbles: true}))`)
	b.click("undo")
	if got := b.value("from") + b.marked("chosen"); got != "" {
		t.Errorf("undone, there is still %q", got)
	}
	// In the field: Enter, arrow down goes there, Escape leaves.
	press("find", "f", chromedp.ModifierCtrl)
	b.until("the field", `document.activeElement.id === "said-find"`)
	b.do(chromedp.SendKeys(chromedp.ID("said-find"), "vanished"), chromedp.KeyEvent(kb.ArrowDown))
	u, w := wordNamed(said, "vanished.")
	b.until("the word", at(u, w))
	if got := line(); got == "" {
		t.Error("after the arrow the keyboard is on no line")
	}
	b.script(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true, cancelable: true}))`)
	press("leave", kb.Escape)
	if b.value("said-find") != "" || line() == "" {
		t.Errorf("after Escape the field has %q, the keyboard is on line %q", b.value("said-find"), line())
	}
}

// Choosing on the waveform marks the words there and shows them, unless the page is
// at another place by the user's will.
func TestTranscriptFollows(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	var said *transcripts.Transcript
	speakWords(t, dir, sampleID, 60, 8, func(made *transcripts.Transcript) { said = made })
	b := browse(t, serveTest(t, dir))
	b.openWords(sampleID)
	u := &said.Utterances[40]
	b.set("from", formatSeconds(said, u.Words[2].Start+100)+"\r")
	b.until("a selection", `!document.getElementById("save").disabled`)
	b.set("to", formatSeconds(said, u.Words[5].End-100)+"\r")
	b.until("the words", `[...CSS.highlights.get("said-chosen")].join() === "`+strings.Join([]string{u.Words[2].Text, u.Words[3].Text, u.Words[4].Text, u.Words[5].Text}, " ")+`"`)
	// Playing brings what is heard into sight, until the user scrolls.
	inSight := `(() => { const r = document.querySelector("#said .here")?.getBoundingClientRect(), b = document.getElementById("said-box").getBoundingClientRect(); return Boolean(r) && r.bottom > b.top && r.top < b.bottom; })()`
	b.script(`document.getElementById("wave").focus()`)
	b.do(chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(" "))
	b.until("what is heard", inSight+` && document.querySelector("#said .here").dataset.line === "1"`)
	b.script(`document.getElementById("said-box").scrollTop = 1e9`)
	b.until("a way back", `document.getElementById("said-follow").checkVisibility()`)
	b.do(chromedp.KeyEvent("l"))
	b.until("the sound elsewhere", `document.querySelector("#said .here") === null`)
	b.click("said-follow")
	b.until("what is heard", inSight)
	b.do(chromedp.KeyEvent("k"))
}
