package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
)

// xAccount is the name under which X's token is kept.
const xAccount = "x.com"

type xLoginOptions struct{ open, paste, remove bool }

// xTokens keep X's token among the other secrets.
type xTokens struct{ a *App }

// Load implements x.Tokens.
func (t xTokens) Load() (x.Token, error) {
	s, err := t.a.secrets().Get(xAccount)
	if errors.Is(err, keyring.ErrNone) {
		return x.Token{}, fmt.Errorf("%w: %w", x.ErrSignedOut, err)
	}
	if err != nil {
		return x.Token{}, authError(err)
	}
	expires, _ := time.Parse(time.RFC3339, s["expires"]) // one that is none is over
	return x.Token{Access: s["access_token"], Refresh: s["refresh_token"], Expires: expires, User: s["user"], Handle: s["handle"]}, nil
}

// Save implements x.Tokens.
func (t xTokens) Save(n x.Token) error {
	_, err := t.a.secrets().Set(xAccount, keyring.Secret{
		"access_token": n.Access, "refresh_token": n.Refresh, "expires": n.Expires.UTC().Format(time.RFC3339), "user": n.User, "handle": n.Handle,
	})
	return authError(err)
}

// Lock implements x.Tokens.
func (t xTokens) Lock(ctx context.Context) (unlock func(), err error) {
	if t.a.ConfigDir == "" {
		return nil, noHome("the token cannot be kept")
	}
	if err := os.MkdirAll(t.a.ConfigDir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(t.a.ConfigDir, ".x.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock.Wait(ctx, f, t.a.set.LockWait); err != nil {
		f.Close()
		if errors.Is(err, flock.ErrHeld) {
			err = &failure{exitFailed, "locked", "wait until it is done, or use --lock-wait to wait longer", errors.New("another program is renewing the token of X")}
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}

// xConfig says how to reach X.
func (a *App) xConfig(o wire.Options) (*x.Config, error) {
	c := &x.Config{
		ClientID: a.set.XClientID, Tokens: xTokens{a}, Limits: x.Current(), Wire: o, Now: a.Now,
		Waiting: func(until time.Time) { a.warn("X asks to wait until %s", until.In(a.Zone).Format("15:04:05")) },
	}
	// A server that plays X. Over a network nothing but TLS will do.
	if api, _ := a.Env("SPACES_X_API"); api != "" {
		u, err := url.Parse(api)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost") {
			return nil, usage("SPACES_X_API wants a web address with https, not %q", api)
		}
		c.API = strings.TrimSuffix(api, "/")
		c.Site = c.API
	}
	return c, nil
}

// authX signs in to X.
func (a *App) authX(ctx context.Context, o xLoginOptions) error {
	switch {
	case o.remove && (o.open || o.paste):
		return usage("--remove goes with no other flag")
	case o.open && o.paste:
		return usage("--open and --paste do not go together")
	case o.remove:
		return a.authRemove(xAccount)
	case a.set.XClientID == "":
		return hinted(usage("signing in to X needs a developer app of your own, and x.client_id is not set"),
			"docs/posting.md tells how to make one; then: spaces config set x.client_id ID. Without one: spaces post CLIP --text … --copy")
	}
	c, err := a.xConfig(a.wireOptions(0))
	if err != nil {
		return err
	}
	client := x.New(*c)
	defer client.Close()
	login := client.NewLogin(fmt.Sprintf("http://127.0.0.1:%d/callback", a.set.XPort))
	var code string
	if o.paste {
		if err := a.printLogin(login); err != nil {
			return err
		}
		code, err = a.pasteCode(ctx, login)
	} else {
		code, err = a.awaitCode(ctx, login, o.open)
	}
	if err != nil {
		return err
	}
	token, err := login.Finish(ctx, code)
	if err != nil {
		return a.postError(err, "")
	}
	where, err := a.whereKept(xAccount)
	if err != nil {
		return err
	}
	if a.set.JSON {
		return writeJSON(a.Out, authLine{space.Schema, xAccount, where})
	}
	a.say("Signed in to X as %s", at(token.Handle))
	if where == keyring.InFile {
		a.say("The token is kept in %s, since no keyring runs here: only you may read it", safe(a.shortenHome(a.secrets().File)))
	}
	return nil
}

// whereKept tells where the secrets of an account are.
func (a *App) whereKept(account string) (string, error) {
	list, err := a.secrets().List()
	if err != nil {
		return "", authError(err)
	}
	for _, e := range list {
		if e.Target == account {
			return e.Where, nil
		}
	}
	return "", nil
}

// printLogin prints the address of the page on which the host agrees.
func (a *App) printLogin(l *x.Login) error {
	if a.set.JSON {
		return writeJSON(a.Out, struct {
			Schema int    `json:"schema"`
			URL    string `json:"url"`
		}{space.Schema, l.URL()})
	}
	_, err := fmt.Fprintf(a.Err, "Open this page and agree there:\n\n  %s\n\n", l.URL())
	return err
}

// pasteCode reads the address that X has sent a browser to, from standard
// input.
func (a *App) pasteCode(ctx context.Context, l *x.Login) (string, error) {
	if !a.set.JSON {
		fmt.Fprint(a.Err, "Then the browser finds no page. Paste the address that it shows:\n")
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // a read cannot be cancelled
		line, err := bufio.NewReader(io.LimitReader(a.In, 64<<10)).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-answers:
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			return "", got.err
		}
		u, err := url.Parse(strings.TrimSpace(got.line))
		if err != nil {
			return "", usage("that is no address") // the error would show the code
		}
		code, err := l.Code(u.Query())
		return code, loginError(err)
	}
}

// loginTime is how long the page may be looked at.
const loginTime = 10 * time.Minute

// awaitCode waits until X sends a browser of this computer back.
func (a *App) awaitCode(ctx context.Context, l *x.Login, open bool) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(a.set.XPort)))
	if err != nil {
		return "", &failure{exitFailed, "port", "set another, here and in the settings of your app at X: spaces config set x.redirect_port PORT; or use --paste",
			fmt.Errorf("waiting for the browser: %w", err)}
	}
	type outcome struct {
		code string
		err  error
	}
	came := make(chan outcome, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		code, err := l.Code(r.URL.Query())
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if errors.Is(err, x.ErrOtherLogin) { // anybody can come here
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, "This is not the answer that spaces waits for.")
			return
		}
		fmt.Fprintln(w, "spaces has heard from X. You can close this window.")
		select {
		case came <- outcome{code, err}:
		default:
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Shutdown(ctx) // lets the browser have its page
	}()
	if err := a.printLogin(l); err != nil {
		return "", err
	}
	if open {
		if err := a.Start(l.URL()); err != nil {
			a.warn("%v", err)
		}
	}
	wait, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	select {
	case o := <-came:
		return o.code, loginError(o.err)
	case <-wait.Done():
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", &failure{exitFailed, "no-answer", "if the browser runs on another computer: spaces auth x --paste", fmt.Errorf("no browser was sent back by X for %s", loginTime)}
	}
}

func loginError(err error) error {
	switch {
	case errors.Is(err, x.ErrOtherLogin):
		return hinted(usage("%w", err), "sign in once more, and paste the address of this time, from http to its end")
	case err != nil:
		return &failure{exitFailed, "denied", "sign in once more: spaces auth x", err}
	}
	return nil
}
