package x

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// scopes are what posting needs; offline.access is for tokens that can be
// renewed.
const scopes = "media.write tweet.write tweet.read users.read offline.access"

// A Login is one attempt to sign in: X shows the host a page and sends the
// browser to Redirect with a code, which is good for a token for 30 seconds.
type Login struct {
	c        *Client
	redirect string
	state    string
	verifier string
}

// NewLogin begins to sign in. X compares redirect with what the app's settings
// there say, letter by letter.
func (c *Client) NewLogin(redirect string) *Login {
	// RFC 7636, 4.1: 43 to 128 characters; these have more than 128 bits each.
	return &Login{c, redirect, rand.Text(), rand.Text() + rand.Text()}
}

// URL is the page on which the host agrees.
func (l *Login) URL() string {
	sum := sha256.Sum256([]byte(l.verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {l.c.c.ClientID}, "redirect_uri": {l.redirect}, "scope": {scopes}, "state": {l.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	// X wants %20 between scopes.
	return l.c.c.Site + "/i/oauth2/authorize?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// ErrOtherLogin means that what came back belongs to no login of this run.
var ErrOtherLogin = errors.New("that is not the reply to this sign-in")

// Code takes the code out of the address that X has sent the browser to.
func (l *Login) Code(q url.Values) (string, error) {
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.state)) != 1 {
		return "", ErrOtherLogin
	}
	if e := q.Get("error"); e != "" {
		if e == "access_denied" {
			return "", fmt.Errorf("%w: access was declined on X", wire.ErrDenied)
		}
		return "", fmt.Errorf("%w: X says %s", wire.ErrDenied, wire.Plain(e+" "+q.Get("error_description"), 200))
	}
	if q.Get("code") == "" {
		return "", ErrOtherLogin
	}
	return q.Get("code"), nil
}

// Finish gets a token for the code, asks whose it is, and keeps it.
func (l *Login) Finish(ctx context.Context, code string) (Token, error) {
	c := l.c
	t, err := c.grant(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {c.c.ClientID}, "redirect_uri": {l.redirect}, "code_verifier": {l.verifier},
	}, code, l.verifier)
	if err != nil {
		return Token{}, err
	}
	var me struct{ ID, Username string }
	if err := c.with(ctx, &t, call{method: http.MethodGet, path: "/2/users/me"}, &me); err != nil {
		return Token{}, fmt.Errorf("cannot find out who signed in: %w", err)
	}
	if me.ID == "" || me.Username == "" {
		//lint:ignore ST1005 X is a name
		return Token{}, errors.New("X did not say who signed in")
	}
	t.User, t.Handle = me.ID, me.Username
	unlock, err := c.c.Tokens.Lock(ctx)
	if err != nil {
		return Token{}, err
	}
	defer unlock()
	return t, c.c.Tokens.Save(t)
}

// grant asks for a token (RFC 6749, 4.1.3 and 6). A code or refresh token is
// taken once: it is not asked twice where the first answer may only have been
// lost.
func (c *Client) grant(ctx context.Context, form url.Values, secrets ...string) (Token, error) {
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		ExpiresIn    int64  `json:"expires_in"`
	}
	o := c.c.Wire
	o.Redact = wire.NewRedactor(secrets...)
	asked := c.c.Now()
	err := o.Try(ctx, func(ctx context.Context) error {
		written, err := c.send(ctx, call{method: http.MethodPost, path: "/2/oauth2/token", form: form}, "", &answer)
		if err != nil && written && !errors.As(err, new(*wire.StatusError)) {
			return errors.New(wire.Explain(err).Error()) // which is none that is tried again
		}
		return err
	})
	var status *wire.StatusError
	switch {
	case errors.As(err, &status) && status.Status/100 == 4 && status.Status != http.StatusTooManyRequests && status.Status != http.StatusRequestTimeout:
		return Token{}, fmt.Errorf("%w: %w", ErrSignedOut, err)
	case err != nil:
		return Token{}, err
	case answer.AccessToken == "":
		return Token{}, fmt.Errorf("%w: X gave no token", ErrSignedOut)
	}
	if answer.ExpiresIn <= 0 {
		answer.ExpiresIn = 2 * 60 * 60
	}
	return Token{
		Access: answer.AccessToken, Refresh: answer.RefreshToken,
		Expires: asked.Add(time.Duration(min(answer.ExpiresIn, 1<<30)) * time.Second).UTC().Truncate(time.Second),
	}, nil
}

// ahead is how long before its end a token is renewed, so that what begins with
// it can end with it.
const ahead = 5 * time.Minute

// token returns one that is good for a while, and is not the one that X has
// refused.
func (c *Client) token(ctx context.Context, refused string) (Token, error) {
	good := func(t Token) bool { return t.Access != refused && c.c.Now().Add(ahead).Before(t.Expires) }
	t, err := c.c.Tokens.Load()
	if err != nil || good(t) {
		return t, err
	}
	unlock, err := c.c.Tokens.Lock(ctx)
	if err != nil {
		return Token{}, err
	}
	defer unlock()
	// Another program may have renewed it meanwhile.
	if t, err = c.c.Tokens.Load(); err != nil || good(t) {
		return t, err
	}
	if t.Refresh == "" {
		return Token{}, fmt.Errorf("%w: the token has expired", ErrSignedOut)
	}
	// Once asked, the old one is of no use: what comes has to be kept whatever
	// happens to the rest.
	n, err := c.grant(context.WithoutCancel(ctx), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.Refresh}, "client_id": {c.c.ClientID}}, t.Refresh, t.Access)
	if err != nil {
		return Token{}, err
	}
	n.User, n.Handle, n.Refresh = t.User, t.Handle, cmp.Or(n.Refresh, t.Refresh)
	return n, c.c.Tokens.Save(n)
}
