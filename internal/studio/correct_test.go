package studio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// readWords reads a transcript of the library.
func readWords(t *testing.T, dir, id string) *transcripts.Transcript {
	t.Helper()
	lib, err := library.Open(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	known, err := lib.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	made, err := transcripts.Read(lib.Root(), known)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// patientWriter waits for the lock of the library, which a browser that another
// test starts in that moment holds for a moment too.
func patientWriter(o *Options) { o.Library.LockWait = 10 * time.Second }

// corrected is what the page reads of a correction.
type corrected struct {
	correction
	Error *problem
}

func (c *client) correct(path string, body any) (int, corrected) {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	status, text, _ := c.ask("POST", sampleAPI+path, string(b), nil)
	var v corrected
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return status, v
}

func (c *client) stamp() string {
	c.t.Helper()
	_, text, _ := c.ask("GET", sampleAPI+"/transcript", "", nil)
	var v saidHere
	if err := json.Unmarshal([]byte(text), &v); err != nil || v.Stamp == "" {
		c.t.Fatalf("%v: %.200s", err, text)
	}
	return v.Stamp
}

type changes struct {
	Stamp     string    `json:"stamp"`
	Utterance int       `json:"utterance"`
	Text      *string   `json:"text,omitempty"`
	Speakers  *[]string `json:"speakers,omitempty"`
}

type taking struct {
	Stamp string `json:"stamp"`
	Undo  string `json:"undo"`
}

// A correction keeps the times of the words that are the same, and taking it back
// brings the very same file back; a correction of what is there no more is refused.
func TestCorrectTranscript(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 6, 5, nil)
	file := filepath.Join(folderOf(t, dir), "transcript", "transcript.json")
	c := enter(t, serveTest(t, dir, patientWriter))
	before, was := string(read(t, file)), readWords(t, dir, sampleID)
	text := func(s string) *string { return &s }
	who := func(names ...string) *[]string { return &names }

	words := was.Utterances[1].Words // I want to say is
	status, v := c.correct("/transcript", changes{c.stamp(), 1, text("I never want to say is"), nil})
	if status != 200 || v.Undo == "" || v.From != 1 || v.Removed != 1 || v.At != 1 || len(v.Utterances) != 1 {
		t.Fatalf("%d %+v", status, v)
	}
	now := readWords(t, dir, sampleID)
	u := now.Utterances[1]
	if u.Text != "I never want to say is" || len(u.Words) != 6 || !u.Corrected || now.CorrectedAt.IsZero() || u.SpeakerCorrected {
		t.Errorf("corrected: %+v at %v", u, now.CorrectedAt)
	}
	for i, k := range map[int]int{0: 0, 2: 1, 3: 2, 4: 3, 5: 4} {
		if u.Words[i].Start != words[k].Start || u.Words[i].End != words[k].End {
			t.Errorf("%q is from %d to %d, was from %d to %d", u.Words[i].Text, u.Words[i].Start, u.Words[i].End, words[k].Start, words[k].End)
		}
	}
	if got := string(read(t, filepath.Join(filepath.Dir(file), "transcript.vtt"))); !strings.Contains(got, "never want") {
		t.Error("the captions are as before")
	}
	if _, list, _ := c.ask("GET", "/api/said?words=%22never+want%22", "", nil); !strings.Contains(list, `"parts":["I ","never want",`) {
		t.Errorf("a search does not find the correction: %s", list)
	}

	// Another program, or page, has seen the old state.
	if status, v := c.correct("/transcript", changes{was.Audio[0], 1, text("x"), nil}); status != 409 || v.Error.Kind != "changed" {
		t.Errorf("a state that never was: %d %+v", status, v.Error)
	}
	// Back, and there again.
	status, back := c.correct("/transcript/undo", taking{v.Stamp, v.Undo})
	if status != 200 || string(read(t, file)) != before {
		t.Fatalf("undone: %d %+v, the same file: %t", status, back.Error, string(read(t, file)) == before)
	}
	if status, v := c.correct("/transcript/undo", taking{v.Stamp, v.Undo}); status != 409 {
		t.Errorf("undone twice: %d %+v", status, v.Error)
	}
	status, again := c.correct("/transcript/undo", taking{back.Stamp, back.Undo})
	if got := readWords(t, dir, sampleID).Utterances[1].Text; status != 200 || got != "I never want to say is" {
		t.Errorf("made again: %d %+v, %q", status, again.Error, got)
	}

	// Who speaks: one of the recording, nobody, not somebody else.
	status, v = c.correct("/transcript", changes{again.Stamp, 4, nil, who("mika_prod")})
	if u := readWords(t, dir, sampleID).Utterances[4]; status != 200 || !slices.Equal(u.Speakers, []string{"mika_prod"}) || !u.SpeakerCorrected || u.Corrected {
		t.Errorf("another speaker: %d %+v", status, u)
	}
	if len(v.Voices) != 1 || v.Voices[0].Approximate {
		t.Errorf("who was named by the host is told as %+v", v.Voices)
	}
	if status, v := c.correct("/transcript", changes{v.Stamp, 4, nil, who("jack")}); status != 422 || v.Error.Kind != "no-such-speaker" {
		t.Errorf("a stranger speaks: %d %+v", status, v.Error)
	}

	// Without words an utterance goes, and comes back.
	status, v = c.correct("/transcript", changes{v.Stamp, 0, text(" \n "), nil})
	if got := readWords(t, dir, sampleID); status != 200 || len(got.Utterances) != 5 || v.Removed != 1 || len(v.Utterances) != 0 {
		t.Errorf("without words: %d %+v, %d utterances", status, v, len(got.Utterances))
	}
	status, v = c.correct("/transcript/undo", taking{v.Stamp, v.Undo})
	if got := readWords(t, dir, sampleID); status != 200 || len(got.Utterances) != 6 || got.Utterances[0].Text != was.Utterances[0].Text || v.At != 0 {
		t.Errorf("undone: %d %+v", status, v)
	}
	// What changes nothing writes nothing.
	before = string(read(t, file))
	if status, w := c.correct("/transcript", changes{v.Stamp, 0, text("  " + was.Utterances[0].Text), nil}); status != 200 || w.Undo != "" || string(read(t, file)) != before {
		t.Errorf("nothing changed: %d %+v", status, w)
	}
}

// What is asked of a correction cannot do harm.
func TestHostileCorrections(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 6, 5, nil)
	file := filepath.Join(folderOf(t, dir), "transcript", "transcript.json")
	before := string(read(t, file))
	c := enter(t, serveTest(t, dir, patientWriter))
	stamp := c.stamp()
	good := fmt.Sprintf(`{"stamp":%q,"utterance":0,"text":"x"}`, stamp)
	for _, tt := range []struct {
		name, path, body string
		change           func(*http.Request)
		want             int
	}{
		{"no cookie", "", good, func(r *http.Request) { r.Header.Del("Cookie") }, 403},
		{"no header", "", good, func(r *http.Request) { r.Header.Del(ownHeader) }, 403},
		{"another origin", "", good, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{"no origin", "", good, func(r *http.Request) { r.Header.Del("Origin") }, 403},
		{"a form", "", good, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 403},
		{"another site", "", good, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"no JSON", "", "x", nil, 400},
		{"nothing", "", "{}", nil, 400},
		{"nothing to change", "", fmt.Sprintf(`{"stamp":%q,"utterance":0}`, stamp), nil, 400},
		{"another key", "", `{"path":"../x","text":"x"}`, nil, 400},
		{"before the first", "", fmt.Sprintf(`{"stamp":%q,"utterance":-1,"text":"x"}`, stamp), nil, 400},
		{"behind the last", "", fmt.Sprintf(`{"stamp":%q,"utterance":6,"text":"x"}`, stamp), nil, 400},
		{"too long", "", fmt.Sprintf(`{"stamp":%q,"utterance":0,"text":%q}`, stamp, strings.Repeat("x", maxSaid+1)), nil, 400},
		{"far too long", "", fmt.Sprintf(`{"stamp":%q,"utterance":0,"text":%q}`, stamp, strings.Repeat("x", maxBody)), nil, 413},
		{"a zero", "", fmt.Sprintf(`{"stamp":%q,"utterance":0,"text":"a\u0000b"}`, stamp), nil, 400},
		{"a crowd", "", fmt.Sprintf(`{"stamp":%q,"utterance":0,"speakers":[%s"lea_durand"]}`, stamp, strings.Repeat(`"lea_durand",`, 20)), nil, 400},
		{"no stamp", "", `{"utterance":0,"text":"x"}`, nil, 409},
		{"an undo that never was", "/undo", fmt.Sprintf(`{"stamp":%q,"undo":"AAAA"}`, stamp), nil, 409},
		{"no undo", "/undo", "{}", nil, 409},
	} {
		if status, text, _ := c.ask("POST", sampleAPI+"/transcript"+tt.path, tt.body, tt.change); status != tt.want {
			t.Errorf("%s: %d, want %d: %.200s", tt.name, status, tt.want, text)
		}
	}
	for path, want := range map[string]int{"/api/recordings/1aaaaaaaaaaaa/transcript": 404, "/api/recordings/" + shorterID + "/transcript": 409} {
		if status, text, _ := c.ask("POST", path, good, nil); status != want {
			t.Errorf("%s: %d, want %d: %.200s", path, status, want, text)
		}
	}
	if string(read(t, file)) != before {
		t.Error("a refused request has changed the transcript")
	}
	// An undo of one recording is not one of another.
	_, v := c.correct("/transcript", changes{Stamp: stamp, Text: new(string)})
	if status, text, _ := c.ask("POST", "/api/recordings/"+shorterID+"/transcript/undo", fmt.Sprintf(`{"stamp":%q,"undo":%q}`, v.Stamp, v.Undo), nil); status != 409 {
		t.Errorf("undone in another recording: %d %s", status, text)
	}
}

// TestCorrectInPlace edits words in the page: with the mouse, with the keys, given
// up, taken back, and when another program has changed the transcript meanwhile.
func TestCorrectInPlace(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 12, 6, nil)
	was := readWords(t, dir, sampleID)
	server := serveTest(t, dir, patientWriter)
	b := browse(t, server)
	b.openWords(sampleID)
	field := `document.querySelector("#said textarea")`
	typeOver := func(text string) {
		t.Helper()
		b.script(field + `.select()`)
		b.do(chromedp.SendKeys(chromedp.CSS("#said textarea"), text))
	}

	// A double click opens a line; Enter keeps it.
	x, y := b.wordIn(1, 2)
	b.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	b.until("a field", field+` === document.activeElement`)
	if got := b.value("from"); got != "" {
		t.Errorf("a double click has selected sound from %s", got)
	}
	typeOver("Corrected by <b>hand</b>")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("the line", field+` === null && document.querySelector('#said > li[data-line="1"] .what').textContent === "Corrected by <b>hand</b>"`)
	b.until("a way back", `document.getElementById("said-undo").checkVisibility()`)
	if got := readWords(t, dir, sampleID).Utterances[1]; got.Text != "Corrected by <b>hand</b>" || !got.Corrected {
		t.Errorf("the file has %+v", got)
	}
	// The keyboard is on the line: Enter opens it again, Escape gives up. What the
	// page shows anew meanwhile leaves the field alone.
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("a field", field+` === document.activeElement`)
	typeOver("no")
	b.choose("language", "fr")
	if got := eval[string](b, field+`?.value ?? ""`); got != "no" {
		t.Errorf("in another language the field has %q", got)
	}
	b.choose("language", "en")
	b.size(360, 800)
	if tops := eval[[]float64](b, `[...document.querySelectorAll("#said form button")].map((e) => e.getBoundingClientRect().top)`); len(tops) != 2 || tops[0] != tops[1] {
		t.Errorf("in a narrow window the buttons are at %v", tops)
	}
	b.size(1400, 1000)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until("the line as it was", field+` === null && document.activeElement.dataset.line === "1"`)
	if got := b.lineText(1); got != "Corrected by <b>hand</b>" {
		t.Errorf("given up: %q", got)
	}
	// Ctrl+Z takes back, Ctrl+Shift+Z makes again.
	b.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until("the words from before", fmt.Sprintf(`document.querySelector('#said > li[data-line="1"] .what').textContent === %q`, was.Utterances[1].Text))
	b.do(chromedp.KeyEvent("Z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until("the correction", `document.querySelector('#said > li[data-line="1"] .what').textContent.startsWith("Corrected")`)
	// What the network has lost can be tried again.
	b.script(`{ const f = fetch; window.fetch = (path, o) => path.endsWith("/undo") ? (window.fetch = f, Promise.reject(new TypeError("lost"))) : f(path, o); }`)
	b.click("said-undo")
	b.until("that it failed", `document.getElementById("status").classList.contains("wrong")`)
	b.until("the way back", `document.getElementById("said-undo").checkVisibility()`)
	b.click("said-undo")
	b.until("the words from before", fmt.Sprintf(`document.querySelector('#said > li[data-line="1"] .what').textContent === %q`, was.Utterances[1].Text))
	if got := readWords(t, dir, sampleID); !got.CorrectedAt.IsZero() || got.Utterances[1].Corrected {
		t.Errorf("all was taken back, and the file has %+v", got.Utterances[1])
	}

	// Leaving the field keeps it, with another speaker.
	b.do(chromedp.Click(chromedp.CSS(`#said > li[data-line="2"] .fix`)))
	b.until("a field", field+` === document.activeElement`)
	b.script(`{ const s = document.querySelector("#said select"); s.value = '["mika_prod"]'; }`)
	b.script(`document.getElementById("wave").focus()`)
	b.until("another speaker", `document.querySelector('#said > li[data-line="2"] .who')?.textContent === "@mika_prod"`)
	if got := readWords(t, dir, sampleID).Utterances[2]; !slices.Equal(got.Speakers, []string{"mika_prod"}) || got.Text != was.Utterances[2].Text {
		t.Errorf("the file has %+v", got)
	}

	// Another program changes the transcript while somebody types.
	b.do(chromedp.Click(chromedp.CSS(`#said > li[data-line="3"] .fix`)))
	b.until("a field", field+` === document.activeElement`)
	typeOver("mine")
	c := enter(t, server)
	other := "theirs"
	if status, v := c.correct("/transcript", changes{c.stamp(), 3, &other, nil}); status != 200 {
		t.Fatalf("%d %+v", status, v.Error)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("that it changed", `document.getElementById("status").classList.contains("wrong") && `+field+`?.value === "mine" && !`+field+`.readOnly`)
	b.screenshot("transcript-conflict")
	if got := readWords(t, dir, sampleID).Utterances[3].Text; got != "theirs" {
		t.Errorf("the file has %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("it", field+` === null && document.querySelector('#said > li[data-line="3"] .what').textContent === "mine"`)
	if got := readWords(t, dir, sampleID).Utterances[3].Text; got != "mine" {
		t.Errorf("saved again, the file has %q", got)
	}
	// A line without words goes.
	b.do(chromedp.Click(chromedp.CSS(`#said > li[data-line="0"] .fix`)))
	b.until("a field", field+` === document.activeElement`)
	typeOver(kb.Backspace)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("one line less", `document.querySelector('#said > li[aria-setsize="11"]') !== null`)
	b.click("said-undo")
	b.until("the line", `document.querySelector('#said > li[aria-setsize="12"]') !== null`)
}
