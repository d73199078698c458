package backup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
)

// remove removes the snapshots that the head says are to go, with the objects
// that no other needs: nothing as long as it cannot tell which they are. Each
// manifest goes after its objects, so that a killed run is finished by the next.
func (r *run) remove(ctx context.Context) (removed int, err error) {
	if err := r.steady(ctx); err != nil {
		return 0, err
	}
	needed := make(map[string]bool)
	for i := range r.head.Snapshots {
		s := &r.head.Snapshots[i]
		m, err := r.manifest(ctx, s)
		if errors.Is(err, publish.ErrNotExist) || errors.Is(err, ErrBroken) {
			// It may only just now not be there, and need any of them.
			r.result.Unreadable = append(r.result.Unreadable, s.Name)
			continue
		}
		if err != nil {
			return removed, err
		}
		for _, f := range m.Files {
			needed[f.SHA256] = true
		}
	}
	if len(r.result.Unreadable) > 0 {
		return 0, nil
	}
	for i := range r.head.Removing {
		s := &r.head.Removing[i]
		m, err := r.manifest(ctx, s)
		if errors.Is(err, publish.ErrNotExist) {
			continue // it was removed, or nothing of it was sent
		}
		if errors.Is(err, ErrBroken) {
			// Nobody can tell any more what it named; the next run can not either.
			r.result.Damaged = append(r.result.Damaged, s.Name)
			m, err = new(Manifest), nil
		}
		if err != nil {
			return removed, err
		}
		for _, f := range m.Files {
			if needed[f.SHA256] {
				continue
			}
			gone, err := r.removeObject(ctx, f.object())
			if err != nil {
				return removed, err
			}
			if gone {
				removed++
			}
		}
		if _, err := r.removeObject(ctx, s.object()); err != nil {
			return removed, err
		}
	}
	r.head.Removing = nil
	return removed, nil
}

// removeObject removes an object, and looks whether it is gone.
func (b *Backup) removeObject(ctx context.Context, name string) (removed bool, err error) {
	there, err := b.Target.Stat(ctx, name)
	if err == nil {
		err = b.Target.Remove(ctx, name, there)
	}
	if errors.Is(err, publish.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch _, err := b.Target.Stat(ctx, name); {
	case err == nil:
		return false, fmt.Errorf("%w: the server reported that it removed %s, but it still exists", publish.ErrMismatch, name)
	case !errors.Is(err, publish.ErrNotExist):
		return false, err
	}
	return true, nil
}

// sweep removes what killed runs have left half sent.
func (b *Backup) sweep(ctx context.Context) error {
	list, err := b.Target.Leftovers(ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		dir, _, _ := strings.Cut(path.Clean(l.Name), "/")
		if dir != objects && dir != manifests {
			continue
		}
		if err := l.Remove(ctx); err != nil && !errors.Is(err, publish.ErrNotExist) {
			return err
		}
	}
	return nil
}
