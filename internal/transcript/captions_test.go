package transcript

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// paced is a cue whose words follow each other, each as long as seconds.
func paced(seconds float64, text string) Cue {
	c := Cue{Text: text}
	for i, w := range strings.Fields(text) {
		c.Words = append(c.Words, Word{Start: round(float64(i) * seconds), End: round(float64(i+1) * seconds), Text: w})
	}
	c.End = c.Words[len(c.Words)-1].End
	return c
}

func TestCaptions(t *testing.T) {
	pause := Cue{Start: 0, End: 9, Text: "one two three", Words: []Word{{1, 2, "one", 0}, {2, 3, "two", 0}, {6, 7, "three", 0}}}
	for _, tt := range []struct {
		name string
		cue  Cue
		want string
	}{
		{"short", paced(0.5, "just a few words"), "0-2 just a few words"},
		{"no times", Cue{Start: 0, End: 60, Text: strings.Repeat("long ", 40)}, "0-60 " + strings.Repeat("long ", 40)},
		{"a pause", pause, "0-3 one two | 6-9 three"},
		{"sentences", paced(0.5, "This one has letters enough. Yes. No, it has not."), "0-2.5 This one has letters enough. | 2.5-5 Yes. No, it has not."},
		{"divided evenly", paced(0.3, strings.TrimSpace(strings.Repeat("word ", 15))), "0-2.1 word word word word word word word | 2.1-4.5 word word word word word word word word"},
		{"slow", paced(3, "a b c d"), "0-6 a b | 6-12 c d"},
		{"lines", paced(0.5, "one\ntwo"), "0-1 one/two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := written(Captions([]Cue{tt.cue})); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// No word is lost or moved, and what has spoken words at a usual pace fits two
// lines.
func TestCaptionsKeepWords(t *testing.T) {
	for n := 1; n < 200; n++ {
		var words []string
		for i := range n {
			words = append(words, strings.Repeat("x", 1+i*7%11)+strings.Repeat(".", i%13/12))
		}
		cue := paced(0.3, strings.Join(words, " "))
		var text []string
		var all []Word
		for _, c := range Captions([]Cue{cue}) {
			if utf8.RuneCountInString(c.Text) > 84 || c.End-c.Start > captionSeconds || c.Start != c.Words[0].Start {
				t.Fatalf("%d words: %+v", n, c)
			}
			text, all = append(text, c.Text), append(all, c.Words...)
		}
		if strings.Join(text, " ") != cue.Text || fmt.Sprint(all) != fmt.Sprint(cue.Words) {
			t.Fatalf("%d words: %q", n, text)
		}
	}
}
