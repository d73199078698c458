package said

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// A Hit is an utterance that has the words.
type Hit struct {
	words.Hit
	Recording *space.Recording
}

// Approximate reports whether who speaks is known from levels only.
func (h *Hit) Approximate() bool { return h.Source == transcripts.FromLevels && len(h.Speakers) > 0 }

// An Index is the index of what was said, open for searching.
type Index struct {
	// Behind says why the index could not be brought up to date: it may lack
	// the latest transcripts. It is nil if it is up to date.
	Behind error

	lib *library.Library
	x   *words.Index // nil if the library has no transcripts
}

// Open opens the index of a library, and brings it up to date if it is not, and
// if the library can be written. Its errors wrap ErrNoIndex.
func Open(ctx context.Context, lib *library.Library) (*Index, error) {
	i := &Index{lib: lib}
	var err error
	if i.x, err = words.Open(ctx, lib.Path(layout.Words), words.ReadOnly); err == nil {
		ok, cerr := current(ctx, lib, i.x)
		if ok {
			return i, nil
		}
		if errors.Is(cerr, words.ErrCorrupt) {
			i.Close()
			i.x, err = nil, cerr
		}
	}
	if errors.Is(err, words.ErrNewer) {
		return nil, fmt.Errorf("%w: %w", ErrNoIndex, err)
	}
	if i.Behind = mend(ctx, lib); i.Behind != nil {
		switch {
		case i.x != nil && ctx.Err() == nil:
			return i, nil
		case i.x == nil && errors.Is(err, words.ErrNotExist):
			if none, nerr := without(ctx, lib); none && nerr == nil {
				i.Behind = nil
				return i, nil
			}
		}
		i.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoIndex, i.Behind)
	}
	i.Close()
	if i.x, err = words.Open(ctx, lib.Path(layout.Words), words.ReadOnly); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoIndex, err)
	}
	return i, nil
}

// mend brings the index up to date.
func mend(ctx context.Context, lib *library.Library) error {
	if !lib.Writable() {
		w, err := lib.Writer(ctx)
		if err != nil {
			return err
		}
		defer w.Close()
		lib = w
	}
	err := Update(ctx, lib)
	if errors.Is(err, words.ErrCorrupt) { // found while it was changed
		_, err = Rebuild(ctx, lib)
	}
	return err
}

// without reports whether a library has no transcripts at all.
func without(ctx context.Context, lib *library.Library) (bool, error) {
	for row, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return false, err
		}
		if _, found, err := stampOf(lib, row.Folder); found || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Close closes the index.
func (i *Index) Close() error {
	if i.x == nil {
		return nil
	}
	return i.x.Close()
}

// Transcripts counts the recordings that have one.
func (i *Index) Transcripts(ctx context.Context) (int, error) {
	if i.x == nil {
		return 0, nil
	}
	stamps, err := i.x.Stamps(ctx)
	return len(stamps), err
}

// Search yields the utterances that q asks for as words.Index.Search does, of
// recordings that the library has.
func (i *Index) Search(ctx context.Context, q words.Query) iter.Seq2[Hit, error] {
	limit := q.Limit
	q.Limit = 0 // those of removed recordings do not count
	return func(yield func(Hit, error) bool) {
		if i.x == nil {
			return
		}
		var r *space.Recording // nil if it is not in the library
		id, n := "", 0
		for h, err := range i.x.Search(ctx, q) {
			if err != nil {
				yield(Hit{}, err)
				return
			}
			if id != h.Space {
				id = h.Space
				r, err = i.lib.Catalog().Get(ctx, id)
				if err != nil && !errors.Is(err, catalog.ErrNotFound) {
					yield(Hit{}, err)
					return
				}
			}
			if r == nil {
				continue
			}
			if n++; !yield(Hit{h, r}, nil) || n == limit {
				return
			}
		}
	}
}

// Search is Index.Search for one query.
func Search(ctx context.Context, lib *library.Library, q words.Query) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		i, err := Open(ctx, lib)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		defer i.Close()
		for h, err := range i.Search(ctx, q) {
			if !yield(h, err) {
				return
			}
		}
	}
}

// Known reports whether a name of those who speak is that of somebody on stage,
// and no label of an imported file.
func (h *Hit) Known(name string) bool {
	if h.Recording.Host != nil && h.Recording.Host.Handle == name {
		return true
	}
	return slices.ContainsFunc(h.Recording.Speakers, func(p space.Speaker) bool { return p.Handle == name })
}
