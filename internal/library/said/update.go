package said

import (
	"context"
	"errors"
	"iter"
	"os"
	"runtime"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// Rebuilt says what Rebuild has put into the index.
type Rebuilt struct {
	Transcripts, Utterances int
	Skipped                 []Skipped
}

// A Skipped transcript is there and cannot be searched.
type Skipped struct {
	ID  string
	Err error // transcripts.ErrOther, ErrNewer, or why it cannot be read
}

// inPlace says that a file which somebody may have open cannot be replaced.
var inPlace = runtime.GOOS == "windows"

// Rebuild makes the index anew of all transcripts. The library must be open for
// writing. An index of a newer program is left alone: the error wraps
// words.ErrNewer.
func Rebuild(ctx context.Context, lib *library.Library) (*Rebuilt, error) {
	x, err := words.Open(ctx, lib.Path(layout.Words), words.ReadWrite)
	if errors.Is(err, words.ErrNewer) {
		return nil, err
	}
	state, serr := lib.Catalog().State(ctx)
	if serr != nil {
		return nil, serr
	}
	r := new(Rebuilt)
	if err == nil && inPlace {
		defer x.Close()
		err = x.Update(ctx, func(tx *words.Tx) error {
			if err := errors.Join(tx.Clear(), tx.SetGeneration(state)); err != nil {
				return err
			}
			for t, err := range r.all(ctx, lib) {
				if err == nil {
					err = tx.Put(t)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = errors.Join(x.SetDirty(ctx, false), x.Scrub(ctx))
		}
		return r, err
	}
	if err == nil {
		x.Close()
	}
	return r, words.Build(ctx, lib.Path(layout.Words), state, r.all(ctx, lib))
}

// all yields what the index holds of the transcripts of a library, the newest
// first.
func (r *Rebuilt) all(ctx context.Context, lib *library.Library) iter.Seq2[words.Transcript, error] {
	return func(yield func(words.Transcript, error) bool) {
		for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
			if err != nil {
				yield(words.Transcript{}, err)
				return
			}
			stamp, found, err := stampOf(lib, row.Folder)
			if err == nil && !found {
				continue
			}
			t, skipped := words.Transcript{}, err
			if err == nil {
				t, skipped = loadIndexed(lib, row.ID, stamp)
			}
			if skipped != nil {
				r.Skipped = append(r.Skipped, Skipped{row.ID, skipped})
			} else {
				r.Transcripts++
				r.Utterances += len(t.Utterances)
			}
			if t.ID != "" && !yield(t, nil) {
				return
			}
		}
	}
}

// maxUtterances is how many the index can number.
const maxUtterances = 1 << 20

// loadIndexed reads a transcript for the index. Where it cannot be searched, err says
// why, and the index gets one without words: so that it is not read again until
// its stamp is another.
func loadIndexed(lib *library.Library, id, stamp string) (w words.Transcript, err error) {
	s, err := lib.Load(id)
	if err != nil {
		return words.Transcript{}, err
	}
	t, err := transcripts.Read(lib.Root(), s)
	if err == nil && len(t.Utterances) > maxUtterances {
		err = words.ErrLong
	}
	if err != nil {
		return words.Transcript{ID: id, StartedAt: s.StartedAt.Time, Rate: 1, Stamp: stamp}, err
	}
	return indexed(s, t, stamp), nil
}

// current reports whether the index is that of the library as it is.
func current(ctx context.Context, lib *library.Library, x *words.Index) (bool, error) {
	dirty, err := x.Dirty(ctx)
	if err != nil || dirty {
		return false, err
	}
	had, err := x.Generation(ctx)
	if err != nil {
		return false, err
	}
	has, err := lib.Catalog().State(ctx)
	return err == nil && had == has, err
}

// Update brings the index up to date. The library must be open for writing.
func Update(ctx context.Context, lib *library.Library) error {
	x, err := words.Open(ctx, lib.Path(layout.Words), words.ReadWrite)
	if again(err) {
		_, err = Rebuild(ctx, lib)
		return err
	}
	if err != nil {
		return err
	}
	defer x.Close()
	if ok, err := current(ctx, lib, x); ok || err != nil {
		return err
	}
	stamps, err := x.Stamps(ctx)
	if err != nil {
		return err
	}
	state, err := lib.Catalog().State(ctx)
	if err != nil {
		return err
	}
	type change struct{ id, stamp string }
	var changed []change
	same := 0
	for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		stamp, found, err := stampOf(lib, row.Folder)
		if err != nil || !found {
			continue
		}
		if had, known := stamps[row.ID]; known && had == stamp {
			same++
		} else {
			changed = append(changed, change{row.ID, stamp})
		}
		delete(stamps, row.ID)
	}
	if len(changed) >= same { // all at once is faster
		x.Close()
		_, err := Rebuild(ctx, lib)
		return err
	}
	err = x.Update(ctx, func(tx *words.Tx) error {
		for id := range stamps {
			if err := tx.Delete(id); err != nil {
				return err
			}
		}
		for _, c := range changed {
			t, _ := loadIndexed(lib, c.id, c.stamp) // reindex says what is wrong with it
			if t.ID == "" {
				t = words.Transcript{ID: c.id, Rate: 1, Stamp: c.stamp}
			}
			if err := tx.Put(t); err != nil {
				return err
			}
		}
		return tx.SetGeneration(state)
	})
	if err != nil {
		return err
	}
	return x.SetDirty(ctx, false)
}

// Discard deletes the index with all that it holds, and reports whether there was
// one. Where a reader has it open and so it cannot be deleted, it is emptied. The
// library must be open for writing.
func Discard(ctx context.Context, lib *library.Library) (was bool, err error) {
	name := lib.Path(layout.Words)
	_, err = os.Lstat(name)
	was = err == nil
	refused := words.Discard(name)
	if refused == nil {
		return was, nil
	}
	x, err := words.Open(ctx, name, words.ReadWrite)
	if err != nil {
		return was, errors.Join(refused, err)
	}
	defer x.Close()
	return was, errors.Join(x.SetDirty(ctx, true), x.Update(ctx, (*words.Tx).Clear), x.Scrub(ctx))
}

// Erase takes recordings out of the index that are about to be deleted, and all
// that was ever taken out of it, to the last byte. If they are not deleted after
// all, the next search puts them in again. An index that cannot be changed, also
// one of a newer program, is deleted: it can be made again, and it has the words.
// The library must be open for writing.
func Erase(ctx context.Context, lib *library.Library, ids ...string) error {
	if _, err := os.Lstat(lib.Path(layout.Words)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	err := erase(ctx, lib, ids)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if _, refused := Discard(ctx, lib); refused != nil {
		return refused
	}
	return nil
}

func erase(ctx context.Context, lib *library.Library, ids []string) error {
	x, _, err := mark(ctx, lib)
	if err != nil {
		return err
	}
	defer x.Close()
	err = x.Update(ctx, func(tx *words.Tx) error {
		for _, id := range ids {
			if err := tx.Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.Scrub(ctx)
}
