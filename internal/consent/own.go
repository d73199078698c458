package consent

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Owners are those whose voice is the host's own, so that nobody has to agree
// to its use: the accounts whose archives are in the library, and whom the host
// says to be. Whoever a sidecar or a link calls the host of a Space is a
// stranger.
type Owners struct {
	// Accounts are those of the archives. Where there are several, each is the
	// owner of what came in their own archive, and of nothing else.
	Accounts []Who
	// Mixed says that the library has no account of its own: those that it knows
	// are of hosts whose libraries were merged into it.
	Mixed bool
	// Me are the host's own handles or ids, in all recordings.
	Me []Who
}

// OwnersOf returns the owners in a library. Each of me is a handle or an id
// that the host says to be their own.
func OwnersOf(lib *library.Library, me ...string) (Owners, error) {
	var o Owners
	archives, err := lib.Archives()
	if err == nil {
		o.Mixed, err = lib.Mixed()
	}
	if err != nil {
		return o, fmt.Errorf("cannot determine the owners of the archives in the library: %w", err)
	}
	for _, a := range archives {
		if a.Account == nil || a.Account.ID == "" && a.Account.Handle == "" {
			continue
		}
		o.Accounts = append(o.Accounts, Who{a.Account.Handle, a.Account.ID})
	}
	for _, word := range me {
		if h := Handle(word); h != "" {
			w := Who{Handle: h}
			if IsID(h) {
				w.ID = h
			}
			o.Me = append(o.Me, w)
		}
	}
	return o, nil
}

// own reports whether a voice in a recording is the host's own.
func (o *Owners) own(rec *space.Recording, w Who) bool {
	for _, me := range o.Me {
		if me.ID != "" && me.ID == w.ID || w.Handle != "" && Handle(me.Handle) == Handle(w.Handle) {
			return true
		}
	}
	several := o.several()
	for _, a := range o.Accounts {
		came := rec.Account != nil && a.same(Who{rec.Account.Handle, rec.Account.ID})
		if a.same(w) && (came || !several) {
			return true
		}
	}
	return false
}

// same reports whether two name the same person: handles change hands, ids do
// not.
func (w Who) same(other Who) bool {
	if w.ID != "" && other.ID != "" {
		return w.ID == other.ID
	}
	return w.Handle != "" && Handle(w.Handle) == Handle(other.Handle)
}
