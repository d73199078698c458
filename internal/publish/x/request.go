package x

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A call is a request to X.
type call struct {
	method, path string
	query        url.Values

	// One of these is the body, or none.
	json  any
	form  url.Values
	parts *parts
}

// line is the call for people.
func (c *call) line(api string) string {
	u := api + c.path
	if len(c.query) > 0 {
		u += "?" + c.query.Encode()
	}
	if c.json != nil {
		if b, err := space.Line(c.json); err == nil {
			return c.method + " " + u + " " + strings.TrimSuffix(string(b), "\n")
		}
	}
	return c.method + " " + u
}

// body returns the body and its type. It is no reader that net/http knows how to
// rewind: it must not send a request again by itself.
func (c *call) body() (r io.Reader, n int64, kind string, err error) {
	var b []byte
	switch {
	case c.json != nil:
		kind = "application/json"
		b, err = json.Marshal(c.json)
	case c.form != nil:
		kind, b = "application/x-www-form-urlencoded", []byte(c.form.Encode())
	case c.parts != nil:
		kind = c.parts.contentType
		b = c.parts.body
	default:
		return nil, 0, "", nil
	}
	return struct{ io.Reader }{bytes.NewReader(b)}, int64(len(b)), kind, err
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 1 << 20

// send makes a request once and decodes the "data" of its answer, or of the
// token's all of it. Written reports whether X may have got it.
func (c *Client) send(ctx context.Context, r call, bearer string, answer any) (written bool, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
	body, n, kind, err := r.body()
	if err != nil {
		return false, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.c.API+r.path, body)
	if err != nil {
		return false, err
	}
	req.ContentLength = n
	req.URL.RawQuery = r.query.Encode()
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return written, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if resp.StatusCode/100 != 2 {
		return written, c.refusal(resp, text)
	}
	if err != nil {
		return written, err
	}
	if answer == nil || len(text) == 0 {
		return written, nil
	}
	if bearer != "" {
		answer = &struct{ Data any }{answer}
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return written, fmt.Errorf("%s %s: unexpected reply from X: %w", r.method, r.path, err)
	}
	return written, nil
}

// refusal is the error of an answer that is no success. X words them in
// several ways: problem+json (RFC 9457), a code with a message, a list of
// errors, and for tokens as RFC 6749, 5.2 says.
func (c *Client) refusal(r *http.Response, text []byte) error {
	var says struct {
		Title, Detail, Message, Error string
		Description                   string `json:"error_description"`
		Errors                        []struct{ Message, Detail string }
	}
	e := &wire.StatusError{Method: r.Request.Method, URL: wire.RedactURL(r.Request.URL), Status: r.StatusCode}
	if json.Unmarshal(text, &says) == nil || says.Title != "" {
		e.Code = wire.Plain(cmp.Or(says.Title, says.Error), 60)
		for _, m := range says.Errors {
			says.Message = cmp.Or(says.Message, cmp.Or(m.Message, m.Detail))
		}
		e.Message = wire.Plain(cmp.Or(says.Detail, cmp.Or(says.Message, says.Description)), 300)
	}
	if r.StatusCode == http.StatusTooManyRequests {
		if until := c.until(r.Header); !until.IsZero() {
			return wire.Permanent(&RateLimitError{until, e})
		}
	}
	return e
}

// until reads when X wants to be asked again, by this computer's clock.
func (c *Client) until(h http.Header) time.Time {
	var reset int64
	for _, l := range [][2]string{
		{"", "x-rate-limit-reset"},
		{"x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"},
		{"x-app-limit-24hour-remaining", "x-app-limit-24hour-reset"},
	} {
		n, err := strconv.ParseInt(h.Get(l[1]), 10, 64)
		if err == nil && n > 0 && n < 1<<40 && (l[0] == "" || h.Get(l[0]) == "0") {
			reset = max(reset, n)
		}
	}
	if reset == 0 {
		return time.Time{}
	}
	until := time.Unix(reset, 0)
	if there, err := http.ParseTime(h.Get("Date")); err == nil {
		return c.c.Now().Add(until.Sub(there))
	}
	return until
}

// with makes a call with a token, and again where that can help.
func (c *Client) with(ctx context.Context, t *Token, r call, answer any) error {
	return c.wire(t).Try(ctx, func(ctx context.Context) error {
		_, err := c.send(ctx, r, t.Access, answer)
		return err
	})
}

// wire are the options under which no token stands in an error.
func (c *Client) wire(t *Token) wire.Options {
	o := c.c.Wire
	o.Redact = wire.NewRedactor(t.Access, t.Refresh)
	return o
}

// do makes a call for the account: with a token that is renewed if it has
// ended, and after the wait that X asks for.
func (c *Client) do(ctx context.Context, r call, answer any) error {
	return c.patiently(ctx, func() error {
		return c.signedIn(ctx, func(t *Token) error { return c.with(ctx, t, r, answer) })
	})
}

// signedIn calls f with the account's token, and once more with a new one if X
// refuses the first.
func (c *Client) signedIn(ctx context.Context, f func(t *Token) error) error {
	t, err := c.token(ctx, "")
	if err != nil {
		return err
	}
	err = f(&t)
	if statusOf(err) != http.StatusUnauthorized {
		return err
	}
	if t, err = c.token(ctx, t.Access); err != nil {
		return err
	}
	if err = f(&t); statusOf(err) == http.StatusUnauthorized {
		return fmt.Errorf("%w: %w", ErrSignedOut, err)
	}
	return err
}

// patiently calls f until X has no more reason to let us wait.
func (c *Client) patiently(ctx context.Context, f func() error) error {
	last := c.c.Now().Add(c.c.Limits.Wait)
	for {
		err := f()
		var limit *RateLimitError
		if !errors.As(err, &limit) || limit.Until.After(last) {
			return err
		}
		if c.c.Waiting != nil {
			c.c.Waiting(limit.Until)
		}
		if err := wait(ctx, max(limit.Until.Sub(c.c.Now()), 0)+time.Second/2); err != nil {
			return err
		}
	}
}

// statusOf is the status of an answer that is no success, or 0.
func statusOf(err error) int {
	var status *wire.StatusError
	if errors.As(err, &status) {
		return status.Status
	}
	return 0
}

// refused reports whether an answer says that the request is wrong and not that
// it comes at a bad time.
func refused(err error) bool {
	code := statusOf(err)
	return code/100 == 4 && !slices.Contains([]int{http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusTooManyRequests, http.StatusRequestTimeout}, code)
}
