package studio

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keptChapters are those in the file beside the recording, as the specification has
// them.
func keptChapters(t *testing.T, dir string) (list []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folderOf(t, dir), "episodes", "chapters.json"))
	if os.IsNotExist(err) {
		return nil
	}
	var f struct {
		Version  string
		Chapters []struct {
			StartTime float64
			Title     string
		}
	}
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil || f.Version != "1.2.0" {
		t.Fatal(f.Version, err)
	}
	for _, c := range f.Chapters {
		list = append(list, fmt.Sprintf("%g %s", c.StartTime, c.Title))
	}
	return list
}

// Chapters are edited in the page, kept beside the recording, and enter the next
// episode.
func TestEditChapters(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	s := serveTest(t, dir)
	c := enter(t, s)
	for _, body := range []string{`{"chapters":[{"start":-1,"title":"x"}]}`, `{"chapters":[{"start":99,"title":"x"}]}`, `{"chapters":[{"start":1,"title":" "}]}`,
		`{"chapters":[{"start":1,"title":"x"},{"start":1,"title":"y"}]}`, `{"chapters":[{"start":1,"title":"` + strings.Repeat("x", 301) + `"}]}`} {
		if status, text, _ := c.ask("POST", sampleAPI+"/chapters", body, nil); status != 422 || !strings.Contains(text, "bad-chapter") {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if got := keptChapters(t, dir); got != nil {
		t.Fatalf("refused, but these are kept: %q", got)
	}

	b := browse(t, s)
	b.openRecording(sampleID)
	b.until("the detected chapter", `document.querySelectorAll("#chapters li").length === 1`)
	detected := eval[string](b, `document.querySelector("#chapters .name").textContent`)
	seek := func(seconds string) {
		t.Helper()
		b.script(`document.getElementById("audio").currentTime = ` + seconds)
		b.until("the playhead", `document.getElementById("now").textContent === "0:`+seconds+`.0"`)
	}
	seek("40")
	b.script(`document.getElementById("chapter-add").click()`)
	b.until("its field", `document.activeElement.matches("#chapters input")`)
	b.do(chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(kb.Enter))
	b.until("what is wrong", `document.getElementById("chapter-wrong").textContent && document.activeElement.getAttribute("aria-describedby") === "chapter-wrong"`)
	b.do(chromedp.KeyEvent("Questions"), chromedp.KeyEvent(kb.Enter))
	b.until("its title", `[...document.querySelectorAll("#chapters .name")].map((e) => e.textContent).includes("Questions") && document.getElementById("chapters-back").checkVisibility()`)
	if got := keptChapters(t, dir); fmt.Sprint(got) != fmt.Sprint([]string{"0 " + detected, "40 Questions"}) {
		t.Errorf("added and renamed: %q", got)
	}
	seek("50")
	b.press("chapters", "Move here: Questions")
	b.until("its place", `document.querySelectorAll("#chapters .at")[1].textContent === "0:50"`)
	b.press("chapters", "Remove: "+detected)
	b.until("one chapter", `document.querySelectorAll("#chapters li").length === 1`)
	if got := keptChapters(t, dir); fmt.Sprint(got) != "[50 Questions]" {
		t.Errorf("moved and removed: %q", got)
	}
	b.screenshot("chapters")
	if got := c.post(sampleAPI+"/export", `{"preset":"untouched","format":""}`); got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	found, err := os.ReadDir(filepath.Join(folderOf(t, dir), "episodes"))
	if err != nil || len(found) < 3 {
		t.Fatal(found, err)
	}
	var chapters string
	for _, e := range found {
		if strings.HasSuffix(e.Name(), ".chapters.json") {
			chapters = string(read(t, filepath.Join(folderOf(t, dir), "episodes", e.Name())))
		}
	}
	if !strings.Contains(chapters, "Questions") || strings.Contains(chapters, detected) {
		t.Errorf("the episode has the chapters %q", chapters)
	}
	if got := eval[string](b, `fetch("api/recordings/" + location.hash.slice(4)).then((r) => r.json()).then((d) => (d.episodes_error ?? "") + d.episodes.length)`); got != "1" {
		t.Errorf("episodes: %s", got)
	}
	b.click("chapters-back")
	b.until("the detected one", `document.querySelector("#chapters .name").textContent !== "Questions" && !document.getElementById("chapters-back").checkVisibility()`)
	if got := keptChapters(t, dir); got != nil {
		t.Errorf("given up, and yet there: %q", got)
	}
}
