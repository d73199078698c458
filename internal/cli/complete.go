package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// complete has the Tab key offer the values of a flag. It panics if the command
// has no such flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// words returns values as plain text.
func words[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// completeFlags has the Tab key offer what the library holds, for every flag
// whose value is called SPACE or HANDLE, and nothing where only a number or a
// time can stand.
func (a *App) completeFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, done := cmd.GetFlagCompletionFunc(f.Name); done {
			return
		}
		var offer cobra.CompletionFunc
		switch value, _ := pflag.UnquoteUsage(f); value {
		case "SPACE":
			offer = completeSpaces(a)
		case "HANDLE":
			offer = a.completeHandles
		case "T", "TIME", "DATE", "N", "LUFS", "DBTP", "RATE", "KBITS", "TEXT", "TEMPLATE", "NAME", "URL", "COLOUR":
			offer = cobra.NoFileCompletions
		default:
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, offer); err != nil {
			panic(err)
		}
	})
}

// fromLibrary calls offer with the newest Spaces, and returns what it adds.
func (a *App) fromLibrary(cmd *cobra.Command, offer func(row catalog.Row, add func(word, about string))) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if a.loadSettings(cmd) != nil {
		return nil, none
	}
	lib, err := library.Open(cmd.Context(), a.libraryOptions())
	if err != nil {
		return nil, none
	}
	defer lib.Close()
	var list []string
	seen := make(map[string]bool)
	for row, err := range lib.Catalog().List(cmd.Context(), catalog.Query{Limit: 1000}) {
		if err != nil {
			return nil, none
		}
		offer(row, func(word, about string) {
			if word != "" && !seen[word] {
				seen[word] = true
				list = append(list, word+"\t"+about)
			}
		})
	}
	return list, none | cobra.ShellCompDirectiveKeepOrder
}

// completeSpaces completes SPACE arguments with ids and, once some letters are
// there, with words of titles. The titles stand beside them.
func completeSpaces(a *App) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		lower := strings.ToLower(typed)
		list, how := a.fromLibrary(cmd, func(row catalog.Row, add func(word, about string)) {
			title := terminal.Safe(row.Title)
			if strings.HasPrefix(row.ID, typed) {
				add(row.ID, title)
			}
			for _, word := range find.TitleWords(row.Title) {
				if rest, ok := strings.CutPrefix(word, lower); ok && len(typed) > 1 {
					add(typed+rest, title)
				}
			}
		})
		if strings.HasPrefix(find.Latest, typed) {
			list = append(list, find.Latest+"\tthe newest Space")
		}
		return list, how
	}
}

// completeHandles offers who was on stage, with an @ if one was typed.
func (a *App) completeHandles(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	bare := strings.TrimPrefix(typed, "@")
	return a.fromLibrary(cmd, func(row catalog.Row, add func(word, about string)) {
		for _, name := range append(strings.Fields(row.Speakers), row.Host) {
			if strings.HasPrefix(strings.ToLower(name), strings.ToLower(bare)) && name != "" {
				add(typed+name[len(bare):], terminal.Safe(row.Title))
			}
		}
	})
}

// completeKeys offers the settings.
func completeKeys() (list []string) {
	for _, k := range settings.Keys() {
		list = append(list, k.Name+"\t"+k.About)
	}
	return list
}
