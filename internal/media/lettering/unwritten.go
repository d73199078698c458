package lettering

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-text/typesetting/language"
)

// An Unwritten is what of a text no font of a set has: empty boxes stand for it
// in a picture. It is one for each script.
type Unwritten struct {
	Text       string `json:"text"`
	Characters string `json:"characters"`
	// Script is what people call it: "Japanese", "Arabic", "emoji", "signs".
	Script string `json:"script"`
}

// Unwritten tells what of some texts cannot be written, in their order. Ask it
// of everything that a picture will say before anything is drawn, print the
// Warning, and put the list into the JSON under "unwritten".
func (s *Set) Unwritten(texts ...string) []Unwritten {
	var list []Unwritten
	for i, text := range texts {
		if slices.Contains(texts[:i], text) {
			continue
		}
		from := len(list)
		runes := printable(text)
		lang := languageOf(runes, s.language)
		script := make(map[rune]string)
		for _, c := range clusters(runes) {
			for _, r := range c.text {
				script[r] = scriptWord(r, c.text, lang)
			}
		}
		for _, r := range s.Missing(text) {
			k := slices.IndexFunc(list[from:], func(u Unwritten) bool { return u.Script == script[r] })
			if k < 0 {
				list = append(list, Unwritten{Text: text, Script: script[r]})
				k = len(list) - 1 - from
			}
			list[from+k].Characters += string(r)
		}
	}
	return list
}

// scriptWord is what people call the script of a character.
func scriptWord(r rune, cluster []rune, lang string) string {
	if emoji(cluster) {
		return "emoji"
	}
	return writingOf(language.LookupScript(r), lang).name
}

// Warning says in one line what cannot be written, with an example; "" if all
// can.
func Warning(list []Unwritten) string {
	scripts := scriptsOf(list)
	if len(scripts) == 0 {
		return ""
	}
	what := scripts[0]
	if n := len(scripts); n > 1 {
		what = strings.Join(scripts[:n-1], ", ") + " and " + scripts[n-1]
	}
	some := []rune(list[0].Characters)
	if len(some) > 8 {
		some = append(some[:8:8], '…')
	}
	return fmt.Sprintf("no font found for %s: empty boxes stand for %s in \"%s\"", what, string(some), short(list[0].Text))
}

func short(text string) string {
	r := []rune(text)
	if len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return text
}

// Hint says how to get fonts for what cannot be written, on a system as
// runtime.GOOS calls it; "" if all can.
func Hint(list []Unwritten, system string) string {
	scripts := scriptsOf(list)
	if len(scripts) == 0 {
		return ""
	}
	switch system {
	case "windows":
		return "add the language in Settings, Time & language, with its supplemental fonts"
	case "darwin":
		return "install a font with Font Book"
	}
	var packages []string
	for _, name := range scripts {
		p := "fonts-noto-core"
		switch name {
		case "Japanese", "Chinese", "Korean":
			p = "fonts-noto-cjk"
		case "emoji":
			p = "fonts-noto-color-emoji"
		}
		if !slices.Contains(packages, p) {
			packages = append(packages, p)
		}
	}
	slices.Sort(packages)
	return "on Debian or Ubuntu: apt install " + strings.Join(packages, " ")
}

// scriptsOf are the scripts of a list, each once.
func scriptsOf(list []Unwritten) []string {
	var names []string
	for _, u := range list {
		if !slices.Contains(names, u.Script) {
			names = append(names, u.Script)
		}
	}
	return names
}
