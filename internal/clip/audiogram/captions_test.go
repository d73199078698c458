package audiogram

import (
	"fmt"
	"testing"

	"github.com/spaces-cli/spaces/internal/transcript"
)

// Captions have the words that are heard in a clip, in its time, and no names.
func TestCaptions(t *testing.T) {
	words := []transcript.Word{{Start: 1, End: 2, Text: "one,"}, {Start: 2, End: 3, Text: "two"}, {Start: 3, End: 4, Text: "three."}}
	timed := transcript.Cue{Start: 1, End: 4, Speaker: "@a", Text: "one, two three.", Words: words}
	plain := transcript.Cue{Start: 1, End: 4, Text: "one, two three."}
	for _, tt := range []struct {
		name     string
		cue      transcript.Cue
		from, to float64
		want     string
	}{
		{"all of it", timed, 0, 5, "[{1 4 one, two three.}]"},
		{"the end is not heard", timed, 0, 3, "[{1 3 one, two}]"},
		{"a word that is heard by half", timed, 1.6, 3.4, "[{0 1.8 two}]"},
		{"a pause of a cue", transcript.Cue{Start: 0, End: 9, Text: "one, two", Words: []transcript.Word{{Start: 1, End: 2, Text: "one,"}, {Start: 8, End: 9, Text: "two"}}}, 3, 6, "[]"},
		{"no times of words", plain, 2, 3, "[{0 1 one, two three.}]"},
		{"elsewhere", timed, 5, 9, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, srt, err := Captions([]transcript.Cue{tt.cue}, tt.from, tt.to)
			if err != nil || told(list) != tt.want || (len(srt) > 0) != (len(list) > 0) {
				t.Errorf("%v, %q, %v; want %s", list, srt, err, tt.want)
			}
		})
	}
}

// told is cues as the cases write them.
func told(list []Cue) string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("{%g %g %s}", c.Start, c.End, c.Text))
	}
	return fmt.Sprint(out)
}

// The words of a caption stand where its text has them; if a recognizer spells
// them otherwise, none is marked.
func TestWordsStand(t *testing.T) {
	for _, tt := range []struct {
		text  string
		words []string
		want  string
	}{
		{"One, two three.", []string{"One,", "two", "three."}, "[One, two three.]"},
		{"One,\n two  two", []string{"One", "two", "two"}, "[One two two]"},
		{"twenty one", []string{"21"}, "[]"},
		{"四年前の録音", []string{"四年前", "の", "録音"}, "[四年前 の 録音]"},
		{"one \u202Etwo", []string{"one", "\u202Etwo"}, "[one two]"},
		{"none", nil, "[]"},
	} {
		c := transcript.Cue{End: 9, Text: tt.text}
		for i, w := range tt.words {
			c.Words = append(c.Words, transcript.Word{Start: float64(i), End: float64(i) + 0.5, Text: w})
		}
		list, _, err := Captions([]transcript.Cue{c}, 0, 9)
		if err != nil || len(list) != 1 {
			t.Fatalf("%q: %v, %v", tt.text, list, err)
		}
		got := []string{}
		for i, w := range list[0].Words {
			got = append(got, list[0].Text[w.From:w.To])
			if w.Start != float64(i) {
				t.Errorf("%q: word %d begins at %g", tt.text, i, w.Start)
			}
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%q: %q, want %s", tt.text, got, tt.want)
		}
	}
}

// What no font has is told of everything that a video says.
func TestUnwritten(t *testing.T) {
	cues := []Cue{{Text: "plain, with ó and Ж"}, {Text: "東京"}, {Text: "half 東京"}, {Text: ""}}
	f := style(t, Config{EndCard: true, Address: "例え.jp"}).Renderer(cues, []SpeakerCue{{0, 1, "@ann"}})
	var got []string
	for _, u := range f.Unwritten(request("שלום", "hostess")) {
		got = append(got, u.Text)
	}
	if want := "[שלום 例え.jp 東京 half 東京]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
