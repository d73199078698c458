package x

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// loginTime is how long the host may look at the page.
const loginTime = 10 * time.Minute

// ErrNoAnswer means that the browser has not come back from X.
//
//lint:ignore ST1005 X is a name
var ErrNoAnswer = errors.New("X did not redirect the browser to this computer")

// A PortError means that nothing can listen for the browser.
type PortError struct{ err error }

func (e *PortError) Error() string { return "waiting for the browser: " + e.err.Error() }
func (e *PortError) Unwrap() error { return e.err }

// Redirect is the address at which Await listens.
func Redirect(port int) string { return fmt.Sprintf("http://127.0.0.1:%d/callback", port) }

// Await waits until X sends a browser of this computer back to Redirect, and
// returns the code that it brings. ready is called once the address answers.
func (l *Login) Await(ctx context.Context, port int, ready func() error) (code string, err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", &PortError{err}
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
		if errors.Is(err, ErrOtherLogin) { // anybody can come here
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, "This is not the reply that spaces is waiting for.")
			return
		}
		fmt.Fprintln(w, "spaces has received the reply from X. You can close this window.")
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
	if err := ready(); err != nil {
		return "", err
	}
	wait, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	select {
	case o := <-came:
		return o.code, o.err
	case <-wait.Done():
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("%w for %s", ErrNoAnswer, loginTime)
	}
}

// ErrNoAddress means that a text is no address.
var ErrNoAddress = errors.New("that is not a web address")

// CodeIn takes the code out of the address that the browser shows in the end. It
// is a secret: no error has it.
func (l *Login) CodeIn(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return "", ErrNoAddress
	}
	return l.Code(u.Query())
}
