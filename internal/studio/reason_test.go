package studio

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/consent"
)

// Where consent is required, the page asks for a reason, saves nothing without
// one, and saves the clip with it.
func TestReasonForNoConsent(t *testing.T) {
	t.Parallel()
	b := browse(t, serveTest(t, sample(t), func(o *Options) {
		o.Consent = consent.Policy{consent.Clipping: consent.Require}
	}))
	b.openRecording(sampleID)
	b.set("from", "10\r")
	b.until("a selection", `!document.getElementById("save").disabled`)
	b.click("save")
	b.until("the question", `document.getElementById("consent").open`)
	if !eval[bool](b, `document.getElementById("consent-text").textContent.includes("@tomokafor") && document.getElementById("consent-go").disabled`) {
		t.Error("the question names nobody, or can be answered without a reason")
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("consent").close("no")`))
	b.until("the answer", `document.getElementById("status").textContent.includes("Nothing was saved")`)
	b.click("save")
	b.until("the question again", `document.getElementById("consent").open`)
	b.do(chromedp.SendKeys(chromedp.ID("consent-reason"), "She agreed on stage"))
	b.until("a reason", `!document.getElementById("consent-go").disabled`)
	b.screenshot("consent-en")
	// The refusal is told in the language of the page, not in the server's words.
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("consent").close("no")`))
	b.choose("language", "fr")
	b.click("save")
	b.until("the question in French", `document.getElementById("consent").open`)
	if got := b.text("consent"); strings.Contains(got, "consent") || strings.Contains(got, "answer") || !strings.Contains(got, "inscrire la réponse de @tomokafor") {
		t.Errorf("in French the page asks %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.ID("consent-reason"), "She agreed on stage"))
	b.until("a reason", `!document.getElementById("consent-go").disabled`)
	b.click("consent-go")
	b.until("the clip", `document.querySelector("#clips a") !== null`)
}
