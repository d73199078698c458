// Package x posts videos on X through its API v2: it signs in for the host's
// own developer app (OAuth 2.0 with PKCE, RFC 6749 and RFC 7636), uploads a
// video in parts with description and captions, and makes the post.
//
// A post has no key by which X would know it again. So that none is ever made
// twice, the journal knows of it before the request is made and learns its id
// after; where the outcome is not known nothing is done until somebody says what
// it was.
//
// It was written after X's OpenAPI document (version 2.167) and pages, and
// tested against a server of our own that holds requests against that document.
// It was never run against the live service.
package x

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Config says how to reach X, and for whom.
type Config struct {
	ClientID string // of the host's developer app
	Tokens   Tokens
	Limits   Limits

	API  string // "": https://api.x.com
	Site string // "": https://x.com
	Wire wire.Options
	Now  func() time.Time
	Poll time.Duration // the first time between two looks at a video that X works on, if it names none; 0: 0.2 s
	// Waiting, if set, is told that X asks to wait.
	Waiting func(until time.Time)
	// Sent, if set, is told of bytes of the video as they arrive, and Kept of
	// those that an earlier run had sent.
	Sent, Kept func(n int64)
}

// A Client speaks with X.
type Client struct {
	c    Config
	http *http.Client
}

// New returns a client. It connects to nothing yet.
func New(c Config) *Client {
	c.API, c.Site = cmp.Or(c.API, "https://api.x.com"), cmp.Or(c.Site, "https://x.com")
	c.Poll = cmp.Or(c.Poll, 200*time.Millisecond)
	return &Client{c, c.Wire.Client()}
}

// Close closes the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// URL is where everybody finds a post.
func (c *Client) URL(id string) string { return c.c.Site + "/i/web/status/" + id }

// Place names an account as receipts do.
func (c *Client) Place(handle string) string { return c.c.Site + "/" + handle }

// A Token is what X lets its bearer in by. It is secret but for who it is for.
type Token struct {
	Access, Refresh string
	Expires         time.Time // of Access
	User, Handle    string    // whose it is: id, name without @
}

// Tokens keep the token of the account.
type Tokens interface {
	// Load returns it. The error wraps ErrSignedOut if there is none.
	Load() (Token, error)
	Save(Token) error
	// Lock keeps other programs from renewing the token at the same time: X takes
	// a refresh token once.
	Lock(ctx context.Context) (unlock func(), err error)
}

var (
	// ErrSignedOut means that there is no token, or that X takes it no longer.
	ErrSignedOut = errors.New("not signed in to X")
	// ErrProcessing means that X could not make the video ready.
	//lint:ignore ST1005 X is a name
	ErrProcessing = errors.New("X cannot process the video")
)

// A RateLimitError means that X wants to hear nothing until a time.
type RateLimitError struct {
	Until time.Time
	err   error
}

func (e *RateLimitError) Error() string { return e.err.Error() }
func (e *RateLimitError) Unwrap() error { return e.err }

// An UnknownError means that a post may have been made, or not.
type UnknownError struct {
	At   time.Time // when it was tried
	Text string
	err  error // nil if a run was killed
}

func (e *UnknownError) Error() string {
	text := fmt.Sprintf("it is unknown whether the post of %s was made", e.At.UTC().Format("2006-01-02 15:04 MST"))
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

func (e *UnknownError) Unwrap() error { return e.err }

// wait stands still for a time, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
