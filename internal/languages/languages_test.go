package languages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

// same lists texts that may read as in English, because the languages share the word.
var same = map[string][]string{
	"fr": {"studio.note", "studio.pause", "studio.zoom", "studio.position", "studio.format", "studio.half", "studio.moments", "studio.transcript",
		"studio.public", "studio.stretch", "studio.kind.original", "studio.kind.page", "studio.selection", "date.day", "studio.presetArchive", "studio.aside", "list.comma"},
	"ja": {"studio.half", "studio.enter", "studio.shift", "date.first", "list.last", "chapter.unknown"},
}

var place = regexp.MustCompile(`\{\w+\}`)

func places(s string) []string {
	list := place.FindAllString(s, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// A language has the keys of English, with the same places, in the plural forms
// that it needs, and in its own words.
func TestFiles(t *testing.T) {
	english := all()[0]
	var untranslated []string
	for _, l := range all() {
		t.Run(l.Tag(), func(t *testing.T) {
			if l.Name() == "" {
				t.Error("the language has no name")
			}
			if l.tag.String() != l.Tag() || language.Make(l.Tag()) != l.tag {
				t.Errorf("the tag is %s", l.Tag())
			}
			var needed []string // plural categories of whole numbers
			for n := range 200 {
				if form := Plural(l.tag, n); !slices.Contains(needed, form) {
					needed = append(needed, form)
				}
			}
			for key := range l.own {
				if !english.own[key] {
					t.Errorf("%s is no key of English", key)
				}
			}
			for key := range english.own {
				if !l.own[key] {
					untranslated = append(untranslated, l.Tag()+": "+key)
					continue
				}
				e, own := english.texts[key], l.texts[key]
				if (e.forms == nil) != (own.forms == nil) {
					t.Errorf("%s: plural forms in one language alone", key)
					continue
				}
				forms := map[string]string{"": own.one}
				want := places(e.one)
				if e.forms != nil {
					forms, want = own.forms, places(e.forms["other"])
					for _, form := range needed {
						if own.forms[form] == "" {
							t.Errorf("%s: the form %q is missing", key, form)
						}
					}
				}
				for form, s := range forms {
					switch got := places(s); {
					case strings.TrimSpace(s) == "":
						t.Errorf("%s: empty", key)
					case form != "" && form != "many" && !slices.Contains(needed, form):
						t.Errorf("%s: the language has no form %q", key, form)
					case strings.Contains(strings.ReplaceAll(place.ReplaceAllString(s, ""), "{}", ""), "{"):
						t.Errorf("%s: a brace that begins no place: %s", key, s)
					case form == "one" && !slices.Contains(got, "{n}") && slices.Equal(append(got, "{n}"), want): // one thing need not be counted
					case !slices.Equal(got, want):
						t.Errorf("%s: the places are %v, in English %v", key, got, want)
					case l != english && form == "" && s == e.one && !slices.Contains(same[l.Tag()], key) && regexp.MustCompile(`\p{L}{2}`).MatchString(place.ReplaceAllString(s, "")):
						t.Errorf("%s: still in English: %s", key, s)
					}
				}
			}
		})
	}
	slices.Sort(untranslated)
	for _, key := range untranslated { // Say would answer in English
		t.Errorf("untranslated: %s", key)
	}
}

// A key that stands twice in a file would lose one of its texts unseen.
func TestNoKeyStandsTwice(t *testing.T) {
	for _, tag := range Tags() {
		b, err := files.ReadFile("words/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		var keys []map[string]bool
		isKey := false
		for {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case json.Delim:
				if token == '{' {
					keys, isKey = append(keys, map[string]bool{}), true
				} else {
					keys, isKey = keys[:len(keys)-1], true
				}
			case string:
				if isKey && keys[len(keys)-1][token] {
					t.Errorf("%s: %q stands twice", tag, token)
				}
				if isKey {
					keys[len(keys)-1][token] = true
				}
				isKey = !isKey
			}
		}
	}
}

// Code asks for keys that there are, and for all of them. What the studio's page
// uses is tested beside the page.
func TestKeysAreUsed(t *testing.T) {
	english := all()[0]
	used := make(map[string]bool)
	kinds := make(map[string]bool) // words in quotes, as kinds of errors are
	literal := regexp.MustCompile(`"((?:consent|site|feed|date|list|chapter|episode)\.[a-z][\w.-]*)"`)
	word := regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*-?)"`)
	settings := regexp.MustCompile(`^consent\.(?:clip|export|feed|post|remote|upload)`)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "../languages/") || strings.HasSuffix(name, "_test.go") || filepath.Ext(name) != ".go" && filepath.Ext(name) != ".js" {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range word.FindAllSubmatch(b, -1) {
			kinds[string(m[1])] = true
		}
		if !bytes.Contains(b, []byte(".Say(")) {
			return nil
		}
		for _, m := range literal.FindAllSubmatch(b, -1) {
			key := string(m[1])
			used[key] = true
			if !english.Has(key) && !strings.HasSuffix(key, ".") && !settings.MatchString(key) {
				t.Errorf("%s: %s is no key of English", name, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 12 {
		t.Errorf("%d keys are used", len(used))
	}
	for key := range english.own {
		section, short, _ := strings.Cut(key, ".")
		prefix := key[:strings.LastIndex(key, ".")+1]
		switch section {
		case "studio", "site", "date", "list":
		case "problem":
			short = strings.TrimPrefix(short, "extract-") // as the studio calls what package extract tells
			if !kinds[short] && !kinds[short[:strings.LastIndex(short, "-")+1]] {
				t.Errorf("no error is of the kind %s", short)
			}
		default:
			if !used[key] && !used[prefix] {
				t.Errorf("nothing uses %s", key)
			}
		}
	}
}

func TestSay(t *testing.T) {
	l, err := Read("fr", []byte(`{"name": "Français", "a": {"n": {"one": "{n} mot", "other": "{n} mots"}, "title": "« {title} » : oui !", "size": "{n} MB"}}`), all()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ got, want string }{
		{l.Say("a.n", "n", 0), "0 mot"}, // CLDR: French has one thing and none alike
		{l.Say("a.n", "n", 1), "1 mot"},
		{l.Say("a.n", "n", 2), "2 mots"},
		{l.Say("a.n", "n", 1000000), "1000000 mots"},
		{l.Say("a.title", "title", "{n} : x"), "«\u202f{n} : x\u202f»\u202f: oui\u202f!"},
		{l.Say("a.size", "n", 3), "3\u00a0MB"},
		{l.Say("site.episodes"), all()[0].Say("site.episodes")},
		{l.In("site.episodes") + l.In("a.n"), "enfr"},
		{l.Say("no.such"), "no.such"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func TestFor(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "en true", "en-GB": "en true", "fr-CA": "fr true", "FR": "fr true", "ja": "ja true", "ja-JP": "ja true", "ja_JP": "ja true",
		"ar": "en false", "zh-Hant": "en false", "br": "en false", "": "en false", "no language": "en false",
	} {
		l, ok := For(tag)
		if got := fmt.Sprint(l.Tag(), " ", ok); got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for accept, want := range map[string]string{
		"": "en", "fr": "fr", "de, fr;q=0.5": "fr", "ja-JP,ja;q=0.9,en;q=0.8": "ja", "en-GB": "en", "xx, *": "en", ";;;": "en",
	} {
		if got := Match(all(), accept).Tag(); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}

func TestDirection(t *testing.T) {
	for tag, want := range map[string]string{
		"ar": "rtl", "ar-EG": "rtl", "he": "rtl", "fa": "rtl", "ur-PK": "rtl", "ckb": "rtl", "dv": "rtl", "yi": "rtl", "ps": "rtl", "sd": "rtl", "pa-Arab": "rtl", "az-Arab": "rtl",
		"en": "ltr", "ja": "ltr", "pa": "ltr", "ku": "ltr", "az": "ltr", "ar-Latn": "ltr", "": "ltr", "no language": "ltr",
	} {
		if got := Direction(tag); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2021, time.June, d, 20, 0, 0, 0, time.UTC) }
	for tag, want := range map[string][2]string{
		"en": {"1 June 2021", "14 June 2021"}, "fr": {"1er juin 2021", "14 juin 2021"}, "ja": {"2021年6月1日", "2021年6月14日"},
	} {
		l, _ := For(tag)
		if got := [2]string{l.Date(day(1)), l.Date(day(14))}; got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
}
