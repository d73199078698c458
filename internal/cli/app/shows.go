package app

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
)

// FirstShow is what the first show of a library is called on a command line; in
// the library it has no name.
const FirstShow = "default"

// AddShow adds the flag that names a show.
func AddShow(cmd *cobra.Command, a *App, name *string, group string) {
	cmd.Flags().StringVar(name, "show", "", "`NAME`: show of the library (default: the first one)")
	manual.Group(cmd.Flags(), group, "show")
	err := cmd.RegisterFlagCompletionFunc("show", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return a.CompleteFrom(cmd, func(lib *library.Library, add func(word, about string)) error {
			names, err := feed.Names(lib.Root())
			for _, n := range names {
				if s, err := feed.Load(lib.Root(), n); err == nil {
					add(ShowWord(n), s.Title)
				}
			}
			return err
		})
	})
	if err != nil {
		panic(err)
	}
}

// ShowWord is what a show is called on a command line.
func ShowWord(name string) string {
	if name == "" {
		return FirstShow
	}
	return name
}

// ShowName is the name in the library of what --show says.
func ShowName(word string) (string, error) {
	switch {
	case word == "" || word == FirstShow:
		return "", nil
	case !layout.IsShowName(word):
		return "", Hinted(Usage("%q cannot be the name of a show", word), "use up to 40 small letters, digits and -")
	}
	return word, nil
}

// ShowError adds to an error that says that a show is not there which there are.
func ShowError(lib *library.Library, err error) error {
	var none *feed.NoShowError
	if !errors.As(err, &none) {
		return err
	}
	names, nerr := feed.Names(lib.Root())
	if nerr != nil || len(names) == 0 {
		return Fail(ExitNotFound, "no-show", "describe it first: spaces feed init --show "+none.Name+" --help", err)
	}
	for i, n := range names {
		names[i] = ShowWord(n)
	}
	return Fail(ExitNotFound, "no-show", "use --show "+spell.Or(names)+", or describe it: spaces feed init --show "+none.Name, err)
}

// LoadShow reads the show that --show names, of a library.
func LoadShow(lib *library.Library, word string) (*feed.Show, error) {
	name, err := ShowName(word)
	if err != nil {
		return nil, err
	}
	s, err := feed.Load(lib.Root(), name)
	return s, ShowError(lib, err)
}
