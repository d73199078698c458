package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/spaces-cli/spaces/internal/publish"
)

// large is the size from which files are sent one by one, each with all
// requests that may run at a time.
const large = 8 << 20

// send sends the objects of a manifest that are not at the target.
func (r *run) send(ctx context.Context, m *Manifest) error {
	r.Progress.Phase(Sending)
	var small, big []*File
	seen := make(map[string]bool)
	for i := range m.Files {
		f := &m.Files[i]
		if seen[f.SHA256] {
			r.result.Kept++
			r.result.KeptBytes += f.Bytes
			continue
		}
		seen[f.SHA256] = true
		r.Progress.Expect(f.Bytes)
		if f.Bytes < large {
			small = append(small, f)
		} else {
			big = append(big, f)
		}
	}
	if err := r.each(ctx, r.Jobs, small, func(ctx context.Context, f *File) error { return r.object(ctx, f, 1) }); err != nil {
		return err
	}
	return r.each(ctx, 1, big, func(ctx context.Context, f *File) error { return r.object(ctx, f, max(1, r.Jobs)) })
}

// each calls do with each file, so many at a time, and stops at the first error.
func (b *Backup) each(ctx context.Context, jobs int, list []*File, do func(ctx context.Context, f *File) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan *File)
	var wg sync.WaitGroup
	for range max(1, jobs) {
		wg.Go(func() {
			for f := range work {
				if ctx.Err() == nil {
					if err := do(ctx, f); err != nil {
						stop(err)
					}
				}
			}
		})
	}
	for _, f := range list {
		work <- f
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// object makes sure that the target has the bytes of a file.
func (r *run) object(ctx context.Context, f *File, jobs int) error {
	there, err := r.Target.Stat(ctx, f.object())
	switch {
	case errors.Is(err, publish.ErrNotExist):
	case err != nil:
		return err
	default:
		whole := fits(there, f)
		if whole && r.o.Full {
			if whole, err = r.whole(ctx, f); err != nil {
				return err
			}
		}
		if whole {
			r.count(f, false)
			r.Progress.Add(f.Bytes)
			return nil
		}
	}
	if !r.o.DryRun {
		if err := r.deliver(ctx, f, jobs); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	r.count(f, true)
	return nil
}

// fits reports whether an object is a file's, as far as the target tells.
func fits(there publish.Remote, f *File) bool {
	return there.Size == f.Bytes && (there.SHA256 == "" || there.SHA256 == f.SHA256)
}

// whole reads the object of a file back and compares it.
func (b *Backup) whole(ctx context.Context, f *File) (bool, error) {
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return false, fmt.Errorf("%w: %q is not a SHA-256", ErrBroken, f.SHA256)
	}
	return publish.Same(ctx, b.Target, f.object(), f.Bytes, [sha256.Size]byte(sum))
}

func (r *run) count(f *File, isNew bool) {
	r.counting.Lock()
	defer r.counting.Unlock()
	if isNew {
		r.result.New++
		r.result.NewBytes += f.Bytes
	} else {
		r.result.Kept++
		r.result.KeptBytes += f.Bytes
	}
}

// deliver sends a file, resuming what an earlier run has begun, and checks what
// arrived: by a checksum that the target computed, or by reading it back.
func (r *run) deliver(ctx context.Context, f *File, jobs int) error {
	src, err := r.open(f)
	if err != nil {
		return missing(err)
	}
	defer src.Close()
	a, err := r.attempt(ctx, f.object(), f.Bytes, f.SHA256)
	if err != nil {
		return err
	}
	defer a.Close()
	u := &publish.Upload{
		Name: f.object(), Body: src, Size: f.Bytes, ContentType: "application/octet-stream", Jobs: jobs,
		State: a.State(), Save: a.Save, Sent: r.Progress.Add, Kept: r.Progress.Add,
	}
	if _, err := hex.Decode(u.SHA256[:], []byte(f.SHA256)); err != nil {
		return err
	}
	if err := r.arrive(ctx, u); err != nil {
		return err
	}
	if a.State() == nil {
		return nil
	}
	return a.End()
}

// arrive has the target take an object and checks what arrived.
func (b *Backup) arrive(ctx context.Context, u *publish.Upload) error {
	_, verified, err := publish.Deliver(ctx, b.Target, u, false, b.Again)
	if err != nil || len(verified) > 1 {
		return err
	}
	same, err := publish.Same(ctx, b.Target, u.Name, u.Size, u.SHA256)
	if err == nil && !same {
		err = fmt.Errorf("%w: reading it back gave different bytes", publish.ErrMismatch)
	}
	return err
}

// put sends what is in memory.
func (b *Backup) put(ctx context.Context, name string, text []byte) error {
	return b.arrive(ctx, &publish.Upload{
		Name: name, Body: bytes.NewReader(text), Size: int64(len(text)), SHA256: sha256.Sum256(text),
		ContentType: "application/json", Jobs: 1, Save: func([]byte) error { return nil },
	})
}
