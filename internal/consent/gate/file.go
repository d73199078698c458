package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spaces-cli/spaces/internal/proof"
)

// File finds out what a file on disk holds of which recordings: by what the
// library holds or has made, and by its sound. What lies packed in it is
// looked into. Tags, names and a record beside the file are hints: they add
// recordings and take none away. If some of it can be the sound or the words of
// nobody knows whom, one of the uses says so. A file in which there is no sound,
// and no words of a recording, has no uses.
func (g *Gate) File(ctx context.Context, name string) ([]Use, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	uses, _, err := g.Opened(ctx, name, f)
	return uses, err
}

// Opened is File for a file that is open. It also returns the SHA-256 of what
// it has looked at, so that nothing else is sent in its place.
func (g *Gate) Opened(ctx context.Context, name string, f *os.File) ([]Use, string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	if !info.Mode().IsRegular() {
		return nil, "", &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	before, err := hash(ctx, io.NewSectionReader(f, 0, info.Size()))
	if err != nil {
		return nil, "", err
	}
	uses, err := g.opened(ctx, name, f, info.Size())
	if err != nil {
		return nil, "", err
	}
	after, err := hash(ctx, io.NewSectionReader(f, 0, info.Size()))
	if err == nil && before != after {
		err = fmt.Errorf("%s changed while it was being checked", name)
	}
	return uses, after, err
}

func (g *Gate) opened(ctx context.Context, name string, f *os.File, size int64) ([]Use, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.readMade(ctx); err != nil {
		return nil, err
	}
	look := &fileScan{g: g, ctx: ctx, left: maxUnpacked}
	if err := look.at(filepath.Base(name), f, size, 0); err != nil {
		return nil, err
	}
	if look.plain() {
		return nil, nil
	}
	hints, err := g.hints(name)
	if err != nil {
		return nil, err
	}
	return look.uses(hints, filepath.Base(name), size, f)
}

// readMade reads once what the library holds and has made.
func (g *Gate) readMade(ctx context.Context) error {
	if g.made != nil {
		return nil
	}
	made := make(map[string][]Use)
	err := (&proof.Prover{Library: g.o.Library}).EachKnown(ctx, func(sha string, k *proof.Known) {
		u := Use{Recording: k.Recording}
		switch {
		case k.Clip != nil:
			u = OfClip(k.Clip)
		case k.Episode != nil:
			u = OfEpisode(k.Episode)
		}
		made[sha] = append(made[sha], u)
		if k.Episode != nil {
			for _, s := range k.Episode.Sidecars {
				if slices.Contains(k.Episode.Transcripts, s.File) {
					made[s.SHA256] = append(made[s.SHA256], u)
				}
			}
		}
		if u.Recording != k.Recording { // a record that lies in another's folder
			made[sha] = append(made[sha], Use{Recording: k.Recording})
		}
	})
	if err == nil {
		g.made = made
	}
	return err
}

// A fileScan finds what a file holds, part by part.
type fileScan struct {
	g    *Gate
	ctx  context.Context
	left int64 // bytes that may still be unpacked

	sure  []Use  // known by their bytes
	heard []Use  // known by their sound
	why   string // what is not known of the first part that is neither
	words string // the same, of the first text
}

// plain reports whether there was nothing in the file that anybody has said.
func (l *fileScan) plain() bool { return len(l.sure)+len(l.heard) == 0 && l.why+l.words == "" }

// unknown notes that nobody can tell what a part is.
func (l *fileScan) unknown(why string) {
	if l.why == "" {
		l.why = why
	}
}

// at looks at a file, or at one that is packed in another.
func (l *fileScan) at(name string, r io.ReaderAt, size int64, depth int) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	if packed, err := l.unpack(name, r, size, depth); packed || err != nil {
		return err
	}
	plain, err := isPlain(l.ctx, r, size)
	if err != nil {
		return err
	}
	if plain {
		return l.text(r, size)
	}
	sha, err := hash(l.ctx, io.NewSectionReader(r, 0, size))
	if err != nil {
		return err
	}
	known := l.g.made[sha]
	l.sure = append(l.sure, known...)
	sound, err := l.g.o.Sounds.Find(l.ctx, r, size)
	switch {
	case errors.Is(err, ErrNoSound):
		if known == nil {
			l.unknown("its sound cannot be compared with the recordings in the library")
		}
		return nil
	case err != nil:
		return fmt.Errorf("cannot determine which recording %s is made from: %w", name, err)
	case sound.Silent: // or so little that it cannot be told
		if known == nil {
			l.unknown("it has no sound that can be compared")
		}
		return nil
	case known == nil && len(sound.Heard) == 0:
		l.unknown("its sound does not match any recording in the library")
	case known == nil && (sound.Others || soundTracks(r, size) > 1):
		l.unknown("it has several sound tracks, and only one can be compared")
	case known == nil && sound.Rest:
		l.unknown("part of its sound does not match any recording in the library")
	case known == nil && sound.Aside:
		l.unknown("part of it could not be read, but a player may still play it")
	}
	for _, h := range sound.Heard {
		l.heard = append(l.heard, Use{Recording: h.Recording, Parts: h.Spans, Clip: len(h.Spans) > 0})
	}
	return nil
}

// uses sums up what was found. Where a recording is known by bytes, no hint
// says more of it.
func (l *fileScan) uses(hints []Use, name string, size int64, r io.ReaderAt) ([]Use, error) {
	list := append(l.sure, l.heard...)
	sure := make(map[string]bool)
	for _, u := range l.sure {
		sure[u.Recording] = true
	}
	for _, u := range hints {
		if sure[u.Recording] {
			continue
		}
		_, err := l.g.voices(u.Recording)
		switch {
		case isUnknown(err):
			l.unknown("its tags say that it was made from " + u.Recording + ", which is not in the library")
		case err != nil:
			return nil, err
		default:
			list = append(list, u)
		}
	}
	if why := cmp.Or(l.why, l.words); why != "" {
		sha, err := hash(l.ctx, io.NewSectionReader(r, 0, size))
		if err != nil {
			return nil, err
		}
		list = append(list, Use{File: name, Why: why, SHA256: sha, words: l.why == ""})
	}
	return list, nil
}

// hash returns the SHA-256 of what r reads.
func hash(ctx context.Context, r io.Reader) (string, error) {
	sum := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		_, err := io.CopyN(sum, r, 1<<20)
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
