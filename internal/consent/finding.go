package consent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Finding is what came of asking whether an action may be done.
type Finding struct {
	Action    Action
	Mode      Mode
	Recording *space.Recording // nil where nobody can tell which it is
	Missing   []Missing
	// Known says that the spans of who is missing can be told.
	Known bool
	// Guessed says that they are not the host's own word.
	Guessed bool
	// Clip says that it is a clip that is to be sent.
	Clip bool
	// Film says that it is a video that is to be cut.
	Film bool
	// Several says that the library has recordings of several accounts: a yes
	// about all of them would have to say to whom it was given.
	Several bool
	// File is what nobody can tell the recording of, and Why says so in words.
	File, Why string
}

// Check asks whether an action may be done with a part of a recording.
func (l *Ledger) Check(p Policy, a Action, u Use, at time.Time) Finding {
	known := len(u.turns()) > 0
	f := Finding{Action: a, Mode: p.Mode(a), Recording: u.Recording, Known: known, Guessed: known && u.Turns.Approximate, Several: l.Owners.several()}
	if f.Mode != Off {
		f.Missing = l.Missing(u, a.Purpose(), at)
	}
	return f
}

// CheckUnknown asks the same of a file of which nobody can tell who is heard
// in it: somebody unknown is. Why says what is not known.
func CheckUnknown(p Policy, a Action, file, why string) Finding {
	f := Finding{Action: a, Mode: p.Mode(a), File: file, Why: why}
	if f.Mode != Off {
		f.Missing = []Missing{{Answer: Unknown}}
	}
	return f
}

// Stops reports whether the action must not be done.
func (f *Finding) Stops() bool { return f.Mode == Require && len(f.Missing) > 0 }

// About names what was asked about: the id of the recording, or the file.
func (f *Finding) About() string {
	if f.Recording == nil {
		return f.File
	}
	return f.Recording.ID
}

// Warning is one line for the report, or "" if all have agreed.
func (f *Finding) Warning() string {
	switch n := len(f.Missing); {
	case n == 0:
		return ""
	case f.File != "":
		return f.Why + ", so the speakers in it are unknown"
	case n == 1:
		return fmt.Sprintf("1 speaker has not given consent: %s", f.Names())
	default:
		return fmt.Sprintf("%d speakers have not given consent: %s", n, f.Names())
	}
}

// Names lists who has not agreed, with what they said.
func (f *Finding) Names() string {
	var list []string
	for i := range f.Missing {
		m := &f.Missing[i]
		var said []string
		if m.Answer != Unknown {
			said = append(said, string(m.Answer))
		}
		if len(m.AgreedTo) > 0 {
			said = append(said, fmt.Sprintf("granted for %s, not for %s", words(m.AgreedTo), f.Action.Purpose()))
		}
		name := m.Name()
		if len(said) > 0 {
			name += " (" + strings.Join(said, "; ") + ")"
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

func words(list []Purpose) string {
	var text []string
	for _, p := range list {
		text = append(text, string(p))
	}
	return strings.Join(text, ", ")
}

// Handles are those of the missing, for scripts; where none is known it is "".
func (f *Finding) Handles() []string {
	var list []string
	for _, m := range f.Missing {
		list = append(list, m.Handle)
	}
	return list
}

// A Refused is the error of an action that somebody has not agreed to.
type Refused struct{ Finding }

// Error names who has not agreed, and when they speak.
func (e *Refused) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.About(), e.Warning())
	if e.Recording == nil {
		return b.String()
	}
	for i := range e.Missing {
		m := &e.Missing[i]
		fmt.Fprintf(&b, "\n  %s %s", m.Name(), m.When())
	}
	return b.String()
}

// maxSpans is how many spans a message lists for each person.
const maxSpans = 8

// When says in words when the person speaks.
func (m *Missing) When() string {
	if len(m.Spans) == 0 {
		return "speaks at an unknown time"
	}
	var list []string
	for _, s := range m.Spans[:min(len(m.Spans), maxSpans)] {
		list = append(list, s.String())
	}
	if n := len(m.Spans) - maxSpans; n > 0 {
		list = append(list, fmt.Sprintf("and %d more", n))
	}
	return "speaks " + strings.Join(list, ", ")
}

// A WayKind is what can be done after a refusal.
type WayKind int

const (
	AskThem        WayKind = iota // write to those who have not answered
	RecordAnswer                  // enter an answer
	LeaveThemOut                  // make the file without them
	AnotherStretch                // post one in which they are not heard
	ConfirmTurns                  // tell who speaks when
	StayLocal                     // have a recognizer on this computer do it
	GiveReason                    // go on with a written reason
)

// A Way is a way on after a refusal. What it is called depends on where the
// refusal is shown.
type Way struct {
	Kind      WayKind
	Recording string // id; of an answer, "" if it may be one about all recordings
	Who       Who    // whose answer is entered
	Purpose   Purpose
	Clip      bool // what is to be made without them is a clip
	Made      bool // it is made already, and was to be sent
	Film      bool // it was to be a video, from which nobody can be left out: its audio can be made
}

// Ways lists the ways on, the best first.
func (e *Refused) Ways() []Way {
	if e.Recording == nil {
		return []Way{{Kind: GiveReason}}
	}
	id, purpose := e.Recording.ID, e.Action.Purpose()
	var ways []Way
	// Who has refused is not asked again, and no answer is put into their mouth.
	open := func(m Missing) bool { return m.Answer != Declined && m.Answer != Withdrawn }
	if slices.ContainsFunc(e.Missing, func(m Missing) bool { return m.Handle != "" && open(m) }) {
		ways = append(ways, Way{Kind: AskThem, Recording: id})
	}
	for _, m := range e.Missing {
		if (m.Handle != "" || m.ID != "") && open(m) {
			way := Way{Kind: RecordAnswer, Who: m.Who(), Purpose: purpose}
			if e.Several {
				way.Recording = id
			}
			ways = append(ways, way)
		}
	}
	switch e.Action {
	case Posting: // videos are cut in one piece
		ways = append(ways, Way{Kind: AnotherStretch, Recording: id})
	case Transcribing: // who has not agreed is muted, if it is known when they speak
		ways = append(ways, Way{Kind: StayLocal, Recording: id})
	default:
		ways = append(ways, Way{Kind: LeaveThemOut, Recording: id, Clip: e.Clip || e.Action == Clipping, Made: purpose == Upload, Film: e.Film})
	}
	if e.Guessed || e.Action == Transcribing || slices.ContainsFunc(e.Missing, func(m Missing) bool { return m.Handle == "" }) {
		ways = append(ways, Way{Kind: ConfirmTurns, Recording: id})
	}
	return append(ways, Way{Kind: GiveReason})
}
