package post

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/x"
)

// Account is the name under which the token of X is kept.
const Account = "x.com"

// ErrRenewing means that another program is renewing the token.
var ErrRenewing = errors.New("another program is renewing the X token")

// ErrNoDir means that there is no folder for settings, so that no token can be
// kept.
var ErrNoDir = errors.New("no folder for settings")

// Tokens keeps the token of X among other secrets. It implements x.Tokens.
type Tokens struct {
	Store *keyring.Store
	Dir   string        // of the settings, or "" if there is none
	Wait  time.Duration // for other programs that renew the token
}

// Load implements x.Tokens.
func (t *Tokens) Load() (x.Token, error) {
	s, err := t.Store.Get(Account)
	if errors.Is(err, keyring.ErrNone) {
		return x.Token{}, fmt.Errorf("%w: %w", x.ErrSignedOut, err)
	}
	if err != nil {
		return x.Token{}, err
	}
	expires, _ := time.Parse(time.RFC3339, s["expires"]) // one that is none is over
	return x.Token{Access: s["access_token"], Refresh: s["refresh_token"], Expires: expires, User: s["user"], Handle: s["handle"]}, nil
}

// Save implements x.Tokens.
func (t *Tokens) Save(n x.Token) error {
	_, err := t.Store.Set(Account, keyring.Secret{
		"access_token": n.Access, "refresh_token": n.Refresh, "expires": n.Expires.UTC().Format(time.RFC3339), "user": n.User, "handle": n.Handle,
	})
	return err
}

// Lock implements x.Tokens. The error wraps ErrRenewing if another program does
// not let go, and ErrNoDir if there is no folder for the lock.
func (t *Tokens) Lock(ctx context.Context) (unlock func(), err error) {
	if t.Dir == "" {
		return nil, ErrNoDir
	}
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(t.Dir, ".x.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock.Wait(ctx, f, t.Wait); err != nil {
		f.Close()
		if errors.Is(err, flock.ErrHeld) {
			err = ErrRenewing
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
