package transcripts

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// said is a transcript at 1000 samples a second, of which bob says a part.
func said() *Transcript {
	word := func(start int64, text string) Word { return Word{Start: start, End: start + 400, Text: text} }
	return &Transcript{
		Schema: Schema, ID: "1ypKdEXvkMLGW", Rate: 1000, Samples: 20_000, Engine: Engine{Name: "import", File: "private.srt", SHA256: "0"}, SpeakersFrom: FromTurns,
		Utterances: []Utterance{
			{Start: 1000, End: 3400, Speakers: []string{"ann"}, Text: "One two three.", Words: []Word{word(1000, "One"), word(2000, "two"), word(3000, "three.")}},
			{Start: 5000, End: 7000, Speakers: []string{"ann", "Bob"}, Text: "Both of us"},
			{Start: 8000, End: 9000, Speakers: []string{}, Label: "@bob", Text: "A label"},
			{Start: 10_000, End: 11_000, Speakers: []string{"555"}, Text: "An id"},
			{Start: 12_000, End: 13_000, Speakers: []string{}, Label: "Carla", Text: "Another label"},
		},
	}
}

func TestWithout(t *testing.T) {
	for _, c := range []struct {
		name   string
		spans  []transcript.Span
		people []string
		want   string
	}{
		{"everybody agrees", nil, nil, "1000-3400 [ann]  One two three. (3)|5000-7000 [ann Bob]  Both of us (0)|8000-9000 [] @bob A label (0)|10000-11000 []  An id (0)|12000-13000 [] Carla Another label (0)"},
		{"somebody does not", nil, []string{"bob"}, "1000-3400 [ann]  One two three. (3)|10000-11000 []  An id (0)|12000-13000 []  Another label (0)"},
		{"in a span", []transcript.Span{{Start: 2.1, End: 2.2}}, []string{"bob"}, "1000-1400 [ann]  One (1)|3000-3400 [ann]  three. (1)|10000-11000 []  An id (0)|12000-13000 []  Another label (0)"},
		{"without times of words", []transcript.Span{{Start: 10.9, End: 12}}, []string{"bob"}, "1000-3400 [ann]  One two three. (3)"},
		{"who has an id alone", nil, []string{"555"}, "1000-3400 [ann]  One two three. (3)|5000-7000 [ann Bob]  Both of us (0)|8000-9000 []  A label (0)|12000-13000 []  Another label (0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			was := said()
			got := was.Without(c.spans, c.people)
			var list []string
			for _, u := range got.Utterances {
				list = append(list, fmt.Sprintf("%d-%d %v %s %s (%d)", u.Start, u.End, u.Speakers, u.Label, u.Text, len(u.Words)))
			}
			if text := strings.Join(list, "|"); text != c.want {
				t.Errorf("%s\nwant %s", text, c.want)
			}
			if got.Engine.File != "" || got.Engine.SHA256 == "" {
				t.Errorf("engine: %+v", got.Engine)
			}
			if err := got.check(); err != nil {
				t.Error(err)
			}
			if !reflect.DeepEqual(was, said()) {
				t.Error("the library's own transcript was changed")
			}
		})
	}
}

func TestAnonymous(t *testing.T) {
	was := said()
	if got := was.Anonymous(); got.Utterances[0].Speakers[0] != "ann" {
		t.Errorf("%+v", got.Utterances)
	}
	was.SpeakersFrom = FromLevels
	got := was.Anonymous()
	if got.SpeakersFrom != "" || slices.ContainsFunc(got.Utterances, func(u Utterance) bool { return len(u.Speakers) > 0 }) || len(was.Utterances[0].Speakers) == 0 {
		t.Errorf("%+v of %+v", got, was)
	}
}

// Whoever adds a field decides whether everybody may know it.
func TestPublicFieldsAreKnown(t *testing.T) {
	known := map[reflect.Type][]string{
		reflect.TypeFor[Transcript](): {"Schema", "ID", "Language", "Rate", "Samples", "Audio", "Engine", "MadeAt", "CorrectedAt", "SpeakersFrom", "Utterances", "Missing", "Muted"},
		reflect.TypeFor[Engine]():     {"Name", "Version", "Model", "File", "SHA256"},
		reflect.TypeFor[Utterance]():  {"Start", "End", "Speakers", "Label", "Corrected", "SpeakerCorrected", "Text", "Words"},
		reflect.TypeFor[Word]():       {"Start", "End", "Text", "Confidence"},
		reflect.TypeFor[space.Time](): {"Time"},
	}
	for kind, names := range known {
		for _, f := range reflect.VisibleFields(kind) {
			if !slices.Contains(names, f.Name) && !(kind == reflect.TypeFor[space.Time]() && !f.IsExported()) {
				t.Errorf("may everybody know %s.%s?", kind.Name(), f.Name)
			}
		}
	}
}
