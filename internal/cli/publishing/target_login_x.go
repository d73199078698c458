package publishing

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
)

type xLoginOptions struct{ open, paste bool }

// xConfig says how to reach X.
func (a *App) xConfig(o wire.Options) (*x.Config, error) {
	c := &x.Config{
		ClientID: a.Settings.XClientID, Tokens: &post.Tokens{Store: a.Secrets(), Dir: a.ConfigDir, Wait: a.Settings.LockWait}, Limits: x.Current(), Wire: o, Now: a.Now,
		Waiting: func(until time.Time) { a.Warn("X asks to wait until %s", until.In(a.Zone).Format("15:04:05")) },
	}
	// A server that plays X. Over a network nothing but TLS will do.
	if api, _ := a.Env("SPACES_X_API"); api != "" {
		u, err := url.Parse(api)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost") {
			return nil, app.Usage("SPACES_X_API must be a web address with https, not %q", api)
		}
		c.API = strings.TrimSuffix(api, "/")
		c.Site = c.API
	}
	return c, nil
}

// loginX signs in to X.
func (a *App) loginX(ctx context.Context, o xLoginOptions) error {
	switch {
	case o.open && o.paste:
		return app.Usage("--open cannot be combined with --paste")
	case a.Settings.XClientID == "":
		return app.Hinted(app.Usage("signing in to X needs a developer app of your own, and x.client_id is not set"),
			"make one (spaces help topic posting), then: spaces config set x.client_id ID. Without one: spaces post CLIP --text … --copy")
	}
	c, err := a.xConfig(a.WireOptions(0))
	if err != nil {
		return err
	}
	client := x.New(*c)
	defer client.Close()
	login := client.NewLogin(x.Redirect(a.Settings.XPort))
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
	where, err := a.Targets().Where(post.Account)
	if err != nil {
		return app.AuthError(err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, loginLine{space.Schema, post.Account, where})
	}
	a.Say("Signed in to X as %s. The token is stored %s", app.At(token.Handle), a.placeOfSecrets(where))
	return nil
}

// printLogin prints the address of the page on which the host agrees.
func (a *App) printLogin(l *x.Login) error {
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema int    `json:"schema"`
			URL    string `json:"url"`
		}{space.Schema, l.URL()})
	}
	_, err := fmt.Fprintf(a.Err, "Open this page and give spaces access there:\n\n  %s\n\n", l.URL())
	return err
}

// pasteCode reads the address that X has sent a browser to, from standard
// input.
func (a *App) pasteCode(ctx context.Context, l *x.Login) (string, error) {
	if !a.Settings.JSON {
		fmt.Fprint(a.Err, "The browser then shows an error page. Paste the address of that page here:\n")
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
	code, err := l.Await(ctx, a.Settings.XPort, func() error {
		if err := a.printLogin(l); err != nil {
			return err
		}
		if open {
			if err := a.Start(l.URL()); err != nil {
				a.Warn("%v", err)
			}
		}
		return nil
	})
	return code, loginError(err)
}

func loginError(err error) error {
	switch {
	case errors.As(err, new(*x.PortError)):
		return app.Fail(app.ExitFailed, "port", "choose another port, here (spaces config set x.redirect_port PORT) and in the settings of your app at X; or use --paste", err)
	case errors.Is(err, x.ErrNoAnswer):
		return app.Fail(app.ExitFailed, "no-answer", "if the browser runs on another computer: spaces target login x --paste", err)
	case errors.Is(err, x.ErrNoAddress):
		return app.Usage("%w", err)
	case errors.Is(err, x.ErrOtherLogin):
		return app.Hinted(app.Usage("%w", err), "sign in again, and paste the whole address of this attempt, from http to its end")
	case errors.Is(err, publish.ErrDenied):
		return app.Fail(app.ExitFailed, "denied", "sign in again: spaces target login x", err)
	}
	return err
}
