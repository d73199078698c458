package episode

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// A Transcript is what is said in the recording, in its time, checked by package
// transcript. It stands beside the episode in the episode's time.
type Transcript struct {
	Cues []transcript.Cue
	File string // where it was read, or "" if it is the one that the library keeps
	// Language is its code, or "" if it is not known.
	Language string
	// SpeakersFrom says how the names of speakers are known, for the record.
	SpeakersFrom string
	// By names who says each cue, as a cue does, also where the cue is not to; nil:
	// as the cues name them.
	By []string
}

// OfLibrary is the transcript that the library keeps of a recording, or nil, as an
// episode has it.
func OfLibrary(t *transcripts.Transcript, names transcripts.Names) (kept Transcript) {
	if t == nil {
		return kept
	}
	kept.Cues, kept.SpeakersFrom = t.Public(names)
	for i := range t.Utterances {
		kept.By = append(kept.By, t.Utterances[i].Who())
	}
	kept.Language = t.Language
	return kept
}

// Where the names of speakers in a transcript are known from.
const (
	SpeakersConfirmed = "confirmed"
	SpeakersEstimated = "levels"
	SpeakersOfFile    = "file"
)

// TranscriptExt is what the names of transcripts in JSON end in.
const TranscriptExt = ".transcript.json"

// EstimatedSpeakers stands in a transcript whose speakers are estimates.
const EstimatedSpeakers = "Speakers are estimates, made from audio levels."

// hashTranscript takes down which transcript the episode has.
func (e *export) hashTranscript() (err error) {
	if len(e.Transcript.Cues) > 0 {
		e.rec.Settings.Transcript, err = e.Transcript.Hash()
	}
	return err
}

// Hash is the hash of a transcript as records of episodes have it.
func (t *Transcript) Hash() (string, error) {
	// A cue as records of episodes hash it: what is written of it.
	type hashed struct {
		Start, End    float64
		Speaker, Text string
		Words         []transcript.Word `json:",omitempty"`
	}
	cues := make([]hashed, len(t.Cues))
	for i, c := range t.Cues {
		cues[i] = hashed{c.Start, c.End, c.Speaker, c.Text, c.Words}
	}
	b, err := json.Marshal(cues)
	if t.Language+t.SpeakersFrom != "" {
		b = append(b, t.Language+" "+t.SpeakersFrom...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// addTranscripts puts the transcript into the time of the episode, without the
// words of those who are not heard in it.
func (e *export) addTranscripts() error {
	t := &e.Transcript
	if len(t.Cues) == 0 {
		return nil
	}
	cues := e.Heard()
	if n := withheld(t.Cues, cues); n > 0 {
		e.note("%d cues of the transcript contain words of speakers who were left out; these words were withheld", n)
	}
	if cues = transcript.Move(cues, e.rec.Locate); len(cues) == 0 {
		e.note("no cue of the transcript falls within the episode")
		return nil
	}
	for i := range cues {
		cues[i].Speaker = e.speaker(cues[i].Speaker)
	}
	e.rec.TranscriptLanguage = t.Language
	var notes []string
	if slices.ContainsFunc(cues, func(c transcript.Cue) bool { return c.Speaker != "" }) {
		if e.rec.TranscriptSpeakers = t.SpeakersFrom; t.SpeakersFrom == SpeakersEstimated {
			notes = append(notes, EstimatedSpeakers)
		}
	}
	captions := transcript.Captions(cues)
	var vtt, srt, doc, text bytes.Buffer
	if err := errors.Join(
		transcript.WriteVTT(&vtt, captions, notes...), transcript.WriteSRT(&srt, captions),
		transcript.WriteJSON(&doc, captions, notes...), transcript.WriteText(&text, cues, notes...),
	); err != nil {
		return err
	}
	set := func(rec *Record, name string) { rec.Transcripts = append(rec.Transcripts, name) }
	e.add(".vtt", vtt.Bytes(), set)
	e.add(".srt", srt.Bytes(), set)
	e.add(TranscriptExt, doc.Bytes(), set)
	e.add(".txt", text.Bytes(), set)
	return nil
}

// ofOthers are the cues but for those that people say who must not be named:
// these may lie beside their turns, in a transcript that was made elsewhere or
// before the turns were confirmed.
func (q *Request) ofOthers() []transcript.Cue {
	t := &q.Transcript
	if len(q.Unnamed) == 0 {
		return t.Cues
	}
	var list []transcript.Cue
	for i, c := range t.Cues {
		who := c.Speaker
		if t.By != nil {
			who = t.By[i]
		}
		if !transcript.SaidBy(who, q.Unnamed) {
			list = append(list, c)
		}
	}
	return list
}

// Heard are the cues of the transcript without the words of those who must not be
// named, and without those that touch what is left out of the episode or silent in
// it.
func (q *Request) Heard() []transcript.Cue {
	var spans []transcript.Span
	for _, s := range q.Omit.Spans {
		spans = append(spans, transcript.Span{Start: q.Recording.Seconds(s.Start), End: q.Recording.Seconds(s.End())})
	}
	return transcript.Withhold(q.ofOthers(), spans)
}

// withheld counts the cues of which something is not among those that are left.
func withheld(cues, left []transcript.Cue) int {
	type place struct {
		start, end float64
		text       string
	}
	kept := make(map[place]bool)
	for _, c := range left {
		kept[place{c.Start, c.End, c.Text}] = true
	}
	n := 0
	for _, c := range cues {
		if !kept[place{c.Start, c.End, c.Text}] {
			n++
		}
	}
	return n
}

// speaker returns the name of a speaker as the episode may tell it. Where people
// must not be named, only those are whom the record names: no transcript tells
// whose other names are.
func (e *export) speaker(name string) string {
	if len(e.Unnamed) == 0 {
		return name
	}
	var named []string
	for one := range strings.SplitSeq(name, ", ") {
		handle := strings.TrimPrefix(one, "@")
		known := slices.ContainsFunc(e.rec.Speakers, func(s space.Speaker) bool {
			return handle != "" && (strings.EqualFold(s.Handle, handle) || s.ID == handle)
		})
		if known {
			named = append(named, one)
		}
	}
	return strings.Join(named, ", ")
}
