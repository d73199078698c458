package x_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/publish/x/xtest"
)

func TestTokens(t *testing.T) {
	t.Run("refresh", func(t *testing.T) {
		r := newRig(t)
		r.tokens.t.Expires = time.Now().Add(time.Minute)
		old := r.tokens.t
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
		if now := r.tokens.t; now.Access == old.Access || now.Refresh == old.Refresh || now.Handle != old.Handle || r.tokens.saved != 1 || r.x.Lines()[0] != "POST /2/oauth2/token" {
			t.Errorf("%d saved; %q", r.tokens.saved, r.x.Lines())
		}
	})
	t.Run("expired", func(t *testing.T) { // earlier than it was to
		r := newRig(t)
		r.x.Revoke()
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
		if r.tokens.saved != 1 {
			t.Errorf("%d saved", r.tokens.saved)
		}
	})
	t.Run("expired at the post", func(t *testing.T) {
		r := newRig(t)
		r.x.Fault = at("/2/tweets", 1, &xtest.Fault{Status: 401})
		got, err := r.post(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.once(got)
	})
	t.Run("revoked", func(t *testing.T) {
		r := newRig(t)
		r.x.Revoke()
		secret := "refresh-SECRET-no-more"
		r.tokens.t.Refresh = secret
		_, err := r.post(t.Context())
		if !errors.Is(err, x.ErrSignedOut) || strings.Contains(err.Error(), "SECRET") {
			t.Error(err)
		}
	})
	t.Run("none", func(t *testing.T) {
		r := newRig(t)
		r.tokens.t = x.Token{}
		if _, err := r.post(t.Context()); !errors.Is(err, x.ErrSignedOut) {
			t.Error(err)
		}
	})
}

// Programs whose token has ended renew it once.
func TestOneRefresh(t *testing.T) {
	r := newRig(t)
	r.tokens.t.Expires = time.Now()
	other := *r.p
	other.Text = "another"
	var all sync.WaitGroup
	for _, p := range []*x.Post{r.p, &other} {
		q := *r
		q.p = p
		all.Go(func() {
			if _, err := q.post(t.Context()); err != nil && !errors.As(err, new(*publish.BusyError)) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if r.tokens.saved != 1 {
		t.Errorf("renewed %d times", r.tokens.saved)
	}
}

func TestLogin(t *testing.T) {
	r := newRig(t)
	r.tokens.t = x.Token{}
	c := r.client()
	const redirect = "http://127.0.0.1:8420/callback"
	follow := func(l *x.Login) url.Values {
		h := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := h.Get(l.URL())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		to, err := resp.Location()
		if err != nil || !strings.HasPrefix(to.String(), redirect+"?") {
			t.Fatalf("%s, %v", to, err)
		}
		return to.Query()
	}
	l, other := c.NewLogin(redirect), c.NewLogin(redirect)
	q := follow(l)
	if _, err := other.Code(q); !errors.Is(err, x.ErrOtherLogin) {
		t.Error(err)
	}
	code, err := l.Code(q)
	if err != nil {
		t.Fatal(err)
	}
	// A code is of no use to who has not the verifier.
	if _, err := other.Finish(t.Context(), code); !errors.Is(err, x.ErrSignedOut) || strings.Contains(err.Error(), "SECRET") {
		t.Error(err)
	}
	if code, err = l.Code(follow(l)); err != nil {
		t.Fatal(err)
	}
	got, err := l.Finish(t.Context(), code)
	if err != nil || got.Handle != xtest.Handle || got.User != xtest.User || r.tokens.t != got || got.Refresh == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if left := time.Until(got.Expires); left < time.Hour || left > 3*time.Hour {
		t.Errorf("good for %v", left)
	}
	if _, err := l.Code(url.Values{"state": q["state"], "error": {"access_denied"}}); !errors.Is(err, wire.ErrDenied) {
		t.Error(err)
	}
	if _, err := l.Code(url.Values{"state": q["state"]}); !errors.Is(err, x.ErrOtherLogin) {
		t.Error(err)
	}
	if _, err := l.Code(url.Values{"code": {"c"}}); !errors.Is(err, x.ErrOtherLogin) {
		t.Error(err)
	}
}
