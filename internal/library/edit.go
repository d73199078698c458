package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An Edit says what the host changes about a Space. What is nil stays.
type Edit struct {
	Title *string // "" takes the host's title back: the one from X is restored
	Note  *string
}

// Edit changes what is known of a Space. A new title renames the folder and
// the playable files and retags them. Where a title was to be taken back and
// the library holds no other, the error is ErrNoOtherTitle, with the recording.
func (l *Library) Edit(ctx context.Context, id string, e Edit) (*space.Recording, error) {
	known, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	s := new(space.Space)
	*s = *known
	s.Sources = make(map[string]string)
	for k, v := range known.Sources {
		s.Sources[k] = v
	}
	if e.Note != nil {
		s.Note = strings.TrimSpace(*e.Note)
	}
	kept := false
	if e.Title != nil {
		if strings.TrimSpace(*e.Title) != "" {
			title.Choose(s, title.Offer{Title: *e.Title, Source: space.TitleHost, From: space.FromHost})
		} else {
			kept = !title.Restore(s, held(s)...)
		}
	}
	if err := l.rewriteChanged(ctx, known, s); err != nil {
		return nil, err
	}
	if kept {
		return &s.Recording, ErrNoOtherTitle
	}
	return &s.Recording, nil
}

// ErrNoOtherTitle says that the library holds no title of a Space but the
// host's, which stays. All else has been changed.
var ErrNoOtherTitle = errors.New("the library does not hold the title from X, so the title is not changed")

// held lists the titles that the library holds without having chosen them. It is
// for Spaces whose title was given while the one before it was not kept.
func held(s *space.Space) (offers []title.Offer) {
	if len(s.Pieces) > 0 && s.Pieces[0].Archive == "" {
		offers = append(offers, title.Offer{Title: title.InName(s.Pieces[0].Member, s.ID), Source: space.TitleFile, From: space.FromName})
	}
	add := func(raw json.RawMessage, from string) {
		var said struct{ Title string }
		if json.Unmarshal(raw, &said) == nil {
			offers = append(offers, title.Offer{Title: said.Title, Source: space.TitleSidecar, From: from})
		}
	}
	add(s.Record, space.FromRecord)
	add(s.Sidecar, space.FromSidecar)
	return offers
}

// rewriteChanged is Rewrite where the facts differ.
func (l *Library) rewriteChanged(ctx context.Context, known, s *space.Space) error {
	if same, err := space.Equal(known, s); err != nil || same {
		return err
	}
	return l.Rewrite(ctx, known, s)
}

// Rewrite puts the facts s in the place of those known. If the title or the
// tags differ, the folder is made anew around the same originals.
func (l *Library) Rewrite(ctx context.Context, known, s *space.Space) error {
	renamed := layout.Folder(&s.Recording) != layout.Folder(&known.Recording)
	if !renamed && sameTags(known, s) || s.State == space.Missing {
		return l.replaceSidecar(ctx, s)
	}
	g, err := l.Stage(s.ID)
	if err != nil {
		return err
	}
	if err := g.refill(ctx, known, s, renamed); err != nil {
		g.Discard()
		return err
	}
	return g.Install(ctx, known.Folder, s)
}

func sameTags(a, b *space.Space) bool {
	x, xerr := space.Marshal(playable.Tags(&a.Recording))
	y, yerr := space.Marshal(playable.Tags(&b.Recording))
	return xerr == nil && yerr == nil && string(x) == string(y)
}

// refill fills the stage with what is in the folder of known, under the names and
// with the tags of s.
func (g *Stage) refill(ctx context.Context, known, s *space.Space, renamed bool) error {
	l, dir := g.lib, g.dir
	if err := l.linkTree(path.Join(known.Folder, layout.Original), path.Join(dir, layout.Original)); err != nil {
		return err
	}
	if err := l.linkTree(path.Join(known.Folder, layout.Own), path.Join(dir, layout.Own)); err != nil {
		return err
	}
	if renamed {
		folder, err := l.Place(&s.Recording)
		if err != nil {
			return err
		}
		s.Folder = folder
	}
	stem := layout.FileName(&s.Recording, s.Folder)
	s.Files, s.FileSHA256 = slices.Clone(s.Files), slices.Clone(s.FileSHA256)
	for i, old := range known.Files {
		name := stem
		if i > 0 {
			name = fmt.Sprintf("%s (%d)", stem, i+1)
		}
		name += path.Ext(old)
		sha, err := g.retag(ctx, old, name, known, i, playable.Tags(&s.Recording))
		if err != nil {
			return err
		}
		if err := g.moveIndex(known.FileSHA256[i], sha); err != nil {
			return err
		}
		s.Files[i], s.FileSHA256[i] = path.Join(s.Folder, name), sha
	}
	if len(s.Files) > 0 {
		s.File = s.Files[0]
	}
	return g.WriteSidecar(s)
}

// linkTree gives all files below from a second name below to.
func (l *Library) linkTree(from, to string) error {
	err := fs.WalkDir(l.disk.root.FS(), from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dst := path.Join(to, strings.TrimPrefix(name, from))
		if e.IsDir() {
			return l.disk.mkdirAll(dst)
		}
		return l.disk.link(name, dst)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// moveIndex renames the packet index of a file whose hash has changed. One
// that is not there can be made again later.
func (g *Stage) moveIndex(from, to string) error {
	l, dir := g.lib, g.dir
	old := layout.IndexIn(dir, from)
	if from == to || !l.disk.exists(old) {
		return nil
	}
	return l.disk.rename(old, layout.IndexIn(dir, to))
}

// retag copies the playable file old, number n of those of a Space, to name
// with new tags, and returns the hash of the copy.
func (g *Stage) retag(ctx context.Context, old, name string, known *space.Space, n int, tags tags.Tags) (string, error) {
	src, err := g.lib.disk.root.Open(old)
	if err != nil {
		return "", err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return "", err
	}
	open := func() (track.Reader, error) {
		return media.Open(&stream.ReaderAt{Context: ctx, File: src}, info.Size(), track.Options{})
	}
	f, err := planCopy(open, known, n)
	if err != nil {
		return "", fmt.Errorf("%s: %w", old, err)
	}
	w, err := g.Create(name)
	if err != nil {
		return "", err
	}
	sum, crc := sha256.New(), crc32.New(castagnoli())
	err = copyUnits(f, open, io.MultiWriter(w, sum, crc), tags)
	if err != nil {
		w.Discard()
		return "", fmt.Errorf("%s: %w", old, err)
	}
	if err := w.Commit(); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), g.ReadBack(ctx, name, crc.Sum32())
}

// planCopy reads through a playable file and lays out the edits that the
// timeline asks for.
func planCopy(open func() (track.Reader, error), known *space.Space, n int) (*playable.File, error) {
	rd, err := open()
	if err != nil {
		return nil, err
	}
	f := new(playable.File)
	p := playable.Scan{}
	if err := p.Read(rd); err != nil {
		return nil, err
	}
	if len(p.Track.Runs) != 1 {
		return nil, fmt.Errorf("%d runs in a playable file, not one", len(p.Track.Runs))
	}
	f.Config, f.Sizes = p.Track.Runs[0].Config, p.Sizes
	f.Lengths, f.Encoder = p.Lengths[0], p.Track.Encoder
	// The runs count samples as the program did that wrote them: one that took
	// HE-AAC for AAC-LC counted half as many.
	if n < len(known.Configs) && known.Configs[n].Codec != string(f.Config.Codec) {
		f.Config = playable.TrackConfig(known.Configs[n])
	}
	for _, r := range known.RunsIn(n) {
		f.Hear(f.Total+r.Skip, r.Samples)
		f.Total += r.Skip + r.Samples + r.Trim
	}
	return f, nil
}

// copyUnits writes the file f with the units of another.
func copyUnits(f *playable.File, open func() (track.Reader, error), w io.Writer, tags tags.Tags) error {
	out, err := f.NewWriter(w, tags)
	if err != nil {
		return err
	}
	rd, err := open()
	if err != nil {
		return err
	}
	var u track.Packet
	for {
		if err := rd.Next(&u); err == io.EOF {
			return out.Close()
		} else if err != nil {
			return err
		}
		if err := out.WriteUnit(u.Data); err != nil {
			return err
		}
	}
}
