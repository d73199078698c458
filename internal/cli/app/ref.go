package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// Refs says which Spaces a command is about.
type Refs struct {
	Words  []string // as on the command line; "-" is standard input
	IDOnly bool
}

// AddIDOnly adds the flag that goes with SPACE arguments.
func AddIDOnly(cmd *cobra.Command, r *Refs) {
	cmd.Flags().BoolVar(&r.IDOnly, "id-only", false, "accept only whole ids and addresses: no beginnings, no titles, no latest")
}

// Resolve finds the Spaces that are meant, in the order in which they were
// named, each once.
func (r Refs) Resolve(ctx context.Context, a *App, lib *library.Library) ([]catalog.Row, error) {
	return r.ResolveBut(ctx, a, lib, func(_ string, err error) error { return err })
}

// ResolveBut is Resolve, but asks absent about what is not there: unless that
// returns an error, the rest is found.
func (r Refs) ResolveBut(ctx context.Context, a *App, lib *library.Library, absent func(word string, err error) error) ([]catalog.Row, error) {
	var list []catalog.Row
	missing := 0
	seen := make(map[string]bool)
	add := func(word string, idOnly bool) error {
		row, err := ResolveOne(ctx, a, lib, word, idOnly)
		if errors.Is(err, library.ErrNotFound) {
			missing++
			return absent(word, err)
		}
		if err == nil && !seen[row.ID] {
			seen[row.ID] = true
			list = append(list, row)
		}
		return err
	}
	for _, word := range r.Words {
		if word != "-" {
			if err := add(word, r.IDOnly); err != nil {
				return nil, err
			}
			continue
		}
		ids, err := ReadIDs(a.In)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if err := add(id, true); err != nil {
				return nil, err
			}
		}
	}
	if len(list) == 0 && missing == 0 && len(r.Words) > 0 { // what fills a pipe may have found nothing
		a.Warn("standard input contains no ids")
	}
	return list, nil
}

// Open opens the library for reading and finds the Spaces that are meant.
func (r Refs) Open(ctx context.Context, a *App) (*library.Library, []catalog.Row, error) {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, err := r.Resolve(ctx, a, lib)
	if err != nil {
		lib.Close()
		return nil, nil, err
	}
	return lib, rows, nil
}

// OpenOne is Open for commands that take one Space.
func (r Refs) OpenOne(ctx context.Context, a *App) (*library.Library, catalog.Row, error) {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return nil, catalog.Row{}, err
	}
	row, err := ResolveOne(ctx, a, lib, r.Words[0], r.IDOnly)
	if err != nil {
		lib.Close()
		return nil, catalog.Row{}, err
	}
	return lib, row, nil
}

// ResolveOne finds the Space that a word means, and lists those that it can
// mean if there are several.
func ResolveOne(ctx context.Context, a *App, lib *library.Library, word string, idOnly bool) (catalog.Row, error) {
	row, err := find.Of(lib, idOnly).Space(ctx, word)
	var several *find.AmbiguousError
	if errors.Is(err, library.ErrNotFound) {
		f := Classify(err)
		f.Hint = noSpaceHint(ctx, lib, word, idOnly)
		if fileLike().MatchString(word) {
			f.Err = unnamedError(word)
		}
		return row, f
	} else if !errors.As(err, &several) {
		return row, err
	}
	t := a.Table()
	z := spell.Zones{Location: a.Zone}
	const most = 10
	for _, row := range several.Rows[:min(len(several.Rows), most)] {
		t.Add("  "+row.ID, z.Format(row.StartedAt, "2006-01-02"), terminal.Safe(row.Title))
	}
	var b strings.Builder
	t.Write(&b, 0)
	if more := len(several.Rows) - most; more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	return catalog.Row{}, Fail(ExitUsage, "ambiguous", "use an id, or more of the title",
		fmt.Errorf("%q can mean several Spaces:\n%s", word, strings.TrimRight(b.String(), "\n")))
}

// An unnamedError says that neither a file nor a Space has a name.
type unnamedError string

func (e unnamedError) Error() string {
	return fmt.Sprintf("no file and no Space is named %q", string(e))
}

// Is reports that the error is one of a Space that was not found.
func (e unnamedError) Is(target error) bool { return target == library.ErrNotFound }

// fileLike matches words that are more likely names of files than of Spaces.
var fileLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\S.*\.[A-Za-z][A-Za-z0-9]{1,4}$`)
})

// noSpaceHint is what to do about a word that means no Space.
func noSpaceHint(ctx context.Context, lib *library.Library, word string, idOnly bool) string {
	if info, err := os.Stat(word); err == nil && !info.IsDir() {
		return "to add this file to the library: spaces extract " + word
	}
	if all, err := lib.Catalog().Find(ctx, find.Latest); err == nil && len(all) == 0 {
		return "the library is empty; extract your archive first: spaces extract ARCHIVE.zip"
	}
	if idOnly {
		return "--id-only accepts only whole ids; to see them: spaces list"
	}
	if near := find.Of(lib, false).Near(ctx, word); near != "" {
		return "did you mean: " + near
	}
	return "list the Spaces: spaces list"
}

// ReadIDs reads ids, one a line, or JSON Lines with an "id". Lines of JSON
// that are about something else ("type" is not "recording") are passed over.
func ReadIDs(r io.Reader) ([]string, error) {
	var ids []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20) // a recording with all its pieces on one line
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "{") {
			ids = append(ids, line)
			continue
		}
		var v struct{ ID, Type string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return nil, Usage("line %d of standard input is not JSON: %w", n, err)
		}
		if v.Type != "" && v.Type != "recording" {
			continue
		}
		if v.ID == "" {
			return nil, Usage("line %d of standard input has no \"id\"", n)
		}
		ids = append(ids, v.ID)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading standard input: %w", err)
	}
	return ids, nil
}
