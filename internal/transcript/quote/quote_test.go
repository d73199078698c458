package quote

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const rate = 1000

// timed is an utterance of which each word lasts 100 ms, beginning at a time in
// milliseconds.
func timed(at int64, who, text string) Utterance {
	u := Utterance{Start: at, Who: who, Text: text}
	if who != "" {
		u.Names = []string{strings.TrimPrefix(who, "@")}
	}
	for _, w := range strings.Fields(text) {
		u.Words = append(u.Words, Word{at, at + 100, w})
		at += 100
	}
	u.End = at
	return u
}

// untimed is one without the times of words, of which each character lasts 10 ms.
func untimed(at int64, who, text string) Utterance {
	u := timed(at, who, text)
	u.Words, u.End = nil, at+10*int64(utf8.RuneCountInString(text))
	return u
}

var talk = []Utterance{
	timed(0, "@lea", "Bonsoir à tous, c’est l’été !"),
	timed(1000, "@tom", "Thank you. We should have said no, well-known or not."),
	timed(3000, "@lea", "I think that"),
	timed(3350, "@tom", "yeah"),
	timed(3500, "@lea", "we should go. Thank you."),
	timed(5000, "", "Straße 東京タワーは高い。 naïve ﬁne"),
	untimed(7000, "@tom", "これはペンです。それは本です。"),
	untimed(9000, "@lea", "ขอบคุณครับ สวัสดี"),
	timed(11000, "@lea", "well... I think. So, well I think"),
	timed(13000, "@tom", "one more time, one more"),
}

func spans(list []Match) string {
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, "%d-%d ", m.Start, m.End)
	}
	return strings.TrimSpace(b.String())
}

func TestFind(t *testing.T) {
	text := New(rate, talk)
	for _, tt := range []struct {
		name, quote string
		o           Options
		want, words string
	}{
		{"whole", "we should have said no", Options{}, "1200-1700", "We should have said no,"},
		{"case, accents, apostrophes", "BONSOIR A TOUS cest l'ete", Options{}, "0-500", "Bonsoir à tous, c’est l’été !"},
		{"from an elided word on", "été", Options{}, "400-500", "l’été !"},
		{"part of a word with a hyphen", "known or not", Options{}, "1700-2000", "well-known or not."},
		{"one word where the transcript has two", "wellknown", Options{}, "1700-1800", "well-known"},
		{"two words where the transcript has one", "bon soir", Options{}, "0-100", "Bonsoir"},
		{"not in the middle of a word", "hank", Options{}, "", ""},
		{"not up to the middle of a word", "we shou", Options{}, "", ""},
		{"ellipsis", "we should … or not", Options{}, "1200-2000", "We should have said no, well-known or not."},
		{"three dots", "bonsoir ... été", Options{}, "0-500", "Bonsoir à tous, c’est l’été !"},
		{"dots apart", "bonsoir . . . été", Options{}, "0-500", ""},
		{"two ellipses", "bonsoir … tous … été", Options{}, "0-500", ""},
		{"in brackets", "bonsoir […] été", Options{}, "0-500", ""},
		{"ellipsis at the ends", "… bonsoir à tous …", Options{}, "0-300", ""},
		{"wrong order", "été … bonsoir", Options{}, "", ""},
		{"across people", "été thank you", Options{}, "400-1200", "l’été ! Thank you."},
		{"across people with an ellipsis", "tous … said no", Options{}, "200-1700", ""},
		{"somebody talks in between", "I think that we should go", Options{}, "3000-3800", "I think that we should go."},
		{"of all that is said", "that yeah we", Options{}, "3200-3600", "that yeah we"},
		{"several", "thank you", Options{}, "1000-1200 3800-4000", "Thank you."},
		{"one person", "thank you", Options{Speaker: "@LEA"}, "3800-4000", ""},
		{"one person, not that", "bonsoir", Options{Speaker: "tom"}, "", ""},
		{"from a time", "thank you", Options{From: 2000}, "3800-4000", ""},
		{"to a time", "thank you", Options{To: 2000}, "1000-1200", ""},
		{"outside", "thank you", Options{From: 2000, To: 3000}, "", ""},
		{"shortest stretches", "well … think", Options{From: 10000}, "11000-11300 11400-11700", ""},
		{"a shorter one inside", "one … more", Options{}, "13000-13200 13300-13500", ""},
		{"dots of the transcript", "well... I think", Options{}, "11000-11300 11400-11700", "well... I think."},
		{"sharp s", "strasse", Options{}, "5000-5100", "Straße"},
		{"ligature", "naive fine", Options{}, "5200-5400", "naïve ﬁne"},
		{"inside a word without spaces", "タワーは高い", Options{}, "5100-5200", "東京タワーは高い。"},
		{"half-width", "ﾀﾜｰ", Options{}, "5100-5200", ""},
		{"Japanese, estimated", "それは本", Options{}, "7080-7120", "それは本"},
		{"Japanese with an ellipsis", "これは…それ", Options{}, "7000-7100", "これはペンです。それ"},
		{"Thai", "สวัสดี", Options{}, "9106-9170", "สวัสดี"},
		{"Thai, the end", "ครับ", Options{}, "9063-9106", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := text.Find(tt.quote, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := spans(list); got != tt.want {
				t.Fatalf("found %s, want %s", got, tt.want)
			}
			if tt.words != "" && text.Quoted(list[0]) != tt.words {
				t.Errorf("words %q, want %q", text.Quoted(list[0]), tt.words)
			}
			if near := text.Near(tt.quote, tt.o); len(list) == 0 && tt.name == "wrong order" && (len(near) != 2 || !near[0].Said) {
				t.Errorf("near: %+v", near)
			}
		})
	}
	for _, empty := range []string{"", " … ", "?!", "..."} {
		if _, err := text.Find(empty, Options{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	var who *SpeakerError
	if _, err := text.Find("bonsoir", Options{Speaker: "nobody"}); !errors.As(err, &who) || !slices.Equal(who.Known, []string{"lea", "tom"}) {
		t.Errorf("an unknown speaker: %v", err)
	}
	if list, err := New(rate, nil).Find("anything", Options{}); err != nil || len(list) > 0 {
		t.Errorf("in nothing: %v, %v", list, err)
	}
}

// What is said around a stretch, and whose times are known.
func TestEdges(t *testing.T) {
	text := New(rate, talk)
	find := func(quote string) Match {
		list, err := text.Find(quote, Options{})
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v", quote, list, err)
		}
		return list[0]
	}
	m := find("should have … known")
	if e := m.First; e.Alone || e.NextStart != 1200 || e.NextEnd != 1300 || e.Estimated {
		t.Errorf("before: %+v", e)
	}
	if e := m.Last; e.Alone || e.NextStart != 1800 || e.NextEnd != 1900 {
		t.Errorf("after: %+v", e)
	}
	if m := find("bonsoir"); !m.First.Alone || m.Last.Alone {
		t.Errorf("at the beginning: %+v", m)
	}
	if m := find("one more time"); m.First.NextEnd != 11700 {
		t.Errorf("after a pause: %+v", m.First)
	}
	if e := find("それは本").First; !e.Estimated || e.UtteranceStart != 7000 || e.UtteranceEnd != 7150 {
		t.Errorf("estimated: %+v", e)
	}
	if m := find("été thank you"); !slices.Equal(m.Who, []string{"@lea", "@tom"}) {
		t.Errorf("who: %q", m.Who)
	}
	before, after := text.Around(find("said no"))
	if before != "…l’été ! Thank you. We should have" || after != "well-known or not. I think that yeah…" {
		t.Errorf("around: %q, %q", before, after)
	}
	if before, _ := text.Around(find("bonsoir")); before != "" {
		t.Errorf("before the first word: %q", before)
	}
}

func TestNear(t *testing.T) {
	text := New(rate, talk)
	for _, tt := range []struct{ name, quote, want string }{
		{"a word is spelled otherwise", "we shuld have said no", "We should have said no,"},
		{"a word is missing", "we should said no", "We should have said no,"},
		{"another word", "we could never have said no", "We should have said no,"},
		{"the first part is said", "bonsoir … we shall have said no", "We should have said no,"},
		{"nothing like it", "rhubarb rhubarb rhubarb", ""},
		{"Japanese", "それは木です", "それは本です。"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if list := text.Near(tt.quote, Options{}); len(list) > 0 {
				got = text.Quoted(list[0].Match)
			}
			if got != tt.want {
				t.Errorf("nearest %q, want %q", got, tt.want)
			}
		})
	}
	if list := text.Near("we shuld have said no", Options{From: 5000}); len(list) > 0 {
		t.Errorf("outside the span: %v", list)
	}
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		name string
		said []Utterance
		want string
	}{
		{"points", []Utterance{timed(0, "a", "One two. Three four? Five")}, "0-200 200-400 400-500"},
		{"quotation marks", []Utterance{timed(0, "a", "“One two.” “Three!”")}, "0-200 200-300"},
		{"across utterances", []Utterance{timed(0, "a", "One two"), timed(1000, "a", "three. Four.")}, "0-1100 1100-1200"},
		{"not across people", []Utterance{timed(0, "a", "One two"), timed(1000, "b", "three. Four.")}, "0-200 1000-1100 1100-1200"},
		{"somebody talks in between", []Utterance{timed(0, "a", "One two"), timed(220, "b", "Yes."), timed(400, "a", "three.")}, "0-500 220-320"},
		{"titles and numbers", []Utterance{timed(0, "a", "Dr. No met J. Smith on the 3. May at U.S. Steel. Yes.")}, "0-1200 1200-1300"},
		{"points before small letters", []Utterance{timed(0, "a", "Apples, pears etc. are good… or not. Yes.")}, "0-700 700-800"},
		{"a long pause", []Utterance{timed(0, "a", "One two"), timed(9000, "a", "three. Four.")}, "0-200 9000-9100 9100-9200"},
		{"no punctuation", []Utterance{timed(0, "a", "one two"), timed(1000, "a", "three four")}, "0-200 1000-1200"},
		{"no punctuation, a pause inside", []Utterance{{Start: 0, End: 2000, Text: "one two", Words: []Word{{0, 100, "one"}, {1900, 2000, "two"}}}}, "0-100 1900-2000"},
		{"Japanese", []Utterance{untimed(0, "a", "これはペンです。それは本です。")}, "0-80 80-150"},
		{"Hindi", []Utterance{timed(0, "a", "यह एक कलम है। वह किताब है।")}, "0-400 400-700"},
		{"nothing", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			for _, s := range New(rate, tt.said).Sentences() {
				fmt.Fprintf(&b, "%d-%d ", s.Start, s.End)
			}
			if got := strings.TrimSpace(b.String()); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	text := New(rate, talk)
	if got := text.Within(1150, 1480, nil); got != "you. We should have" {
		t.Errorf("%q", got)
	}
	keep := func(start, end int64, _ []string) bool { return end <= 1300 || start >= 1500 }
	if got := text.Within(1200, 1700, keep); got != "We […] said no," {
		t.Errorf("withheld: %q", got)
	}
	if got := text.Within(2500, 5000, func(_, _ int64, names []string) bool { return !slices.Contains(names, "tom") }); got != "I think that […] we should go. Thank you." {
		t.Errorf("one person is withheld: %q", got)
	}
	// An utterance without times of words is withheld whole.
	if got := text.Within(7000, 7150, func(start, end int64, _ []string) bool { return start >= 7100 }); got != Withheld {
		t.Errorf("withheld: %q", got)
	}
}

// long is a transcript of so many utterances.
func long(n int) []Utterance {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		for range 2 + r.IntN(8) {
			words[i] += string(rune('a' + r.IntN(26)))
		}
	}
	list := make([]Utterance, n)
	for i := range list {
		var text []string
		for range 12 {
			text = append(text, words[int(float64(len(words))*r.Float64()*r.Float64())])
		}
		list[i] = timed(int64(i)*2000, fmt.Sprint("@p", i%5), strings.Join(text, " ")+".")
	}
	return list
}

// A damaged transcript has words that lie anywhere: what is found lies in it.
func TestDamaged(t *testing.T) {
	said := []Utterance{
		{Start: 500, End: 100, Text: "one two three", Words: []Word{{900, 100, "one"}, {-5, 3, ""}, {5, 5, "two"}, {0, 0, "elsewhere"}}},
		{Start: 0, End: 0, Text: "   "}, {Text: "\xff\xfe four"}, {Start: 10, End: 5, Text: "five six"},
	}
	text := New(0, said)
	for _, q := range []string{"one two", "two elsewhere", "four", "five … six", "one … six"} {
		list, err := text.Find(q, Options{})
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v, %v", q, list, err)
		}
		for _, m := range list[:min(len(list), 20)] {
			text.Quoted(m)
			text.Around(m)
		}
	}
	text.Sentences()
}

func FuzzFind(f *testing.F) {
	f.Add("Bonsoir à tous, c’est l’été !", "tous", "cest … ete", true)
	f.Add("これはペンです。", "それは ﾎﾝ です", "は…は", false)
	f.Add("สวัสดี ครับ", "", "ดี", false)
	f.Add("a\x00b \u0301 c", "\u3099", "…", true)
	f.Fuzz(func(t *testing.T, a, b, quote string, times bool) {
		make := untimed
		if times {
			make = timed
		}
		said := []Utterance{make(0, "@a", a), make(5000, "@b", b), make(6000, "@a", a)}
		text := New(rate, said)
		list, err := text.Find(quote, Options{})
		if err != nil && !errors.Is(err, ErrEmpty) {
			t.Fatal(err)
		}
		for _, m := range list[:min(len(list), 20)] {
			if m.Start > m.End || m.Start < 0 || m.First.NextEnd > m.Start || !m.Last.Alone && m.Last.NextStart < m.End {
				t.Errorf("%+v", m)
			}
			words := text.Quoted(m)
			text.Around(m)
			// What is found is found again by its own words.
			if again, err := text.Find(words, Options{}); err != nil || len(again) == 0 {
				t.Errorf("%q is not found again: %v", words, err)
			}
		}
		text.Near(quote, Options{})
		last := int64(0)
		for _, s := range text.Sentences() {
			if s.Start < last || s.End < s.Start {
				t.Errorf("sentence %+v", s)
			}
			last = s.Start
		}
	})
}

func BenchmarkFind(b *testing.B) {
	said := long(50000)
	b.Run("prepare", func(b *testing.B) {
		for b.Loop() {
			New(rate, said)
		}
	})
	text := New(rate, said)
	words := strings.Fields(said[40000].Text)
	for name, quote := range map[string]string{
		"whole": said[40000].Text, "ellipsis": words[0] + " " + words[1] + " … " + words[10] + " " + words[11], "common": words[3] + " … " + words[5],
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if list, err := text.Find(quote, Options{}); err != nil || len(list) == 0 {
					b.Fatal(list, err)
				}
			}
		})
	}
	b.Run("near", func(b *testing.B) {
		for b.Loop() {
			text.Near(words[0]+"x "+words[1]+" "+words[2]+" "+words[7], Options{})
		}
	})
	b.Run("sentences", func(b *testing.B) {
		for b.Loop() {
			text.Sentences()
		}
	})
}
