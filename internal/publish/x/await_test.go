package x_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/x"
)

// The browser that X sends back brings the code of this login; whoever else
// comes to the address changes nothing.
func TestAwait(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	l := newRig(t).client().NewLogin(x.Redirect(port))
	if _, err := l.Await(t.Context(), port, nil); !errors.As(err, new(*x.PortError)) {
		t.Errorf("the port is taken: %v", err)
	}
	listener.Close()

	page, err := url.Parse(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	state := page.Query().Get("state")
	come := func(q url.Values) (int, string) {
		t.Helper()
		r, err := http.Get(x.Redirect(port) + "?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(b)
	}
	for _, c := range []struct {
		name   string
		answer url.Values
		code   string
		err    error
	}{
		{"agreed", url.Values{"state": {state}, "code": {"c1"}}, "c1", nil},
		{"not agreed", url.Values{"state": {state}, "error": {"access_denied"}}, "", publish.ErrDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, err := l.Await(t.Context(), port, func() error {
				if status, _ := come(url.Values{"state": {"other"}, "code": {"theirs"}}); status != http.StatusBadRequest {
					t.Errorf("another login: status %d", status)
				}
				if status, text := come(c.answer); status != http.StatusOK || !strings.Contains(text, "close this window") {
					t.Errorf("status %d: %s", status, text)
				}
				return nil
			})
			if code != c.code || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", code, err)
			}
		})
	}
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := l.Await(ctx, port, func() error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("pasted", func(t *testing.T) {
		if code, err := l.CodeIn(" " + x.Redirect(port) + "?state=" + state + "&code=c2\n"); code != "c2" || err != nil {
			t.Errorf("%q, %v", code, err)
		}
		if _, err := l.CodeIn("http://a b\x7f?code=SECRET"); !errors.Is(err, x.ErrNoAddress) || strings.Contains(err.Error(), "SECRET") {
			t.Error(err)
		}
	})
}
