package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// OpenOther opens a library from which another one takes things. It is only read:
// no lock is taken and nothing is mended, so that it may lie on a read-only
// medium, and somebody else may be changing it. It has no catalogue.
func OpenOther(o Options) (*Library, error) {
	l, err := openFolder(o)
	if errors.Is(err, ErrNoLibrary) && l != nil {
		return l, nil // its marks may be lost
	}
	return l, err
}

// Mixed reports whether the library has no account of its own, and recordings of
// other hosts.
func (l *Library) Mixed() (bool, error) {
	f, err := l.marks()
	if isGone(err) {
		err = nil
	}
	return f.Mixed, err
}

// MarkMixed notes that recordings of other hosts come into a library that has no
// account of its own.
func (l *Library) MarkMixed() error {
	f, err := l.marks()
	if err != nil || f.Mixed {
		return err
	}
	f.Mixed = true
	return l.disk.writeJSON(layout.Marks, f)
}

// Spaces calls fn with all that is known of each Space, in order of the folders,
// or with why that cannot be read.
func (l *Library) Spaces(fn func(folder string, s *space.Space, err error) error) error {
	for folder, err := range l.folders() {
		if err != nil {
			return err
		}
		s, err := l.load(folder)
		if err := fn(folder, s, err); err != nil {
			return err
		}
	}
	return nil
}

// A DifferentError means that a file is not the one that its record describes.
type DifferentError struct{ Name string }

func (e *DifferentError) Error() string {
	return e.Name + ": its content has changed since its SHA-256 was recorded"
}

// SameTags reports whether the playable files of two recordings have the same
// tags.
func SameTags(a, b *space.Space) bool { return sameTags(a, b) }

// CopyFrom copies a file of another library into the stage and compares it with
// its hash on the way; "" has none. One that differs leaves nothing behind.
func (g *Stage) CopyFrom(ctx context.Context, from *Library, name, to, sha string, p stream.Progress) error {
	to = path.Join(g.dir, to)
	if err := g.lib.disk.mkdirAll(path.Dir(to)); err != nil {
		return err
	}
	return g.lib.copyFrom(ctx, from, name, to, sha, p)
}

func (l *Library) copyFrom(ctx context.Context, from *Library, name, to, sha string, p stream.Progress) error {
	src, err := from.disk.root.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	w, err := l.disk.create(to)
	if err != nil {
		return err
	}
	sum := sha256.New()
	in := stream.NewReader(ctx, src, p)
	_, err = io.CopyBuffer(io.MultiWriter(w, sum), in, make([]byte, 256<<10))
	if err == nil {
		err = in.Err()
	}
	if err == nil && sha != "" && hex.EncodeToString(sum.Sum(nil)) != sha {
		err = &DifferentError{name}
	}
	if err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

// Take copies a file of another library to a name that nothing has yet.
func (l *Library) Take(ctx context.Context, from *Library, name, to, sha string, p stream.Progress) error {
	tmp := path.Join(layout.Partial, stageKey("taken"))
	if err := errors.Join(l.disk.mkdirAll(layout.Partial), l.disk.mkdirAll(path.Dir(to)), l.disk.remove(tmp)); err != nil {
		return err
	}
	if err := l.copyFrom(ctx, from, name, tmp, sha, p); err != nil {
		return err
	}
	return l.disk.rename(tmp, to)
}

// Write is Replace for a file whose folder may be missing.
func (l *Library) Write(name string, content []byte) error {
	if err := l.disk.mkdirAll(path.Dir(name)); err != nil {
		return err
	}
	return l.disk.writeFile(name, content)
}

// Correct puts the facts s in the place of those known, where they differ.
func (l *Library) Correct(ctx context.Context, known, s *space.Space) error {
	return l.rewriteChanged(ctx, known, s)
}

// TakeAside copies the files of a record from another library to where what was
// removed lies: it can be brought back, and replaces nothing. The names of the
// files are the last parts of those in the record; from is their folder there.
func (l *Library) TakeAside(ctx context.Context, from *Library, folder string, r removed.Record, sums map[string]string, p stream.Progress) error {
	dir := path.Join(layout.Partial, stageKey("aside"))
	if err := errors.Join(l.disk.removeAll(dir), l.disk.mkdirAll(dir)); err != nil {
		return err
	}
	r.RemovedAt = space.Time{Time: l.now().UTC()}
	for _, f := range r.Files {
		base := path.Base(f.Name)
		err := l.copyFrom(ctx, from, path.Join(folder, base), path.Join(dir, base), sums[base], p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, l.disk.removeAll(dir))
		}
	}
	if _, err := l.Store().PutFrom(r, dir); err != nil {
		return err
	}
	return l.disk.removeAll(dir)
}

// Sum returns the SHA-256 of a file of the library.
func (l *Library) Sum(ctx context.Context, name string) (string, error) {
	v := &verifier{lib: l, ctx: ctx}
	sum, _, err := v.hash(name, stream.NoProgress{})
	return sum, err
}

// MadeOf returns the SHA-256 that the records in a folder of clips or episodes
// have of the audio, by the name of its file.
func (l *Library) MadeOf(dir string) (map[string]string, error) {
	entries, err := l.disk.readDir(dir)
	list := make(map[string]string)
	for _, e := range entries {
		if path.Ext(e.Name()) != ".json" || durable.IsLeftover(e.Name()) {
			continue
		}
		b, err := l.disk.root.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			continue // verify tells
		}
		if r, ok, err := parseMade(b); err == nil && ok {
			list[r.File] = r.SHA256
		}
	}
	return list, err
}

// A MadeGroup is a clip or an episode with what belongs to it: the files beside
// its record.
type MadeGroup struct {
	Record string // name of the record, or ""
	Audio  string
	SHA256 string            // of the audio, "" without a record
	Files  []string          // all, without the folder
	Sums   map[string]string // hashes of those that nobody may edit
}

// MadeIn lists what the host has made in a folder of clips or episodes, and the
// records that cannot be read.
func (l *Library) MadeIn(dir string) (groups []MadeGroup, broken map[string]error, err error) {
	entries, err := l.disk.readDir(dir)
	if err != nil {
		return nil, nil, err
	}
	broken = make(map[string]error)
	there, taken := make(map[string]bool), make(map[string]bool)
	for _, e := range entries {
		if e.Type().IsRegular() && !durable.IsLeftover(e.Name()) && !durable.IsDraft(e.Name()) {
			there[e.Name()] = true
		}
	}
	for _, e := range entries {
		name := e.Name()
		if !there[name] || path.Ext(name) != ".json" {
			continue
		}
		b, err := l.disk.root.ReadFile(path.Join(dir, name))
		if err != nil {
			broken[name] = err
			continue
		}
		r, ok, err := parseMade(b)
		if err != nil || !ok || !there[r.File] {
			continue // chapters, or the host's own
		}
		g := MadeGroup{Record: name, Audio: r.File, SHA256: r.SHA256, Files: []string{}, Sums: make(map[string]string)}
		for _, f := range r.files(dir) {
			base := path.Base(f.path)
			if there[base] {
				g.Files = append(g.Files, base)
				if !f.text {
					g.Sums[base] = f.sha256
				}
			}
		}
		g.Files = append(g.Files, name) // last: what it tells of is complete
		for _, f := range g.Files {
			taken[f] = true
		}
		groups = append(groups, g)
	}
	for _, e := range entries {
		if name := e.Name(); there[name] && !taken[name] {
			groups = append(groups, MadeGroup{Audio: name, Files: []string{name}})
		}
	}
	return groups, broken, nil
}

// ReadDir lists a folder of the library; one that does not exist is empty.
func (l *Library) ReadDir(name string) ([]fs.DirEntry, error) { return l.disk.readDir(name) }
