package consent

import (
	"time"

	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Forgotten reports whether a person was forgotten: in the place of their name
// stands what package erase puts there.
func (w Who) Forgotten() bool {
	return Handle(w.Handle) == erase.Handle && (w.ID == "" || w.ID == erase.ID) || w.Handle == "" && w.ID == erase.ID
}

// Remember keeps, as keyed hashes, that a person has withdrawn everything: their
// answers may then be taken out of the ledger.
func (l *Ledger) Remember(handle string, ids ...string) error {
	if Handle(handle) == erase.Handle {
		return nil
	}
	l.forgotten.Add(time.Now(), handle, ids...)
	return l.forgotten.Save(l.root)
}

// HasForgotten reports whether the person of a handle was forgotten.
func (l *Ledger) HasForgotten(handle string) bool { return l.forgotten.HasHandle(handle) }

// withdrawal is the answer of somebody who was forgotten, under whatever name
// they come back, or nil.
func (l *Ledger) withdrawal(w Who) *Entry {
	at, known := l.forgotten.At(w.Handle, w.ID)
	if !known && !w.Forgotten() {
		return nil
	}
	return &Entry{Schema: Schema, Kind: Consent, At: space.Time{Time: at}, Answer: Withdrawn}
}

// Reload takes in the answers, and who was forgotten, as they are now.
func (l *Ledger) Reload() error { return l.reread() }
