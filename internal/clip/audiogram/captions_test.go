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
			if err != nil || fmt.Sprint(list) != tt.want || (len(srt) > 0) != (len(list) > 0) {
				t.Errorf("%v, %q, %v; want %s", list, srt, err, tt.want)
			}
		})
	}
}

func TestUnwritten(t *testing.T) {
	cues := []Cue{{Text: "plain, with ó and Ж"}, {Text: "a 🎙️ is no letter"}, {Text: "東京"}, {Text: "half 東京"}, {Text: ""}}
	if got := Unwritten(cues); got != 2 {
		t.Errorf("%d cues, want 2", got)
	}
}
