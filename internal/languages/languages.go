// Package languages has the words that hosts, guests and listeners read in their
// own language: the pages of the studio and of a show's site, the texts of a feed,
// and the message that asks for consent. A language is one file in words/, whose
// keys are those of English; docs/translating.md says how to add one.
package languages

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed words/*.json
var files embed.FS

// A Language has the words of one language, and the English ones for what its
// file leaves out.
type Language struct {
	tag   language.Tag
	name  string
	texts map[string]text // by section.key
	own   map[string]bool // those that the file has
}

// A text has one form, or one for each plural category that the language knows.
type text struct {
	one   string
	forms map[string]string // by the name of the category (CLDR), "other" always
}

// MarshalJSON writes a text as the files have it.
func (t text) MarshalJSON() ([]byte, error) {
	if t.forms != nil {
		return json.Marshal(t.forms)
	}
	return json.Marshal(t.one)
}

// UnmarshalJSON reads a text of a file.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &t.forms)
	}
	return json.Unmarshal(b, &t.one)
}

// All are the languages that the program has words in: English, then the others
// by their tags.
func All() []*Language { return slices.Clone(all()) }

var all = sync.OnceValue(func() []*Language {
	read := func(tag string, english *Language) *Language {
		b, _ := files.ReadFile("words/" + tag + ".json")
		l, err := Read(tag, b, english)
		if err != nil {
			panic(err) // the tests read the same files
		}
		return l
	}
	list := []*Language{read(first, nil)}
	for _, tag := range Tags()[1:] {
		list = append(list, read(tag, list[0]))
	}
	return list
})

const first = "en"

// Tags are the tags of All. They cost no reading of files.
func Tags() []string {
	list := []string{first}
	names, _ := fs.Glob(files, "words/*.json")
	for _, name := range names {
		if tag := strings.TrimSuffix(path.Base(name), ".json"); tag != first {
			list = append(list, tag)
		}
	}
	return list
}

// Read reads the file of a language. What it leaves out is taken from english.
func Read(tag string, file []byte, english *Language) (*Language, error) {
	l := &Language{texts: make(map[string]text), own: make(map[string]bool)}
	var err error
	if l.tag, err = language.Parse(tag); err != nil {
		return nil, fmt.Errorf("the language %s: %w", tag, err)
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(file, &sections); err != nil {
		return nil, fmt.Errorf("the language %s: %w", tag, err)
	}
	if english != nil {
		maps.Copy(l.texts, english.texts)
	}
	for section, raw := range sections {
		if section == "name" {
			err = json.Unmarshal(raw, &l.name)
		} else {
			texts := make(map[string]text)
			err = json.Unmarshal(raw, &texts)
			for key, t := range texts {
				l.texts[section+"."+key] = t.each(func(s string) string { return tie(l.tag, s) })
				l.own[section+"."+key] = true
			}
		}
		if err != nil {
			return nil, fmt.Errorf("the language %s: %s: %w", tag, section, err)
		}
	}
	return l, nil
}

func (t text) each(f func(string) string) text {
	if t.forms == nil {
		return text{one: f(t.one)}
	}
	forms := make(map[string]string, len(t.forms))
	for form, s := range t.forms {
		forms[form] = f(s)
	}
	return text{forms: forms}
}

// For is the language that a tag such as fr-CA asks for. Without one it is
// English, and ok is false.
func For(tag string) (l *Language, ok bool) {
	asked, err := language.Parse(strings.ReplaceAll(tag, "_", "-"))
	if err != nil {
		return all()[0], false
	}
	base, _ := asked.Base()
	script, _ := asked.Script()
	for _, l := range all() {
		b, _ := l.tag.Base()
		s, _ := l.tag.Script()
		if b == base && s == script {
			return l, true
		}
	}
	return all()[0], false
}

// Match is the language of list that suits best who asks as browsers do
// (RFC 9110 §12.5.4): the first one where none does.
func Match(list []*Language, accept string) *Language {
	tags := make([]language.Tag, len(list))
	for i, l := range list {
		tags[i] = l.tag
	}
	_, i := language.MatchStrings(language.NewMatcher(tags), accept)
	return list[i]
}

// Tag is the language as HTML names it.
func (l *Language) Tag() string { return l.tag.String() }

// Name is what the language calls itself.
func (l *Language) Name() string { return l.name }

// Direction is "rtl" where the language is written from right to left, or "ltr".
func (l *Language) Direction() string { return Direction(l.Tag()) }

// rightToLeft are the scripts in use that run from right to left (Unicode,
// Scripts.txt and Bidi_Class R and AL).
var rightToLeft = [...]string{"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}

// Direction is "rtl" where a language is written from right to left, or "ltr".
func Direction(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return "ltr"
	}
	if script, _ := t.Script(); slices.Contains(rightToLeft[:], script.String()) {
		return "rtl"
	}
	return "ltr"
}

// Say is the text of a key such as site.episodes. Its places are filled with
// pairs of names and values: l.Say("site.results", "n", 3). A number in the place
// n chooses the plural form.
func (l *Language) Say(key string, places ...any) string {
	t, ok := l.texts[key]
	if !ok {
		return key
	}
	s := t.one
	if t.forms != nil {
		s = t.forms["other"]
		for i := 0; i+1 < len(places); i += 2 {
			if n, ok := places[i+1].(int); ok && places[i] == "n" {
				if form, ok := t.forms[Plural(l.tag, n)]; ok {
					s = form
				}
			}
		}
	}
	if len(places) == 0 {
		return s
	}
	pairs := make([]string, 0, len(places))
	for i := 0; i+1 < len(places); i += 2 {
		name, _ := places[i].(string)
		pairs = append(pairs, "{"+name+"}", fmt.Sprint(places[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Has reports whether a key has words.
func (l *Language) Has(key string) bool {
	_, ok := l.texts[key]
	return ok
}

// In is the language in which Say answers for a key: this one, or English where
// its file has no words for it.
func (l *Language) In(key string) string {
	if l.own[key] {
		return l.Tag()
	}
	return all()[0].Tag()
}

// Section are the texts of a section, such as studio, by their keys.
func (l *Language) Section(name string) map[string]json.Marshaler {
	list := make(map[string]json.Marshaler)
	for key, t := range l.texts {
		if short, ok := strings.CutPrefix(key, name+"."); ok {
			list[short] = t
		}
	}
	return list
}

// Plural is the category of a whole number in a language (CLDR).
func Plural(tag language.Tag, n int) string {
	names := [...]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	return names[plural.Cardinal.MatchPlural(tag, max(n, -n), 0, 0, 0, 0)]
}

// Date is a day as people write it: 1 June 2021.
func (l *Language) Date(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = l.Say("date.first")
	}
	return l.Say("date.day", "day", day, "month", l.Say("date.month."+strconv.Itoa(int(t.Month()))), "year", t.Year())
}

// List names several things: a, b and c.
func (l *Language) List(names []string) string {
	n := len(names)
	if n < 2 {
		return strings.Join(names, "")
	}
	return l.Say("list.last", "first", strings.Join(names[:n-1], l.Say("list.comma")), "last", names[n-1])
}
