package transcript

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// timedCue is a cue from second to second with a word in each.
func timedCue(start float64, text string) Cue {
	c := Cue{Start: start, Speaker: "@a", Text: text}
	for i, w := range strings.Fields(text) {
		at := start + float64(i)
		c.Words = append(c.Words, Word{Start: at + 0.1, End: at + 0.9, Text: strings.Trim(w, ".,“”—")})
	}
	c.End = start + float64(len(c.Words))
	return c
}

// written is what a test compares of cues.
func written(cues []Cue) string {
	var list []string
	for _, c := range cues {
		list = append(list, fmt.Sprintf("%g-%g %s", c.Start, c.End, strings.ReplaceAll(c.Text, "\n", "/")))
	}
	return strings.Join(list, " | ")
}

func TestWithhold(t *testing.T) {
	plain := Cue{Start: 2, End: 4, Text: "all of it"}
	for _, tt := range []struct {
		name  string
		cue   Cue
		spans []Span
		want  string
	}{
		{"no spans", timedCue(0, "a b c"), nil, "0-3 a b c"},
		{"a span elsewhere", timedCue(0, "a b c"), []Span{{4, 5}}, "0-3 a b c"},
		{"a word in the middle", timedCue(0, "a, b. c d"), []Span{{1.2, 1.3}}, "0-0.9 a, | 2.1-4 c d"},
		{"the first word", timedCue(0, "a b c"), []Span{{0, 0.5}}, "1.1-3 b c"},
		{"the last word", timedCue(0, "a b c"), []Span{{2.5, 9}}, "0-1.9 a b"},
		{"every word", timedCue(0, "a b c"), []Span{{0, 3}}, ""},
		{"a span per word", timedCue(0, "a b"), []Span{{0.2, 0.3}, {1.2, 1.3}}, ""},
		{"a span that ends where a word begins", timedCue(0, "a b c"), []Span{{0.95, 1.1}}, "0-0.9 a | 2.1-3 c"},
		{"a millisecond is no distance", timedCue(0, "a b c"), []Span{{1.9005, 2}}, "0-0.9 a | 2.1-3 c"},
		{"in a pause", timedCue(0, "a b c"), []Span{{0.95, 1.05}}, "0-0.9 a | 1.1-3 b c"},
		{"before the first word", timedCue(0, "a b"), []Span{{-1, 0.05}}, "0.1-2 a b"},
		{"quotation marks", timedCue(0, "a “b c” d"), []Span{{0.5, 0.6}, {3.5, 3.6}}, "1.1-2.9 “b c”"},
		{"no times", plain, []Span{{3.9, 7}}, ""},
		{"no times, in the middle", plain, []Span{{3, 3.1}}, ""},
		{"no times, it borders", plain, []Span{{0, 2}}, ""},
		{"no times, elsewhere", plain, []Span{{0, 1.99}}, "2-4 all of it"},
		{"text that is none of the words", Cue{Start: 0, End: 4, Text: "a secret c", Words: []Word{{0, 1, "a", 0}, {3, 4, "c", 0}}}, []Span{{1.5, 2.5}}, "0-1 a | 3-4 c"},
		{"text behind the words", Cue{Start: 0, End: 4, Text: "a secret", Words: []Word{{0, 1, "a", 0}}}, []Span{{1.5, 2.5}}, "0-1 a"},
		{"words are spelled otherwise", Cue{Start: 0, End: 3, Text: "A B C", Words: []Word{{0, 1, "a", 0}, {1, 2, "b", 0}, {2.5, 3, "c", 0}}}, []Span{{2.4, 2.5}}, "0-2 a b"},
		{"a script without spaces", Cue{Start: 0, End: 3, Text: "東京の夜", Words: []Word{{0, 1, "東京", 0}, {1, 2, "の", 0}, {2.5, 3, "夜", 0}}}, []Span{{2.4, 2.6}}, "0-2 東京の"},
		{"without spaces, spelled otherwise", Cue{Start: 0, End: 3, Text: "東京之夜", Words: []Word{{0, 1, "東京", 0}, {1, 2, "の", 0}, {2.5, 3, "夜", 0}}}, []Span{{2.4, 2.6}}, "0-2 東京の"},
		{"two lines", Cue{Start: 0, End: 4, Text: "a b\nc d", Words: []Word{{0, 1, "a", 0}, {1, 2, "b", 0}, {2, 3, "c", 0}, {3, 4, "d", 0}}}, []Span{{3.5, 3.6}}, "0-3 a b/c"},
		{"a word beyond its cue", Cue{Start: 0, End: 2, Text: "a b", Words: []Word{{0, 1, "a", 0}, {3, 4, "b", 0}}}, []Span{{3.5, 5}}, "0-2 a"},
		{"a word without length", Cue{Start: 0, End: 2, Text: "a b", Words: []Word{{0, 1, "a", 0}, {2, 2, "b", 0}}}, []Span{{2, 3}}, "0-1 a"},
		{"times that are no numbers", timedCue(0, "a b"), []Span{{math.NaN(), 1}}, "1.1-2 b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprintf("%+v", tt.cue)
			got := Withhold([]Cue{tt.cue}, tt.spans)
			if written(got) != tt.want {
				t.Errorf("got %q, want %q", written(got), tt.want)
			}
			for _, c := range got {
				if c.Speaker != tt.cue.Speaker {
					t.Errorf("the speaker became %q", c.Speaker)
				}
			}
			if after := fmt.Sprintf("%+v", tt.cue); after != before {
				t.Errorf("it was changed:\n%s\n%s", before, after)
			}
		})
	}
}

// What is divided stays in the order of its beginning with the cues of others.
func TestWithholdKeepsOrder(t *testing.T) {
	got := Withhold([]Cue{timedCue(0, "a b c"), {Start: 1.95, End: 2, Text: "x"}}, []Span{{1.2, 1.3}})
	if want := "0-0.9 a | 1.95-2 x | 2.1-3 c"; written(got) != want {
		t.Errorf("got %q, want %q", written(got), want)
	}
}

// FuzzWithhold takes out of any transcript what touches any spans: nothing that
// is left does, each word that does not touch one is left, and there is nothing
// more to take out.
func FuzzWithhold(f *testing.F) {
	f.Add([]byte("WEBVTT\n\n00:01.000 --> 00:02.500\n<v A B>a <00:00:01.500>b <00:00:01.800>“c”</v>\n"), 1.6, 1.9, 3.0, 4.0)
	f.Add([]byte(`{"segments":[{"start":1,"end":5,"text":"a, b c","words":[{"word":"a","start":1,"end":2},{"word":"b","start":2,"end":3},{"word":"c","start":4,"end":5}]}]}`), 2.0, 2.5, 4.5, 9.0)
	f.Add([]byte("1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n00:00:02,000 --> 00:00:03,000\nb\n"), 0.0, 1.0, 2.0, 2.0)
	f.Fuzz(func(t *testing.T, in []byte, a, b, c, d float64) {
		read, err := Parse(strings.NewReader(string(in)), Options{})
		if err != nil {
			return
		}
		spans := []Span{{min(a, b), max(a, b)}, {min(c, d), max(c, d)}}
		touches := func(start, end float64) bool { return spans[0].touches(start, end) || spans[1].touches(start, end) }
		got := Withhold(read.Cues, spans)
		left := 0
		for i, c := range got {
			if touches(c.Start, c.End) || c.Text == "" || i > 0 && c.Start < got[i-1].Start {
				t.Fatalf("%+v of %+v", c, read.Cues)
			}
			for _, w := range c.Words {
				if touches(w.Start, w.End) {
					t.Fatalf("%+v in %+v", w, c)
				}
			}
			left += len(c.Words)
		}
		for _, c := range read.Cues {
			for _, w := range c.Words {
				if !touches(w.Start, w.End) {
					left--
				}
			}
		}
		if left != 0 {
			t.Fatalf("%d words too many or too few: %+v became %+v", left, read.Cues, got)
		}
		if again := Withhold(got, spans); !reflect.DeepEqual(again, got) {
			t.Fatalf("%+v became %+v", got, again)
		}
	})
}
