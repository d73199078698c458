package words

import (
	"iter"

	"github.com/spaces-cli/spaces/internal/fixture/speech"
)

// A corpus is made speech; see package speech.
type corpus struct{ hours int }

const (
	wordsAnHour = speech.WordsAnHour
	vocabulary  = speech.Vocabulary
)

// spaces yields the transcripts, the newest first.
func (c corpus) spaces() iter.Seq2[Transcript, error] {
	return func(yield func(Transcript, error) bool) {
		for s := range speech.Hours(c.hours).Spaces() {
			if !yield(transcriptOf(s), nil) {
				return
			}
		}
	}
}

func (c corpus) space(list []string, n int) Transcript {
	return transcriptOf(speech.Conversation(list, n))
}

func transcriptOf(s speech.Space) Transcript {
	t := Transcript{ID: s.ID, StartedAt: s.StartedAt, Rate: speech.Rate, Stamp: "1"}
	for _, u := range s.Utterances {
		t.Utterances = append(t.Utterances, Utterance{u.Start, u.End, []string{u.Speaker}, u.Text})
	}
	return t
}

func makeVocabulary() []string { return speech.Words() }
