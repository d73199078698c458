// Package find finds the Space that a user means by a word: its id or the
// beginning of it, its address on X, a path into the library, "latest", or a
// part of its title.
package find

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/suggest"
)

// Latest is the word for the newest Space.
const Latest = "latest"

// An AmbiguousError says that a word can mean several Spaces.
type AmbiguousError struct {
	Word string
	Rows []catalog.Row // newest first
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q can mean %d Spaces", e.Word, len(e.Rows))
}

// A Finder finds Spaces of one library.
type Finder struct {
	Catalog *catalog.Catalog
	Dir     string // the library's folder, absolute
	// WholeIDs has only words found that hold a whole id, as scripts want it.
	WholeIDs bool
}

// Of returns the Finder of an open library.
func Of(l *library.Library, wholeIDs bool) Finder { return Finder{l.Catalog(), l.Dir(), wholeIDs} }

// Space returns the one Space that a word means. The error wraps
// library.ErrNotFound if there is none, and is an AmbiguousError if there are
// several.
func (f Finder) Space(ctx context.Context, word string) (catalog.Row, error) {
	ids, sure := f.within(word)
	for _, id := range ids {
		rows, err := f.Catalog.Find(ctx, id)
		if err != nil {
			return catalog.Row{}, err
		}
		if len(rows) == 1 && rows[0].ID == id {
			return rows[0], nil
		}
	}
	if sure {
		return catalog.Row{}, fmt.Errorf("%w: %s", library.ErrNotFound, ids[0])
	}
	rows, err := f.Catalog.Find(ctx, word)
	switch {
	case err != nil:
		return catalog.Row{}, err
	case f.WholeIDs && (len(rows) != 1 || rows[0].ID != word):
		return catalog.Row{}, fmt.Errorf("%w: %s is not a Space id", library.ErrNotFound, word)
	case len(rows) == 0:
		return catalog.Row{}, fmt.Errorf("%w: %s", library.ErrNotFound, word)
	case len(rows) > 1:
		return catalog.Row{}, &AmbiguousError{word, rows}
	}
	return rows[0], nil
}

// Near returns what a word that means no Space may be mistyped for: Latest, an
// id, or a word of a title; "" if nothing is like it.
func (f Finder) Near(ctx context.Context, word string) string {
	list := []string{Latest}
	for row, err := range f.Catalog.List(ctx, catalog.Query{Limit: most}) {
		if err != nil {
			break
		}
		list = append(append(list, row.ID), TitleWords(row.Title)...)
	}
	return suggest.Closest(word, list)
}

// most is how many of the newest Spaces are looked at for a suggestion.
const most = 1000

// TitleWords returns the words of a title that can stand for its Space, in
// small letters.
func TitleWords(title string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != '_'
	}), func(word string) bool { return utf8.RuneCountInString(word) < 4 })
}

// ID returns the whole id that a word holds, or else the word.
func (f Finder) ID(word string) string {
	if ids, _ := f.within(word); len(ids) > 0 {
		return ids[0]
	}
	return word
}

// within returns the whole ids that a word may hold, the likeliest first. If it
// is sure that it is one of them, the word cannot be anything else.
func (f Finder) within(word string) (ids []string, sure bool) {
	word = strings.TrimSpace(word)
	if id := space.PageID(word); id != "" {
		return []string{id}, true
	}
	ids = append(layout.IDs(word), f.ofPath(word)...)
	slices.Reverse(ids) // the id is the last of what stands in brackets in a name
	return ids, false   // a title may have words in brackets too
}

// ofPath returns the ids in a path to a recording's folder, or to something in
// it. A word without a separator is a path only if something of that name is
// there.
func (f Finder) ofPath(word string) []string {
	if !strings.ContainsAny(word, "/"+string(filepath.Separator)) {
		if _, err := os.Lstat(word); err != nil {
			return nil
		}
	}
	abs, err := filepath.Abs(word)
	if err != nil {
		return nil
	}
	if ids := idsBelow(f.Dir, abs); ids != nil {
		return ids
	}
	// The way to the library may lead through links.
	dir, err := filepath.EvalSymlinks(f.Dir)
	if err != nil {
		return nil
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil
	}
	return idsBelow(dir, abs)
}

// idsBelow returns the ids in the name of the recording's folder that a path
// goes through.
func idsBelow(dir, abs string) []string {
	rel, err := filepath.Rel(dir, abs)
	if err != nil {
		return nil
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	if len(parts) < 3 || parts[0] != layout.Recordings {
		return nil
	}
	return layout.IDs(parts[2]) // recordings/YEAR/NAME [id]
}

// Short returns the shortest beginning of an id that means only this Space, of
// at least four characters.
func Short(ctx context.Context, c *catalog.Catalog, id string) string {
	for n := 4; n < len(id); n++ {
		if found, err := c.Find(ctx, id[:n]); err == nil && len(found) == 1 && found[0].ID == id {
			return id[:n]
		}
	}
	return id
}
