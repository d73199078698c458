package library

import (
	"context"
	"errors"
	"io"
	"iter"
	"path"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// SoundIndex returns the sound index of a recording's playable file: the one
// that is kept, or one made of the file if that is missing. The one kept may be
// of other audio, if somebody has exchanged files by hand.
// The error is a *unithash.UnsupportedError where the units have no hashes.
func (l *Library) SoundIndex(ctx context.Context, s *space.Space, file int) (*unithash.Index, error) {
	if x := l.keptSoundIndex(s, file); x != nil {
		return x, nil
	}
	sound, err := l.OpenSound(s.ID)
	if err != nil {
		return nil, err
	}
	defer sound.Close()
	if file >= len(sound.Files) {
		return nil, ErrNoAudio // it has just been replaced
	}
	return buildSoundIndex(ctx, sound.Files[file])
}

func (l *Library) keptSoundIndex(s *space.Space, file int) *unithash.Index {
	b, err := l.disk.root.ReadFile(layout.SoundIn(s.Folder, file))
	if err != nil {
		return nil
	}
	x, err := unithash.Parse(b)
	if err != nil {
		return nil
	}
	return x
}

func buildSoundIndex(ctx context.Context, f *SoundFile) (*unithash.Index, error) {
	b, err := unithash.NewBuilder(f.Config)
	if err != nil {
		return nil, err
	}
	err = f.Units(ctx, 0, f.Index.Units, func(unit []byte) error {
		b.Add(unit)
		return nil
	})
	return b.Index(), err
}

// Units calls visit with n units of the file from first on.
func (f *SoundFile) Units(ctx context.Context, first, n int64, visit func(unit []byte) error) error {
	const block = 1024
	var sizes track.Sizes
	var buf []byte
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(n, block)
		offset, some, err := f.Index.Extent(first, k, sizes[:0])
		if err != nil {
			return err
		}
		sizes = some
		if need := int(sizes.Sum()); cap(buf) < need {
			buf = make([]byte, need)
		}
		buf = buf[:sizes.Sum()]
		if _, err := f.ReadAt(buf, f.Start+offset); err != nil && !(errors.Is(err, io.EOF) && f.Start+offset+int64(len(buf)) == f.Bytes) {
			return err
		}
		rest := buf
		for _, size := range sizes {
			if err := visit(rest[:size]); err != nil {
				return err
			}
			rest = rest[size:]
		}
		first, n = first+k, n-k
	}
	return nil
}

// IndexSound makes the sound indexes that recordings lack, as those of an
// earlier program do, and returns of how many files. What is wrong with one
// recording is told to failed and stops nothing.
func (l *Library) IndexSound(ctx context.Context, failed func(id string, err error)) (made int, err error) {
	for folder, err := range l.folders() {
		if err != nil {
			return made, err
		}
		s, err := l.load(folder)
		if err != nil {
			continue // told by Reindex
		}
		n, err := l.indexSound(ctx, s)
		made += n
		if ctx.Err() != nil {
			return made, ctx.Err()
		}
		if err != nil {
			failed(s.ID, err)
		}
	}
	return made, nil
}

func (l *Library) indexSound(ctx context.Context, s *space.Space) (made int, err error) {
	if len(s.Files) == 0 || s.State == space.Missing {
		return 0, nil
	}
	sound, err := l.OpenSound(s.ID)
	if err != nil {
		return 0, err
	}
	defer sound.Close()
	for i, f := range sound.Files {
		if x := l.keptSoundIndex(s, i); x != nil && x.Units == f.Index.Units {
			continue
		}
		x, err := buildSoundIndex(ctx, f)
		if errors.As(err, new(*unithash.UnsupportedError)) {
			continue
		}
		if err != nil {
			return made, err
		}
		if err := l.disk.mkdirAll(path.Join(s.Folder, layout.Own)); err != nil {
			return made, err
		}
		if err := l.disk.writeFile(layout.SoundIn(s.Folder, i), x.Append(nil)); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}

// All yields all Spaces, by the folders. What cannot be read ends it.
func (l *Library) All() iter.Seq2[*space.Space, error] {
	return func(yield func(*space.Space, error) bool) {
		for folder, err := range l.folders() {
			var s *space.Space
			if err == nil {
				s, err = l.load(folder)
			}
			if isGone(err) {
				continue // just renamed or removed
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// IDs lists the ids of all Spaces, by the folders.
func (l *Library) IDs() ([]string, error) {
	var ids []string
	for s, err := range l.All() {
		if err != nil {
			return nil, err
		}
		ids = append(ids, s.ID)
	}
	return ids, nil
}
