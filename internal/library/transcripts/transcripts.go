// Package transcripts keeps what was said in a recording: an open file beside
// it, transcript/transcript.json, and the same as WebVTT and as text for other
// programs and for people.
//
// Positions count samples of the recording at the transcript's rate, as they do
// in the records of clips.
package transcripts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Schema is the version of the file that this program writes.
const Schema = 1

var (
	// ErrNone means that a recording has no transcript.
	ErrNone = errors.New("the recording has no transcript")
	// ErrNewer means that a newer program wrote the file.
	ErrNewer = errors.New("the transcript was written by a newer version of spaces")
	// ErrOther means that the transcript is of other sound: the recording has
	// changed since.
	ErrOther = errors.New("the transcript is of other audio than the recording has now")
)

// A Transcript is what was said in one recording.
type Transcript struct {
	Schema   int        `json:"schema"`
	ID       string     `json:"id"`       // of the Space
	Language string     `json:"language"` // BCP 47, or "" if it is not known
	Rate     int        `json:"rate"`     // samples per second
	Samples  int64      `json:"samples"`  // of the recording
	Audio    []string   `json:"audio"`    // SHA-256 of the originals that the times belong to
	Engine   Engine     `json:"engine"`
	MadeAt   space.Time `json:"made_at"`
	// CorrectedAt is when the host last corrected it.
	CorrectedAt space.Time `json:"corrected_at,omitzero"`
	// SpeakersFrom says how speakers are known: "confirmed" turns, "levels",
	// which are approximate, the imported "file", or "" if they are not.
	SpeakersFrom string      `json:"speakers_from"`
	Utterances   []Utterance `json:"utterances"` // by their beginning
	// Missing are the parts of which the engine made no words.
	Missing []Part `json:"missing,omitempty"`
	// Muted are the parts that the engine did not hear, since it was not to hear
	// who speaks there.
	Muted []Part `json:"muted,omitempty"`
}

// An Engine is what wrote the words.
type Engine struct {
	Name    string `json:"name"` // "import" if somebody gave a file
	Version string `json:"version,omitempty"`
	Model   string `json:"model,omitempty"`
	File    string `json:"file,omitempty"`   // the name of the file that was imported
	SHA256  string `json:"sha256,omitempty"` // of it
}

// A Part is a stretch of the recording.
type Part struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// An Utterance is what one person says in one breath, or several at once.
type Utterance struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	// Speakers are handles, or ids where none is known; empty if nobody knows.
	Speakers []string `json:"speakers"`
	// Label is the name that the imported file gives, where it is nobody's on
	// stage.
	Label string `json:"label,omitempty"`
	// Corrected says that the host has changed the words or where the utterance
	// begins and ends, SpeakerCorrected that they have set who speaks.
	Corrected        bool   `json:"corrected,omitempty"`
	SpeakerCorrected bool   `json:"speaker_corrected,omitempty"`
	Text             string `json:"text"`
	Words            []Word `json:"words,omitempty"` // where the engine told their times
}

// A Word is one word as the engine wrote it, with its punctuation.
type Word struct {
	Start      int64   `json:"start"`
	End        int64   `json:"end"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence,omitempty"` // the engine's, up to 1
}

// maxFile bounds what is read: a day of speech with all its words has a third of it.
const maxFile = 256 << 20

// Read returns the transcript of a recording. The error is ErrNone if it has
// none, and ErrOther, beside the transcript, if it is of other sound.
func Read(library *os.Root, s *space.Space) (*Transcript, error) {
	t := new(Transcript)
	err := durable.ReadJSON(library, layout.TranscriptIn(s.Folder), maxFile, t)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", s.ID, ErrNone)
	case err != nil:
		return nil, err
	case t.Schema > Schema:
		return nil, fmt.Errorf("%s: %w", s.ID, ErrNewer)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", layout.TranscriptIn(s.Folder), err)
	}
	if !t.Of(s) {
		return t, fmt.Errorf("%s: %w", s.ID, ErrOther)
	}
	return t, nil
}

// Of reports whether the times of a transcript belong to the audio that a Space
// has.
func (t *Transcript) Of(s *space.Space) bool {
	if t.ID != s.ID || len(t.Audio) != len(s.Pieces) {
		return false
	}
	for i, p := range s.Pieces {
		if t.Audio[i] != p.SHA256 {
			return false
		}
	}
	return true
}

// check fails where a file says what cannot be.
func (t *Transcript) check() error {
	if t.Rate <= 0 || t.Samples < 0 {
		return fmt.Errorf("rate %d and %d samples are impossible", t.Rate, t.Samples)
	}
	last := int64(0)
	for i, u := range t.Utterances {
		if u.Start < last || u.End < u.Start || u.End > t.Samples {
			return fmt.Errorf("utterance %d, “%.20s”: from sample %d to %d of %d", i+1, u.Text, u.Start, u.End, t.Samples)
		}
		last = u.Start
		for _, w := range u.Words {
			if w.Start < 0 || w.End < w.Start || w.End > t.Samples {
				return fmt.Errorf("utterance %d: the word “%.20s” is from sample %d to %d of %d", i+1, w.Text, w.Start, w.End, t.Samples)
			}
		}
	}
	return nil
}

// CountWords returns how many words a transcript has, by the boundaries of
// UAX #29; in scripts without spaces that is an estimate.
func (t *Transcript) CountWords() int {
	n := 0
	for i := range t.Utterances {
		state, rest, word := -1, t.Utterances[i].Text, ""
		for rest != "" {
			word, rest, state = uniseg.FirstWordInString(rest, state)
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
				n++
			}
		}
	}
	return n
}
