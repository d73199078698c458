package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type xLoginOptions struct{ open, paste, remove bool }

// xConfig says how to reach X.
func (a *App) xConfig(o wire.Options) (*x.Config, error) {
	c := &x.Config{
		ClientID: a.set.XClientID, Tokens: &post.Tokens{Store: a.secrets(), Dir: a.ConfigDir, Wait: a.set.LockWait}, Limits: x.Current(), Wire: o, Now: a.Now,
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
		return a.authRemove(post.Account)
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
	login := client.NewLogin(x.Redirect(a.set.XPort))
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
	where, err := a.whereKept(post.Account)
	if err != nil {
		return err
	}
	if a.set.JSON {
		return writeJSON(a.Out, authLine{space.Schema, post.Account, where})
	}
	a.say("Signed in to X as %s", at(token.Handle))
	if where == keyring.InFile {
		a.say("The token is kept in %s, since no keyring runs here: only you may read it", terminal.Safe(a.shortenHome(a.secrets().File)))
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
		code, err := l.CodeIn(got.line)
		return code, loginError(err)
	}
}

// awaitCode waits until X sends a browser of this computer back.
func (a *App) awaitCode(ctx context.Context, l *x.Login, open bool) (string, error) {
	code, err := l.Await(ctx, a.set.XPort, func() error {
		if err := a.printLogin(l); err != nil {
			return err
		}
		if open {
			if err := a.Start(l.URL()); err != nil {
				a.warn("%v", err)
			}
		}
		return nil
	})
	return code, loginError(err)
}

func loginError(err error) error {
	switch {
	case errors.As(err, new(*x.PortError)):
		return &failure{exitFailed, "port", "set another, here and in the settings of your app at X: spaces config set x.redirect_port PORT; or use --paste", err}
	case errors.Is(err, x.ErrNoAnswer):
		return &failure{exitFailed, "no-answer", "if the browser runs on another computer: spaces auth x --paste", err}
	case errors.Is(err, x.ErrNoAddress):
		return usage("%w", err)
	case errors.Is(err, x.ErrOtherLogin):
		return hinted(usage("%w", err), "sign in once more, and paste the address of this time, from http to its end")
	case errors.Is(err, publish.ErrDenied):
		return &failure{exitFailed, "denied", "sign in once more: spaces auth x", err}
	}
	return err
}
