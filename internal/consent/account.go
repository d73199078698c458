package consent

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// mergedSchema is the version of entries that came from another library:
// programs that do not know of accounts would take them for answers to their
// own host, so they refuse the ledger instead.
const mergedSchema = 2

// Account is the one account that the recordings of a library came from, or nil
// if there are several, or none is known.
func (o *Owners) Account() *space.Person {
	if len(o.Accounts) == 0 || o.several() {
		return nil
	}
	p := &space.Person{}
	for _, a := range o.Accounts { // an older archive may name the id or the handle alone
		p.ID, p.Handle = first(p.ID, a.ID), first(p.Handle, a.Handle)
	}
	return p
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// several reports whether recordings of different hosts are in the library.
func (o *Owners) several() bool {
	return o.Mixed || slices.ContainsFunc(o.Accounts, func(a Who) bool { return !a.same(o.Accounts[0]) })
}

// all reports whether no archive is of another account.
func (o *Owners) all(w Who) bool {
	return !o.Mixed && !slices.ContainsFunc(o.Accounts, func(a Who) bool { return !a.same(w) })
}

// accountOf is the person of an account, and whether it names one. Accounts that
// were forgotten are all called the same: they name nobody.
func accountOf(p *space.Person) (Who, bool) {
	if p == nil {
		return Who{}, false
	}
	w := Who{p.Handle, p.ID}
	return w, w != (Who{}) && !w.Forgotten()
}

// SameAccount reports whether two accounts are known to be one.
func SameAccount(a, b *space.Person) bool {
	x, ok := accountOf(a)
	y, both := accountOf(b)
	return ok && both && x.same(y)
}

// counts reports whether an answer is one to the host of a recording. A no is
// one to everybody. A yes holds for the account that it was given to; where
// that is not known, for the recordings of a library that has one account at
// most. What a merge brought in never counts for recordings that name no
// account: these are the library's own.
func (l *Ledger) counts(e *Entry, rec *space.Recording) bool {
	if e.Answer != Granted {
		return true
	}
	to, known := accountOf(e.Account)
	of, came := accountOf(rec.Account)
	switch {
	case known && came:
		return to.same(of)
	case known: // a recording with an empty account came from a library without one
		return rec.Account == nil && !e.Foreign && l.Owners.all(to)
	case e.Foreign:
		return false
	case e.Account != nil: // given in this library before others were merged into it
		return rec.Account == nil
	case e.Recording != "":
		return true
	case rec.Account != nil && !came:
		return false
	}
	return !l.Owners.several()
}

// stricter is the entry that holds of two that stand beside each other: what was
// answered in one library, and what in another that was merged into it.
func stricter(here, there *Entry) *Entry {
	no := func(e *Entry) bool { return e.Answer != Granted }
	switch {
	case there == nil:
		return here
	case here == nil:
		return there
	case no(here):
		return here
	case no(there):
		return there
	case there.Until != nil && (here.Until == nil || there.Until.Before(*here.Until)):
		return there
	}
	return here
}

// Same reports whether two entries are one that was copied from library to
// library.
func (e *Entry) Same(other *Entry) bool { return e.Text() == other.Text() }

// Text is what tells an entry from others, wherever it has been copied to.
func (e *Entry) Text() string {
	bare := *e
	bare.Schema, bare.Account, bare.Foreign, bare.MergedAt = 0, nil, false, space.Time{}
	b, _ := json.Marshal(bare) // texts and times
	return string(b)
}

// Merge appends entries that came from another library: all or, if it fails,
// none.
func (l *Ledger) Merge(ctx context.Context, list []Entry) error {
	if len(list) == 0 {
		return nil
	}
	var lines []any
	for i := range list {
		list[i].Schema = mergedSchema
		lines = append(lines, list[i])
	}
	if err := l.makeFolder(); err != nil {
		return err
	}
	if _, err := l.file.Append(ctx, lines...); err != nil {
		return err
	}
	l.Torn = 0
	for _, e := range list {
		l.append(e)
	}
	return nil
}

// Settle notes of each general yes that names no account to whom it was given:
// an empty account is the host of this library, who is not known by one. It is
// to be done before the recordings of another account come in. It returns how
// many entries that changed.
func (l *Ledger) Settle(ctx context.Context, account *space.Person) (int, error) {
	if account == nil {
		account = &space.Person{}
	}
	open := func(e *Entry) bool {
		return e.Kind == Consent && e.Answer == Granted && e.Recording == "" && e.Account == nil && !e.Foreign && e.MergedAt.IsZero()
	}
	if !slices.ContainsFunc(l.entries, func(e Entry) bool { return open(&e) }) {
		return 0, nil
	}
	changed := 0
	err := l.file.Rewrite(ctx, func(lines [][]byte) ([][]byte, error) {
		for i, line := range lines {
			var e Entry
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, err
			}
			if !open(&e) {
				continue
			}
			e.Account = account
			b, err := json.Marshal(e)
			if err != nil {
				return nil, err
			}
			lines[i] = b
			changed++
		}
		return lines, nil
	})
	if err != nil {
		return 0, err
	}
	return changed, l.reread()
}

// Unmoved are the entries of a ledger that another one would get in a merge: a
// yes that it does not have, and a no that does not hold in it. agreed tells
// whether a yes holds there against an entry.
func (l *Ledger) Unmoved(theirs []Entry, agreed func(no *Entry) bool) []Entry {
	had, merged := make(map[string]bool), make(map[string]bool)
	for i := range l.entries {
		text := l.entries[i].Text()
		had[text] = true
		merged[text] = merged[text] || !l.entries[i].MergedAt.IsZero()
	}
	var list []Entry
	for i := range theirs {
		e := &theirs[i]
		text := e.Text()
		no := e.Kind == Consent && e.Answer != Granted
		// One that this library has too, and has a later yes to: the other
		// library has not, and a no in either holds.
		if !had[text] || no && !merged[text] && agreed(e) {
			list = append(list, *e)
			had[text], merged[text] = true, true
		}
	}
	return list
}
