package transcripts

import (
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/transcript"
)

func TestErase(t *testing.T) {
	timed := func(start, end float64, speaker, text string) transcript.Cue {
		c := cue(start, end, text)
		c.Speaker = speaker
		return c
	}
	theirs := func(name string) bool { return name == "tomokafor" || name == "555" }
	for _, tt := range []struct {
		name string
		cues []transcript.Cue
		from string
		e    Erasure
		want string // utterances
	}{
		{"nothing", []transcript.Cue{timed(0, 4, "lea_durand", "one two three four")}, FromFile, Erasure{}, "one two three four"},
		{"theirs alone", []transcript.Cue{timed(0, 4, "lea_durand", "one two"), timed(5, 6, "tomokafor", "secret")}, FromFile, Erasure{}, "one two"},
		{"by label", []transcript.Cue{timed(0, 4, "lea_durand", "one two"), timed(5, 6, "555", "secret")}, FromFile, Erasure{}, "one two"},
		{"a span in the middle", []transcript.Cue{timed(0, 4, "lea_durand", "one two three four")}, FromFile,
			Erasure{Spans: []transcript.Span{{Start: 1.5, End: 1.6}}}, "one|three four"},
		{"bordering", []transcript.Cue{timed(0, 4, "lea_durand", "one two three four")}, FromFile,
			Erasure{Spans: []transcript.Span{{Start: 3, End: 9}}}, "one two"},
		{"the same word twice", []transcript.Cue{timed(0, 4, "lea_durand", "no no no no")}, FromFile,
			Erasure{Spans: []transcript.Span{{Start: 1.2, End: 1.8}}}, "no|no no"},
		{"words without times", []transcript.Cue{{Start: 0, End: 4, Speaker: "lea_durand", Text: "one two"}, {Start: 5, End: 6, Speaker: "lea_durand", Text: "three"}}, FromFile,
			Erasure{Spans: []transcript.Span{{Start: 3.9, End: 4.5}}}, "three"},
		{"everywhere, others are known", []transcript.Cue{timed(0, 1, "lea_durand", "one"), timed(2, 3, "Guest", "two"), timed(4, 5, "", "three")}, FromFile,
			Erasure{Everywhere: true}, "one"},
		{"everywhere, by levels", []transcript.Cue{timed(0, 1, "lea_durand", "one")}, FromLevels, Erasure{Everywhere: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := New(aSpace(), rate, 60*rate, nil, tt.cues)
			tr.SpeakersFrom = tt.from
			tt.e.Theirs = theirs
			before := len(tr.Utterances)
			words := tr.CountWords()
			changed := tr.Erase(&tt.e)
			var got []string
			for _, u := range tr.Utterances {
				got = append(got, u.Text)
				var timed []string
				for _, w := range u.Words {
					timed = append(timed, w.Text)
				}
				if len(timed) > 0 && strings.Join(timed, " ") != u.Text {
					t.Errorf("%q has the words %q", u.Text, timed)
				}
			}
			if list := strings.Join(got, "|"); list != tt.want {
				t.Errorf("left: %q, want %q", list, tt.want)
			}
			if changed != (len(tr.Utterances) != before || tr.CountWords() != words) {
				t.Errorf("changed: %t", changed)
			}
			if err := tr.check(); err != nil {
				t.Error(err)
			}
			if tr.Erase(&tt.e) {
				t.Error("there was something left to erase")
			}
		})
	}
}
