// Package consent records who has agreed that their voice is used again, and
// for what. X asks the host of a Space to see to it that every speaker agrees;
// this package keeps what they answered and tells who has not.
//
// Answers stand in a ledger in the library, one JSON object a line, dated, and
// never changed afterwards: people change their minds, and both answers were
// true in their time. It is a record, not legal advice.
package consent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Schema is the version of the JSON of this package.
const Schema = 1

// An Answer is what a person says to the use of their voice. The words appear
// in JSON.
type Answer string

const (
	Granted   Answer = "granted"
	Declined  Answer = "declined"
	Withdrawn Answer = "withdrawn" // granted before, and no longer
	// Unknown is the answer of those who have given none.
	Unknown Answer = "unknown"
	// Expired is what Granted becomes when its time is over. Nobody answers it.
	Expired Answer = "expired"
	// Own is that of the host, in whose library the recording is.
	Own Answer = "own"
)

// ParseAnswer reads an answer that a person can give.
func ParseAnswer(s string) (Answer, error) {
	switch a := Answer(strings.ToLower(s)); a {
	case Granted, Declined, Withdrawn:
		return a, nil
	}
	return "", fmt.Errorf("%q is not a valid answer (use granted, declined or withdrawn)", s)
}

// Answers are the answers that a person can give.
func Answers() []string { return []string{string(Granted), string(Declined), string(Withdrawn)} }

// Agreed reports whether the answer allows the use.
func (a Answer) Agreed() bool { return a == Granted || a == Own }

// A Purpose is what a voice is used for. The words appear in JSON.
type Purpose string

const (
	Clip    Purpose = "clip"    // an excerpt is cut
	Episode Purpose = "episode" // the whole is made ready to be published
	Upload  Purpose = "upload"  // it is sent somewhere: a target, a feed, a post
	// Transcribe is that a service on another computer turns it into text.
	Transcribe Purpose = "transcribe"
)

// Purposes lists them all.
var Purposes = [...]Purpose{Clip, Episode, Upload, Transcribe}

// unlisted are the purposes that a grant without a list is for. They are those
// that there were when grants were kept so; since then each lists its purposes,
// so that it is for none that comes later. A no without a list is for all.
var unlisted = []Purpose{Clip, Episode, Upload}

// Covers returns the purposes that an answer is for, as the ledger keeps them:
// all of those that are known today for a grant without a list, so that it
// grants none that is thought of later, and none listed for a no, which holds
// for those too.
func Covers(a Answer, list []Purpose) []Purpose {
	if a == Granted && len(list) == 0 {
		return slices.Clone(Purposes[:])
	}
	return list
}

// PurposeWords lists the purposes in words: "clip, episode or upload".
func PurposeWords() string {
	n := len(Purposes) - 1
	return words(Purposes[:n]) + " or " + string(Purposes[n])
}

// ParsePurposes reads a list of purposes between commas. An empty one means
// all of them, and returns nil.
func ParsePurposes(s string) ([]Purpose, error) {
	var list []Purpose
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		p := Purpose(strings.ToLower(word))
		if !slices.Contains(Purposes[:], p) {
			return nil, fmt.Errorf("%q is not a valid purpose (use %s)", word, PurposeWords())
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list, nil
}

// Handle is the form of a handle by which people are told apart: X takes no
// account of case, and people write it with or without its @.
func Handle(s string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "@"))
}

// A Who is a person as recordings know them: by handle, by id on X, or by both.
type Who struct{ Handle, ID string }

// key is what people are told apart by in a recording: no handle has a space.
func (w Who) key() string {
	if h := Handle(w.Handle); h != "" || w.ID == "" {
		return h
	}
	return "id " + w.ID
}

// String is the handle, or what stands for it.
func (w Who) String() string {
	switch {
	case w.Forgotten():
		return "someone who asked to be forgotten"
	case w.Handle != "":
		return "@" + strings.TrimPrefix(w.Handle, "@")
	case w.ID != "":
		return w.key()
	}
	return "an unknown speaker"
}

// Entered is the form in which an override names the person: the handle, "id"
// and an id, or "" for somebody unknown.
func (w Who) Entered() string {
	if w.Handle != "" {
		return strings.TrimPrefix(w.Handle, "@")
	}
	return w.key()
}

// IsID reports whether s is an id on X: digits, and nothing else.
func IsID(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// An EntryKind says what an entry of the ledger is about. The words appear in JSON.
type EntryKind string

const (
	Consent  EntryKind = "consent"  // somebody's answer
	Override EntryKind = "override" // the host went on without some answers
)

// An Entry is one line of the ledger.
type Entry struct {
	Schema int        `json:"schema"`
	Kind   EntryKind  `json:"kind"`
	At     space.Time `json:"at"` // when it was entered

	// Of an answer:
	Handle   string     `json:"handle,omitempty"` // as it was given, without @
	ID       string     `json:"id,omitempty"`     // on X, instead, where no handle is known
	Answer   Answer     `json:"answer,omitempty"`
	For      []Purpose  `json:"for,omitempty"` // none: see Purposes
	Evidence *Evidence  `json:"evidence,omitempty"`
	Until    *time.Time `json:"until,omitempty"` // the answer holds before it

	// Account is the host's that the answer was given to. Where it is missing,
	// it was given to the host of a library with one account at most; an empty
	// one is a host without an account.
	Account *space.Person `json:"account,omitempty"`
	// Foreign says that it was given in a library of another host, or perhaps.
	Foreign bool `json:"foreign,omitempty"`
	// MergedAt is when the entry came from another library. Entries of one time
	// came together: they hold beside what this library had, and never loosen it.
	MergedAt space.Time `json:"merged_at,omitzero"`

	// Recording is the id of the one that the entry is about; "" is all.
	Recording string `json:"recording,omitempty"`
	Note      string `json:"note,omitempty"` // the host's words; the reason of an override

	// Of an override:
	Action  Action   `json:"action,omitempty"`
	Missing []string `json:"missing,omitempty"` // those who had not agreed: handles, "id " and an id, "" for somebody unknown
	// File and SHA256 are those of a file of which nobody could tell the
	// recording.
	File   string `json:"file,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// Evidence is a file that shows an answer, kept in the library.
type Evidence struct {
	Name   string `json:"name"` // below the library
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// fits reports whether an answer is about a use of a person's voice.
func (e *Entry) fits(w Who, recording string, p Purpose) bool {
	return e.Kind == Consent && e.of(w) &&
		(e.Recording == "" || e.Recording == recording) &&
		(p == "" || e.Answer != Granted && len(e.For) == 0 || slices.Contains(e.Purposes(), p))
}

// Purposes are those that an answer is for.
func (e *Entry) Purposes() []Purpose {
	switch {
	case len(e.For) > 0:
		return e.For
	case e.Answer == Granted:
		return unlisted
	}
	return Purposes[:]
}

// General reports whether an answer is for all purposes.
func (e *Entry) General() bool {
	return !slices.ContainsFunc(Purposes[:], func(p Purpose) bool { return !slices.Contains(e.Purposes(), p) })
}

// of reports whether an answer is a person's.
func (e *Entry) of(w Who) bool {
	return w.Handle != "" && Handle(e.Handle) == Handle(w.Handle) || w.ID != "" && e.ID == w.ID
}

// A Standing is how a person stands to the use of their voice, and the entry
// that it follows from, if there is one.
type Standing struct {
	Answer Answer
	Entry  *Entry
}

// Standing returns how a person stands to the use of a recording for a purpose at
// a time; nil is the use of any recording of a host. The latest entry that fits
// decides; one about the recording goes before one about the person, unless that
// is later and takes a consent back: who withdraws in general withdraws there too.
// What comes after an entry replaces it even when its own time is over: a consent
// that was limited later does not come back without the limit. What came from
// another library stands beside that: the stricter of both holds, until somebody
// answers once more.
func (l *Ledger) Standing(w Who, rec *space.Recording, p Purpose, at time.Time) Standing {
	if rec == nil {
		rec = new(space.Recording)
	}
	var found *Entry
	for list := l.of(w); len(list) > 0; {
		merged := l.entries[list[0]].MergedAt
		if merged.IsZero() {
			found = l.decide(found, list[0], w, rec, p, at)
			list = list[1:]
			continue
		}
		var there *Entry
		for len(list) > 0 && l.entries[list[0]].MergedAt.Equal(merged.Time) {
			there = l.decide(there, list[0], w, rec, p, at)
			list = list[1:]
		}
		found = stricter(found, there)
	}
	if gone := l.withdrawal(w); gone != nil && (found == nil || w.Forgotten() || found.At.Before(gone.At.Time)) {
		found = gone
	}
	switch {
	case found == nil:
		return Standing{Unknown, nil}
	case found.Answer == Granted && found.Until != nil && !at.Before(*found.Until):
		return Standing{Expired, found}
	}
	return Standing{found.Answer, found}
}

// decide returns the entry that holds once entry i has come after found.
func (l *Ledger) decide(found *Entry, i int, w Who, rec *space.Recording, p Purpose, at time.Time) *Entry {
	e := &l.entries[i]
	if !e.fits(w, rec.ID, p) || e.At.After(at) || !l.counts(e, rec) {
		return found
	}
	denied := e.Answer == Declined || e.Answer == Withdrawn
	if found == nil || e.Recording != "" || found.Recording == "" || denied && found.Answer == Granted {
		return e
	}
	return found
}

// of returns the positions of a person's answers, in order: those for their
// handle and those for their id.
func (l *Ledger) of(w Who) []int {
	byHandle, byID := l.answers[Who{Handle: w.Handle}.key()], []int(nil)
	if w.ID != "" {
		byID = l.answers[Who{ID: w.ID}.key()]
	}
	switch {
	case len(byID) == 0:
		return byHandle
	case len(byHandle) == 0:
		return byID
	}
	both := slices.Concat(byHandle, byID)
	slices.Sort(both)
	return slices.Compact(both)
}
