package words

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func newIndex(t testing.TB, list ...Transcript) *Index {
	t.Helper()
	x, err := Open(t.Context(), filepath.Join(t.TempDir(), "words.sqlite"), ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	put(t, x, list...)
	return x
}

func put(t testing.TB, x *Index, list ...Transcript) {
	t.Helper()
	for _, s := range list {
		if err := x.Put(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// said makes a transcript of lines "speaker: text", a second each.
func said(id, day string, lines ...string) Transcript {
	t := Transcript{ID: id, Rate: 48000, Stamp: id + "-1"}
	if day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		t.StartedAt = at
	}
	for i, line := range lines {
		who, text, _ := strings.Cut(line, ": ")
		t.Utterances = append(t.Utterances, Utterance{int64(i) * 48000, int64(i+1) * 48000, strings.Fields(who), text})
	}
	return t
}

func samples() []Transcript {
	return []Transcript{
		said("old", "2021-06-14",
			"lea_durand: Bonsoir à tous, l’été commence.",
			"Max: Good evening. The radio talks about advertising.",
			"lea_durand Max: Advertising pays for the radio."),
		said("new", "2022-01-02",
			"Max: Advertising again, and again advertising.",
			"guest: I said nothing of the kind."),
		said("none", "",
			"guest: Advertising without a date."),
	}
}

// found lists hits as "space/second".
func found(t testing.TB, hits iter.Seq2[Hit, error]) string {
	t.Helper()
	var list []string
	for h, err := range hits {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s/%d", h.Space, h.Start/int64(h.Rate)))
	}
	return strings.Join(list, " ")
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestSearch(t *testing.T) {
	x := newIndex(t, samples()...)
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"newest first, then by time", Query{Words: "advertising"}, "new/0 old/1 old/2 none/0"},
		{"case and accents", Query{Words: "ETE"}, "old/0"},
		{"an apostrophe", Query{Words: "l'été"}, "old/0"},
		{"all words", Query{Words: "radio advertising"}, "old/1 old/2"},
		{"a phrase", Query{Words: `"the radio"`}, "old/1 old/2"},
		{"a phrase in typed quotation marks", Query{Words: "“the radio talks”"}, "old/1"},
		{"a phrase and a word", Query{Words: `"the radio" pays`}, "old/2"},
		{"words of a phrase in another order", Query{Words: `"radio the"`}, ""},
		{"a phrase that does not end", Query{Words: `"pays for the`}, "old/2"},
		{"a phrase over signs", Query{Words: `"again and again"`}, "new/0"},
		{"a phrase over utterances", Query{Words: `"again advertising i said"`}, ""},
		{"the beginning of a word", Query{Words: "adver"}, ""},
		{"typing", Query{Words: "adver", Typing: true}, "new/0 old/1 old/2 none/0"},
		{"typing the second word", Query{Words: "radio pay", Typing: true}, "old/2"},
		{"typing two letters", Query{Words: "radio pa", Typing: true}, ""},
		{"typing begins with the last word only", Query{Words: "rad pays", Typing: true}, ""},
		{"typing after a phrase", Query{Words: `"the radi" pay`, Typing: true}, ""},
		{"a star", Query{Words: "adv* pays"}, "old/2"},
		{"a star behind a letter", Query{Words: "a*"}, "old/0 none/0"},
		{"a speaker", Query{Words: "advertising", Speaker: "@MAX"}, "new/0 old/1 old/2"},
		{"one of two speakers", Query{Words: "advertising", Speaker: "lea_durand"}, "old/2"},
		{"a speaker's name is no word", Query{Words: "lea_durand"}, ""},
		{"a part of a speaker", Query{Words: "advertising", Speaker: "lea"}, ""},
		{"since", Query{Words: "advertising", Since: day("2022-01-02")}, "new/0"},
		{"until", Query{Words: "advertising", Until: day("2022-01-02")}, "old/1 old/2"},
		{"since and until", Query{Words: "advertising", Since: day("2021-06-14"), Until: day("2021-06-15")}, "old/1 old/2"},
		{"since to the millisecond", Query{Words: "advertising", Since: day("2022-01-02").Add(time.Millisecond)}, ""},
		{"a Space", Query{Words: "advertising", Space: "old"}, "old/1 old/2"},
		{"a Space that has none", Query{Words: "advertising", Space: "other"}, ""},
		{"a limit", Query{Words: "advertising", Limit: 2}, "new/0 old/1"},
		{"no words", Query{Words: " "}, ""},
		{"signs", Query{Words: `"*" ( - 🎉`}, ""},
		{"a speaker without words", Query{Speaker: "Max"}, ""},
		{"FTS5 syntax is words", Query{Words: "advertising OR nothing"}, ""},
		{"column syntax is words", Query{Words: "speaker:max"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(t, x.Search(t.Context(), c.q)); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// Speech is found in every script that titles are found in.
func TestSearchScripts(t *testing.T) {
	for _, c := range []struct{ name, text, words, marked string }{
		{"Turkish without its letters", "Rakı ve balık", "raki", "Rakı"},
		{"Vietnamese", "Giá bất động sản", "bat dong", "bất|động"},
		{"Polish", "Łódź nocą", "lodz", "Łódź"},
		{"German", "Die Straße, dort", "STRASSE", "Straße"},
		{"ligatures", "Œuvre et cætera", "caetera", "cætera"},
		{"marks of their own", "Un e\u0301te\u0301 chaud", "été", "e\u0301te\u0301"},
		{"Persian, Arabic keyboard", "کتاب خوب", "كتاب", "کتاب"},
		{"digits of another script", "Room ۴۲ now", "42", "۴۲"},
		{"full width", "ＲＡＤＩＯ　ＯＮＥ", "one", "ＯＮＥ"},
		{"Japanese inside a text", "夏のメディア討論", "メディア", "メディア"},
		{"Japanese half width", "ｶﾞﾗｽの夜", "ガラス", "ｶﾞﾗｽ"},
		{"Chinese", "今天我们讨论广告", "讨论", "讨论"},
		{"Thai", "สวัสดีครับทุกคน", "ครับ", "ครับ"},
		{"Korean with a particle", "한국어로 말해요", "한국어", "한국어"},
		{"Korean as macOS writes it", "한국 말", "한국", "한국"},
		{"Hindi", "आज हिन्दी में", "हिन्दी", "हिन्दी"},
		{"soft hyphen", "Der Rund\u00adfunk heute", "rundfunk", "Rund\u00adfunk"},
		{"a fraction", "about ½ of it", "1 2", "½"},
		{"numbers", "3.14 is pi", "3.14", "3.14"},
		{"invalid bytes", "radio\xff\xfeone", "one", "one"},
		{"a phrase", "Die Straße nach Łódź ist lang", `"strasse nach lodz"`, "Straße nach Łódź"},
		{"a word twice", "Là, là et là.", "la", "Là|là|là"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newIndex(t, said("this", "2021-01-01", "a: "+c.text), said("other", "2021-01-01", "a: Another one hundred"))
			var marked []string
			for h, err := range x.Search(t.Context(), Query{Words: c.words, Space: "this"}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range h.Matches {
					marked = append(marked, h.Text[m[0]:m[1]])
				}
			}
			if got := strings.Join(marked, "|"); got != c.marked {
				t.Errorf("%q marks %q, want %q", c.words, got, c.marked)
			}
		})
	}
}

func TestHit(t *testing.T) {
	x := newIndex(t, samples()...)
	for h, err := range x.Search(t.Context(), Query{Words: `"the radio" talks`}) {
		if err != nil {
			t.Fatal(err)
		}
		want := Hit{
			Space: "old", StartedAt: day("2021-06-14"), Start: 48000, End: 96000, Rate: 48000, Speakers: []string{"Max"},
			Text: "Good evening. The radio talks about advertising.", Matches: [][2]int{{14, 23}, {24, 29}},
			Before: "Bonsoir à tous, l’été commence.", After: "Advertising pays for the radio.",
		}
		if fmt.Sprint(h) != fmt.Sprint(want) {
			t.Errorf("got  %v\nwant %v", h, want)
		}
	}
	for h := range x.Search(t.Context(), Query{Words: "pays"}) {
		if !slices.Equal(h.Speakers, []string{"lea_durand", "Max"}) || h.After != "" {
			t.Errorf("%q, after it %q", h.Speakers, h.After)
		}
	}
}

// What is put takes the place of what was there, whenever the Space began.
func TestPutAndDelete(t *testing.T) {
	x := newIndex(t, samples()...)
	put(t, x, said("old", "2023-01-01", "Max: Nothing but silence"))
	for words, want := range map[string]string{"advertising": "new/0 none/0", "nothing": "old/0 new/1"} {
		if got := found(t, x.Search(t.Context(), Query{Words: words})); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	if err := errors.Join(x.Delete(t.Context(), "new"), x.Delete(t.Context(), "never")); err != nil {
		t.Fatal(err)
	}
	if got := found(t, x.Search(t.Context(), Query{Words: "advertising"})); got != "none/0" {
		t.Errorf("after the deletion: %q", got)
	}
	if stamps, err := x.Stamps(t.Context()); err != nil || fmt.Sprint(stamps) != "map[none:none-1 old:old-1]" {
		t.Errorf("stamps: %v, %v", stamps, err)
	}
	broken := errors.New("broken")
	err := x.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.Clear(), broken) })
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if got := found(t, x.Search(t.Context(), Query{Words: "silence"})); got != "old/0" {
		t.Errorf("after an update that failed: %q", got)
	}
	if err := x.Update(t.Context(), (*Tx).Clear); err != nil {
		t.Fatal(err)
	}
	if got := found(t, x.Search(t.Context(), Query{Words: "nothing"})); got != "" {
		t.Errorf("after all was taken out: %q", got)
	}
}

// Utterances come in the order of time in which they were said.
func TestUtterancesOutOfOrder(t *testing.T) {
	s := said("a", "2021-01-01", "x: one word", "y: two words", "z: three words")
	slices.Reverse(s.Utterances)
	s.Utterances = append(s.Utterances, Utterance{Start: 24000, End: 24000, Text: "words between"})
	x := newIndex(t, s)
	var list []string
	for h, err := range x.Search(t.Context(), Query{Words: "word*"}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, h.Text)
	}
	if got := strings.Join(list, "; "); got != "one word; words between; two words; three words" {
		t.Error(got)
	}
	if s.Utterances[0].Text != "three words" {
		t.Error("the caller's list was sorted")
	}
}

// Spaces that began at once, and those without a date, all have a place, in an
// order that does not depend on when they were put in.
func TestPlaces(t *testing.T) {
	var list []Transcript
	for i := range 300 {
		list = append(list, said(fmt.Sprintf("same%d", i), "2021-01-01", "a: word"), said(fmt.Sprintf("none%d", i), "", "a: word"))
	}
	list = append(list, said("first", "1931-01-01", "a: word"), said("last", "2300-01-01", "a: word"))
	one := found(t, newIndex(t, list...).Search(t.Context(), Query{Words: "word"}))
	if n := len(strings.Fields(one)); n != len(list) {
		t.Errorf("%d of %d are found", n, len(list))
	}
	if !strings.HasPrefix(one, "last/0 same") {
		t.Errorf("begins with %.20q", one)
	}
	x := newIndex(t, list...)
	if got := found(t, x.Search(t.Context(), Query{Words: "word", Since: day("2021-01-01"), Until: day("2021-01-02")})); len(strings.Fields(got)) != 300 {
		t.Errorf("%d of 300 of that day", len(strings.Fields(got)))
	}
}

func TestTooLong(t *testing.T) {
	x := newIndex(t)
	err := x.Put(t.Context(), Transcript{ID: "a", Rate: 1, Utterances: make([]Utterance, 1<<utteranceBits+1)})
	if !errors.Is(err, ErrLong) {
		t.Error(err)
	}
}

func TestBuild(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.sqlite")
	list := func(yield func(Transcript, error) bool) {
		for _, s := range samples() {
			if !yield(s, nil) {
				return
			}
		}
	}
	if err := Build(t.Context(), path, 7, list); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := Build(t.Context(), path, 8, func(yield func(Transcript, error) bool) { yield(Transcript{}, broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	for _, mode := range []Mode{ReadOnly, ReadWrite} {
		x, err := Open(t.Context(), path, mode)
		if err != nil {
			t.Fatal(err)
		}
		dirty, derr := x.Dirty(t.Context())
		if n, err := x.Generation(t.Context()); n != 7 || dirty || errors.Join(err, derr) != nil {
			t.Errorf("generation %d, dirty %t, %v, %v", n, dirty, err, derr)
		}
		if got := found(t, x.Search(t.Context(), Query{Words: "advertising"})); got != "new/0 old/1 old/2 none/0" {
			t.Error(got)
		}
		if mode == ReadWrite {
			put(t, x, said("later", "2023-01-01", "a: Advertising"))
			if got := found(t, x.Search(t.Context(), Query{Words: "advertising", Limit: 2})); got != "later/0 new/0" {
				t.Error(got)
			}
		}
		x.Close()
	}
}

func TestPairs(t *testing.T) {
	for _, tt := range []struct{ words, want string }{
		{"", ""},
		{"a ", ""},
		{"a b c ", "a_b b_c "},
		{"a b longer c d e ", "a_b _ c_d d_e "},
		{"a b longer c ", "a_b "},
		{"longer a b ", "a_b "},
		{"a b longer c longer d e ", "a_b _ d_e "},
		{"のは に広 ", "のは_に広 "},
		{"ภ า ษ า ", "ภ_า า_ษ ษ_า "},
	} {
		t.Run(tt.words, func(t *testing.T) {
			if got := string(appendPairs(nil, tt.words)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Short words are found as a phrase only where they follow each other.
func TestPhraseOfShortWords(t *testing.T) {
	x := newIndex(t, said("a", "2021-06-14", "x: go to it", "x: go to hospital to it", "x: go, to... it!", "x: to it go", "x: go to", "x: の広告は", "x: の広い告は"))
	for words, want := range map[string]string{
		`"go to it"`: "a/0 a/2", `"go to"`: "a/0 a/1 a/2 a/4", `"to it"`: "a/0 a/1 a/2 a/3", `"it go"`: "a/3", `"go it"`: "",
		`"go to" "to it"`: "a/0 a/1 a/2", `"go to hospital"`: "a/1", `go "to it"`: "a/0 a/1 a/2 a/3", "広告": "a/5", "告は": "a/5 a/6", "の広": "a/5 a/6", `"to hospital to it"`: "a/1", `"go to hospital to go"`: "", `"go to"*`: "a/0 a/1 a/2 a/4",
	} {
		if got := found(t, x.Search(t.Context(), Query{Words: words})); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}
