package cli

import (
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// Short names for what nearly every line of output uses.
func safe(s string) string      { return terminal.Safe(s) }
func safeLines(s string) string { return terminal.SafeLines(s) }

func clock(seconds float64) string          { return spell.Length(seconds) }
func short(seconds float64) string          { return spell.Short(seconds) }
func size(bytes int64) string               { return spell.Size(bytes) }
func count(n int, noun string) string       { return spell.Count(n, noun) }
func plural(n int, one, many string) string { return spell.Plural(n, one, many) }

// titleRoom is what other columns leave a title.
const titleRoom = 24

// at writes a name with its @; an id stands as it is.
func at(name string) string {
	if name == "" || strings.Trim(name, "0123456789") == "" {
		return safe(name)
	}
	return "@" + safe(name)
}

// person is how a person is shown.
func person(p *space.Person) string {
	switch {
	case p == nil:
		return ""
	case p.Handle != "":
		return "@" + safe(p.Handle)
	}
	return safe(p.ID)
}
