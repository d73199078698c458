package app

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/bag"
	"github.com/spaces-cli/spaces/internal/clip/waveform"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// Complete has the Tab key offer the values of a flag. It panics if the command
// has no such flag.
func Complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// CompleteWith has the Tab key offer words for a flag that are known when it is
// pressed.
func CompleteWith(cmd *cobra.Command, flag string, offer func(cmd *cobra.Command) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return offer(cmd), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err)
	}
}

// Words returns values as plain text.
func Words[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// flagValues are the values of flags that take some words only, by command and
// flag. Those of a flag that takes files too end with "".
func flagValues() map[string][]string {
	purposes := Words(consent.Purposes[:])
	return map[string][]string{
		"export format": Words(format.Encoded()), "export id3": {"2.3", "2.4"},
		"export encoder": {"spaces", "lame", "ffmpeg"}, "export chapters": {"turns", "clips", ""}, "export cover": {"none", ""},
		"export loudness": {"off", "-14", "-16", "-19", "-23"}, "export set": {"album=", "artist=", "genre=", "track="},
		"upload verify": {"sum", "full"}, "bag access": {string(bag.Open), string(bag.Restricted)}, "feed init prefer": Words(format.Encoded()),
		"waveform format": Words(waveform.Formats()), "waveform bits": {"8", "16"},
		"people for": purposes, "consent set for": purposes, "consent ask for": purposes,
	}
}

// CompleteFlags has the Tab key offer the values of flags: those that are
// known, what the library holds where a value is called SPACE or HANDLE, and
// nothing where only a number, a time or a text can stand.
func (a *App) CompleteFlags(cmd *cobra.Command) {
	known := flagValues()
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, done := cmd.GetFlagCompletionFunc(f.Name); done {
			return
		}
		offer := cobra.NoFileCompletions
		value, _ := pflag.UnquoteUsage(f)
		list, ok := known[path+" "+f.Name]
		switch {
		case ok && list[len(list)-1] == "":
			offer = cobra.FixedCompletions(list[:len(list)-1], cobra.ShellCompDirectiveDefault)
		case ok:
			offer = cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
		case value == "SPACE":
			offer = CompleteSpaces(a)
		case value == "HANDLE":
			offer = a.completeHandles
		case value == "FILE", value == "DIR", value == "ARCHIVE", value == "PROGRAM", value == "":
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, offer); err != nil {
			panic(err)
		}
	})
}

// CompleteArgs has the Tab key offer what the usage of a command names, unless
// the command knows better.
func (a *App) CompleteArgs(cmd *cobra.Command) {
	if cmd.ValidArgsFunction != nil || len(cmd.ValidArgs) > 0 || cmd.HasSubCommands() && manual.Arguments(cmd) == "COMMAND" {
		return
	}
	kinds := strings.Fields(manual.Arguments(cmd))
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) (list []string, how cobra.ShellCompDirective) {
		how = cobra.ShellCompDirectiveNoFileComp
		now := kinds
		if len(kinds) > 0 && !strings.Contains(manual.Arguments(cmd), "...") {
			now = kinds[min(len(args), len(kinds)):min(len(args)+1, len(kinds))]
		}
		for _, kind := range now {
			for _, what := range strings.Split(strings.Trim(kind, "[]."), "|") {
				var more []string
				switch what {
				case "SPACE":
					more, _ = CompleteSpaces(a)(cmd, nil, typed)
				case "HANDLE":
					more, _ = a.completeHandles(cmd, nil, typed)
				case "TARGET":
					more, _ = CompleteTargets(a)(cmd, nil, typed)
				case "ANSWER":
					more = consent.Answers()
				case "FILE", "DIR", "PATH", "CLIP":
					how = cobra.ShellCompDirectiveDefault
				}
				list = append(list, more...)
			}
		}
		return list, how
	}
}

// fromLibrary calls offer with the newest Spaces, and returns what it adds.
func (a *App) fromLibrary(cmd *cobra.Command, offer func(row catalog.Row, add func(word, about string))) ([]string, cobra.ShellCompDirective) {
	return a.CompleteFrom(cmd, func(lib *library.Library, add func(word, about string)) error {
		seen := make(map[string]bool)
		for row, err := range lib.Catalog().List(cmd.Context(), catalog.Query{Limit: 1000}) {
			if err != nil {
				return err
			}
			offer(row, func(word, about string) {
				if word != "" && !seen[word] {
					seen[word] = true
					add(word, about)
				}
			})
		}
		return nil
	})
}

// CompleteFrom offers what a library holds, in the order in which offer adds it,
// or nothing where there is no library or offer fails.
func (a *App) CompleteFrom(cmd *cobra.Command, offer func(lib *library.Library, add func(word, about string)) error) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if a.LoadSettings(cmd) != nil {
		return nil, none
	}
	lib, err := library.Open(cmd.Context(), a.LibraryOptions())
	if err != nil {
		return nil, none
	}
	defer lib.Close()
	var list []string
	if offer(lib, func(word, about string) { list = append(list, word+"\t"+about) }) != nil {
		return nil, none
	}
	return list, none | cobra.ShellCompDirectiveKeepOrder
}

// CompleteSpaces completes SPACE arguments with ids and, once some letters are
// there, with words of titles. The titles stand beside them.
func CompleteSpaces(a *App) cobra.CompletionFunc {
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

// CompleteKeys offers the settings.
func CompleteKeys() (list []string) {
	for _, k := range settings.Keys() {
		list = append(list, k.Name+"\t"+k.About)
	}
	return list
}
