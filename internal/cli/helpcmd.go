package cli

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/docs"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/suggest"
)

// newHelpCmd shows the help of a command or a page of docs, which lies in the
// program.
func newHelpCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND | topic NAME]",
		Short:  "Show the help of a command, or a page of the documentation",
		Hidden: true,
		Long: `Show the help of a command, or a page of the documentation.

  spaces help topics       lists the pages
  spaces help topic NAME   shows a page, even if a command has the same name
  spaces help flags        shows the flags that every command takes`,
		Example: `  spaces help clip
  spaces help topic uploading`,
		Args:              app.Takes(0, -1),
		ValidArgsFunction: completeHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			if len(args) == 0 {
				return root.Help()
			}
			if found, rest, err := root.Find(args); err == nil && found != root && len(rest) == 0 {
				return found.Help()
			}
			switch word := pageName(args[0]); {
			case len(args) == 2 && (word == "topic" || word == "topics"):
				return a.showTopic(cmd, pageName(args[1]), true)
			case len(args) > 1:
				return unknownTopic(cmd, strings.Join(args, " "), false)
			case word == "flags":
				_, err := io.WriteString(a.Out, manual.GlobalFlags(root, a.Columns))
				return err
			case word == "topics" || word == "topic":
				return a.listTopics()
			default:
				return a.showTopic(cmd, word, false)
			}
		},
	}
}

// pageName is the name of a page as its user may write it.
func pageName(word string) string { return strings.TrimSuffix(strings.ToLower(word), ".md") }

// showTopic prints a page of the documentation.
func (a *App) showTopic(cmd *cobra.Command, topic string, page bool) error {
	text, err := fs.ReadFile(docs.Pages, topic+".md")
	if err != nil {
		return unknownTopic(cmd, topic, page)
	}
	_, err = a.Out.Write(text)
	return err
}

// unknownTopic guesses what was meant: a page, where one was asked for.
func unknownTopic(cmd *cobra.Command, word string, page bool) error {
	hint := "list the topics: spaces help topics"
	if near := app.NearCommand(cmd.Root(), word); near != "" && !page {
		hint = "did you mean: spaces help " + strings.TrimPrefix(near, cmd.Root().Name()+" ")
	} else if near := suggest.Closest(word, topics()); near != "" {
		hint = "did you mean: spaces help topic " + near
	}
	return app.Hinted(app.Usage("no command or topic is named %q", word), hint)
}

// topics returns the names of the pages.
func topics() []string {
	names, err := fs.Glob(docs.Pages, "*.md")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), ".md")
	}
	return names
}

// listTopics prints the pages with their headings.
func (a *App) listTopics() error {
	for _, name := range topics() {
		text, err := fs.ReadFile(docs.Pages, name+".md")
		if err != nil {
			return err
		}
		heading, _, _ := strings.Cut(string(text), "\n")
		fmt.Fprintf(a.Out, "spaces help topic %-22s %s\n", name, strings.TrimLeft(heading, "# "))
	}
	return nil
}

func completeHelp(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 && args[0] == "topic" {
		return topics(), cobra.ShellCompDirectiveNoFileComp
	}
	found, _, err := cmd.Root().Find(args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var list []string
	for _, c := range found.Commands() {
		if !c.Hidden {
			list = append(list, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	if len(args) == 0 {
		list = append(append(list, topics()...), "flags", "topic", "topics")
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
