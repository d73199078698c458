package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
)

// CreateOptions say how a backup is made.
type CreateOptions struct {
	Full   bool // read back also what an earlier run has sent, and send again what is damaged
	Keep   int  // how many snapshots stay; 0 is all
	New    bool // begin anew where an earlier backup has gone
	DryRun bool // send, change and note nothing
	// TakeOver goes on with a backup to which another copy of the library has added
	// snapshots, and makes it that of this one alone. It removes none, whatever Keep
	// says.
	TakeOver bool
}

// A Result tells what a run did.
type Result struct {
	Place    string `json:"place"`
	Snapshot string `json:"snapshot,omitempty"` // the name of the latest
	Files    int    `json:"files"`              // of the library
	Bytes    int64  `json:"bytes"`
	// New are files of which the target had no bytes, Kept the others.
	New       int      `json:"new"`
	NewBytes  int64    `json:"new_bytes"`
	Kept      int      `json:"kept"`
	KeptBytes int64    `json:"kept_bytes"`
	Same      bool     `json:"unchanged"` // nothing has changed since the snapshot
	Dropped   []string `json:"dropped"`   // earlier snapshots that were removed
	Forgotten bool     `json:"forgotten"` // they were, since they held somebody who was forgotten
	Removed   int      `json:"-"`         // objects that went with them
	// TakenOver says that the earlier snapshots are those of another copy of the
	// library. Holding says that they may hold somebody who was forgotten in this
	// one: the next run removes them.
	TakenOver bool `json:"taken_over,omitempty"`
	Holding   bool `json:"-"`
	// Unreadable are the snapshots that stay and cannot be read: nothing was removed.
	// Damaged are those that went without the objects that only they named.
	Unreadable []string `json:"-"`
	Damaged    []string `json:"-"`
	Odd        []string `json:"not_files"` // links and devices: they are not in the backup
	// Unread could not be read in the library. Held are snapshots that stay though
	// Keep says otherwise: they have files that are missing, changed or not readable.
	Unread []Unread `json:"unreadable,omitempty"`
	Held   []string `json:"held,omitempty"`
	// Missing and Changed are files whose hash the library keeps and that are not
	// as they were. A backup keeps what is there.
	Missing int            `json:"missing,omitempty"`
	Changed int            `json:"changed,omitempty"`
	Losses  library.Losses `json:"-"`
}

// A run is one Create.
type run struct {
	*Backup
	o      CreateOptions
	head   *head
	seen   []byte    // the head as it lies there, nil if there is none
	last   *Manifest // of the newest snapshot, nil if there is none
	own    backups.Entry
	record backups.Record // as it was when the library was read
	state  string         // of the library then
	purge  bool           // earlier snapshots hold somebody who was forgotten since
	broken bool           // an earlier run was killed
	result Result

	counting sync.Mutex // of result, while objects are sent
}

// Create brings the backup up to date.
func (b *Backup) Create(ctx context.Context, o CreateOptions) (*Result, error) {
	if b.Public {
		return nil, fmt.Errorf("%s: %w", b.Target.Place(), ErrPublic)
	}
	if err := b.outside(); err != nil {
		return nil, err
	}
	if err := b.unpublished(); err != nil {
		return nil, err
	}
	if !o.DryRun {
		unlock, err := b.lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	r := &run{Backup: b, o: o, result: Result{Place: b.Target.Place(), Dropped: []string{}}}
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	const tries = 5 // files may change between being read and being sent
	for n := 1; ; n++ {
		err := r.once(ctx)
		if err == nil {
			return &r.result, nil
		}
		if n == tries || !errors.Is(err, publish.ErrChanged) {
			return nil, err
		}
	}
}

// outside fails if the target is a folder of the library: the next backup would
// hold this one.
func (b *Backup) outside() error {
	to, ok := publish.Local(b.Target.Place())
	if !ok {
		return nil
	}
	lib, err := os.Stat(b.Library.Dir())
	if err != nil {
		return err
	}
	// It may not be there yet, and links may lead to it.
	for ; to != filepath.Dir(to); to = filepath.Dir(to) {
		if real, err := filepath.EvalSymlinks(to); err == nil {
			to = real
		}
		if info, err := os.Stat(to); err == nil && os.SameFile(info, lib) {
			return fmt.Errorf("%s: %w", b.Target.Place(), ErrInside)
		}
	}
	return nil
}

// lock takes the backup for this run alone.
func (b *Backup) lock(ctx context.Context) (unlock func(), err error) {
	a, err := b.attempt(ctx, headName, 0, "")
	if err != nil {
		return nil, err
	}
	return a.Close, nil
}

func (b *Backup) attempt(ctx context.Context, object string, bytes int64, sum string) (*publish.Attempt, error) {
	return publish.OpenAttempt(ctx, publish.AttemptConfig{
		Library: b.Library.Root(), Journal: layout.Resume, Place: b.Target.Place(), Object: object,
		Bytes: bytes, SHA256: sum, Wait: b.Wait, Now: b.Now,
	})
}

func (b *Backup) now() time.Time { return b.Now().UTC().Truncate(time.Second) }

// once makes one snapshot. The error is ErrChanged if the library changed
// meanwhile.
func (r *run) once(ctx context.Context) error {
	var err error
	if r.record, err = backups.Read(r.Library.Root()); err != nil {
		return err
	}
	holding := len(r.head.Snapshots) > 0 && r.head.follows(r.record) < r.record.Forgets()
	r.purge, r.result.Holding = holding && !r.result.TakenOver, holding && r.result.TakenOver
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	if err := r.carry(ctx, s); err != nil {
		return err
	}
	m := &Manifest{Schema: Schema, At: r.now(), WrittenBy: r.Version, Files: s.files, Folders: s.folders, Record: r.record.Without(r.result.Place, r.head.ID)}
	r.state = m.state()
	n := &r.result
	n.Unreadable, n.Damaged = nil, nil
	n.Odd, n.Files, n.Bytes, n.New, n.Kept, n.NewBytes, n.KeptBytes = s.odd, len(m.Files), 0, 0, 0, 0, 0
	for _, f := range m.Files {
		n.Bytes += f.Bytes
	}
	if err := r.compare(ctx, m); err != nil {
		return err
	}
	n.Same = !r.purge && !n.TakenOver && r.last.same(m)
	if r.o.DryRun {
		return r.send(ctx, m)
	}
	var snap *Snapshot
	if n.Same {
		snap = r.head.newest()
		snap.Latest = m.At
	} else if snap, err = r.announce(ctx, m); err != nil {
		return err
	}
	if err := r.send(ctx, m); err != nil {
		return err
	}
	n.Snapshot = snap.Name
	return r.finish(ctx, snap)
}

// compare counts the files that are not as the library's records have them.
func (r *run) compare(ctx context.Context, m *Manifest) (err error) {
	sums := make(map[string]string)
	for _, f := range m.Files {
		sums[f.Path] = f.SHA256
	}
	n := &r.result
	n.Losses, err = r.Library.Losses(ctx, func(name string) (string, bool) { sum, ok := sums[name]; return sum, ok })
	n.Missing, n.Changed = n.Losses.Missing, n.Losses.Changed
	return err
}

// same reports whether the manifests are of the same library in the same state.
func (m *Manifest) same(as *Manifest) bool {
	return m != nil && slices.Equal(m.Folders, as.Folders) &&
		slices.EqualFunc(m.Files, as.Files, func(a, b File) bool {
			return a.Path == b.Path && a.Bytes == b.Bytes && a.SHA256 == b.SHA256 && a.Private == b.Private && a.Modified.Equal(b.Modified)
		}) &&
		slices.EqualFunc(m.Record, as.Record, func(a, b backups.Entry) bool {
			equal := a.At.Equal(b.At)
			a.At, b.At = time.Time{}, time.Time{}
			return equal && a == b
		})
}

// state tells the files and folders of a library, as they are, from any others.
func (m *Manifest) state() string {
	h := sha256.New()
	for _, f := range m.Files {
		fmt.Fprintf(h, "%q %d %s %t\n", f.Path, f.Bytes, f.Modified.UTC().Format(time.RFC3339Nano), f.Private)
	}
	fmt.Fprintf(h, "%q\n", m.Folders)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// announce has the head say which objects are going to be sent.
func (r *run) announce(ctx context.Context, m *Manifest) (*Snapshot, error) {
	h := r.head
	if h.Sending != nil {
		h.Removing = append(h.Removing, *h.Sending)
	}
	h.Number++
	// Another copy of the library may be sending one of this number in this second.
	m.Name = fmt.Sprintf("%s-%d-%s", m.At.Format("20060102T150405Z"), h.Number, strings.ToLower(rand.Text()[:4]))
	text, err := encode(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	// The library knows the name before the head can: a killed run must not take
	// its own snapshot for that of another copy.
	if s := h.newest(); s != nil && s.Name == r.own.Sending {
		r.own.Snapshot = s.Name
	}
	r.own.Sending = m.Name
	if err := backups.Note(ctx, r.Library.Root(), r.own); err != nil {
		return nil, err
	}
	h.Sending = &Snapshot{Name: m.Name, At: m.At, Latest: m.At, Files: r.result.Files, Bytes: r.result.Bytes, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
	if err := r.putHead(ctx); err != nil {
		return nil, err
	}
	return h.Sending, r.put(ctx, h.Sending.object(), text)
}

// finish has the head name the snapshot, and removes those that are to go.
func (r *run) finish(ctx context.Context, snap *Snapshot) error {
	h := r.head
	if !r.result.Same {
		h.Snapshots, h.Sending = append(h.Snapshots, *snap), nil
	} else if h.Sending != nil {
		h.Removing, h.Sending = append(h.Removing, *h.Sending), nil
	}
	dropped, err := r.drop(ctx)
	if err != nil {
		return err
	}
	if err := r.putHead(ctx); err != nil {
		return err
	}
	if err := r.note(ctx); err != nil {
		return err
	}
	if len(h.Removing) > 0 {
		n, err := r.remove(ctx)
		if err != nil {
			return err
		}
		r.result.Removed = n
		if len(h.Removing) == 0 {
			r.follow()
			if err := r.putHead(ctx); err != nil {
				return err
			}
			if err := r.note(ctx); err != nil {
				return err
			}
		}
	}
	r.result.Dropped, r.result.Forgotten = dropped, r.purge && len(dropped) > 0
	if r.broken || r.purge {
		return r.sweep(ctx)
	}
	return nil
}

// drop has the head say which snapshots are to go, and returns their names.
func (r *run) drop(ctx context.Context) ([]string, error) {
	h := r.head
	keep := len(h.Snapshots)
	switch {
	case r.result.TakenOver: // the host has to see first whose they are
	case r.purge:
		keep = 1
	case r.o.Keep > 0:
		keep = min(keep, r.o.Keep)
	}
	drop, stay := h.Snapshots[:len(h.Snapshots)-keep], h.Snapshots[len(h.Snapshots)-keep:]
	var held []Snapshot
	if len(drop) > 0 && !r.purge {
		var err error
		if held, err = r.hold(ctx, drop, stay); err != nil {
			return nil, err
		}
	}
	dropped := []string{}
	for _, s := range drop {
		if !slices.Contains(held, s) {
			dropped = append(dropped, s.Name)
			h.Removing = append(h.Removing, s)
		}
	}
	h.Snapshots = slices.Concat(held, stay)
	r.follow()
	return dropped, nil
}

// follow brings up to date which forgettings the backup has followed. Where the
// new snapshot is all there is, they are those of the library; otherwise those
// that each snapshot follows, and another copy of the library may know of more.
func (r *run) follow() {
	if r.result.Same {
		return
	}
	all := r.record.Forgettings()
	if len(r.head.Snapshots) == 1 && len(r.head.Removing) == 0 {
		r.head.Followed = all
		return
	}
	r.head.Followed = slices.DeleteFunc(slices.Clone(r.head.Followed), func(id string) bool { return !slices.Contains(all, id) })
}

// note keeps in the library what the head says of it.
func (r *run) note(ctx context.Context) error {
	r.own = r.entry(r.head, r.head.newest(), r.record, r.state)
	return backups.Note(ctx, r.Library.Root(), r.own)
}

// putHead replaces the head, unless somebody else has.
func (r *run) putHead(ctx context.Context) error {
	r.head.WrittenBy = r.Version
	text, err := encode(r.head)
	if err != nil {
		return err
	}
	if err := r.steady(ctx); err != nil {
		return err
	}
	if err := r.put(ctx, headName, text); err != nil {
		return err
	}
	r.seen = text
	return nil
}

// steady fails if the head is not as this run has left it: two copies of a library
// have no lock in common.
func (r *run) steady(ctx context.Context) error {
	now, err := r.small(ctx, headName)
	if err != nil && !errors.Is(err, publish.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, r.seen) {
		return fmt.Errorf("%s: %w", r.result.Place, ErrMeanwhile)
	}
	return nil
}

// missing is what Upload.Body of a changed library returns as ErrChanged.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", publish.ErrChanged, err)
	}
	return err
}
