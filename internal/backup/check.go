package backup

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A FindingKind says what is wrong with an object. The words appear in JSON.
type FindingKind string

const (
	Lost    FindingKind = "lost"
	Changed FindingKind = "changed"
)

// A Finding is an object that is not as it was sent.
type Finding struct {
	Kind    FindingKind `json:"kind"`
	Object  string      `json:"object"`         // at the target
	Path    string      `json:"path,omitempty"` // of the first file that it is of
	Message string      `json:"message"`
}

// A Checked tells what a check looked at.
type Checked struct {
	Place     string     `json:"place"`
	Snapshots []Snapshot `json:"snapshots"` // complete ones, oldest first
	Objects   int        `json:"objects"`
	Bytes     int64      `json:"bytes"`
	// Unfinished says that a killed run has left something to be finished.
	Unfinished bool `json:"unfinished"`
	Findings   int  `json:"findings"`
	// Refusal is why the library of the Backup, if there is one, cannot continue
	// it: ErrCopy, ErrReplaced or ErrOther.
	Refusal error `json:"-"`
}

// Newest returns the snapshot that would be restored.
func (c *Checked) Newest() Snapshot { return c.Snapshots[len(c.Snapshots)-1] }

// Check looks whether all objects of all snapshots lie at the target, with the
// size and, where the target tells it, the SHA-256 that they have. full reads
// all of them back. found is called with what is wrong, by one goroutine at a
// time.
func (b *Backup) Check(ctx context.Context, full bool, found func(Finding)) (*Checked, error) {
	h, _, err := b.head(ctx)
	if err != nil {
		return nil, err
	}
	c := &Checked{Place: b.Target.Place(), Snapshots: h.Snapshots, Unfinished: h.Sending != nil || len(h.Removing) > 0}
	if len(h.Snapshots) == 0 {
		return nil, fmt.Errorf("%s: %w: the first backup was not finished", c.Place, ErrNone)
	}
	if b.Library != nil {
		if record, err := backups.Read(b.Library.Root()); err == nil { // a damaged library stops no check
			c.Refusal = b.refusal(h, record)
		}
	}
	var mu sync.Mutex
	tell := func(f Finding) {
		mu.Lock()
		defer mu.Unlock()
		c.Findings++
		found(f)
	}
	files, err := b.known(ctx, h, tell)
	if err != nil {
		return nil, err
	}
	b.Progress.Phase(Verifying)
	for _, f := range files {
		c.Bytes += f.Bytes
		b.Progress.Expect(f.Bytes)
	}
	c.Objects = len(files)
	return c, b.each(ctx, b.Jobs, files, func(ctx context.Context, f *File) error {
		defer b.Progress.Add(f.Bytes)
		wrong, err := b.checkObject(ctx, f, full)
		if wrong != nil {
			tell(*wrong)
		}
		return err
	})
}

// known lists the objects of all snapshots, once each.
func (b *Backup) known(ctx context.Context, h *head, tell func(Finding)) ([]*File, error) {
	var list []*File
	seen := make(map[string]bool)
	for i := len(h.Snapshots) - 1; i >= 0; i-- {
		s := &h.Snapshots[i]
		m, err := b.manifest(ctx, s)
		switch {
		case errors.Is(err, publish.ErrNotExist):
			tell(Finding{Lost, s.object(), "", "the manifest of the snapshot " + s.Name + " is missing"})
			continue
		case errors.Is(err, ErrBroken):
			tell(Finding{Changed, s.object(), "", err.Error()})
			continue
		case err != nil:
			return nil, err
		}
		for i := range m.Files {
			if f := &m.Files[i]; !seen[f.SHA256] {
				seen[f.SHA256] = true
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// checkObject returns what is wrong with the object of a file, or nil.
func (b *Backup) checkObject(ctx context.Context, f *File, full bool) (*Finding, error) {
	there, err := b.Target.Stat(ctx, f.object())
	switch {
	case errors.Is(err, publish.ErrNotExist):
		return &Finding{Lost, f.object(), f.Path, "it is missing"}, nil
	case err != nil:
		return nil, err
	case there.Size != f.Bytes:
		return &Finding{Changed, f.object(), f.Path, fmt.Sprintf("it has %d bytes instead of %d", there.Size, f.Bytes)}, nil
	case !fits(there, f):
		return &Finding{Changed, f.object(), f.Path, "its SHA-256 differs"}, nil
	case !full:
		return nil, nil
	}
	same, err := b.whole(ctx, f)
	if err != nil || same {
		return nil, err
	}
	return &Finding{Changed, f.object(), f.Path, "its size is right, but its content differs"}, nil
}
