// Package gate is the one gate that everything passes before it is made of
// voices or sent: may this voice be used for that? The command line and the
// studio ask it, and neither holds a rule of its own.
//
// It is closed by default. What it cannot read stops the action; a voice that
// nobody knows has not agreed; a guess about who speaks when has a margin; and
// a file of which nobody can tell what it is made of is treated as if somebody
// unknown were heard in it, whatever its name and its tags say.
package gate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/quoted"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Options say how a gate decides.
type Options struct {
	Library *library.Library
	Policy  consent.Policy
	// Me are the handles or ids that the host says to be their own.
	Me []string
	// Reason is the host's own, in writing, to go on without the consent of
	// some. It is entered in the ledger before anything is done.
	Reason string
	// Plan says that nothing will be done: then no reason is entered.
	Plan bool
	// Sounds finds recordings by their sound; nil: those of Library.
	Sounds Sounds
	Wait   time.Duration // for other programs that enter answers
	Now    func() time.Time
}

// A Gate answers for one command, or one request. It may be used by several
// goroutines.
type Gate struct {
	o Options

	mu     sync.Mutex
	ledger *consent.Ledger
	known  map[string]*voices
	noted  map[string]bool  // whom the ledger names for this reason by now
	made   map[string][]Use // what the library holds and has made, by SHA-256
	words  *quoted.Finder
}

// voices are what the gate knows of a recording.
type voices struct {
	rec   *space.Recording
	turns *space.Turns
}

// Open opens the gate of a library. The caller closes it.
func Open(o Options) (*Gate, error) {
	l, err := consent.Open(o.Library.Dir(), o.Wait)
	if err != nil {
		return nil, err
	}
	if l.Owners, err = consent.OwnersOf(o.Library, o.Me...); err != nil {
		l.Close()
		return nil, err
	}
	o.Reason = strings.TrimSpace(o.Reason)
	if !strings.ContainsFunc(o.Reason, unicode.IsLetter) { // nothing that can be read, such as a zero-width space
		o.Reason = ""
	}
	if o.Sounds == nil {
		o.Sounds = SoundsOf(o.Library)
	}
	return &Gate{o: o, ledger: l, known: make(map[string]*voices), noted: make(map[string]bool), words: quoted.New(o.Library)}, nil
}

// Close lets go of the ledger.
func (g *Gate) Close() error { return g.ledger.Close() }

// Torn is how many bytes of an entry stand at the ledger's end that a killed
// program has not finished.
func (g *Gate) Torn() int64 { return g.ledger.Torn }

// A Use is a part of a recording that is to be used, or a file of which nobody
// can tell what it is a part of.
type Use struct {
	Recording string          // id
	Parts     []space.Stretch // none: all of it
	Clip      bool            // it is a clip
	Film      bool            // it is a video that is to be cut
	Also      []Use           // what else is heard: recordings in an intro or an outro

	// File is a file whose recording nobody can tell; Why says what is not
	// known of it. SHA256 is its hash.
	File, Why, SHA256 string
	words             bool // what is not known are words alone
}

// Asks reports whether the gate asks anything about an action: where it does
// not, nobody need find out who is heard in a file.
func (g *Gate) Asks(act consent.Action) bool { return g.o.Policy.Mode(act) != consent.Off }

// Requires reports whether the gate can refuse an action.
func (g *Gate) Requires(act consent.Action) bool { return g.o.Policy.Mode(act) == consent.Require }

// Check asks whether an action may be done with a use of a voice. The error is
// a *consent.Refused if it may not. What it finds says who has not agreed
// where it may be done all the same.
func (g *Gate) Check(ctx context.Context, act consent.Action, u Use) (*consent.Finding, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, also := range u.Also {
		if f, err := g.find(act, also); err != nil {
			return nil, err
		} else if f.Stops() && g.o.Reason == "" {
			return nil, &consent.Refused{Finding: f}
		}
	}
	f, err := g.find(act, u)
	if err != nil {
		return nil, err
	}
	if f.Stops() && g.o.Reason == "" {
		return nil, &consent.Refused{Finding: f}
	}
	return &f, g.enter(ctx, &f, u)
}

// find asks who is heard in a use and has not agreed to it.
func (g *Gate) find(act consent.Action, u Use) (consent.Finding, error) {
	if !g.Asks(act) {
		return consent.Finding{Action: act, Mode: consent.Off}, nil
	}
	if u.Why != "" {
		return consent.CheckUnknown(g.o.Policy, act, u.File, u.Why), nil
	}
	v, err := g.voices(u.Recording)
	if isUnknown(err) { // it was made in another library, or removed from this one
		return consent.CheckUnknown(g.o.Policy, act, u.Recording, "the recording is not in the library"), nil
	}
	if err != nil {
		return consent.Finding{}, err
	}
	f := g.ledger.Check(g.o.Policy, act, consent.Use{Recording: v.rec, Turns: v.turns, Parts: u.Parts}, g.o.Now())
	f.Clip, f.Film = u.Clip, u.Film
	return f, nil
}

// enter enters the host's reason, once for each person, action and recording.
func (g *Gate) enter(ctx context.Context, f *consent.Finding, u Use) error {
	if g.o.Reason == "" || g.o.Plan {
		return nil
	}
	var names []string
	for i := range f.Missing {
		name := f.Missing[i].Who().Entered()
		if key := strings.Join([]string{string(f.Action), u.Recording, u.File, consent.Handle(name)}, "\n"); !g.noted[key] {
			g.noted[key] = true
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return g.ledger.Add(ctx, consent.Entry{Kind: consent.Override, At: space.Time{Time: g.o.Now()},
		Recording: u.Recording, File: u.File, SHA256: u.SHA256, Action: f.Action, Missing: names, Note: g.o.Reason})
}

// A Refusals is the error of several uses that may not be.
type Refusals []*consent.Refused

func (list Refusals) Error() string {
	var text []string
	for _, r := range list {
		text = append(text, r.Error())
	}
	return strings.Join(text, "\n")
}

// IsRefusal reports whether an error is that of a use, or of several, that may
// not be.
func IsRefusal(err error) bool {
	var one *consent.Refused
	var several Refusals
	return errors.As(err, &one) || errors.As(err, &several)
}

// CheckAll asks about several uses, and lists all that may not be: as a
// *consent.Refused if it is one, else as Refusals. No reason is entered before
// all have been asked about.
func (g *Gate) CheckAll(ctx context.Context, act consent.Action, uses []Use) ([]*consent.Finding, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	uses = merged(uses)
	var refused Refusals
	var found []*consent.Finding
	for _, u := range uses {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := g.find(act, u)
		if err != nil {
			return nil, err
		}
		if f.Stops() && g.o.Reason == "" {
			refused = append(refused, &consent.Refused{Finding: f})
		}
		found = append(found, &f)
	}
	switch len(refused) {
	case 0:
	case 1:
		return nil, refused[0]
	default:
		return nil, refused
	}
	for i, f := range found {
		if err := g.enter(ctx, f, uses[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// merged joins the uses of each recording.
func merged(uses []Use) []Use {
	var list []Use
	index := make(map[string]int)
	flat := slices.Clone(uses)
	for _, u := range uses {
		flat = append(flat, u.Also...)
	}
	for _, u := range flat {
		u.Also = nil
		i, ok := index[u.Recording]
		if u.Why != "" || !ok {
			if u.Why == "" {
				index[u.Recording] = len(list)
			}
			u.Parts = slices.Clip(u.Parts)
			list = append(list, u)
			continue
		}
		old := &list[i]
		old.Clip, old.Film = old.Clip && u.Clip, old.Film && u.Film
		if len(old.Parts) == 0 || len(u.Parts) == 0 {
			old.Parts = nil
			continue
		}
		old.Parts = append(old.Parts, u.Parts...)
	}
	return list
}

// voices loads what is known of a recording. What makes no sense is an error:
// nobody can say who is heard then.
func (g *Gate) voices(id string) (*voices, error) {
	if v := g.known[id]; v != nil {
		return v, nil
	}
	s, err := g.o.Library.Load(id)
	if err != nil {
		return nil, err
	}
	turns, err := g.o.Library.Turns(id)
	if err == nil {
		err = checkTurns(turns)
	}
	if err != nil {
		return nil, &TurnsError{id, err}
	}
	v := &voices{rec: &s.Recording, turns: turns}
	g.known[id] = v
	return v, nil
}

// A TurnsError means that the list of who speaks when in a recording cannot be
// read.
type TurnsError struct {
	Recording string
	Err       error
}

func (e *TurnsError) Error() string {
	return fmt.Sprintf("cannot read the speaking turns of %s: %v", e.Recording, e.Err)
}
func (e *TurnsError) Unwrap() error { return e.Err }

// checkTurns refuses turns that no program of ours has written.
func checkTurns(turns *space.Turns) error {
	if turns == nil {
		return nil
	}
	if turns.Schema > space.Schema {
		return library.ErrNewer
	}
	for i, t := range turns.Turns {
		if math.IsNaN(t.Start) || math.IsNaN(t.End) || t.Start < 0 || t.End < t.Start {
			return fmt.Errorf("turn %d: invalid range %g to %g", i+1, t.Start, t.End)
		}
	}
	return nil
}

// isUnknown reports whether an error says that the library has no such
// recording, and not that it cannot be read.
func isUnknown(err error) bool { return errors.Is(err, library.ErrNotFound) }
