// Package backup copies a whole library to a target, and makes a library of
// the copy again.
//
// At the target lie objects, each a file's bytes under their SHA-256, so that
// what is there already is not sent again; manifests, one for each snapshot,
// that say which file has which bytes; and one file, the head, that lists the
// snapshots. The head names a snapshot only when all its objects have arrived
// and were checked there, and says before which objects are going to be sent or
// removed: a run that is killed anywhere leaves the earlier snapshots whole, and
// the next run resumes it. Targets cannot list what they hold; nothing lies
// there that the head does not lead to.
//
// What is in a snapshot is as private as the library. It holds everybody's
// voice, and needs nobody's consent: it is the host's own copy.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/backups"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Schema is the version of what lies at the target.
const Schema = 1

// The names at the target.
const (
	headName  = "backup.json"
	manifests = "manifests"
	objects   = "objects"
)

var (
	// ErrNone means that no backup lies at the target.
	ErrNone = errors.New("no backup found")
	// ErrGone means that the backup that was made there is not there any more:
	// the disk may be missing.
	ErrGone = errors.New("the earlier backup there is missing")
	// ErrNoSnapshot means that the backup has no snapshot of that name.
	ErrNoSnapshot = errors.New("no such snapshot")
	// ErrOther means that the backup there is not of this library.
	ErrOther = errors.New("the target holds the backup of another library")
	// ErrCopy means that another copy of this library makes the same backup.
	ErrCopy = errors.New("the latest snapshot there was not made by this library: another copy of the library or of the backup is in use")
	// ErrReplaced means that it is not the one that this library made there.
	ErrReplaced = errors.New("the target holds a different backup from the one that this library made there")
	// ErrMeanwhile means that two copies of a library write the backup at once.
	ErrMeanwhile = errors.New("another program has changed the backup in the meantime")
	// ErrPublic means that everybody could read what is sent.
	ErrPublic = errors.New("the target is public")
	// ErrPublished means that everybody reads what lies there.
	ErrPublished = errors.New("this folder contains your published files")
	// ErrInside means that the target is a folder of the library.
	ErrInside = errors.New("the target lies inside the library")
	// ErrUnsettled means that the library did not stop changing.
	ErrUnsettled = errors.New("another program is changing the library, or an interrupted program has left a change unfinished")
	// ErrNewer means that a newer program made the backup.
	ErrNewer = errors.New("the backup was made by a newer version of spaces")
	// ErrBroken means that what lies there cannot be understood.
	ErrBroken = errors.New("the backup is damaged")
)

// Phases of the jobs, for Progress.
const (
	Reading   = "reading"
	Sending   = "sending"
	Fetching  = "fetching"
	Verifying = "verifying"
)

// Progress is told how a job gets on.
type Progress interface {
	stream.Progress
	Phase(name string)
}

// A Backup is that of a library at a target.
type Backup struct {
	Target  publish.Target
	Name    string           // of the target in the settings, or ""
	Public  bool             // everybody may read what is sent
	Shown   []Shown          // the targets of the settings that everybody may read
	Library *library.Library // nil if there is none, as after a loss
	Jobs    int              // how many requests at a time
	Wait    time.Duration    // for another run
	Version string           // of the program
	Now     func() time.Time
	// Progress is told how far a job is.
	Progress Progress
	// Again is told of what arrived damaged and is sent once more.
	Again func(err error)

	unreadable func(name string) bool // for tests; nil otherwise
}

// A Snapshot is an entry of the head.
type Snapshot struct {
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	Latest time.Time `json:"latest"` // when the library was last found to be the same
	Files  int       `json:"files"`
	Bytes  int64     `json:"bytes"`
	Size   int64     `json:"manifest_bytes"`
	SHA256 string    `json:"manifest_sha256"`
}

func (s *Snapshot) object() string { return manifests + "/" + s.Name + ".json" }

// A head lists what lies at a target.
type head struct {
	Schema    int        `json:"schema"`
	About     string     `json:"about"`
	ID        string     `json:"id"`
	Number    int        `json:"number"`             // of the snapshots so far
	Snapshots []Snapshot `json:"snapshots"`          // complete, oldest first
	Sending   *Snapshot  `json:"sending,omitempty"`  // not complete
	Removing  []Snapshot `json:"removing,omitempty"` // with the objects that no other needs
	// Followed are the forgettings after which nothing that they took out of the
	// library is here any more; nil if an earlier program wrote the head.
	Followed  []string `json:"followed"`
	WrittenBy string   `json:"written_by"`
}

const about = "A backup of a library of X Spaces, made by the program spaces. Objects are files, named by their SHA-256; the manifests say where they belong."

func (h *head) newest() *Snapshot {
	if len(h.Snapshots) == 0 {
		return nil
	}
	return &h.Snapshots[len(h.Snapshots)-1]
}

// A Manifest says what a snapshot consists of.
type Manifest struct {
	Schema    int            `json:"schema"`
	Name      string         `json:"name"`
	At        time.Time      `json:"at"`
	WrittenBy string         `json:"written_by"`
	Files     []File         `json:"files"`   // in the order of their paths
	Folders   []string       `json:"folders"` // that are empty
	Record    backups.Record `json:"record"`  // of the backups at other places
}

// A File is one of the library.
type File struct {
	Path     string    `json:"path"`
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified"`
	Private  bool      `json:"private,omitempty"` // nobody but its owner may read it
}

func (f *File) object() string { return objects + "/" + f.SHA256 }

// entry is what a library notes of a snapshot. It follows from what lies at the
// target, so that a library that is made of it again notes the same.
func (b *Backup) entry(h *head, s *Snapshot, r backups.Record, state string) backups.Entry {
	return backups.Entry{Schema: backups.Schema, At: s.Latest, Place: b.Target.Place(), Target: b.Name, ID: h.ID,
		Snapshot: s.Name, Files: s.Files, Bytes: s.Bytes, State: state, Forgets: h.follows(r)}
}

// follows counts the forgettings of a record that the backup has followed.
func (h *head) follows(r backups.Record) int {
	n := 0
	for _, id := range r.Forgettings() {
		if slices.Contains(h.Followed, id) {
			n++
		}
	}
	return n
}

// assume fills in what earlier programs counted in the library alone. newest is
// the manifest of the newest snapshot, or nil. That count is of this disk only
// if the snapshot is; otherwise the backup has followed nothing that is certain.
func (h *head) assume(newest *Manifest, r backups.Record, own *backups.Entry) {
	if h.Followed != nil {
		return
	}
	h.Followed = []string{}
	s := h.newest()
	switch {
	case s == nil || len(h.Removing) > 0:
	case own != nil && own.Snapshot == s.Name:
		all := r.Forgettings()
		h.Followed = all[:min(own.Forgets, len(all))]
	case len(h.Snapshots) == 1 && newest != nil:
		h.Followed = newest.Record.Forgettings()
	}
}

// maxJSON bounds what is read of a head or a manifest.
const maxJSON = 256 << 20

// head reads what lies at the target, and returns its text too. The error is
// ErrNone if nothing does.
func (b *Backup) head(ctx context.Context) (*head, []byte, error) {
	text, err := b.small(ctx, headName)
	if errors.Is(err, publish.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s: %w", b.Target.Place(), ErrNone)
	}
	if err != nil {
		return nil, nil, err
	}
	h := new(head)
	if err := json.Unmarshal(text, h); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrHead, headName, err)
	}
	if h.Schema > Schema {
		return nil, nil, ErrNewer
	}
	if h.ID == "" {
		return nil, nil, fmt.Errorf("%w: %s has no id", ErrHead, headName)
	}
	return h, text, nil
}

// manifest reads that of a snapshot and compares it with the head.
func (b *Backup) manifest(ctx context.Context, s *Snapshot) (*Manifest, error) {
	text, err := b.small(ctx, s.object())
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != s.SHA256 {
		return nil, fmt.Errorf("%w: the SHA-256 of %s does not match", ErrBroken, s.object())
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBroken, s.object(), err)
	}
	if m.Schema > Schema {
		return nil, ErrNewer
	}
	return m, nil
}

// small reads an object that fits into memory.
func (b *Backup) small(ctx context.Context, name string) ([]byte, error) {
	r, err := b.Target.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(stream.Until(ctx, io.LimitReader(r, maxJSON+1), nil))
	if err == nil && len(text) > maxJSON {
		err = fmt.Errorf("%w: %s is longer than %d bytes", ErrBroken, name, maxJSON)
	}
	return text, err
}

// encode writes a head or a manifest.
func encode(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", " ")
	return append(text, '\n'), err
}

// Is reports whether a folder on this computer is a backup.
func Is(dir string) bool {
	var h struct {
		Schema int    `json:"schema"`
		About  string `json:"about"`
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	const most = 32 << 20
	return durable.ReadJSON(root, headName, most, &h) == nil && h.Schema > 0 && h.About == about
}
