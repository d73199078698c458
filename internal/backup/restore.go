package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/stream"
)

var (
	// ErrTaken means that something lies where a library is to be made.
	ErrTaken = errors.New("the folder is not empty")
	// ErrForeign means that what lies where a library is being made is not what an
	// interrupted run has left there.
	ErrForeign = errors.New("this is not the folder of an interrupted restore")
	// ErrFixed means that a folder cannot be replaced: it is where a disk is mounted,
	// or in use.
	ErrFixed = errors.New("the folder cannot be replaced")
	// ErrSameName means that the file system takes two files of a library for one.
	ErrSameName = errors.New("the disk takes two names for one")
	// ErrHead means that the list of the snapshots cannot be read. Each can still be
	// restored by its name.
	ErrHead = fmt.Errorf("%w: its list of snapshots cannot be read", ErrBroken)
	// ErrRestoring means that another program is restoring into the folder.
	ErrRestoring = errors.New("another program is restoring into that folder")
)

// RestoreOptions say what is restored.
type RestoreOptions struct {
	Snapshot string // by its name; "" is the newest
	DryRun   bool   // fetch and write nothing
	// Partial restores the rest where files of the backup are lost or damaged.
	Partial bool
}

// A Restored tells of a library that was made of a backup.
type Restored struct {
	Place      string    `json:"place"`
	Dir        string    `json:"path"`
	Snapshot   string    `json:"snapshot"`
	At         time.Time `json:"at"`    // of the snapshot
	Files      int       `json:"files"` // without those that are lost
	Bytes      int64     `json:"bytes"`
	Fetched    int       `json:"fetched"` // files
	Kept       int       `json:"kept"`    // files of a run that was killed
	Recordings int       `json:"recordings"`
	Findings   int       `json:"findings"` // of verifying it
	// Lost are the files that are lost or damaged in the backup.
	Lost []string `json:"lost,omitempty"`
}

// Restore makes a library in a folder that is empty or not there, of the newest
// snapshot or the one that was chosen. It lies beside that folder, as DIR.partial,
// until it is complete and verified; a killed run is resumed. found is told of
// what verifying the library finds: so it was when it was backed up.
func (b *Backup) Restore(ctx context.Context, dir string, o RestoreOptions, found func(library.Finding)) (*Restored, error) {
	h, s, m, err := b.choose(ctx, o.Snapshot)
	if err != nil {
		return nil, err
	}
	dir, err = behind(dir)
	if err != nil {
		return nil, err
	}
	if err := vacant(dir); err != nil {
		return nil, err
	}
	r := &restoring{Backup: b, m: m, partial: o.Partial, result: &Restored{Place: b.Target.Place(), Dir: dir, Snapshot: s.Name, At: s.At, Files: s.Files, Bytes: s.Bytes}}
	if o.DryRun {
		return r.result, nil
	}
	if err := replaceable(dir); err != nil {
		return nil, err
	}
	part := dir + ".partial"
	unlock, err := r.open(part)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := r.fill(ctx); err != nil {
		return nil, err
	}
	record := m.Record
	if h != nil {
		h.assume(m, m.Record, nil)
		record = append(record, b.entry(h, s, m.Record, m.state()))
	}
	if err := backups.Restore(ctx, r.root, record); err != nil {
		return nil, err
	}
	if err := r.verify(ctx, part, found); err != nil {
		return nil, err
	}
	unlock()
	if err := vacant(dir); err != nil {
		return nil, err
	}
	return r.result, name(part, dir)
}

// choose finds the snapshot to restore. There is no head if that cannot be read.
func (b *Backup) choose(ctx context.Context, snapshot string) (*head, *Snapshot, *Manifest, error) {
	h, _, err := b.head(ctx)
	if snapshot != "" && (errors.Is(err, ErrHead) || errors.Is(err, ErrNone)) {
		if s, m, found := b.listed(ctx, snapshot); found == nil {
			return nil, s, m, m.check()
		}
	}
	if err != nil {
		return nil, nil, nil, err
	}
	s := h.newest()
	if s == nil {
		return nil, nil, nil, fmt.Errorf("%s: %w: the first backup was not finished", b.Target.Place(), ErrNone)
	}
	if snapshot != "" {
		s = nil
		for i := range h.Snapshots {
			if h.Snapshots[i].Name == snapshot {
				s = &h.Snapshots[i]
			}
		}
		if s == nil {
			return nil, nil, nil, fmt.Errorf("%w: %s", ErrNoSnapshot, snapshot)
		}
	}
	m, err := b.manifest(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	return h, s, m, m.check()
}

// listed reads the manifest of a snapshot that no head names. Each of its files
// still has to be what the manifest says.
func (b *Backup) listed(ctx context.Context, snapshot string) (*Snapshot, *Manifest, error) {
	s := &Snapshot{Name: snapshot}
	text, err := b.small(ctx, s.object())
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(text)
	s.SHA256 = hex.EncodeToString(sum[:])
	m, err := b.manifest(ctx, s)
	if err == nil && m.Name != snapshot {
		err = ErrBroken
	}
	if err != nil {
		return nil, nil, err
	}
	s.At, s.Latest, s.Size, s.Files = m.At, m.At, int64(len(text)), len(m.Files)
	for _, f := range m.Files {
		s.Bytes += f.Bytes
	}
	return s, m, nil
}

// check refuses names that no backup of ours holds.
func (m *Manifest) check() error {
	bad := func(name string) bool { return name == "." || !fs.ValidPath(name) || !layout.BackedUp(name) }
	for _, f := range m.Files {
		if sum, err := hex.DecodeString(f.SHA256); bad(f.Path) || err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%w: %q in its manifest", ErrBroken, f.Path)
		}
	}
	for _, name := range m.Folders {
		if bad(name) {
			return fmt.Errorf("%w: %q in its manifest", ErrBroken, name)
		}
	}
	return nil
}

// A restoring is one Restore.
type restoring struct {
	*Backup
	m      *Manifest
	root   *os.Root // of the library that is being made
	result *Restored
	// partial says that files which cannot be had are left out.
	partial bool

	counting sync.Mutex // of result, while files are fetched
}

// lockName is, in the folder that is being filled, locked by who fills it. It is
// made first and removed last: by it a run knows the folder as that of another.
const lockName = ".restore" + layout.Lock

// open opens the folder, making it, for this run alone.
func (r *restoring) open(part string) (unlock func(), err error) {
	if err := adopt(part); err != nil {
		return nil, err
	}
	if r.root, err = os.OpenRoot(part); err != nil {
		return nil, err
	}
	f, err := r.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o644)
	if err == nil {
		if err = flock.Try(f); errors.Is(err, flock.ErrHeld) {
			err = fmt.Errorf("%s: %w", part, ErrRestoring)
		}
		if err != nil {
			f.Close()
		}
	}
	if err != nil {
		r.root.Close()
		return nil, err
	}
	done := false
	return func() {
		if !done {
			done = true
			f.Close()
			r.root.Close()
		}
	}, nil
}

// fill brings all files of the manifest into the folder, and no others.
func (r *restoring) fill(ctx context.Context) error {
	if err := r.tidy(ctx); err != nil {
		return err
	}
	r.Progress.Phase(Fetching)
	files := make([]*File, len(r.m.Files))
	for i := range r.m.Files {
		files[i] = &r.m.Files[i]
		r.Progress.Expect(files[i].Bytes)
	}
	for name := range r.m.dirs() {
		if err := r.root.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	if err := r.distinct(); err != nil {
		return err
	}
	if err := r.each(ctx, r.Jobs, files, r.file); err != nil {
		return err
	}
	slices.Sort(r.result.Lost)
	for name := range r.m.dirs() {
		if err := durable.SyncDir(r.root, name); err != nil {
			return err
		}
	}
	return nil
}

// dirs are all folders of the library.
func (m *Manifest) dirs() map[string]bool {
	dirs := map[string]bool{".": true}
	add := func(name string) {
		for ; !dirs[name]; name = path.Dir(name) {
			dirs[name] = true
		}
	}
	for _, name := range m.Folders {
		add(name)
	}
	for _, f := range m.Files {
		add(path.Dir(f.Path))
	}
	return dirs
}

// tidy removes what an earlier run has left that is not of this snapshot.
func (r *restoring) tidy(ctx context.Context) error {
	known := r.m.dirs()
	known[lockName] = true
	for _, f := range r.m.Files {
		known[f.Path] = true
	}
	var gone []string
	err := fs.WalkDir(r.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !known[name] {
			gone = append(gone, name)
			if e.IsDir() {
				return fs.SkipDir
			}
		}
		return errors.Join(err, ctx.Err())
	})
	for _, name := range gone {
		err = errors.Join(err, durable.RemoveAll(r.root, name))
	}
	return err
}

// file fetches one file, unless an earlier run has.
func (r *restoring) file(ctx context.Context, f *File) error {
	if r.has(ctx, f) {
		r.Progress.Add(f.Bytes)
		r.count(&r.result.Kept)
		return nil
	}
	if err := r.fetch(ctx, f); err != nil {
		if r.partial && errors.Is(err, ErrBroken) {
			r.counting.Lock()
			defer r.counting.Unlock()
			r.result.Lost = append(r.result.Lost, f.Path)
			r.result.Files--
			r.result.Bytes -= f.Bytes
			return nil
		}
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	r.count(&r.result.Fetched)
	return nil
}

func (r *restoring) count(n *int) {
	r.counting.Lock()
	defer r.counting.Unlock()
	*n++
}

// fetch brings the bytes of a file, and compares them with the manifest.
func (r *restoring) fetch(ctx context.Context, f *File) error {
	src, err := r.Target.Open(ctx, f.object())
	if errors.Is(err, publish.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", ErrBroken, f.object())
	}
	if err != nil {
		return err
	}
	defer src.Close()
	var o durable.Options
	if f.Private {
		o.Perm = 0o600
	}
	d, err := o.Create(r.root, f.Path)
	if err != nil {
		return err
	}
	defer d.Discard()
	h := sha256.New()
	in := stream.NewReader(ctx, io.LimitReader(src, f.Bytes+1), r.Progress)
	n, err := io.Copy(io.MultiWriter(d, h), in)
	if err != nil {
		return err
	}
	if n != f.Bytes || hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%w: the bytes of %s differ from those that were sent", ErrBroken, f.object())
	}
	d.SetModified(f.Modified)
	return d.Commit(true)
}

// has reports whether a file lies there already, byte for byte.
func (r *restoring) has(ctx context.Context, f *File) bool {
	src, err := r.root.Open(f.Path)
	if err != nil {
		return false
	}
	defer src.Close()
	h := sha256.New()
	n, err := io.Copy(h, stream.Until(ctx, src, nil))
	info, serr := src.Stat()
	return err == nil && serr == nil && n == f.Bytes && hex.EncodeToString(h.Sum(nil)) == f.SHA256 && info.ModTime().Equal(f.Modified)
}

// verify builds the catalogue and has the library look at all of its files.
func (r *restoring) verify(ctx context.Context, part string, found func(library.Finding)) (err error) {
	r.Progress.Phase(Verifying)
	lib, err := library.OpenWrite(ctx, library.Options{Dir: part, LockWait: time.Second, Version: r.Version, Now: r.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	if r.result.Recordings, err = lib.Reindex(ctx); err != nil {
		return err
	}
	_, err = lib.Verify(ctx, nil, r.Progress, func(f library.Finding) {
		r.result.Findings++
		found(f)
	})
	return err
}
