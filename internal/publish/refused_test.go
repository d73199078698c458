package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// One name that a target refuses does not hold up the rest; a target that
// refuses one after the other is not asked for all of them.
func TestRefusedNames(t *testing.T) {
	answers := func(status int, code string) error {
		return &wire.StatusError{Method: "PUT", Status: status, Code: code}
	}
	for _, c := range []struct {
		name string
		err  error
		rest bool // are sent
	}{
		{"403", answers(403, ""), true},
		{"403 AccessDenied", answers(403, "AccessDenied"), true},
		{"400", answers(400, "InvalidArgument"), true},
		{"409", answers(409, ""), true},
		{"413", answers(413, ""), true},
		{"423", answers(423, ""), true},
		{"a folder's permission", fmt.Errorf("%w: %w", ErrDenied, &fs.PathError{Op: "open", Path: "b", Err: fs.ErrPermission}), true},
		{"401", answers(401, ""), false},
		{"403 InvalidAccessKeyId", answers(403, "InvalidAccessKeyId"), false},
		{"403 SignatureDoesNotMatch", answers(403, "SignatureDoesNotMatch"), false},
		{"503", answers(503, ""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			s, _ := sender(t, m)
			m.before = func(u *Upload) error {
				if u.Name == "b" {
					return c.err
				}
				return nil
			}
			got := send(t, s, item("b", "1"), item("a", "2"), item("c", "3"))
			if c.rest {
				want(t, "sent", got, "b failed", "a sent", "c sent")
			} else {
				want(t, "sent", got, "b failed", "a failed", "c failed")
			}
		})
	}
	m := newMemory()
	s, e := sender(t, m)
	m.before = func(u *Upload) error { return answers(403, "") }
	var items []*Item
	for i := range 20 {
		items = append(items, item(fmt.Sprint("name ", i), "x"))
	}
	send(t, s, items...)
	if len(m.puts) != mostRefused || !errors.Is(e.errs["name 19"], ErrStopped) {
		t.Errorf("%d of 20 names were tried, want %d; the last: %v", len(m.puts), mostRefused, e.errs["name 19"])
	}
	m = newMemory()
	s, _ = sender(t, m)
	m.before = func(u *Upload) error {
		if u.Name != "name 2" {
			return answers(403, "")
		}
		return nil
	}
	send(t, s, items...)
	if len(m.puts) != 20 {
		t.Errorf("%d of 20 names were tried where one was taken", len(m.puts))
	}
}
