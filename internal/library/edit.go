package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// An Edit says what the host changes about a Space. What is nil stays.
type Edit struct {
	Title *string // "" takes the host's title back
	Note  *string
}

// Edit changes what is known of a Space. A new title renames the folder and
// the playable files and retags them.
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
	if e.Title != nil {
		it := &item{id: id, title: *e.Title}
		if strings.TrimSpace(*e.Title) == "" {
			s.TitleSource = space.TitleDate
			if len(s.Pieces) > 0 && s.Pieces[0].Archive == "" {
				it.nameTitle = titleInName(s.Pieces[0].Member, s.ID)
			}
		}
		describeTitle(s, it)
	}
	if same, err := equalJSON(known, s); err != nil || same {
		return &s.Recording, err
	}
	if err := l.rewrite(ctx, known, s); err != nil {
		return nil, err
	}
	return &s.Recording, nil
}

// rewrite puts the facts s in the place of those known. If the title or the
// tags differ, the folder is made anew around the same originals.
func (l *Library) rewrite(ctx context.Context, known, s *space.Space) error {
	renamed := folderName(&s.Recording) != folderName(&known.Recording)
	if !renamed && sameTags(known, s) || s.State == space.Missing {
		return l.replaceSidecar(ctx, s)
	}
	dir, err := l.stage(s.ID)
	if err != nil {
		return err
	}
	if err := l.restage(ctx, dir, known, s, renamed); err != nil {
		l.disk.removeAll(dir)
		return err
	}
	return l.install(ctx, dir, known.Folder, s)
}

func sameTags(a, b *space.Space) bool {
	x, xerr := marshal(tagsOf(&a.Recording))
	y, yerr := marshal(tagsOf(&b.Recording))
	return xerr == nil && yerr == nil && string(x) == string(y)
}

// restage fills dir with what is in the folder of known, under the names and
// with the tags of s.
func (l *Library) restage(ctx context.Context, dir string, known, s *space.Space, renamed bool) error {
	if err := l.linkTree(path.Join(known.Folder, "original"), path.Join(dir, "original")); err != nil {
		return err
	}
	if err := l.linkTree(path.Join(known.Folder, ".spaces"), path.Join(dir, ".spaces")); err != nil {
		return err
	}
	if renamed {
		folder, err := l.place(&s.Recording)
		if err != nil {
			return err
		}
		s.Folder = folder
	}
	stem := fileName(&s.Recording, s.Folder)
	s.Files, s.FileSHA256 = slices.Clone(s.Files), slices.Clone(s.FileSHA256)
	for i, old := range known.Files {
		name := stem
		if i > 0 {
			name = fmt.Sprintf("%s (%d)", stem, i+1)
		}
		name += path.Ext(old)
		sha, err := l.retag(ctx, old, path.Join(dir, name), known, i, tagsOf(&s.Recording))
		if err != nil {
			return err
		}
		if err := l.moveIndex(dir, known.FileSHA256[i], sha); err != nil {
			return err
		}
		s.Files[i], s.FileSHA256[i] = path.Join(s.Folder, name), sha
	}
	if len(s.Files) > 0 {
		s.File = s.Files[0]
	}
	return l.disk.writeNew(path.Join(dir, sidecarName), s)
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
func (l *Library) moveIndex(dir, from, to string) error {
	old := path.Join(dir, ".spaces", from+".idx")
	if from == to || !l.disk.exists(old) {
		return nil
	}
	return l.disk.rename(old, path.Join(dir, ".spaces", to+".idx"))
}

// retag copies the playable file old, number n of those of a Space, to name
// with new tags, and returns the hash of the copy.
func (l *Library) retag(ctx context.Context, old, name string, known *space.Space, n int, tags tags.Tags) (string, error) {
	src, err := l.disk.root.Open(old)
	if err != nil {
		return "", err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return "", err
	}
	open := func() (track.Reader, error) {
		return media.Open(&readerAt{ctx, src}, info.Size(), track.Options{})
	}
	f, err := planCopy(open, known, n)
	if err != nil {
		return "", fmt.Errorf("%s: %w", old, err)
	}
	w, err := l.disk.create(name)
	if err != nil {
		return "", err
	}
	sum, crc := sha256.New(), crc32.New(castagnoli)
	err = f.copyFrom(open, io.MultiWriter(w, sum, crc), tags)
	if err != nil {
		w.Discard()
		return "", fmt.Errorf("%s: %w", old, err)
	}
	if err := w.Commit(); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), l.readBack(ctx, name, crc.Sum32())
}

// planCopy reads through a playable file and lays out the edits that the
// timeline asks for.
func planCopy(open func() (track.Reader, error), known *space.Space, n int) (*playable, error) {
	rd, err := open()
	if err != nil {
		return nil, err
	}
	f := new(playable)
	p := landed{}
	if err := p.scan(rd); err != nil {
		return nil, err
	}
	if len(p.track.Runs) != 1 {
		return nil, fmt.Errorf("%d runs in a playable file, not one", len(p.track.Runs))
	}
	f.config, f.sizes, f.bytes = p.track.Runs[0].Config, p.sizes, p.sizes.Sum()
	f.lengths, f.encoder = p.lengths[0], p.track.Encoder
	// The runs count samples as the program did that wrote them: one that took
	// HE-AAC for AAC-LC counted half as many.
	if n < len(known.Configs) && known.Configs[n].Codec != string(f.config.Codec) {
		f.config = trackConfig(known.Configs[n])
	}
	for _, r := range known.RunsIn(n) {
		f.edit(f.total+r.Skip, r.Samples)
		f.total += r.Skip + r.Samples + r.Trim
	}
	return f, nil
}

// copyFrom writes the file with the units of another.
func (f *playable) copyFrom(open func() (track.Reader, error), w io.Writer, tags tags.Tags) error {
	out, err := f.newUnitWriter(w, tags)
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
