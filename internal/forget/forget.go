// Package forget takes a person out of a library: it finds where they are
// heard and where they are named, and removes or rewrites what the host
// chooses.
//
// Originals cannot be rewritten: they are kept as they came, with a voice that
// runs through all of their frames and handles in the tags between them. They
// go as a whole, with all that was made of the recording, or they stay.
package forget

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/publish"
)

// An ItemKind says what a thing in the library is. The words appear in JSON.
type ItemKind string

const (
	Original  ItemKind = "original"
	Recording ItemKind = "recording" // the file to play
	Clip      ItemKind = "clip"
	Episode   ItemKind = "episode"
	Copy      ItemKind = "copy"     // of an episode, beside the feed
	Receipt   ItemKind = "receipt"  // of a copy that was sent somewhere
	Ledger    ItemKind = "ledger"   // answers and evidence
	Leftover  ItemKind = "leftover" // of a command that was killed
	// Transcript is a file with what they have said, and the output of an engine
	// or the sound that it is made of.
	Transcript ItemKind = "transcript"
	File       ItemKind = "file" // any other that names the person
)

// A Fate says what becomes of a thing. The words appear in JSON.
type Fate string

const (
	Removed   Fate = "removed"
	Rewritten Fate = "rewritten" // without the name
	Stays     Fate = "stays"
)

// An Item is a thing in which a person is heard or named.
type Item struct {
	Kind      ItemKind `json:"kind"`
	Recording string   `json:"recording,omitempty"` // id
	Name      string   `json:"name"`                // below the library; of a receipt, where the copy is
	Bytes     int64    `json:"bytes"`
	Voice     bool     `json:"voice"` // the person is heard in it, or may be
	Named     bool     `json:"named"` // it holds their handle or id
	Fate      Fate     `json:"fate"`

	beside []string // that goes with it
	sha    string   // of an episode's or clip's audio
	place  string   // in layout.Removed, of a clip or an episode that was removed
	was    []string // where the files were then, below the library
}

// A Choice says what is to go.
type Choice struct {
	Clips, Episodes bool // in which the person is heard
	Words           bool // what the person has said, in transcripts
	// Originals are the recordings in which the person was on stage, with all
	// that was made of them.
	Originals bool
	// Names takes the name out of what stays, and out of the ledger of consent.
	// Clips and episodes that have it in their tags go.
	Names bool
}

// A Plan is what there is of a person in a library, and what becomes of it.
type Plan struct {
	Handle string
	Items  []Item
	// Backups hold the person until the next run of each.
	Backups []backups.Entry

	lib     *library.Library
	ledger  *consent.Ledger
	eraser  *erase.Eraser
	ids     []string // of the person on X
	choice  Choice
	stage   []string        // ids of the recordings in which the person was on stage
	dropped []string        // places of what was removed, likewise
	shared  map[string]bool // files that stand beside clips and episodes that stay
	begun   []string        // ids of those of which the work on a transcript goes
	// erasures are the transcripts out of which words are taken.
	erasures []erasure
}

// Find looks for a person.
func Find(ctx context.Context, lib *library.Library, ledger *consent.Ledger, handle string, c Choice) (*Plan, error) {
	p := &Plan{Handle: consent.Handle(handle), lib: lib, ledger: ledger, choice: c, shared: make(map[string]bool)}
	if c.Names && p.Handle == erase.Handle {
		return nil, fmt.Errorf("@%s replaces names that were removed and cannot itself be removed", p.Handle)
	}
	s := &search{Plan: p, ctx: ctx, owner: make(map[string]string), kept: make(map[string]*space.Space), places: make(map[string]bool), in: make(map[string][]file), known: make(map[string]bool),
		spoke: make(map[string]*transcripts.Erasure), plays: make(map[string]bool)}
	for _, step := range []func() error{s.people, s.recordings, s.removedSpaces, s.removedParts, s.leftovers, s.receipts, s.answers, s.files} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	record, err := backups.Read(lib.Root())
	for _, e := range record {
		if !e.Forgot {
			p.Backups = append(p.Backups, e)
		}
	}
	return p, err
}

// fate is Removed or Rewritten if that was chosen.
func fate(chosen bool, f Fate) Fate {
	if chosen {
		return f
	}
	return Stays
}

// Sent are the copies that lie elsewhere, out of reach.
func (p *Plan) Sent() []Item {
	var list []Item
	for _, it := range p.Items {
		if it.Kind == Receipt {
			list = append(list, it)
		}
	}
	return list
}

// Staying counts the originals that stay.
func (p *Plan) Staying() int {
	n := 0
	for _, it := range p.Items {
		if it.Kind == Original && it.Fate == Stays {
			n++
		}
	}
	return n
}

// Do does what was planned. Whatever has been done when it fails stays done:
// the same again goes on with the rest.
func (p *Plan) Do(ctx context.Context) error {
	for _, id := range p.unfinished() {
		if err := p.stopped(id); err != nil {
			return err
		}
	}
	if err := p.tellBackups(ctx); err != nil {
		return err
	}
	// First: whoever goes on with a run that was killed finds the words in the
	// transcripts, but could not tell whether the index had them.
	indexed, err := said.Discard(ctx, p.lib)
	if err != nil {
		return err
	}
	// Whoever is taken out is known again when an archive brings them back.
	if p.choice.Names || p.choice.Originals {
		if err := p.ledger.Remember(p.Handle, p.ids...); err != nil {
			return err
		}
	}
	if p.choice.Originals {
		if err := p.removeRecordings(ctx); err != nil {
			return err
		}
	}
	if err := p.erase(); err != nil {
		return err
	}
	for _, it := range p.Items {
		if it.Fate != Removed || it.Kind == Original || it.Kind == Ledger || it.Kind == Transcript && it.place == "" {
			continue
		}
		if it.Kind == Recording && !isAside(it.Name) {
			continue // went with its folder
		}
		if it.place != "" {
			if err := p.lib.DropRemoved(it.place); err != nil {
				return err
			}
			continue
		}
		for _, name := range append([]string{it.Name}, it.beside...) {
			if p.shared[name] {
				continue
			}
			if err := p.lib.RemoveFile(name); err != nil {
				return err
			}
		}
	}
	if p.choice.Names {
		if err := p.rename(ctx); err != nil {
			return err
		}
	}
	if err := p.lib.Rebuild(ctx); err != nil {
		return err
	}
	if indexed {
		if _, err := said.Rebuild(ctx, p.lib); err != nil {
			return err
		}
	}
	// Once more, for a backup that has read the library in between.
	return p.tellBackups(ctx)
}

// tellBackups keeps that the backups that were made so far hold the person.
func (p *Plan) tellBackups(ctx context.Context) error {
	_, err := backups.Forgot(ctx, p.lib.Root(), time.Now())
	return err
}

func (p *Plan) removeRecordings(ctx context.Context) error {
	for _, id := range p.stage {
		if _, err := p.lib.Remove(ctx, id, true, ""); err != nil {
			return err
		}
		if err := p.lib.RemoveFile(layout.ConfirmedOf(id)); err != nil {
			return err
		}
	}
	for _, place := range p.dropped {
		if err := p.lib.DropRemoved(place); err != nil {
			return err
		}
	}
	return nil
}

// receipts lists the copies that were sent of what the person is heard in, or
// that name them.
func (s *search) receipts() error {
	root := s.lib.Root()
	heard := make(map[string]bool)
	for _, it := range s.Items {
		if it.Voice {
			heard[it.Name] = true
			for _, name := range slices.Concat(it.beside, it.was) {
				heard[name] = true
			}
		}
	}
	seen := make(map[string]bool)
	return publish.Receipts(root, func(r *publish.Receipt) error {
		where := r.Place + "/" + r.Object
		if r.URL != "" {
			where = r.URL
		}
		said := r.File + "\n" + where
		if r.Post != nil {
			said += "\n" + r.Post.Text
		}
		named := s.eraser.In([]byte(said))
		if voice := heard[r.File]; (voice || named) && !seen[where] {
			seen[where] = true
			s.add(Item{Kind: Receipt, Recording: r.ID, Name: where, Bytes: r.Bytes, Voice: voice, Named: named, Fate: Stays})
		}
		return nil
	})
}

// answers lists the entries of the ledger.
func (s *search) answers() error {
	for _, e := range s.ledger.Entries() {
		theirs := consent.Handle(e.Handle) == s.Handle || e.ID != "" && slices.Contains(s.ids, e.ID)
		if !theirs && !e.About(consent.Who{Handle: s.Handle}) {
			continue
		}
		it := Item{Kind: Ledger, Recording: e.Recording, Name: layout.Answers, Named: true, Fate: fate(s.choice.Names, Rewritten)}
		if theirs {
			it.Fate = fate(s.choice.Names, Removed)
			if e.Evidence != nil {
				it.Name, it.Bytes = e.Evidence.Name, e.Evidence.Bytes
			}
		}
		s.add(it)
		s.known[it.Name] = true
	}
	s.known[layout.Answers] = true
	return nil
}
