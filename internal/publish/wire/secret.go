package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// hidden stands for a secret, which has so many bytes at least.
const (
	hidden = "•••"
	least  = 4
)

// secretWords are names of query parameters whose values are secrets.
var secretWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(x-amz-(signature|credential|security-token)|sig|signature|key|token|secret|password|pass|access_token|auth)$`)
})

// userinfo finds user and password in the text of a URL.
var userinfo = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([a-z][a-z0-9+.-]*://)([^/@\s:]*):([^/@\s]*)@`)
})

// authorization finds what a server repeats of the headers that say who asks:
// some put whole requests into their messages.
var authorization = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(authorization["']?\s*[:=]\s*)[^\r\n]*|(signature=)[0-9a-f]{32,}`)
})

// RedactURL returns a URL without password and signatures.
func RedactURL(u *url.URL) string {
	c := *u
	if _, has := u.User.Password(); has {
		c.User = url.User(u.User.Username())
	}
	if c.RawQuery != "" {
		q := c.Query()
		for name := range q {
			if secretWords().MatchString(name) {
				q.Set(name, hidden)
			}
		}
		c.RawQuery = q.Encode()
	}
	return c.String()
}

// Redactor replaces secrets in texts. The zero value knows only what a URL and
// an Authorization header can hold.
type Redactor struct {
	r     *strings.Replacer
	forms []string // in which secrets may stand in a text
}

// NewRedactor returns one that knows these secrets, as they are and as they
// look in URLs and in base64. HTTP's basic authentication has user and password
// in one, which is a secret of its own.
func NewRedactor(secrets ...string) Redactor {
	var forms, pairs []string
	for _, s := range secrets {
		if len(s) < least {
			continue // would take words apart, and hides nothing worth hiding
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			forms, pairs = append(forms, form), append(pairs, form, hidden)
		}
	}
	return Redactor{strings.NewReplacer(pairs...), forms}
}

// Text returns a text without the secrets.
func (r Redactor) Text(s string) string {
	if r.r != nil {
		s = r.r.Replace(s)
	}
	for _, form := range r.forms { // one that Plain has cut through
		for n := len(form) - 1; n >= least && strings.Contains(s, cut); n-- {
			s = strings.ReplaceAll(s, form[:n]+cut, hidden+cut)
		}
	}
	s = authorization().ReplaceAllString(s, "$1$2"+hidden)
	return userinfo().ReplaceAllString(s, "$1$2@")
}

// Error returns an error that reads like err without the secrets, and is it for
// errors.Is and errors.As.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	if text := r.Text(err.Error()); text != err.Error() {
		return &redacted{text, err}
	}
	return err
}

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.err }

// Explain puts the errors of connections into words, and wraps ErrUntrusted
// where a certificate was not accepted. Others are returned as they are.
func Explain(err error) error {
	var dns *net.DNSError
	var request *url.Error
	switch {
	case err == nil, errors.Is(err, ErrUntrusted):
		return err
	case isUntrusted(err):
		return fmt.Errorf("%w: %w", ErrUntrusted, cause(err))
	case isTLS(err):
		return fmt.Errorf("no TLS version in common with the server: %w", cause(err))
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("unknown host %s: %w", dns.Name, err)
	case errors.As(err, &request):
		if u, perr := url.Parse(request.URL); perr == nil {
			clean := &url.Error{Op: request.Op, URL: RedactURL(u), Err: request.Err}
			var m *marked
			if errors.As(err, &m) { // also around the request's error
				return mark(clean, m.retry)
			}
			return clean
		}
	}
	return err
}

// cause takes what an http.Client puts around an error from it.
func cause(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}
