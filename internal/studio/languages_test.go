package studio

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/languages"
)

// pseudo is a language that nobody speaks, to see how the page takes others: what
// English says, letter for letter, and longer.
func pseudo(t *testing.T, tag, letters string) *languages.Language {
	t.Helper()
	english := languages.All()[0]
	place := regexp.MustCompile(`\{\w+\}|[^{]+`)
	alphabet := []rune(letters)
	odd := func(s string) string {
		return place.ReplaceAllStringFunc(s, func(part string) string {
			if strings.HasPrefix(part, "{") {
				return part
			}
			var b strings.Builder
			for i, r := range part {
				switch {
				case r >= 'a' && r <= 'z':
					b.WriteRune(alphabet[r-'a'])
				case r >= 'A' && r <= 'Z':
					b.WriteRune(alphabet[r-'A'])
				default:
					b.WriteRune(r)
				}
				if i%4 == 3 && r >= 'a' && r <= 'z' {
					b.WriteRune(alphabet[r-'a'])
				}
			}
			return b.String()
		})
	}
	file := map[string]any{"name": odd("Pseudo")}
	for section, name := range map[string]string{"studio": "studio", "problem": "problem"} {
		texts := make(map[string]any)
		for key, text := range english.Section(name) {
			b, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			var one string
			var forms map[string]string
			if json.Unmarshal(b, &one) == nil {
				texts[key] = odd(one)
				continue
			}
			if err := json.Unmarshal(b, &forms); err != nil {
				t.Fatal(err)
			}
			for form := range forms {
				forms[form] = odd(forms[form])
			}
			texts[key] = forms
		}
		file[section] = texts
	}
	b, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := languages.Read(tag, b, english)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// spoken are all languages of the page, a long one, and one that runs from the
// right.
func spoken(t *testing.T) []*languages.Language {
	return append(languages.All(), pseudo(t, "en-XA", "åßçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž"), pseudo(t, "ar", "ابجدهوزحطيكلمنسعفصقرشتثخذضظ"))
}

// cutOff lists what shows less than its text, or stands beside the window. Names
// and titles may be shortened.
const cutOff = `[...document.querySelectorAll("button, label, h1, h2, a, p, summary, dt, dd, li > span, select, output")].filter((e) => e.checkVisibility() && !e.closest(".rows, .skip, .unseen")).filter((e) => {
	const r = e.getBoundingClientRect(), style = getComputedStyle(e);
	if (r.width === 0 || style.clipPath !== "none") return false;
	return r.left < -0.5 || r.right > innerWidth + 0.5 || (style.overflowX !== "auto" && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0);
}).map((e) => (e.id || e.dataset.t || e.className || e.localName) + ": " + e.textContent.slice(0, 60))`

// The page is in the language that was chosen, to its last word, and nothing is
// cut off where words are longer or run from the right.
func TestLanguages(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 30, 10, nil)
	list := spoken(t)
	script := "" // of axe-core
	if long() && os.Getenv("AXE_CORE") != "" {
		script = axe(t)
	}
	b := browse(t, serveTest(t, dir, func(o *Options) { o.Languages = list }))
	for _, l := range list {
		tag := l.Tag()
		if !long() && tag != "ar" && tag != "ja" {
			continue
		}
		b.choose("language", tag)
		if got, want := eval[[]string](b, `[document.documentElement.lang, document.documentElement.dir, localStorage.getItem("language")]`), []string{tag, l.Direction(), tag}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the page is marked %q, want %q", got, want)
		}
		for _, width := range []int64{390, 1024} {
			see := func(view string) {
				t.Helper()
				name := fmt.Sprintf("%s-%s-%d", view, tag, width)
				b.fits(name)
				if cut := eval[[]string](b, cutOff); len(cut) > 0 {
					t.Errorf("%s: cut off: %q", name, cut)
				}
				if tag == "ar" {
					if english := eval[[]string](b, leftInEnglish); len(english) > 0 {
						t.Errorf("%s: in English: %q", name, english)
					}
				}
				b.screenshot("language-" + name)
				if script != "" {
					b.axe(script, name)
				}
			}
			b.size(width, 844)
			b.script(`location.hash = "#/"`)
			b.until("the rows", `document.querySelectorAll("#rows a").length === 3`)
			see("library")
			b.openWords(sampleID)
			b.script(`document.getElementById("wave").focus()`)
			b.do(chromedp.KeyEvent("i"))
			b.until("a selection", `!document.getElementById("save").disabled`)
			b.script(`scrollTo(0, 0)`)
			see("recording")
			b.script(`document.getElementById("keys").click()`)
			see("keys")
			b.script(`document.getElementById("help").close()`)
			b.click("video")
			b.until("a picture", `document.getElementById("film").open && document.getElementById("picture").complete && !document.getElementById("picture").hidden`)
			see("film")
			b.script(`document.getElementById("film").close()`)
		}
	}
	// The choice outlives a visit.
	b.do(chromedp.Reload())
	b.until("the page in the language", `document.documentElement.lang === "ar" && document.querySelector("[data-t=library]")?.textContent === `+fmt.Sprintf("%q", list[len(list)-1].Say("studio.library")))
}

// leftInEnglish lists texts and labels with words in Latin letters that are
// neither names nor commands, and what such a label is for comes after a colon: in a language without such letters there are none.
const leftInEnglish = `[...document.querySelectorAll("button, label > span, h1, h2, summary, dd, option, [aria-label], [placeholder], [title]")].filter((e) => e.id !== "title" && e.checkVisibility()).flatMap((e) => [e.matches("button, label > span, h1, h2, summary, dd, option") && !e.lang ? e.textContent : "", e.getAttribute("aria-label"), e.getAttribute("placeholder"), e.getAttribute("title")]).map((s) => s?.replace(/: .*/, "")).filter((s) => /[A-Za-z]{3}/.test(s ?? "") && !/@|spaces|\.(m4a|mp4)|^(m4a|mp3|mp4|opus|ogg|flac|wav|aiff)$/.test(s))`
