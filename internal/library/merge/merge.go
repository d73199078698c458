// Package merge takes into a library what another library holds: recordings with
// what the host has made of them and said about them, answers, receipts. The
// other library is only read. Nothing is replaced that the host has made: where
// both have something different, one stays and the other is named.
//
// Each step can be repeated: what is here already is told from what is not by its
// content. So a run that was killed is finished by the next, and a second run
// changes nothing. What forbids comes first: whom the other library has forgotten
// and who has said no there are known here before a recording of theirs is.
package merge

import (
	"context"
	"errors"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Options say how two libraries are merged.
type Options struct {
	DryRun   bool             // tell what would come, and write nothing
	Wait     time.Duration    // how long to wait for other writers of a ledger
	Now      func() time.Time // nil is time.Now
	Progress stream.Progress
}

// A Kept says which of two things that differ the library has now. The words
// appear in JSON.
type Kept string

const (
	Here  Kept = "here"  // the one that it had
	There Kept = "there" // that of the other library
	Both  Kept = "both"  // both, under different names
)

// A ConflictKind says what differs. The words appear in JSON.
type ConflictKind string

const (
	OfTitle      ConflictKind = "title"
	OfNote       ConflictKind = "note"
	OfStart      ConflictKind = "started-at" // that the host gave
	OfAudio      ConflictKind = "audio"
	OfClip       ConflictKind = "clip"
	OfEpisode    ConflictKind = "episode"
	OfFeed       ConflictKind = "feed" // two episodes for one item
	OfTranscript ConflictKind = "transcript"
	OfTurns      ConflictKind = "turns"
	OfChapters   ConflictKind = "chapters" // that the host has edited
	OfConsent    ConflictKind = "consent"
	OfShow       ConflictKind = "show"
	OfForgotten  ConflictKind = "forgotten"
	OfArchive    ConflictKind = "archive"
)

// A Conflict is something of which the libraries have different versions.
type Conflict struct {
	Kind      ConflictKind `json:"kind"`
	Recording string       `json:"recording,omitempty"` // id
	Message   string       `json:"message"`
	Kept      Kept         `json:"kept"`
	// Other is where the version is that was not kept in use: below this library,
	// or a path in the other one.
	Other string `json:"other,omitempty"`
}

// An Event is one thing that a merge has to tell: exactly one of Recording,
// Conflict and Problem is set.
type Event struct {
	Recording *space.Recording
	Action    intake.Action // with Recording
	Was       *removed.Item // with the action Removed: when and how

	Conflict *Conflict
	Problem  *archive.Problem // it could not be merged
}

// A Summary counts what came, or in a dry run would come.
type Summary struct {
	Added, Updated, Unchanged int // recordings
	Removed                   int // recordings that the host has removed here
	Failed                    int // recordings
	Bytes                     int64
	Seconds                   float64 // of the recordings that were added

	Clips, Episodes, Transcripts, Turns int
	Chapters                            int // recordings with edited ones
	Answers                             int // entries of the ledger of consent
	Receipts, Made, Archives            int
	Forgotten                           int // people
	Show                                bool

	// Withheld counts clips, episodes, transcripts and answers that stayed there
	// because they name somebody who was forgotten.
	Withheld int
	// LeftRemoved counts what the other library has among what was removed: it
	// stays there.
	LeftRemoved int
	Conflicts   int
	Problems    int
}

// Changed reports whether anything came.
func (s *Summary) Changed() bool {
	return s.Added+s.Updated+s.Clips+s.Episodes+s.Transcripts+s.Turns+s.Chapters+s.Answers+s.Receipts+s.Made+s.Archives+s.Forgotten > 0 || s.Show
}

// merger is one Merge.
type merger struct {
	lib, other *library.Library
	ledger     *consent.Ledger
	o          Options
	now        time.Time
	emit       func(Event)
	sum        Summary
	names      *withholder

	mine, theirs consent.Owners
	mixing       bool // the libraries are of different hosts, or perhaps
	removed      map[string]*removed.Item
	unmade       map[string]string // where clips and episodes lie that were removed here, by Space and SHA-256
	moved        map[string]string // where files of the other library lie here
}

// Merge takes what other holds into lib, which is open for writing; in a dry run
// it may be open for reading. What is wrong with one thing never stops the rest;
// the error is for what does.
func Merge(ctx context.Context, lib, other *library.Library, o Options, emit func(Event)) (Summary, error) {
	if o.Progress == nil {
		o.Progress = stream.NoProgress{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &merger{lib: lib, other: other, o: o, now: o.Now().UTC().Truncate(time.Millisecond), emit: emit, moved: make(map[string]string)}
	if err := Apart(lib.Dir(), other.Dir()); err != nil {
		return m.sum, err
	}
	var err error
	if m.ledger, err = consent.Open(lib.Dir(), o.Wait); err != nil {
		return m.sum, err
	}
	defer m.ledger.Close()
	if err := m.settled(ctx); err != nil {
		return m.sum, err
	}
	for _, step := range []func(context.Context) error{
		m.accounts, m.forgotten, m.answers, m.archives, m.recordings, m.made, m.receipts, m.shows, m.leftRemoved,
	} {
		if err := step(ctx); err != nil {
			return m.sum, err
		}
	}
	return m.sum, ctx.Err()
}

// settled waits until no program is just moving folders of the other library:
// such a recording would be missing.
func (m *merger) settled(ctx context.Context) error {
	const often, pause = 20, 100 * time.Millisecond
	for range often {
		ok, err := m.other.Settled()
		if err != nil || ok {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.problem(archive.Problem{Kind: "unsettled", Subject: m.other.Dir(), Message: "a command that was changing this library was interrupted, so a recording may be missing",
		Hint: "run any command that changes that library, then merge again"})
	return nil
}

func (m *merger) conflict(c Conflict) {
	m.sum.Conflicts++
	m.emit(Event{Conflict: &c})
}

func (m *merger) problem(p archive.Problem) {
	m.sum.Problems++
	m.emit(Event{Problem: &p})
}

// fail tells of something that could not be merged.
func (m *merger) fail(kind archive.ProblemKind, subject string, err error) {
	p := archive.Problem{Kind: kind, Subject: subject, Message: "not merged: " + err.Error(), Err: err}
	switch {
	case errors.As(err, new(*library.DifferentError)):
		p.Kind, p.Hint = "damaged", "the copy in the other library is damaged: look for another one"
	case errors.Is(err, library.ErrNewer):
		p.Kind, p.Hint = "newer", "merge it with the version of spaces that wrote it"
	case library.IsFull(err):
		p.Kind, p.Hint = "disk-full", "free some disk space and run the command again"
	}
	m.problem(p)
}

// leftRemoved counts what was removed in the other library. It stays removed
// there, and what it is here stays too.
func (m *merger) leftRemoved(context.Context) error {
	list, err := m.other.Removed()
	m.sum.LeftRemoved = len(list)
	return err
}
