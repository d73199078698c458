package cli

import (
	"errors"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// shownSaid is what show tells of a transcript.
type shownSaid struct {
	Language     string             `json:"language"`
	Engine       transcripts.Engine `json:"engine"`
	SpeakersFrom string             `json:"speakers_from"`
	Utterances   int                `json:"utterances"`
	Words        int                `json:"words"`
	Corrected    bool               `json:"corrected"`
	Usable       bool               `json:"usable"`

	read bool
}

// saidOf tells of the transcript of a recording; nil if it has none.
func saidOf(lib *library.Library, s *space.Space) *shownSaid {
	t, err := transcripts.Read(lib.Root(), s)
	switch {
	case errors.Is(err, transcripts.ErrNone):
		return nil
	case t == nil:
		return new(shownSaid)
	}
	return &shownSaid{t.Language, t.Engine, t.SpeakersFrom, len(t.Utterances), t.CountWords(), t.IsCorrected(), err == nil, true}
}

func (s *shownSaid) String() string {
	if !s.read {
		return "cannot be read"
	}
	text := terminal.Safe(s.Engine.Name)
	if s.Engine.Model != "" {
		text += " " + terminal.Safe(s.Engine.Model)
	}
	if s.Language != "" {
		text += ", " + terminal.Safe(s.Language)
	}
	text += ", " + spell.Count(s.Utterances, "utterance")
	if s.Corrected {
		text += ", corrected"
	}
	switch {
	case !s.Usable:
		return text + ", of other audio: not used"
	case s.SpeakersFrom == transcripts.FromLevels:
		text += " (speakers approximate)"
	}
	return text
}
