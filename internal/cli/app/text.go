package app

import (
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// TitleRoom is what other columns leave a title.
const TitleRoom = 24

// Table returns a table of these columns, in the colours of the terminal.
func (a *App) Table(columns ...terminal.Column) *terminal.Table {
	return &terminal.Table{Columns: columns, Palette: a.Palette}
}

// At writes a name with its @; an id stands as it is.
func At(name string) string {
	if name == "" || strings.Trim(name, "0123456789") == "" {
		return terminal.Safe(name)
	}
	return "@" + terminal.Safe(name)
}

// Person is how a person is shown.
func Person(p *space.Person) string {
	switch {
	case p == nil:
		return ""
	case p.Handle != "":
		return "@" + terminal.Safe(p.Handle)
	}
	return terminal.Safe(p.ID)
}

// OrEmpty makes nil an empty list in JSON.
func OrEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
