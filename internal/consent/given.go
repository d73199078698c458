package consent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// ErrNoAccount means that the library has no archive of an account.
var ErrNoAccount = errors.New("no archive of this account is in the library")

// An AccountsError means that an answer about all recordings does not say to which
// of the accounts in the library it was given.
type AccountsError struct{ Names []string }

func (e *AccountsError) Error() string {
	return fmt.Sprintf("the recordings in this library are of several accounts (%s): say which one the answer was given to", strings.Join(e.Names, ", "))
}

// GivenTo finds the account that an answer was given to: the one that is named,
// that of the recording, or the one that the library has. A no is one to everybody.
func (l *Ledger) GivenTo(recs []*space.Recording, e *Entry, named string) (*space.Person, error) {
	accounts := l.Owners.Accounts
	if named != "" {
		for _, w := range accounts {
			if Handle(named) == Handle(w.Handle) || Handle(named) == w.ID && w.ID != "" {
				return &space.Person{ID: w.ID, Handle: w.Handle}, nil
			}
		}
		return nil, ErrNoAccount
	}
	for _, r := range recs {
		if r.ID == e.Recording && r.Account != nil && *r.Account != (space.Person{}) {
			return r.Account, nil
		}
	}
	if account := l.Owners.Account(); account != nil || e.Answer != Granted || e.Recording != "" || len(accounts) == 0 && !l.Owners.Mixed {
		return account, nil
	}
	if l.Owners.Mixed {
		return &space.Person{}, nil // this library's own recordings, which came from no archive
	}
	var names []string
	for _, w := range accounts {
		if name := w.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return nil, &AccountsError{names}
}
