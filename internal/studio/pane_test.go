package studio

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// talk is what people say in the transcripts of these tests, over and over.
var talk = strings.Fields(`So the first thing that I want to say is that nobody planned this. We were sitting in a kitchen, and
somebody asked what would happen if the whole archive simply vanished. Everybody laughed, but it is a serious question. Advertising
pays for most of what you hear, and yet the recordings are treated as if they were worth nothing. Exactly, and I would add one thing:
people remember voices. They forget the numbers, they forget the slides, but they remember how somebody said it. Was it easy? No, it
took four years. Honestly, the hard part was the café on the corner, because their music was in every single take.`)

// speakWords gives a recording a transcript: utterances of so many words each, a
// word lasts a step of samples and the next begins with it. change may change it.
func speakWords(t testing.TB, dir, id string, utterances, words int, change func(*transcripts.Transcript)) {
	t.Helper()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", LockWait: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	known, err := lib.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	run := known.Timeline[0]
	rate, samples := run.SampleRate, int64(0)
	for _, r := range known.Timeline {
		samples += r.Samples
	}
	made := transcripts.New(known, rate, samples, nil, nil)
	made.MadeAt, made.Language, made.SpeakersFrom = space.Time{Time: time.Unix(1_800_000_000, 0)}, "en", transcripts.FromLevels
	made.Engine = transcripts.Engine{Name: "import", File: "talk.srt"}
	step := samples / int64(utterances*words+1)
	at, n := step/2, 0
	for i := range utterances {
		u := transcripts.Utterance{Start: at, Speakers: []string{known.Speakers[i/3%len(known.Speakers)].Handle}}
		for range words {
			w := talk[n%len(talk)]
			n++
			u.Words = append(u.Words, transcripts.Word{Start: at, End: at + step, Text: w, Confidence: 0.9})
			u.Text = strings.TrimSpace(u.Text + " " + w)
			at += step
		}
		u.End = at
		made.Utterances = append(made.Utterances, u)
	}
	if change != nil {
		change(made)
	}
	if err := said.Keep(t.Context(), lib, known, made); err != nil {
		t.Fatal(err)
	}
}

// wordIn is where on the screen a word of a line is.
func (b *browser) wordIn(line, word int) (x, y float64) {
	b.t.Helper()
	at := eval[[]float64](b, fmt.Sprintf(`(() => {
		const node = document.querySelector('#said > li[data-line="%d"] .what').firstChild;
		let at = 0;
		for (let k = 0; k < %d; k++) at = node.data.indexOf(" ", at) + 1;
		const end = node.data.indexOf(" ", at), r = document.createRange();
		r.setStart(node, at);
		r.setEnd(node, end < 0 ? node.length : end);
		const {left, top, width, height} = r.getClientRects()[0];
		return [left + width / 2, top + height / 2];
	})()`, line, word))
	return at[0], at[1]
}

// lineText is the text of a line that is in the document.
func (b *browser) lineText(line int) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector('#said > li[data-line="%d"] .what')?.textContent ?? ""`, line))
}

// marked are the words that are marked in the page as a name says: chosen, hit,
// hit-now or now.
func (b *browser) marked(name string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`[...CSS.highlights.get("said-%s")].map(String).join("|")`, name))
}

func (b *browser) script(text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](text))
}

func (b *browser) openWords(id string) {
	b.t.Helper()
	b.openRecording(id)
	b.until("the transcript", `document.querySelectorAll("#said li").length > 0`)
}

// positionOf is where the page's player stands, in seconds.
const playhead = `document.getElementById("audio").currentTime`

// TestTranscriptJourney goes through the transcript as a host does: finds a word,
// goes there, listens, selects words, and saves the sound of just these.
func TestTranscriptJourney(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	var said *transcripts.Transcript
	speakWords(t, dir, sampleID, 40, 10, func(made *transcripts.Transcript) { said = made })
	word := func(line, word int) transcripts.Word { return said.Utterances[line].Words[word] }
	seconds := func(samples int64) float64 { return float64(samples) / float64(said.Rate) }
	b := browse(t, serveTest(t, dir))
	b.openWords(sampleID)
	if n := eval[int](b, `document.querySelectorAll("#said li").length`); n >= 40 {
		t.Errorf("all %d lines are in the document", n)
	}
	if got := b.text("transcript-about"); got != "English · ≈ approximate speakers" {
		t.Errorf("of the transcript the page tells %q", got)
	}

	// Find: Ctrl+F, as it is typed, on and back, without accents.
	b.script(`document.getElementById("wave").focus()`)
	b.do(chromedp.KeyEvent("f", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until("the field", `document.activeElement.id === "said-find"`)
	b.do(chromedp.SendKeys(chromedp.ID("said-find"), "CAFE"))
	b.until("hits", `document.getElementById("said-count").textContent === "1 of 3"`)
	if got := b.marked("hit-now"); got != "café" {
		t.Errorf("the hit that is shown is %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	if got := b.text("said-count"); got != "2 of 3" {
		t.Errorf("after Enter: %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	if got := b.text("said-count"); got != "3 of 3" {
		t.Errorf("back beyond the first: %q", got)
	}
	line, at := -1, -1
	for i, u := range said.Utterances {
		for k, w := range u.Words {
			if w.Text == "café" {
				line, at = i, k
			}
		}
	}
	if got := b.lineText(line); !strings.Contains(got, "café") {
		t.Fatalf("the last hit is in line %d, in sight is %q", line, got)
	}

	// A click goes to the word.
	x, y := b.wordIn(line, at)
	b.do(chromedp.MouseClickXY(x, y))
	b.until("the word", fmt.Sprintf(`Math.abs(%s - %f) < 0.001`, playhead, seconds(word(line, at).Start)))
	b.until("the word's mark", `[...CSS.highlights.get("said-now")].join() === "café"`)

	// The sound goes on, and the mark with it.
	b.do(chromedp.KeyEvent(" "))
	next := word(line, at+1)
	b.until("the next word", fmt.Sprintf(`[...CSS.highlights.get("said-now")].join() === %q && %s >= %f`, next.Text, playhead, seconds(next.Start)-0.001))
	b.do(chromedp.KeyEvent("k"))
	if got := eval[string](b, `[...document.querySelectorAll('#said li[aria-current="true"]')].map((e) => e.dataset.line).join()`); got == "" {
		t.Error("no line is marked as the one that is played")
	}

	// Words that are selected with the mouse are the selection, to the sample.
	b.do(chromedp.KeyEvent(kb.Escape))
	b.script(`document.getElementById("said-box").scrollTop = 0`)
	b.until("the first lines", `document.querySelector('#said > li[data-line="2"]') !== null`)
	fx, fy := b.wordIn(1, 2)
	tx, ty := b.wordIn(2, 4)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, fx, fy, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, (fx+tx)/2, (fy+ty)/2, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, tx, ty, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, tx, ty, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.until("a selection", `!document.getElementById("save").disabled`)
	b.do(chromedp.SetValue(chromedp.ID("format"), "wav"))
	b.script(`document.getElementById("format").dispatchEvent(new Event("change"))`)
	b.click("save")
	b.until("the clip", `document.querySelectorAll("#clips a").length === 1`)
	from, to := word(1, 2).Start, word(2, 4).End
	detail := eval[[]int64](b, `fetch("api/recordings/" + location.hash.slice(4)).then((r) => r.json()).then((d) => [d.clips[0].start, d.clips[0].samples])`)
	if detail[0] != from || detail[1] != to-from {
		t.Errorf("the clip has %d samples from %d, the words %d from %d", detail[1], detail[0], to-from, from)
	}
	exact := func(samples int64) string { return strconv.FormatFloat(seconds(samples), 'f', 6, 64) }
	want := cutElsewhere(t, sample(t), exact(from), exact(to-from), "wav")
	if !bytes.Equal(read(t, filepath.Join(folderOf(t, dir), "clips", filepath.Base(want))), read(t, want)) {
		t.Error("the page saved other samples than those of the words")
	}
}

func formatSeconds(said *transcripts.Transcript, samples int64) string {
	return strconv.FormatFloat(float64(samples)/float64(said.Rate), 'f', 6, 64)
}

// clockOf is a time as the page's fields show it.
func clockOf(said *transcripts.Transcript, samples int64) string {
	ms := (samples*1000 + int64(said.Rate)/2) / int64(said.Rate)
	return fmt.Sprintf("%d:%02d.%03d", ms/60_000, ms/1000%60, ms%1000)
}

// wordNamed is where a word is said first.
func wordNamed(said *transcripts.Transcript, text string) (line, word int) {
	for i, u := range said.Utterances {
		for k, w := range u.Words {
			if w.Text == text {
				return i, k
			}
		}
	}
	return -1, -1
}
