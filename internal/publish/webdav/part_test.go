package webdav

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// A server must not have this computer ask others that only it can reach, nor
// show what it was sent.
func TestSourceOfHostileServer(t *testing.T) {
	var asked atomic.Bool
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer inside.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away.zip" {
			http.Redirect(w, r, "http://127.0.0.2:"+port+"/", http.StatusFound)
			return
		}
		if _, _, ok := r.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusForbidden)
		_, password, _ := r.BasicAuth()
		w.Write([]byte("not with " + password))
	}))
	defer server.Close()
	target := open(t, Config{URL: strings.Replace(server.URL, "http:", "webdav:", 1), User: "me", Password: "pw-S3CRET", Wire: quick})
	get := func(name string) error {
		_, err := target.Source(name).Get(context.WithoutCancel(t.Context()), 0, 10, nil)
		return err
	}
	var refused *guard.RefusedError
	if err := get("away.zip"); !errors.As(err, &refused) || asked.Load() {
		t.Errorf("%v, asked: %t", err, asked.Load())
	}
	var e *ranges.Error
	if err := get("twitter.zip"); !errors.As(err, &e) || !strings.Contains(e.What, "not with") || strings.Contains(e.What, "S3CRET") {
		t.Errorf("%v", err)
	}
}
