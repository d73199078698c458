package openai

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// explain puts a failure into the words of engines.
func (e *Engine) explain(err error, timeout time.Duration) error {
	host := e.url.Host
	problem := func(c engine.Cause, format string, args ...any) *engine.Error {
		p := about(c, host, fmt.Sprintf(format, args...))
		p.Err = err
		return p
	}
	var known *engine.Error
	var status *wire.StatusError
	var redirect *wire.RedirectError
	var local *fs.PathError
	var request *url.Error
	var network net.Error
	switch {
	case errors.As(err, &known):
		known.Engine, known.Subject = name, host
		return known
	case errors.Is(err, context.DeadlineExceeded):
		p := problem(engine.TimedOut, "%s did not answer in %s", host, spell.Short(timeout.Seconds()))
		p.After, p.Err = timeout, nil
		return p
	case errors.As(err, &status):
		return e.status(status, err)
	case errors.As(err, &redirect):
		p := problem(engine.Redirected, "%s redirects to %s; no sound was sent there", host, redirect.To)
		p.Err = nil
		return p
	case errors.Is(err, errPage):
		p := problem(engine.BadOutput, "%s answered with a web page, not a transcript", host)
		p.Err = nil
		return p
	case errors.Is(err, errWhisperServer):
		return problem(engine.NoService, "%s has no transcription service at %s", host, e.url.Path)
	case errors.Is(err, wire.ErrUntrusted):
		return problem(engine.Untrusted, "the certificate of %s is not trusted", host)
	case errors.As(err, &local):
		return err // the piece
	case errors.As(err, &request), errors.As(err, &network):
		return problem(engine.Unreachable, "cannot reach %s", hostOf(e.url))
	}
	return problem(engine.Unreachable, "cannot get an answer from %s", hostOf(e.url))
}

// status puts an answer that is not a success into words.
func (e *Engine) status(s *wire.StatusError, err error) error {
	host := e.url.Host
	p := &engine.Error{Engine: name, Subject: host, Status: s.Status, Said: s.Message, Err: err}
	switch {
	case s.Code == noCredit:
		p.Cause, p.Message = engine.NoCredit, "the account at "+host+" has no credit left"
	case s.Status == http.StatusUnauthorized, s.Status == http.StatusForbidden, s.Status == http.StatusProxyAuthRequired:
		p.Cause, p.Message = engine.Denied, host+" denied access"
		if e.key == "" {
			p.Message += " (no key was sent)"
		}
	case s.Status == http.StatusNotFound, s.Status == http.StatusMethodNotAllowed, s.Status == http.StatusGone:
		p.Cause, p.Message = engine.NoService, host+" has no transcription service at "+e.url.Path+", or not the model"
	case s.Status == http.StatusRequestEntityTooLarge:
		p.Cause, p.Message = engine.TooLarge, "the piece is too large for "+host
	case s.Status == http.StatusTooManyRequests, s.Status == http.StatusServiceUnavailable:
		p.Cause, p.Message = engine.Busy, host+" is busy"
	case s.Status >= 500:
		p.Cause, p.Message = engine.ServerFails, host+" failed"
	default:
		p.Cause, p.Message = engine.Refused, host+" refused the request"
	}
	p.Message = fmt.Sprintf("%s (%d %s)", p.Message, s.Status, http.StatusText(s.Status))
	if p.Cause != engine.Busy { // which may say until when
		p.Err = nil
	}
	return p
}
