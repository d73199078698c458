// Package library is what a host keeps: a folder with the original bytes of
// each Space, a playable file made from them, and a sidecar with all that is
// known. design: docs/library.md.
//
// The folders are the truth. The catalogue beside them is an index that can
// be deleted and rebuilt. Every change is prepared under .partial, flushed to
// the medium and given its name in one step, so that a run may be killed
// anywhere: the next one that writes finishes or undoes what it left.
package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Format is the version of the folder layout, kept in library.json.
const Format = 1

var (
	// ErrNoLibrary means that the folder holds no library yet.
	ErrNoLibrary = errors.New("no library found")
	// ErrForeign says that a folder with other things in it is not made a library.
	ErrForeign = errors.New("is neither a library nor an empty folder")
	// ErrNotFound means that the library knows no such Space.
	ErrNotFound = errors.New("no such Space in the library")
	// ErrNewer means that a newer program made the library.
	ErrNewer = errors.New("the library was made by a newer version of spaces")
	// ErrNoFolder means that the library's folder was not named.
	ErrNoFolder = errors.New("the folder of the library is unknown")
)

// Options say how a library is opened.
type Options struct {
	Dir      string
	LockWait time.Duration    // how long a writer waits for another one
	Version  string           // of the program, for space.json
	Now      func() time.Time // for the record of what is removed; nil is time.Now
	// Warn, if set, is told once of each file that is damaged and was skipped.
	Warn func(text string)
	// Trace, if set, is called before each step that changes the disk:
	// "create", "write", "fsync", "rename", "link", "mkdir", "remove" or
	// "catalog". An error from it fails the step. For tests.
	Trace func(step, name string) error
}

// A Library is an open library. One that was opened for reading never changes
// the folders.
type Library struct {
	dir     string
	version string
	now     func() time.Time
	disk    *disk
	cat     *catalog.Catalog
	lock    *lock // nil when opened for reading
	notes   []string
	warn    func(text string)
	warned  sync.Map // the names of the files that warn was told of

	mu           sync.Mutex // one recording is put in its place at a time
	dirty        bool       // what the flag in the catalogue says
	scrub        bool       // rows were deleted of which no byte shall be left
	catalogStale bool       // the catalogue could not be told of a change

	namesMu sync.Mutex
	names   map[string]string // folders by id, once one was asked for that the catalogue lacks
	trace   func(step, name string) error
}

type libraryFile struct {
	Format int    `json:"format"`
	About  string `json:"about"`
	// Generation goes up whenever the catalogue is thrown away: one with
	// another number is an old one that has come back.
	Generation int64 `json:"generation,omitempty"`
	// Mixed says that a library without an account of its own has recordings of
	// other hosts: the accounts that it knows are theirs.
	Mixed bool `json:"mixed,omitempty"`
}

// Open opens a library for reading. If a killed run left the catalogue behind
// the folders and nobody is writing, it is brought up to date first.
func Open(ctx context.Context, o Options) (*Library, error) {
	l, err := openFolder(o)
	if err != nil {
		return nil, err
	}
	l.cat, err = catalog.Open(ctx, l.Path(layout.Catalog), catalog.ReadOnly)
	foreign := false // the catalogue is of another state of the library: nothing in it can be shown
	if err == nil {
		if dirty, derr := l.cat.Dirty(ctx); derr == nil && !dirty {
			if foreign = !l.ours(ctx); !foreign {
				return l, nil
			}
			err = fmt.Errorf("%s: %w", layout.Catalog, catalog.ErrOther)
		}
	}
	stale := l.cat
	o.LockWait = 0
	w, werr := OpenWrite(ctx, o)
	if werr != nil {
		if stale != nil && !foreign {
			return l, nil // somebody is writing, or nobody can: what stands there is right but for the latest
		}
		if l.cat = nil; stale != nil {
			stale.Close()
		}
		if !errors.As(werr, new(*LockedError)) && !errors.Is(werr, ErrNewer) && l.inMemory(ctx) == nil {
			return l, nil
		}
		l.Close()
		if errors.As(werr, new(*LockedError)) {
			return nil, werr
		}
		return nil, err
	}
	w.Close()
	if stale != nil {
		stale.Close()
	}
	l.cat, err = catalog.Open(ctx, l.Path(layout.Catalog), catalog.ReadOnly)
	if errors.Is(err, catalog.ErrNotExist) { // the writer had no room for one either
		err = l.inMemory(ctx)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// inMemory makes a catalogue of the folders that lasts as long as the library is
// open: where there is none, and no room or no leave to write one.
func (l *Library) inMemory(ctx context.Context) error {
	var err error
	if l.cat, err = catalog.OpenMemory(ctx); err != nil {
		return err
	}
	if _, err = l.Reindex(ctx); err != nil {
		l.cat.Close()
		l.cat = nil
	}
	return err
}

// OpenWrite opens a library for changing it, making the folder if there is
// none. It takes the lock, or returns a *LockedError; finishes what a killed
// run left; and rebuilds a catalogue that is missing, damaged, older or out
// of date.
func OpenWrite(ctx context.Context, o Options) (*Library, error) {
	if o.Dir == "" {
		return nil, ErrNoFolder
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	l, err := openFolder(o)
	if err != nil && !errors.Is(err, ErrNoLibrary) {
		return nil, err
	}
	if l.lock, err = acquire(ctx, l.dir, o.LockWait); err != nil {
		l.Close()
		return nil, err
	}
	if !l.disk.exists(layout.Marks) {
		if err := l.create(); err != nil {
			l.Close()
			return nil, err
		}
	}
	if err := l.openCatalog(ctx); err != nil {
		l.Close()
		return nil, err
	}
	if err := l.sweep(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Writable reports whether the library was opened for changing it.
func (l *Library) Writable() bool { return l.lock != nil }

// Writer opens the library once more, for changing it, unless somebody else is
// changing it: then the error is a *LockedError.
func (l *Library) Writer(ctx context.Context) (*Library, error) {
	return OpenWrite(ctx, Options{Dir: l.dir, Version: l.version, Now: l.now, Warn: l.warn, Trace: l.trace})
}

// openFolder opens the folder. With ErrNoLibrary it returns the library too,
// open and empty.
func openFolder(o Options) (*Library, error) {
	if o.Dir == "" {
		return nil, ErrNoFolder
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	d, err := openDisk(dir, o.Trace)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoLibrary
	}
	if err != nil {
		return nil, err
	}
	l := &Library{dir: dir, version: o.Version, now: o.Now, warn: o.Warn, disk: d, trace: d.trace}
	if l.now == nil {
		l.now = time.Now
	}
	switch f, err := l.marks(); {
	case errors.Is(err, fs.ErrNotExist):
		return l, ErrNoLibrary
	case err != nil:
		l.Close()
		return nil, err
	case f.Format > Format:
		l.Close()
		return nil, ErrNewer
	}
	return l, nil
}

// marks reads library.json.
func (l *Library) marks() (f libraryFile, err error) {
	err = l.disk.readJSON(layout.Marks, &f)
	return f, err
}

// ours reports whether the open catalogue was built for the library as it is.
func (l *Library) ours(ctx context.Context) bool {
	f, err := l.marks()
	if err != nil {
		return false
	}
	n, err := l.cat.Generation(ctx)
	return err == nil && n == f.Generation
}

// create marks the folder as a library. A folder with other things in it is
// left alone: a wrong --library must not fill somebody's documents.
func (l *Library) create() error {
	entries, err := l.disk.readDir(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(layout.Ours, e.Name()) && !isIndex(e.Name()) {
			return fmt.Errorf("%s %w", l.dir, ErrForeign)
		}
	}
	return l.disk.writeJSON(layout.Marks, libraryFile{Format: Format, About: about})
}

// isIndex reports whether a file is an index, or one of those that programs
// leave beside it.
func isIndex(name string) bool {
	return strings.HasPrefix(name, layout.Catalog) || strings.HasPrefix(name, layout.Words)
}

const about = "A library of X Spaces, kept by the program spaces. The recordings are under recordings; see space.json in each folder."

// openCatalog opens the catalogue for writing and brings it up to date where
// it is not. A new one is born dirty.
func (l *Library) openCatalog(ctx context.Context) error {
	name := l.Path(layout.Catalog)
	recovered, err := l.recover()
	if err != nil {
		return err
	}
	l.cat, err = catalog.Open(ctx, name, catalog.ReadWrite)
	if errors.Is(err, catalog.ErrOlder) || errors.Is(err, catalog.ErrCorrupt) {
		l.notes = append(l.notes, fmt.Sprintf("the catalogue was unusable and was rebuilt from the folders (%v)", err))
		if err := catalog.Remove(name); err != nil {
			return err
		}
		l.cat, err = catalog.Open(ctx, name, catalog.ReadWrite)
	}
	if errors.Is(err, catalog.ErrNewer) {
		return fmt.Errorf("%w: %s", ErrNewer, name)
	}
	if isFull(err) {
		return l.dropCatalog(ctx)
	}
	if err != nil {
		return err
	}
	dirty, err := l.cat.Dirty(ctx)
	if err != nil || !dirty && !recovered && l.ours(ctx) {
		return err
	}
	_, err = l.Reindex(ctx)
	l.scrub = true // the old rows may be of what has been removed
	if isFull(err) {
		return l.dropCatalog(ctx)
	}
	return err
}

func isFull(err error) bool { return errors.Is(err, catalog.ErrFull) || IsFull(err) }

// dropCatalog removes the catalogue, which makes room, and goes on with one in
// memory: where there is no room to change it, what takes room can still be
// removed. The next one who finds room builds it again.
func (l *Library) dropCatalog(ctx context.Context) error {
	if l.cat != nil {
		l.cat.Close()
	}
	l.cat = nil
	if err := catalog.Remove(l.Path(layout.Catalog)); err != nil {
		return err
	}
	return l.inMemory(ctx)
}

// Close lets go of the library and its lock.
func (l *Library) Close() error {
	var err error
	if l.cat != nil {
		if l.lock != nil && !l.catalogStale {
			err = l.setDirty(context.Background(), false)
		}
		if l.lock != nil && l.scrub {
			err = errors.Join(err, l.cat.Scrub(context.Background()))
		}
		err = errors.Join(err, l.cat.Close())
	}
	if l.lock != nil {
		l.disk.root.Remove(layout.Partial) // succeeds when empty
		l.lock.release()
	}
	return errors.Join(err, l.disk.Close())
}

// Root returns the library's folder, for reading and for files that others
// than the library keep in it. It is open as long as the library is.
func (l *Library) Root() *os.Root { return l.disk.root }

// Version is that of the program that opened the library.
func (l *Library) Version() string { return l.version }

// Dir returns the library's folder, absolute.
func (l *Library) Dir() string { return l.dir }

// Notes returns what was mended while opening, in plain words.
func (l *Library) Notes() []string { return l.notes }

// Catalog returns the index.
func (l *Library) Catalog() *catalog.Catalog { return l.cat }

// Path returns the absolute path of a slash-separated one below the library.
func (l *Library) Path(rel string) string { return filepath.Join(l.dir, filepath.FromSlash(rel)) }

// Load returns all that is known of a Space. Its state is space.Missing when
// its playable file is gone.
func (l *Library) Load(id string) (*space.Space, error) {
	folder, err := l.folder(id)
	if err != nil {
		return nil, err
	}
	return l.load(folder)
}

func (l *Library) load(folder string) (*space.Space, error) {
	s := new(space.Space)
	if err := l.disk.readJSON(layout.SidecarIn(folder), s); err != nil {
		return nil, err
	}
	if s.Schema > space.Schema {
		return nil, fmt.Errorf("%s: %w", folder, ErrNewer)
	}
	if !space.ValidID(s.ID) {
		return nil, fmt.Errorf("%s: invalid id %q", layout.SidecarIn(folder), s.ID)
	}
	s.Relocate(folder) // the host may have renamed the folder
	for _, f := range s.Files {
		if !l.disk.exists(f) {
			s.State = space.Missing
		}
	}
	return s, nil
}

// folder finds a recording's folder: where the catalogue says, or by the id
// that is part of every folder's name.
func (l *Library) folder(id string) (string, error) {
	if l.cat != nil {
		if r, err := l.cat.Get(context.Background(), id); err == nil && l.disk.exists(layout.SidecarIn(r.Folder)) {
			return r.Folder, nil
		}
	}
	l.namesMu.Lock()
	defer l.namesMu.Unlock()
	folder, ok := l.names[id]
	if l.names == nil || ok && !l.disk.exists(layout.SidecarIn(folder)) {
		names, err := l.readNames()
		if err != nil {
			return "", err
		}
		l.names = names
		folder, ok = names[id]
	}
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return folder, nil
}

// moved notes where a recording's folder is now, or with "" that it is gone.
func (l *Library) moved(id, folder string) {
	l.namesMu.Lock()
	defer l.namesMu.Unlock()
	switch {
	case l.names == nil:
	case folder == "":
		delete(l.names, id)
	default:
		l.names[id] = folder
	}
}

// readNames lists the recordings' folders by id.
func (l *Library) readNames() (map[string]string, error) {
	names := make(map[string]string)
	for folder, err := range l.folders() {
		if err != nil {
			return nil, err
		}
		for _, id := range layout.IDs(folder) {
			names[id] = folder
		}
	}
	return names, nil
}

// folders yields the folders that hold a sidecar, in order of their names.
func (l *Library) folders() func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		years, err := l.disk.readDir(layout.Recordings)
		if err != nil {
			yield("", err)
			return
		}
		for _, y := range years {
			if !y.IsDir() {
				continue
			}
			list, err := l.disk.readDir(path.Join(layout.Recordings, y.Name()))
			if err != nil {
				yield("", err)
				return
			}
			for _, e := range list {
				folder := path.Join(layout.Recordings, y.Name(), e.Name())
				if e.IsDir() && l.disk.exists(layout.SidecarIn(folder)) && !yield(folder, nil) {
					return
				}
			}
		}
	}
}

// Turns returns who spoke when: what the host has confirmed, else what the
// levels in the audio tell, or nil if there are none.
func (l *Library) Turns(id string) (*space.Turns, error) {
	s, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	return l.TurnsOf(s)
}

// TurnsOf is Turns for a Space that was loaded, also for one that was removed.
func (l *Library) TurnsOf(s *space.Space) (*space.Turns, error) {
	t, err := l.confirmedTurns(s)
	if t != nil || err != nil {
		return t, err
	}
	t = new(space.Turns)
	err = l.disk.readJSON(layout.TurnsIn(s.Folder), t)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return t, err
}

// Archives returns what the imported archives held, latest first.
func (l *Library) Archives() ([]space.Archive, error) {
	list, broken, err := l.ReadableArchives()
	if err == nil && len(broken) > 0 {
		return nil, broken[0]
	}
	return list, err
}

// ReadableArchives is Archives for those who can do without some: it also returns
// what is wrong with the records that cannot be read.
func (l *Library) ReadableArchives() (list []space.Archive, broken []error, err error) {
	entries, err := l.disk.readDir(layout.Archives)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".json" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		var a space.Archive
		if err := l.disk.readJSON(path.Join(layout.Archives, e.Name()), &a); err != nil {
			broken = append(broken, err)
			continue
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b space.Archive) int { return b.Made.Compare(a.Made.Time) })
	return list, broken, nil
}
