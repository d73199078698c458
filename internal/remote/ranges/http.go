package ranges

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
)

// HTTP is an object on the web.
type HTTP struct {
	Client *http.Client // one of package guard, unless the address is the user's own
	URL    *url.URL
}

// Get implements Source.
func (h *HTTP) Get(ctx context.Context, offset, length int64, was *Object) (*Part, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL.String(), nil)
	if err != nil {
		return nil, wire.Permanent(errors.New("the address cannot be read"))
	}
	Ask(r.Header, offset, length, was)
	resp, err := h.Client.Do(r)
	if err != nil {
		return nil, err
	}
	return Answer(resp, was)
}

// Ask adds to a request's header which part is wanted, and of which object
// (RFC 9110, 13.1.1 and 14.2).
func Ask(h http.Header, offset, length int64, was *Object) {
	h.Set("Accept-Encoding", "identity")
	if length < 0 {
		h.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	} else {
		h.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	}
	if was != nil && strong(was.ETag) {
		h.Set("If-Match", was.ETag)
	}
}

// Answer reads the answer to such a request. If it is an error its body has
// been closed.
func Answer(resp *http.Response, was *Object) (*Part, error) {
	p, err := answer(resp, was)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return p, nil
}

func answer(resp *http.Response, was *Object) (*Part, error) {
	p := &Part{Object: Describe(resp.Header), Body: resp.Body}
	switch resp.StatusCode {
	case http.StatusPartialContent:
		var err error
		if p.Offset, p.Length, p.Size, err = contentRange(resp.Header.Get("Content-Range")); err != nil {
			return nil, wire.Temporary(err)
		}
	case http.StatusRequestedRangeNotSatisfiable:
		_, size, _ := strings.Cut(resp.Header.Get("Content-Range"), "/")
		n, err := strconv.ParseInt(size, 10, 64)
		switch {
		case err == nil && n == 0 && was == nil:
			p.Size, p.Body = 0, http.NoBody
			resp.Body.Close()
			return p, nil
		case err == nil && was != nil && n != was.Size:
			return nil, changed((&Object{Size: was.Size}).differs(&Object{Size: n}))
		}
		return nil, failure(resp, was)
	case http.StatusOK:
		p.Whole, p.Length, p.Size = true, resp.ContentLength, resp.ContentLength
		if was != nil && isPage(p.Type) && !isPage(was.Type) {
			return nil, page(resp)
		}
	default:
		return nil, failure(resp, was)
	}
	if e := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); e != "" && e != "identity" {
		return nil, wire.Permanent(&Error{Kind: Unreachable, What: "the server compresses the file on its way, so parts of it cannot be read"})
	}
	return p, nil
}

// Describe reads what the header of an answer says of an object.
func Describe(h http.Header) Object {
	o := Object{Size: -1, ETag: h.Get("ETag")}
	if t, err := http.ParseTime(h.Get("Last-Modified")); err == nil {
		o.Modified = t.UTC()
	}
	o.Type, _, _ = mime.ParseMediaType(h.Get("Content-Type"))
	if _, params, err := mime.ParseMediaType(h.Get("Content-Disposition")); err == nil {
		o.Name = fileName(params["filename"])
	}
	return o
}

// fileName is the last part of a name that a server gives.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return name
}

// contentRange reads "bytes 0-99/1234" (RFC 9110, 14.4).
func contentRange(text string) (offset, length, size int64, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "bytes ")
	part, total, ok2 := strings.Cut(rest, "/")
	first, last, ok3 := strings.Cut(part, "-")
	a, err1 := strconv.ParseInt(first, 10, 64)
	b, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || !ok2 || !ok3 || err1 != nil || err2 != nil || a < 0 || b < a {
		return 0, 0, 0, errNoRange
	}
	size = -1
	if total != "*" {
		if size, err = strconv.ParseInt(total, 10, 64); err != nil || size <= b {
			return 0, 0, 0, errNoRange
		}
	}
	return a, b - a + 1, size, nil
}

func isPage(mediaType string) bool {
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// page is the error of an answer that is a web page and no file.
func page(resp *http.Response) error {
	return wire.Permanent(&Error{Kind: WebPage, Host: redirected(resp), What: "the server now sends a web page in the place of the file"})
}

// redirected is the host that the request was sent on to, if it is another
// than the one that was asked first.
func redirected(resp *http.Response) string {
	for r := resp.Request; r != nil; {
		if r.Response == nil {
			if resp.Request.URL.Host != r.URL.Host {
				return resp.Request.URL.Host
			}
			return ""
		}
		r = r.Response.Request
	}
	return ""
}

// failure puts an answer that is no success into words.
func failure(resp *http.Response, was *Object) error {
	said := message(resp)
	err := Failure(resp.StatusCode, said.Code, said.Message, was)
	if e := (*Error)(nil); errors.As(err, &e) {
		e.Host = redirected(resp)
	}
	return err
}

// Failure is the error of an HTTP answer that is no success: what the server
// calls it and says in words may be empty. was is nil before the first success.
func Failure(code int, word, message string, was *Object) error {
	words := fmt.Sprintf("the server answered %d %s", code, http.StatusText(code))
	if message != "" {
		words += " (" + message + ")"
	}
	e := &Error{Kind: Unreachable, What: words}
	switch {
	case strings.Contains(message, "has expired"), strings.Contains(message, "not valid in the specified time frame"), // S3, Azure
		word == "ExpiredToken", code == http.StatusGone:
		e.Kind, e.What = Expired, "the link has expired: "+words
	case code == http.StatusUnauthorized:
		e.Kind, e.What = Password, "the server asks for a password"
	case code == http.StatusProxyAuthRequired:
		e.Kind, e.What = Password, "the proxy asks for a password"
	case was != nil && code == http.StatusPreconditionFailed:
		return changed("the server gives it another ETag now")
	case was != nil && (code == http.StatusForbidden || code == http.StatusNotFound):
		e.Kind, e.What = Expired, "the file could be read before and cannot be any more: "+words
	case code == http.StatusForbidden:
		e.Kind, e.What = Denied, "the server refuses access: "+words
	case code == http.StatusNotFound:
		e.Kind, e.What = NotFound, "there is no such file: "+words
	case wire.RetryableStatus(code):
		return wire.Temporary(e)
	}
	return wire.Permanent(e)
}

// A said is what S3 and what speaks like it say in XML, and others in plain
// text.
type said struct {
	Code, Message string
}

// message reads the beginning of an answer that is no success.
func message(resp *http.Response) (s said) {
	const most = 16 << 10
	text, _ := io.ReadAll(io.LimitReader(resp.Body, most))
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case kind == "text/plain":
		s.Message = string(text)
	case strings.HasSuffix(kind, "xml") && !isPage(kind):
		if xml.Unmarshal(text, &s) != nil {
			s = said{}
		}
	}
	s.Code, s.Message = wire.Plain(s.Code, 60), wire.Plain(s.Message, 120)
	if strings.Contains(s.Message, "://") || strings.Contains(s.Message, resp.Request.URL.Path) && len(resp.Request.URL.Path) > 1 {
		s.Message = "" // an address, in which secrets may stand
	}
	return s
}

// explain makes an *Error of what a request failed with in the end. The text
// has no address: its query may be a secret.
func (o Options) explain(err error) error {
	var known *Error
	var request *url.Error
	var refused *guard.RefusedError
	var redirect *wire.RedirectError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &known):
		clean := *known
		clean.What = o.Wire.Redact.Text(known.What)
		return &clean
	}
	e := &Error{Kind: Unreachable}
	cause := err
	if errors.As(err, &request) {
		cause = wire.Explain(request.Err)
		if strings.Contains(cause.Error(), "Location header") { // net/http quotes it
			cause = errors.New("the server redirects to an address that cannot be read")
		}
	}
	switch {
	case errors.As(err, &refused):
		e.Kind, e.Host = Refused, refused.Host
	case errors.As(err, &redirect):
		e.Kind, e.Host = Refused, redirect.To
	case errors.Is(err, wire.ErrUntrusted):
		e.Kind = Untrusted
	case errors.Is(err, wire.ErrNotExist):
		e.Kind = NotFound
	case errors.Is(err, wire.ErrDenied):
		e.Kind = Denied
	}
	e.What, e.Err = o.Wire.Redact.Text(cause.Error()), cause
	return e
}
