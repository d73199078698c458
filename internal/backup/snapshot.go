package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A survey is what a library consists of at one moment.
type survey struct {
	files   []File
	folders []string // empty ones
	odd     []string // not in a backup: links, devices, names that are not UTF-8
	unread  []Unread // files and folders that the system cannot read
}

// survey reads the library until it has stopped changing: two walks through
// its folders, the second of which finds nothing that the first has not.
func (b *Backup) survey(ctx context.Context) (*survey, error) {
	const rounds, pause = 10, 200 * time.Millisecond
	b.Progress.Phase(Reading)
	read, failed := make(map[string]File), make(map[string]error)
	for range rounds {
		s, err := b.walk(ctx)
		if err != nil {
			return nil, err
		}
		changed, err := b.hash(ctx, s, read, failed)
		if err != nil {
			return nil, err
		}
		settled, err := b.Library.Settled()
		if err != nil {
			return nil, err
		}
		if settled && !changed {
			s.setAside(failed)
			return s, nil
		}
		if !settled {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(pause):
			}
		}
	}
	return nil, ErrUnsettled
}

// walk lists the files of the library, without their hashes.
func (b *Backup) walk(ctx context.Context) (*survey, error) {
	s := &survey{folders: []string{}, odd: []string{}}
	folders := make(map[string]bool) // whether something lies in it
	err := fs.WalkDir(b.Library.Root().FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			return nil // it has gone; the next walk sees the same as this one, or goes again
		case err != nil && name == ".":
			return err
		case err != nil:
			s.unread = append(s.unread, Unread{Path: name, Err: err})
			return nil
		case name == ".":
			return nil
		case !utf8.ValidString(name): // a manifest is JSON
			s.odd = append(s.odd, name)
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !layout.BackedUp(name):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			folders[path.Dir(name)] = true
			if !folders[name] {
				folders[name] = false
			}
			return nil
		case isDraft(name):
			return nil
		case !e.Type().IsRegular():
			s.odd = append(s.odd, name)
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		folders[path.Dir(name)] = true
		s.files = append(s.files, File{Path: name, Bytes: info.Size(), Modified: info.ModTime().UTC(), Private: info.Mode().Perm()&0o077 == 0})
		return nil
	})
	for name, full := range folders {
		if !full {
			s.folders = append(s.folders, name)
		}
	}
	slices.Sort(s.folders)
	slices.SortFunc(s.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return s, err
}

// isDraft reports whether a file is not whole yet. The host may have called one
// mine.partial: programs of ours never wrote such a one but for what can be made again.
func isDraft(name string) bool {
	base := path.Base(name)
	if !durable.IsLeftover(base) {
		return false
	}
	return strings.HasPrefix(base, ".") || path.Ext(base) != layout.Partial || path.Base(path.Dir(name)) == layout.Own
}

// hash reads those files that are not as they were read before, and reports
// whether there are any, or some have gone.
// failed gets those that cannot be read: one bad sector must not keep the rest
// from being saved.
func (b *Backup) hash(ctx context.Context, s *survey, read map[string]File, failed map[string]error) (changed bool, err error) {
	var anew []*File
	there := make(map[string]bool)
	for i := range s.files {
		f := &s.files[i]
		there[f.Path] = true
		was, ok := read[f.Path]
		if f.SHA256 = was.SHA256; ok && *f == was {
			continue
		}
		anew = append(anew, f)
		b.Progress.Expect(f.Bytes)
	}
	changed = len(anew) > 0
	for name := range read {
		if !there[name] {
			changed = true
			delete(read, name)
		}
	}
	for _, f := range anew {
		err := b.digest(ctx, f)
		switch {
		case err == nil:
			read[f.Path] = *f
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, publish.ErrChanged):
			delete(read, f.Path) // the next round looks again
		case ctx.Err() != nil:
			return changed, err
		default:
			f.SHA256, failed[f.Path] = "", err
			read[f.Path] = *f
		}
	}
	return changed, nil
}

// digest reads a file.
func (b *Backup) digest(ctx context.Context, f *File) error {
	if b.unreadable != nil && b.unreadable(f.Path) {
		return fs.ErrPermission
	}
	src, err := b.open(f)
	if err != nil {
		return err
	}
	defer src.Close()
	h := sha256.New()
	in := stream.NewReader(ctx, io.NewSectionReader(src, 0, f.Bytes), b.Progress)
	n, err := io.Copy(h, in)
	if err != nil {
		return err
	}
	if n != f.Bytes {
		return publish.ErrChanged
	}
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return nil
}

// open opens a file that fails as soon as it is not as the survey has it.
func (b *Backup) open(f *File) (publish.OpenedFile, error) {
	src, err := publish.OpenFile(b.Library.Root(), f.Path)()
	if err != nil {
		return nil, err
	}
	info, err := src.Stat()
	if err == nil && (info.Size() != f.Bytes || !info.ModTime().Equal(f.Modified)) {
		err = publish.ErrChanged
	}
	if err != nil {
		src.Close()
		return nil, err
	}
	return publish.Steady(src, info), nil
}
