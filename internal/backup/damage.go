package backup

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
)

// A disk that fails does so file by file. A backup of it holds what can be read,
// what cannot as the last one has it, and removes nothing that may be the only
// good copy.

// An Unread is a file or folder of the library that the system cannot read.
type Unread struct {
	Path string `json:"path"`
	// Kept says that the backup has it, and all in it, as the last snapshot has.
	Kept    bool   `json:"kept"`
	Message string `json:"message"`
	Err     error  `json:"-"`
}

// setAside takes the files that could not be read out of a survey.
func (s *survey) setAside(failed map[string]error) {
	s.files = slices.DeleteFunc(s.files, func(f File) bool {
		if f.SHA256 != "" {
			return false
		}
		s.unread = append(s.unread, Unread{Path: f.Path, Err: failed[f.Path]})
		return true
	})
}

// carry adds to a survey what the last snapshot has of that which cannot be read;
// nothing if somebody was forgotten since, as it may hold them.
func (r *run) carry(ctx context.Context, s *survey) error {
	for i := range s.unread {
		u := &s.unread[i]
		u.Message = u.Err.Error()
		if r.purge || r.result.TakenOver || r.last == nil {
			continue
		}
		for _, f := range r.last.Files {
			if f.Path != u.Path && !strings.HasPrefix(f.Path, u.Path+"/") || slices.ContainsFunc(s.files, func(has File) bool { return has.Path == f.Path }) {
				continue
			}
			there, err := r.Target.Stat(ctx, f.object())
			if errors.Is(err, publish.ErrNotExist) || err == nil && !fits(there, &f) {
				continue
			}
			if err != nil {
				return err
			}
			s.files, u.Kept = append(s.files, f), true
		}
	}
	slices.SortFunc(s.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	r.result.Unread = s.unread
	return nil
}

// hold takes those snapshots out of what is to be dropped that may be needed: one
// with the bytes that a file of the library had, which no snapshot that stays has
// and the library has no more. drop and stay are in the order of time.
func (r *run) hold(ctx context.Context, drop, stay []Snapshot) (held []Snapshot, err error) {
	wanted := make(map[string]bool)
	for _, sum := range r.result.Losses.Wanted {
		wanted[sum] = true
	}
	lost := slices.ContainsFunc(r.result.Unread, func(u Unread) bool { return !u.Kept })
	if len(wanted) == 0 && !lost {
		return nil, nil
	}
	for _, s := range slices.Backward(slices.Concat(drop, stay)) {
		goes := slices.Contains(drop, s)
		m, err := r.manifest(ctx, &s)
		if errors.Is(err, publish.ErrNotExist) || errors.Is(err, ErrBroken) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found := false
		for _, f := range m.Files {
			found = found || wanted[f.SHA256]
			delete(wanted, f.SHA256)
		}
		if goes && (found || lost) {
			held = append(held, s)
			r.result.Held = append(r.result.Held, s.Name)
		}
	}
	slices.Reverse(held)
	slices.Reverse(r.result.Held)
	return held, nil
}
