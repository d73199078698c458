package studio

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/spaces-cli/spaces/internal/consent"
)

// entries are those of a library's consent log.
func entries(t *testing.T, dir string) []consent.Entry {
	t.Helper()
	l, err := consent.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Entries()
}

// Answers go into the log as spaces consent set enters them, and the gate goes by
// them; what nobody meant is not entered.
func TestRecordAnswer(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir, func(o *Options) { o.Consent = consent.Policy{consent.Clipping: consent.Require} }))
	ask := func(body string) (status int, people map[string]consent.Answer) {
		t.Helper()
		status, text, _ := c.ask("POST", sampleAPI+"/consent", body, nil)
		var got struct {
			People []struct {
				Name    string
				Consent consent.Answer
			}
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		people = make(map[string]consent.Answer)
		for _, p := range got.People {
			people[p.Name] = p.Consent
		}
		return status, people
	}
	for _, body := range []string{
		`{"name":"tomokafor","answer":"granted"}`, // for what?
		`{"name":"tomokafor","answer":"granted","for":[]}`,
		`{"name":"tomokafor","answer":"granted","for":["everything"]}`,
		`{"name":"tomokafor","answer":"","for":["clip"]}`,
		`{"name":"tomokafor","answer":"granted","for":["clip"],"until":"2001-01-01"}`,
		`{"name":"tomokafor","answer":"declined","until":"2999-01-01"}`,
		`{"name":"nobody","answer":"granted","for":["clip"]}`,
		`{"name":"","answer":"granted","for":["clip"]}`,
		`{"name":"tomokafor","answer":"granted","for":["clip"],"recording":"x"}`,
	} {
		if status, _ := ask(body); status < 400 || status >= 500 {
			t.Errorf("%s: %d", body, status)
		}
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Fatalf("refused, but the log has %+v", got)
	}
	const cut = `{"start":480000,"samples":96000,"format":"m4a"}`
	for _, tt := range []struct {
		body string
		kind string // of what cutting a clip then says
		want consent.Entry
	}{
		{`{"name":"TomOkafor","answer":"granted","for":["episode"],"note":" on stage "}`, "consent", consent.Entry{Handle: "tomokafor", Answer: consent.Granted, For: []consent.Purpose{consent.Episode}, Recording: sampleID, Note: "on stage"}},
		{`{"name":"tomokafor","answer":"granted","for":["clip"],"until":"2999-12-31"}`, "", consent.Entry{Handle: "tomokafor", Answer: consent.Granted, For: []consent.Purpose{consent.Clip}, Recording: sampleID}},
		{`{"name":"tomokafor","answer":"withdrawn","for":[],"everywhere":true}`, "consent", consent.Entry{Handle: "tomokafor", Answer: consent.Withdrawn}},
	} {
		status, people := ask(tt.body)
		if status != 200 || people["lea_durand"] != consent.Own || people["mika_prod"] != consent.Unknown {
			t.Errorf("%s: %d %v", tt.body, status, people)
		}
		list := entries(t, dir)
		e := list[len(list)-1]
		if e.Handle != tt.want.Handle || e.Answer != tt.want.Answer || fmt.Sprint(e.For) != fmt.Sprint(tt.want.For) || e.Recording != tt.want.Recording || e.Note != tt.want.Note || e.Account == nil || e.Account.Handle != "lea_durand" {
			t.Errorf("%s entered %+v", tt.body, e)
		}
		if got := c.post(sampleAPI+"/clips", cut); got.kind() != tt.kind {
			t.Errorf("after %s cutting says %q, want %q", tt.body, got.kind(), tt.kind)
		}
	}
}

// The page asks twice before it records an answer, and shows it at once.
func TestConsentChips(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	b := browse(t, serveTest(t, dir))
	b.openRecording(sampleID)
	chip := func(name string) string { return `document.querySelector('.chip[data-name="` + name + `"]')` }
	b.until("the chips", chip("tomokafor")+` && `+chip("lea_durand"))
	if got := eval[string](b, `[...document.querySelectorAll("#voices .chip")].map((e) => e.tagName + " " + e.textContent).join()`); got != "SPAN own voice,BUTTON no answer,BUTTON no answer" {
		t.Errorf("the chips are %q", got)
	}
	b.script(chip("tomokafor") + `.focus()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("the question", `document.getElementById("answering").open`)
	go1 := func() { b.script(`document.getElementById("answer-go").click()`) }
	wrongIs := func(what, text, field string) {
		t.Helper()
		go1()
		b.until(what, `document.getElementById("answer-wrong").textContent.includes("`+text+`") && document.activeElement.id === "`+field+`" && document.activeElement.getAttribute("aria-describedby") === "answer-wrong"`)
	}
	wrongIs("that no answer is chosen", "Choose their answer", "answer-granted")
	b.do(chromedp.KeyEvent(" "))
	b.until("a yes", `document.getElementById("answer-granted").checked && document.querySelectorAll("#answer-fields input[type=checkbox]:checked").length === 0`)
	wrongIs("that no use is chosen", "at least one use", "use-clip")
	b.do(chromedp.KeyEvent(" "))
	b.do(chromedp.SendKeys(chromedp.ID("answer-note"), "told me on stage"))
	go1()
	b.until("the second question", `document.getElementById("answer-sure").checkVisibility() && document.activeElement.id === "answer-back"`)
	if got := b.text("answer-sure"); !strings.Contains(got, "@tomokafor has agreed") || !strings.Contains(got, "Cut excerpts") || strings.Contains(got, "Publish") || !strings.Contains(got, "In this recording") {
		t.Errorf("the page asks %q", got)
	}
	b.screenshot("answering")
	b.do(chromedp.KeyEvent(kb.Enter)) // goes back
	if got := entries(t, dir); len(got) > 0 {
		t.Fatalf("before the second yes the log has %+v", got)
	}
	b.until("the first question", `!document.getElementById("answer-sure").checkVisibility()`)
	go1()
	go1()
	b.until("the answer", chip("tomokafor")+`.textContent === "granted in part" && !document.getElementById("answering").open`)
	if got := eval[string](b, `document.activeElement.dataset.name ?? document.activeElement.id`); got != "tomokafor" {
		t.Errorf("afterwards the focus is on %q", got)
	}
	if got := entries(t, dir); len(got) != 1 || got[0].Note != "told me on stage" || fmt.Sprint(got[0].For) != "[clip]" {
		t.Errorf("the log has %+v", got)
	}
	b.screenshot("chips")
}
