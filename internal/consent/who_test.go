package consent

import (
	"fmt"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func stage(speakers ...space.Speaker) *space.Recording {
	return &space.Recording{ID: "r1", Speakers: speakers}
}

func TestWhoIs(t *testing.T) {
	recs := []*space.Recording{
		stage(space.Speaker{Handle: "Bob", ID: "7"}, space.Speaker{ID: "42"}),
		stage(space.Speaker{Handle: "42"}),
		stage(space.Speaker{Handle: "nobody"}),
	}
	for word, want := range map[string]Who{
		"@BOB": {Handle: "Bob"},
		"7":    {ID: "7"},
		"42":   {Handle: "42"}, // the handle goes before the id
		"":     {},
		"eve":  {},
	} {
		t.Run(word, func(t *testing.T) {
			if got := WhoIs(recs, word); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	if got, want := Names([]string{"bob", "@eve", "id 42", ""}), "@bob, @eve, id 42, an unknown speaker"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUnanswered(t *testing.T) {
	at := func(n int) space.Time { return space.Time{Time: day(n)} }
	until := day(5)
	l := openLedger(t)
	l.must(t,
		Entry{Handle: "bob", At: at(1), Answer: Granted, For: Covers(Granted, nil)},
		Entry{Handle: "old", At: at(1), Answer: Granted},
		Entry{Handle: "cat", At: at(1), Answer: Granted, For: []Purpose{Clip}},
		Entry{Handle: "dan", At: at(1), Answer: Granted, Until: &until},
		Entry{Handle: "eve", At: at(1), Answer: Declined})
	rec := stage(space.Speaker{Handle: "bob"}, space.Speaker{Handle: "old"}, space.Speaker{Handle: "cat"}, space.Speaker{Handle: "dan"},
		space.Speaker{Handle: "eve"}, space.Speaker{Handle: "fay"}, space.Speaker{ID: "42"})
	for _, tt := range []struct {
		name     string
		purposes []Purpose
		want     []string
	}{
		{"all purposes", nil, []string{
			"@cat [episode upload transcribe]", "@dan [clip episode upload transcribe]", "@fay [clip episode upload transcribe]",
			"@old [transcribe]", "id 42 [clip episode upload transcribe]",
		}},
		{"one that cat has answered", []Purpose{Clip}, []string{"@dan [clip]", "@fay [clip]", "id 42 [clip]"}},
		{"two", []Purpose{Clip, Episode}, []string{"@cat [episode]", "@dan [clip episode]", "@fay [clip episode]", "id 42 [clip episode]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, w := range l.Unanswered(rec, tt.purposes, day(10)) {
				got = append(got, fmt.Sprint(w.String(), " ", w.For))
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestTurnsAndStage(t *testing.T) {
	spoke, silent := 12.5, 0.0
	rec := stage(space.Speaker{Handle: "Bob", TalkSeconds: &spoke}, space.Speaker{Handle: "cat", TalkSeconds: &spoke},
		space.Speaker{Handle: "dan", TalkSeconds: &silent}, space.Speaker{Handle: "eve"}, space.Speaker{ID: "42", TalkSeconds: &spoke})
	turns := []space.Turn{{Handle: "@bob"}, {Handle: "zoe"}, {Handle: "@Zoe"}, {Handle: "amy"}, {Handle: ""}, {Handle: "42"}}
	if got := fmt.Sprint(Strangers(rec, turns)); got != "[amy zoe]" {
		t.Errorf("strangers: %s", got)
	}
	if got := fmt.Sprint(Unmentioned(rec, turns)); got != "[cat]" {
		t.Errorf("without a turn: %s", got)
	}
}
