package merge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
)

// accounts finds whose libraries these are.
func (m *merger) accounts(ctx context.Context) (err error) {
	if m.mine, err = consent.OwnersOf(m.lib); err != nil {
		return err
	}
	if m.theirs, err = consent.OwnersOf(m.other); err != nil {
		return fmt.Errorf("%s: %w", m.other.Dir(), err)
	}
	m.ledger.Owners = m.mine
	m.mixing, err = m.differentHosts()
	return err
}

// differentHosts reports whether the libraries are of different hosts, or nobody
// knows: then each keeps its answers to itself. Where one library has nothing that
// the other has not, it is a copy, or what a killed run has made of one.
func (m *merger) differentHosts() (bool, error) {
	mine, theirs := m.mine.Account(), m.theirs.Account()
	if consent.SameAccount(mine, theirs) {
		return false, nil
	}
	if mine != nil && theirs != nil {
		return true, nil
	}
	other, err := consent.Open(m.other.Dir(), m.o.Wait)
	if err != nil {
		return false, fmt.Errorf("%s: %w", m.other.Dir(), err)
	}
	defer other.Close()
	// The part must be the one that names no host: one that does and holds little
	// else, as after an archive without sound, would make the other's guests its own.
	for _, try := range [...]struct {
		unknown bool
		a, b    *library.Library
		in, all *consent.Ledger
	}{
		{len(m.mine.Accounts) == 0 && !m.mine.Mixed, m.lib, m.other, m.ledger, other},
		{len(m.theirs.Accounts) == 0, m.other, m.lib, other, m.ledger},
	} {
		if !try.unknown {
			continue
		}
		within, err := partOf(try.a, try.b, try.in, try.all)
		if err != nil || within {
			return false, err
		}
	}
	return true, nil
}

// partOf reports whether a library has no recording and no answer that another one
// has not.
func partOf(a, b *library.Library, in, all *consent.Ledger) (bool, error) {
	had := make(map[string]bool)
	for _, e := range all.Entries() {
		had[e.Text()] = true
	}
	for _, e := range in.Entries() {
		if !had[e.Text()] {
			return false, nil
		}
	}
	within := true
	err := a.Spaces(func(_ string, s *space.Space, err error) error {
		if err != nil {
			within = false
			return nil
		}
		if !within {
			return nil
		}
		other, err := b.Load(s.ID)
		within = err == nil && samePieces(s, other)
		return nil
	})
	return within, err
}

// answers takes in the entries of the other ledger. A ledger that cannot be read
// ends the merge: what stands in it may forbid what would come.
func (m *merger) answers(ctx context.Context) error {
	other, err := consent.Open(m.other.Dir(), m.o.Wait)
	if err != nil {
		return fmt.Errorf("%s: %w", m.other.Dir(), err)
	}
	defer other.Close()
	if m.mixing && !m.o.DryRun {
		if err := m.settle(ctx); err != nil {
			return err
		}
	}
	if !m.mixing && m.theirs.Mixed && !m.o.DryRun {
		if err := m.lib.MarkMixed(); err != nil {
			return err
		}
	}
	recs := m.recordingsOf()
	agreed := func(no *consent.Entry) bool { return m.agreed(no, recs) }
	list := m.ledger.Unmoved(m.readable(ctx, other), agreed)
	if len(list) == 0 {
		return nil
	}
	m.tellAnswers(list, recs)
	m.sum.Answers = len(list)
	if m.o.DryRun {
		return nil
	}
	return m.ledger.Merge(ctx, list)
}

// settle notes, before the recordings of another host come in, to whom the
// answers in this library were given and whose its recordings are.
func (m *merger) settle(ctx context.Context) error {
	account := m.mine.Account()
	if account == nil && len(m.mine.Accounts) > 0 && !m.mine.Mixed {
		return nil // of several: those that name none count for nothing already
	}
	if account == nil {
		if err := m.lib.MarkMixed(); err != nil {
			return err
		}
	}
	if _, err := m.ledger.Settle(ctx, account); err != nil || account == nil {
		return err
	}
	var open []*space.Space
	err := m.lib.Spaces(func(_ string, s *space.Space, err error) error {
		if err == nil && s.Account == nil {
			open = append(open, s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, known := range open {
		s := *known
		s.Account = account
		if err := m.lib.Correct(ctx, known, &s); err != nil {
			return err
		}
	}
	return nil
}

// readable are the entries of the other ledger as they come into this one: with
// the account that they were given to, and without those whom this library has
// forgotten. A yes whose evidence is lost does not come.
func (m *merger) readable(ctx context.Context, other *consent.Ledger) []consent.Entry {
	whole := make(map[string]error)
	var list []consent.Entry
	for _, e := range other.Entries() {
		if m.names.has(e.Handle, e.ID) {
			m.sum.Withheld++
			continue
		}
		e.Missing = slices.Clone(e.Missing)
		for i, name := range e.Missing {
			if m.names.has(name, strings.TrimPrefix(name, "id ")) {
				e.Missing[i] = erase.Handle
			}
		}
		if !m.names.list.Empty() {
			e.Note, e.File = m.names.eraser.Text(e.Note), m.names.eraser.Text(e.File)
		}
		Given(&e, m.theirs.Account(), m.accountIn(m.other, e.Recording), m.mixing)
		if e.Account == nil && e.Recording == "" && m.theirs.Account() == nil && len(m.theirs.Accounts) > 0 {
			e.Foreign = true // of several hosts nobody knows which: it counts for nothing there
		}
		if e.MergedAt.IsZero() {
			e.MergedAt = space.Time{Time: m.now}
		}
		if ev := e.Evidence; ev != nil {
			err, known := whole[ev.Name]
			if !known {
				err = m.evidence(ctx, ev)
				whole[ev.Name] = err
				if err != nil {
					m.fail("evidence", path.Join(m.other.Dir(), ev.Name), err)
				}
			}
			if err != nil && e.Answer == consent.Granted {
				continue
			}
		}
		list = append(list, e)
	}
	return list
}

// Given notes in an entry to whom it was given, where it does not say so: to the
// host of the recording that it is about, or of the library. Among the entries of
// another host it is marked, and where nobody knows to whom it was given it is an
// answer to nobody.
func Given(e *consent.Entry, library, recording *space.Person, mixing bool) {
	if mixing && e.Account != nil && *e.Account == (space.Person{}) {
		e.Account, e.Foreign = nil, true
	}
	switch {
	case e.Account != nil || e.Foreign:
	case recording == nil:
		e.Account = library
	case *recording == (space.Person{}):
		e.Foreign = true
	default:
		e.Account = recording
	}
	e.Foreign = e.Foreign || mixing
}

// accountIn returns whose a recording is in a library, nil if it does not say.
func (m *merger) accountIn(lib *library.Library, id string) *space.Person {
	if id == "" {
		return nil
	}
	s, err := lib.Load(id)
	if err != nil {
		return nil
	}
	return s.Account
}

// evidence copies a file that shows an answer, if it is the one that was kept.
func (m *merger) evidence(ctx context.Context, ev *consent.Evidence) error {
	if path.Dir(ev.Name) != layout.Evidence {
		return fmt.Errorf("%q is not a file of evidence", ev.Name)
	}
	sum, err := m.other.Sum(ctx, ev.Name)
	if err != nil {
		return err
	}
	if sum != ev.SHA256 {
		return &library.DifferentError{Name: ev.Name}
	}
	here, err := m.lib.Sum(ctx, ev.Name)
	if err == nil && here == sum || m.o.DryRun {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := m.other.OpenFile(ev.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = m.ledger.Keep(ctx, f, path.Ext(ev.Name))
	return err
}

// recordingsOf are the recordings of this library that answers are about, and for
// each host one that stands for all others of theirs.
func (m *merger) recordingsOf() []*space.Recording {
	recs := []*space.Recording{{}}
	for _, a := range m.mine.Accounts {
		recs = append(recs, &space.Recording{Account: &space.Person{ID: a.ID, Handle: a.Handle}})
	}
	seen := make(map[string]bool)
	for _, e := range m.ledger.Entries() {
		if e.Account != nil {
			recs = append(recs, &space.Recording{Account: e.Account})
		}
		if e.Recording != "" && !seen[e.Recording] {
			seen[e.Recording] = true
			recs = append(recs, &space.Recording{ID: e.Recording, Account: m.accountIn(m.lib, e.Recording)})
		}
	}
	return recs
}

// agreed reports whether a yes holds in this library against a no.
func (m *merger) agreed(no *consent.Entry, recs []*space.Recording) bool {
	for _, rec := range recs {
		if no.Recording != "" {
			if rec.ID != "" && rec.ID != no.Recording {
				continue
			}
			rec = &space.Recording{ID: no.Recording, Account: rec.Account}
		}
		for _, p := range no.Purposes() {
			st := m.ledger.Standing(consent.Who{Handle: no.Handle, ID: no.ID}, rec, p, m.now)
			if st.Entry != nil && st.Entry.Answer == consent.Granted { // also one that has expired
				return true
			}
		}
	}
	return false
}

// tellAnswers tells of people who say one thing here and another one there.
func (m *merger) tellAnswers(list []consent.Entry, recs []*space.Recording) {
	told := make(map[string]bool)
	for i := range list {
		e := &list[i]
		who := consent.Who{Handle: e.Handle, ID: e.ID}
		if e.Kind != consent.Consent || told[who.String()] {
			continue
		}
		c := Conflict{Kind: OfConsent, Recording: e.Recording, Other: path.Join(m.other.Dir(), layout.Answers)}
		there := string(e.Answer) + " on " + e.At.UTC().Format("2006-01-02")
		if e.Answer != consent.Granted {
			if !m.agreed(e, recs) {
				continue
			}
			c.Kept, c.Message = There, who.String()+" gave consent in this library, and in the other: "+there+"; the stricter answer holds now"
		} else {
			rec := &space.Recording{ID: e.Recording, Account: e.Account}
			said := consent.Unknown
			for _, p := range e.Purposes() {
				if st := m.ledger.Standing(who, rec, p, m.now); st.Entry != nil && !st.Answer.Agreed() {
					said = st.Answer
				}
			}
			if said == consent.Unknown {
				continue
			}
			c.Kept, c.Message = Here, who.String()+" has "+string(said)+" in this library, and in the other: "+there+"; the stricter answer still holds"
		}
		told[who.String()] = true
		m.conflict(c)
	}
	nowhere := 0
	for i := range list {
		if e := &list[i]; e.Kind == consent.Consent && e.Answer == consent.Granted && e.Foreign && e.Account == nil {
			nowhere++
		}
	}
	if nowhere > 0 {
		m.conflict(Conflict{Kind: OfConsent, Kept: Both, Other: path.Join(m.other.Dir(), layout.Answers),
			Message: spell.Count(nowhere, "consent") + " of the other library: nobody knows to which host it was given, so it is kept and counts for nothing"})
	}
}

// unreadableKind is the kind of problems with files that cannot be read.
const unreadableKind archive.ProblemKind = "unreadable"
