package library

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/unithash"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Stage is the folder in which a recording is put together, under .partial.
// Names are relative to it. Nobody sees it until Install gives it its place.
type Stage struct {
	lib *Library
	dir string
}

// Stage makes an empty folder for a recording.
func (l *Library) Stage(id string) (*Stage, error) {
	g := &Stage{l, path.Join(layout.Partial, stageKey(id))}
	if err := g.Discard(); err != nil {
		return nil, err
	}
	for _, sub := range []string{layout.Original, layout.Own} {
		if err := l.disk.mkdirAll(path.Join(g.dir, sub)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// DiscardStage removes what was written for a recording and not installed.
func (l *Library) DiscardStage(id string) error {
	return (&Stage{l, path.Join(layout.Partial, stageKey(id))}).Discard()
}

// Discard removes the folder.
func (g *Stage) Discard() error { return g.lib.disk.removeAll(g.dir) }

// Create makes a file.
func (g *Stage) Create(name string) (*durable.Part, error) {
	return g.lib.disk.create(path.Join(g.dir, name))
}

// Open opens a file that was made.
func (g *Stage) Open(name string) (*os.File, error) {
	return g.lib.disk.root.Open(path.Join(g.dir, name))
}

// Remove removes a file.
func (g *Stage) Remove(name string) error { return g.lib.disk.remove(path.Join(g.dir, name)) }

// MakeEarlier makes the folder for originals that do not belong to the
// timeline.
func (g *Stage) MakeEarlier() error { return g.lib.disk.mkdirAll(layout.EarlierIn(g.dir)) }

// RenameOriginal gives an original another name.
func (g *Stage) RenameOriginal(old, new string) error {
	return g.lib.disk.rename(layout.OriginalIn(g.dir, old), layout.OriginalIn(g.dir, new))
}

// WriteSidecar writes what is known of the recording.
func (g *Stage) WriteSidecar(s *space.Space) error {
	return g.lib.disk.writeNew(layout.SidecarIn(g.dir), s)
}

// WriteTurns writes who spoke when by the levels in the audio.
func (g *Stage) WriteTurns(t *space.Turns) error {
	return g.lib.disk.writeNew(layout.TurnsIn(g.dir), t)
}

// WriteTags writes the timed tags of a piece.
func (g *Stage) WriteTags(piece int, tags *hydra.Tags) error {
	return g.write(layout.TagsIn(g.dir, piece), func(w io.Writer) error { return writeTags(w, tags) })
}

// WriteIndex writes the packet index of a playable file with that SHA-256.
func (g *Stage) WriteIndex(f *playable.File, sha256 string) error {
	return g.write(layout.IndexIn(g.dir, sha256), f.WriteIndex)
}

// WriteSoundIndex writes the sound index of a playable file.
func (g *Stage) WriteSoundIndex(file int, index *unithash.Index) error {
	return g.write(layout.SoundIn(g.dir, file), func(w io.Writer) error {
		_, err := w.Write(index.Append(nil))
		return err
	})
}

func (g *Stage) write(name string, content func(io.Writer) error) error {
	w, err := g.lib.disk.create(name)
	if err != nil {
		return err
	}
	if err := content(w); err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

// ReadBack reads a file that has just been written and compares its CRC-32C.
func (g *Stage) ReadBack(ctx context.Context, name string, want uint32) error {
	name = path.Join(g.dir, name)
	f, err := g.lib.disk.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	crc := crc32.New(castagnoli())
	in := stream.NewReader(ctx, f, stream.NoProgress{})
	if _, err := io.CopyBuffer(onlyWriter{crc}, in, make([]byte, 256<<10)); err != nil {
		return err
	}
	if in.Err() != nil {
		return in.Err()
	}
	if got := crc.Sum32(); got != want {
		return fmt.Errorf("%s: reading it back gave different bytes (CRC-32C %08x, not %08x): the disk may be failing", g.lib.Path(name), got, want)
	}
	return nil
}

// castagnoli is the CRC-32C, which processors compute at the speed of memory.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// onlyWriter hides all but Write.
type onlyWriter struct{ io.Writer }

// KeepEarlier takes the originals of the recording known, which s replaces,
// along: among the earlier ones, unless they are among those of s.
func (g *Stage) KeepEarlier(known, s *space.Space, reason string) error {
	for _, p := range known.Pieces {
		if err := g.keepManifest(known, s, &p); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Pieces, func(q space.Piece) bool { return q.SHA256 == p.SHA256 }) {
			continue
		}
		if !g.lib.disk.exists(layout.OriginalIn(known.Folder, p.Name)) {
			continue
		}
		stem := strings.TrimSuffix(p.Name, path.Ext(p.Name))
		name := layout.Earlier(fmt.Sprintf("%s.%s%s", stem, p.SHA256[:8], path.Ext(p.Name)))
		s.Earlier = append(s.Earlier, space.Earlier{Name: name, Bytes: p.Bytes, SHA256: p.SHA256, Reason: reason})
		if err := g.linkOriginal(layout.OriginalIn(known.Folder, p.Name), name); err != nil {
			return err
		}
	}
	for _, e := range known.Earlier {
		if slices.ContainsFunc(s.Earlier, func(f space.Earlier) bool { return f.SHA256 == e.SHA256 }) ||
			slices.ContainsFunc(s.Pieces, func(p space.Piece) bool { return p.SHA256 == e.SHA256 }) {
			continue
		}
		err := g.linkOriginal(layout.OriginalIn(known.Folder, e.Name), e.Name)
		if err == nil {
			s.Earlier = append(s.Earlier, e)
		} else if !isGone(err) {
			return err
		}
	}
	return nil
}

// keepManifest takes the manifest of a piece along that is not among those of s.
func (g *Stage) keepManifest(known, s *space.Space, p *space.Piece) error {
	if p.Playlist == nil {
		return nil
	}
	f := p.Playlist.Manifest
	same := func(q space.Piece) bool { return q.Playlist != nil && q.Playlist.Manifest.SHA256 == f.SHA256 }
	from := layout.OriginalIn(known.Folder, f.Name)
	if slices.ContainsFunc(s.Pieces, same) || !g.lib.disk.exists(from) {
		return nil
	}
	stem := strings.TrimSuffix(p.Name, path.Ext(p.Name))
	name := layout.Earlier(layout.ManifestOf(fmt.Sprintf("%s.%s%s", stem, f.SHA256[:8], path.Ext(p.Name))))
	s.Earlier = append(s.Earlier, space.Earlier{Name: name, Bytes: f.Bytes, SHA256: f.SHA256, Reason: "the manifest of an earlier copy"})
	return g.linkOriginal(from, name)
}

// linkOriginal gives a file of the library a second name among the originals.
func (g *Stage) linkOriginal(from, name string) error {
	to := layout.OriginalIn(g.dir, name)
	if g.lib.disk.exists(to) {
		return nil
	}
	if err := g.lib.disk.mkdirAll(path.Dir(to)); err != nil {
		return err
	}
	return g.lib.disk.link(from, to)
}

// MoveEarlier adds earlier originals that lie in the stage to a recording that
// the library has, and discards the stage. They get their places first: if that
// is all that comes about, the next run finds them there. It returns what is
// known of the recording then.
func (g *Stage) MoveEarlier(ctx context.Context, known *space.Space, list []space.Earlier) (*space.Space, error) {
	d := g.lib.disk
	if err := d.mkdirAll(layout.EarlierIn(known.Folder)); err != nil {
		return nil, err
	}
	for _, e := range list {
		if err := d.rename(layout.OriginalIn(g.dir, e.Name), layout.OriginalIn(known.Folder, e.Name)); err != nil {
			return nil, err
		}
	}
	if err := g.Discard(); err != nil {
		return nil, err
	}
	more := *known
	more.Earlier = append(slices.Clone(known.Earlier), list...)
	return &more, g.lib.replaceSidecar(ctx, &more)
}

// Install moves the complete folder to its place s.Folder, instead of the
// folder old (or nothing when old is empty), and indexes it.
func (g *Stage) Install(ctx context.Context, old string, s *space.Space) (err error) {
	l := g.lib
	if err := l.syncTree(g.dir); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.disk.mkdirAll(path.Dir(s.Folder)); err != nil {
		return err
	}
	if err := l.setDirty(ctx, true); err != nil {
		return err
	}
	defer func() { l.catalogStale = l.catalogStale || err != nil }()
	next, aside := g.dir+newSuffix, g.dir+oldSuffix
	if err := l.disk.rename(g.dir, next); err != nil {
		return err
	}
	if old != "" {
		if err := l.disk.rename(old, aside); err != nil {
			return err
		}
	}
	if err := l.disk.rename(next, s.Folder); err != nil {
		return err
	}
	l.moved(s.ID, s.Folder)
	if old != "" {
		if err := l.removeReplaced(aside, s.Folder); err != nil {
			return err
		}
	}
	if l.index(ctx, s) != nil {
		// The recording is in its place, and the flag stands: who opens the
		// library next builds the catalogue anew.
		l.catalogStale = true
	}
	return nil
}

// syncTree flushes the entries of all folders below dir. The files in them
// have been flushed when they were closed.
func (l *Library) syncTree(dir string) error {
	return fs.WalkDir(l.disk.root.FS(), dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return l.disk.options().SyncDir(l.disk.root, name)
	})
}
