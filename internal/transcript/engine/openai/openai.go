// Package openai turns sound into words with a server that speaks OpenAI's
// protocol (POST /v1/audio/transcriptions), or with whisper.cpp's own.
package openai

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// name is that of the engine in errors.
const name = "openai"

// Paths of the service: OpenAI's below the address of a version, and that of
// whisper.cpp's server.
const (
	version   = "/v1"
	service   = "/audio/transcriptions"
	inference = "/inference"
)

// patience is how long a server may compute without sending anything if the
// piece has no timeout.
const patience = time.Hour

// Options say which server is asked, and how.
type Options struct {
	// Address of the server (https://api.openai.com), of a version of its API
	// (…/v1), or of the service itself (…/transcriptions, …/inference).
	Address string
	Model   string // or "": not sent
	Key     string // secret; or ""
	Wire    wire.Options
}

// An Engine is a server.
type Engine struct {
	url   *url.URL
	bare  bool // no path was given
	model string
	key   string
	wire  wire.Options
}

// New makes an engine of a server. Sound goes to other computers over HTTPS
// only. The error is an *engine.Error.
func New(o Options) (*Engine, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return nil, about(engine.BadAddress, wire.NewRedactor(o.Key).Text(o.Address), "the address of the server is not valid (expected https://HOST)")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, about(engine.NotSecure, u.Host, "sound is sent to another computer over HTTPS only, not to http://"+u.Host)
	}
	e := &Engine{url: u, model: o.Model, key: o.Key, wire: o.Wire}
	u.Fragment = ""
	switch path := strings.TrimRight(u.Path, "/"); {
	case path == "":
		e.bare = true
		u.Path = version + service
	case strings.HasSuffix(path, "/transcriptions"), strings.HasSuffix(path, inference):
		u.Path = path
	default:
		u.Path = path + service
	}
	e.wire.Redact = wire.NewRedactor(o.Key)
	if e.wire.Tries == 0 {
		e.wire.Tries = 4 // each may cost the server minutes
	}
	return e, nil
}

func about(c engine.Cause, subject, message string) *engine.Error {
	return &engine.Error{Cause: c, Message: message, Engine: name, Subject: subject}
}

// isLoopback reports whether a host is this computer. Only the name localhost
// is (RFC 6761, 6.3); what others mean is for whoever answers for names.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Host returns where the sound goes: a host and perhaps a port.
func (e *Engine) Host() string { return e.url.Host }

// Local reports whether the sound stays on this computer.
func (e *Engine) Local() bool { return isLoopback(e.url.Hostname()) }

// Recognize implements engine.Engine.
func (e *Engine) Recognize(ctx context.Context, p engine.Piece) (*engine.Result, error) {
	within, stop := ctx, context.CancelFunc(func() {})
	o := e.wire
	if o.Idle == 0 {
		o.Idle = patience
	}
	if p.Timeout > 0 {
		within, stop = context.WithTimeout(ctx, p.Timeout)
		o.Idle = min(o.Idle, 2*p.Timeout) // the timeout comes first
	}
	defer stop()
	raw, err := e.ask(within, o, p)
	if err == nil {
		var r *engine.Result
		if r, err = engine.Read(raw, p); err == nil {
			return r, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	err = e.explain(err, p.Timeout)
	var problem *engine.Error
	if errors.As(err, &problem) {
		problem.Said = o.Redact.Text(problem.Said) // some repeat the key
	}
	return nil, err
}

// ask sends the piece, several times if that may help, and returns the answer.
func (e *Engine) ask(ctx context.Context, o wire.Options, p engine.Piece) ([]byte, error) {
	client := o.Client()
	defer client.CloseIdleConnections()
	check := client.CheckRedirect
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if next.Method != via[0].Method { // to a page where one signs in, say
			return &wire.RedirectError{From: hostOf(via[0].URL), To: hostOf(next.URL) + next.URL.Path}
		}
		return check(next, via)
	}
	u := *e.url
	var raw []byte
	err := o.Try(ctx, func(ctx context.Context) (err error) {
		raw, err = e.post(ctx, client, &u, p)
		if e.bare && errors.Is(err, errWhisperServer) {
			u.Path = inference
			raw, err = e.post(ctx, client, &u, p)
		}
		return err
	})
	return raw, err
}
