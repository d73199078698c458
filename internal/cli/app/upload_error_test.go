package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/ia"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/sftp"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Each way in which an upload fails has a word for scripts, and says what to do
// next.
func TestUploadErrors(t *testing.T) {
	at := func(word string) *named.Target {
		target, err := new(named.Store).Find(word)
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	target, disk, archive, server := at("s3://bucket"), at("file:///disk"), at("ia://item"), at("sftp://h/folder")
	status := func(code int, word string) error {
		return &wire.StatusError{Method: "PUT", URL: "s3://bucket/a", Status: code, Code: word}
	}
	reset := &net.OpError{Op: "write", Net: "tcp", Err: errors.New("connection reset by peer")}
	for _, c := range []struct {
		kind string
		err  error
		t    *named.Target
	}{
		{"denied", status(403, "AccessDenied"), target},
		{"denied", status(401, ""), target},
		{"denied", publish.ErrDenied, disk},
		{"clock", status(403, "RequestTimeTooSkewed"), target},
		{"target-full", status(507, ""), target},
		{"no-such-target", status(404, "NoSuchBucket"), target},
		{"redirect", &wire.RedirectError{From: "https://a", To: "https://b"}, target},
		{"redirect", status(301, "PermanentRedirect"), target},
		{"pending", fmt.Errorf("a: %w", ia.ErrPending), archive},
		{"untrusted", publish.ErrUntrusted, target},
		{"untrusted", &sftp.HostKeyError{Host: "h"}, server},
		{"untrusted", &sftp.HostKeyError{Host: "h", Changed: true}, server},
		{"differs", publish.ErrDiffers, target},
		{"changed", publish.ErrChanged, target},
		{"mismatch", publish.ErrMismatch, target},
		{"locked", &publish.BusyError{Object: "a", Waited: time.Minute}, target},
		{"connection", &wire.IdleError{Address: "h:1", Idle: time.Minute}, target},
		{"connection", reset, target},
		{"server", fmt.Errorf("tried 6 times: %w", status(500, "")), target},
		{"server", fmt.Errorf("tried 6 times: %w", status(503, "SlowDown")), target},
		{"too-large", status(413, "EntityTooLarge"), target},
		{"connection", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true, Name: "h"}}, target},
		{"connection", &url.Error{Op: "Put", URL: "https://h/", Err: io.ErrUnexpectedEOF}, target},
	} {
		t.Run(c.kind, func(t *testing.T) {
			f := Classify(UploadError(c.err, c.t))
			if f.Kind != c.kind || f.Hint == "" || !errors.Is(f, c.err) {
				t.Errorf("%v: kind %q, hint %q, want %q", c.err, f.Kind, f.Hint, c.kind)
			}
		})
	}
	for kind, err := range map[string]error{
		"interrupted":  context.Canceled,
		"held":         publish.ErrHeld,
		"no-such-file": &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist},
	} {
		if f := Classify(UploadError(err, target)); f.Kind != kind {
			t.Errorf("%v: kind %q, want %q", err, f.Kind, kind)
		}
	}
}
