// Package said keeps what was said in the recordings of a library, in their
// folders and in the index of words, and finds it.
//
// The transcripts in the folders are the truth. The index can be deleted at any
// time: whoever searches brings it up to date first, if the library can be
// written. It is up to date if no change of a transcript was begun and not
// ended, and the catalogue is in the state in which it was the last time: so
// that a search looks into no folder. If it is not, each transcript is told from
// what the index has of it by its stamp, without being read.
package said

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// ErrNoIndex means that there is no index of what was said that can be read, and
// that none can be made now. The error beside it says why.
var ErrNoIndex = errors.New("what was said cannot be searched")

// Keep keeps a transcript of a recording in place of the one that is there, and
// puts it into the index. The library must be open for writing. What goes wrong
// with the index alone is no error: the next search mends it.
func Keep(ctx context.Context, lib *library.Library, s *space.Space, t *transcripts.Transcript) error {
	return change(ctx, lib, func() error { return transcripts.Write(lib.Root(), s, t) }, func(ctx context.Context, x *words.Index) error {
		stamp, _, err := stampOf(lib, s.Folder)
		if err != nil {
			return err
		}
		return x.Put(ctx, indexed(s, t, stamp))
	})
}

// Remove removes the transcript of a recording, and takes it out of the index.
// The library must be open for writing. The error is transcripts.ErrNone if there
// is none.
func Remove(ctx context.Context, lib *library.Library, s *space.Space) error {
	return change(ctx, lib, func() error { return transcripts.Remove(lib.Root(), s) }, func(ctx context.Context, x *words.Index) error {
		return x.Delete(ctx, s.ID)
	})
}

// change changes a file and then the index. A flag in the index says meanwhile
// that it may be behind.
func change(ctx context.Context, lib *library.Library, file func() error, index func(context.Context, *words.Index) error) error {
	ctx = context.WithoutCancel(ctx) // no half
	x, behind, err := begin(ctx, lib)
	if err != nil {
		return err
	}
	if x == nil {
		return file()
	}
	defer x.Close()
	if err := file(); err != nil {
		return err
	}
	if index(ctx, x) == nil && !behind {
		x.SetDirty(ctx, false) // if that fails, the next search finds that there is nothing to do
	}
	return nil
}

// begin opens the index and says in it that it may be behind, and whether it was
// so already. Where it cannot be changed it returns nil, and sees to it that
// whoever can reads the stamps again.
func begin(ctx context.Context, lib *library.Library) (x *words.Index, behind bool, err error) {
	if x, behind, err = mark(ctx, lib); err == nil {
		return x, behind, nil
	}
	if errors.Is(err, words.ErrFull) && words.Remove(lib.Path(layout.Words)) == nil {
		return nil, true, nil // made again when there is room
	}
	return nil, true, lib.Catalog().Update(ctx, func(*catalog.Tx) error { return nil }) // another state
}

// mark opens the index and says in it that it may be behind, and whether it was
// so already.
func mark(ctx context.Context, lib *library.Library) (x *words.Index, behind bool, err error) {
	name := lib.Path(layout.Words)
	x, err = words.Open(ctx, name, words.ReadWrite) // a new one is born dirty
	if again(err) && words.Remove(name) == nil {
		x, err = words.Open(ctx, name, words.ReadWrite)
	}
	if err != nil {
		return nil, true, err
	}
	if behind, err = x.Dirty(ctx); err == nil {
		err = x.SetDirty(ctx, true)
	}
	if err != nil {
		x.Close()
		return nil, true, err
	}
	return x, behind, nil
}

// again reports whether an index is to be thrown away and made again.
func again(err error) bool { return errors.Is(err, words.ErrCorrupt) || errors.Is(err, words.ErrOlder) }

// stampOf tells one state of a recording's transcript from another, by what the
// file system knows of it and of the facts that it is held against. found is
// false if there is no transcript.
func stampOf(lib *library.Library, folder string) (stamp string, found bool, err error) {
	t, err := os.Lstat(lib.Path(layout.TranscriptIn(folder)))
	if errors.Is(err, os.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	s, err := os.Lstat(lib.Path(layout.SidecarIn(folder)))
	if err != nil {
		return "", false, err
	}
	return fmt.Sprintf("%d %d %d %d", t.Size(), t.ModTime().UnixNano(), s.Size(), s.ModTime().UnixNano()), true, nil
}

// indexed is what the index holds of a transcript.
func indexed(s *space.Space, t *transcripts.Transcript, stamp string) words.Transcript {
	w := words.Transcript{ID: s.ID, StartedAt: s.StartedAt.Time, Rate: t.Rate, Stamp: stamp, Source: t.SpeakersFrom}
	for _, u := range t.Utterances {
		names := u.Speakers
		if len(names) == 0 && u.Label != "" {
			names = []string{u.Label}
		}
		w.Utterances = append(w.Utterances, words.Utterance{Start: u.Start, End: u.End, Speakers: names, Text: u.Text})
	}
	return w
}
