package studio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/spell"
)

// What there is of a recording's transcript. Each of these is a state in which
// the page is as it is meant to be, so none is an error.
const (
	hasTranscript = "ok"
	noTranscript  = "none"
	ofOtherAudio  = "other"   // the recording has changed since
	isDamaged     = "damaged" // or unreadable: Reason says how
	isNewer       = "newer"   // than this program
)

// A saidHere is the transcript of a recording as the page has it: ten hours of
// speech are a hundred thousand words, so what would be said of each of them
// again and again is left out.
type saidHere struct {
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Stamp stands for the file: whoever changes it says which state they saw.
	Stamp        string   `json:"stamp,omitempty"`
	Rate         int      `json:"rate,omitempty"`
	Language     string   `json:"language,omitempty"`
	SpeakersFrom string   `json:"speakers_from,omitempty"`
	People       []string `json:"people,omitempty"` // who may be named as speaking
	saidLines
}

// A saidLines has utterances, and once each group of people who speak in them.
type saidLines struct {
	Voices     []saidVoice `json:"voices,omitempty"`
	Utterances []saidLine  `json:"utterances,omitempty"`
}

// A saidVoice is who speaks: people on stage, or the name in an imported file.
type saidVoice struct {
	Speakers []string `json:"speakers"`
	Label    string   `json:"label,omitempty"`
	// Approximate says that they are known from levels only.
	Approximate bool `json:"approximate,omitempty"`
}

// A saidLine is an utterance: start, end, number of its voice, text. Where its
// words have times these follow, two numbers a word: how long after the end of
// the word before it begins (negative where they overlap), the first one after
// the start of the utterance, and how long it is. The words are those that the
// spaces in the text divide; where they are others, they follow at last.
type saidLine [6]any

// pack makes lines of utterances of a transcript.
func pack(t *transcripts.Transcript, list []transcripts.Utterance) saidLines {
	p := saidLines{Voices: []saidVoice{}, Utterances: make([]saidLine, 0, len(list))}
	voices := make(map[string]int)
	for i := range list {
		u := &list[i]
		key := fmt.Sprintf("%q %q %t", u.Speakers, u.Label, t.Approximate(u))
		voice, ok := voices[key]
		if !ok {
			voice = len(p.Voices)
			voices[key] = voice
			p.Voices = append(p.Voices, saidVoice{append([]string{}, u.Speakers...), u.Label, t.Approximate(u)})
		}
		times := make([]int64, 0, 2*len(u.Words))
		texts := make([]string, 0, len(u.Words))
		at := u.Start
		divided := true
		for _, w := range u.Words {
			times = append(times, w.Start-at, w.End-w.Start)
			at = w.End
			texts = append(texts, w.Text)
			divided = divided && w.Text != "" && !strings.ContainsFunc(w.Text, unicode.IsSpace)
		}
		if divided && strings.Join(texts, " ") == u.Text {
			texts = nil
		}
		p.Utterances = append(p.Utterances, saidLine{u.Start, u.End, voice, u.Text, times, texts})
	}
	return p
}

// showTranscript answers with what was said in a recording.
func (s *Server) showTranscript(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	v, err := s.readSaid(r.Context(), lib, r.PathValue("id"))
	answer(w, v, err)
}

// transcriptsSeen are the last transcripts that were shown. Reading one of a
// hundred thousand words takes longer than all the rest of its recording.
type transcriptsSeen struct {
	mu   sync.Mutex
	list []seenTranscript // the latest last
}

type seenTranscript struct {
	key string // stands for the file and the audio
	saidHere
}

const maxSeen = 4

func (l *transcriptsSeen) get(key string) *saidHere {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.list {
		if t.key == key {
			v := t.saidHere
			return &v
		}
	}
	return nil
}

func (l *transcriptsSeen) put(key string, v saidHere) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list = append(l.list, seenTranscript{key, v}); len(l.list) > maxSeen {
		l.list = slices.Delete(l.list, 0, 1)
	}
}

func (s *Server) readSaid(ctx context.Context, lib *library.Library, id string) (*saidHere, error) {
	known, err := lib.Load(id)
	if err != nil {
		return nil, err
	}
	// The stamp comes first: if the file is replaced meanwhile it is too old,
	// and a change that names it is refused.
	stamp, err := stampOf(lib, known)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &saidHere{State: isDamaged, Reason: spell.Error(err)}, nil
	}
	key := stamp + soundHash(known) + known.ID
	if v := s.seen.get(key); v != nil && err == nil {
		v.People = peopleOf(known)
		return v, nil
	}
	t, err := transcripts.Read(lib.Root(), known)
	switch {
	case errors.Is(err, transcripts.ErrNone):
		return &saidHere{State: noTranscript}, nil
	case errors.Is(err, transcripts.ErrOther):
		return &saidHere{State: ofOtherAudio}, nil
	case errors.Is(err, transcripts.ErrNewer):
		return &saidHere{State: isNewer}, nil
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return &saidHere{State: isDamaged, Reason: spell.Error(err)}, nil
	}
	v := saidHere{State: hasTranscript, Stamp: stamp, Rate: t.Rate, Language: t.Language, SpeakersFrom: t.SpeakersFrom,
		People: peopleOf(known), saidLines: pack(t, t.Utterances)}
	if again, err := stampOf(lib, known); err == nil && again == stamp {
		s.seen.put(key, v)
	}
	return &v, nil
}

// stampOf stands for the transcript that a recording has now.
func stampOf(lib *library.Library, s *space.Space) (string, error) {
	f, err := lib.Root().Open(layout.TranscriptIn(s.Folder))
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// peopleOf are those of a recording who can be named as speaking, the host first.
func peopleOf(s *space.Space) []string {
	list := []string{}
	add := func(handle, id string) {
		name := handle
		if name == "" {
			name = id
		}
		for _, known := range list {
			if strings.EqualFold(known, name) {
				return
			}
		}
		if name != "" {
			list = append(list, name)
		}
	}
	if s.Host != nil {
		add(s.Host.Handle, s.Host.ID)
	}
	for _, p := range s.Speakers {
		add(p.Handle, p.ID)
	}
	return list
}
