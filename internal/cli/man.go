package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func newManCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages",
		Long: `Write the manual pages, one for each command, into the folder DIR. Without DIR
the page of spaces itself goes to standard output.`,
		Example: `  spaces man | man -l -
  spaces man /usr/local/share/man/man1`,
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return manPage(a.Out, cmd.Root(), a.Version)
			}
			return a.writeManPages(cmd.Root(), args[0])
		},
	}
}

func (a *App) writeManPages(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := []string{}
	for _, cmd := range append([]*cobra.Command{root}, allVisible(root)...) {
		name := filepath.Join(dir, manName(cmd)+".1")
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(manPage(f, cmd, a.Version), f.Close()); err != nil {
			return err
		}
		files = append(files, name)
	}
	if a.set.JSON {
		return writeJSON(a.Out, struct {
			Schema int      `json:"schema"`
			Files  []string `json:"files"`
		}{space.Schema, files})
	}
	a.say("%s in %s", count(len(files), "page"), dir)
	return nil
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage writes a command's page in the man macros (man 7 man). It has no
// date: the same program always writes the same page.
func manPage(w io.Writer, cmd *cobra.Command, version string) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"spaces %s\" \"spaces\"\n", strings.ToUpper(manName(cmd)), roff(version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR %s\n", roff(cmd.CommandPath()), roff(strings.TrimSpace(strings.TrimPrefix(usageLine(cmd), cmd.CommandPath()))))
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", roffText(cmd.Long))
	if subs := visible(cmd); len(subs) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range subs {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fR(1)\n%s\n", roff(manName(c)), roff(c.Short))
		}
	}
	if flags := ownFlags(cmd); flags.HasAvailableFlags() {
		b.WriteString(".SH OPTIONS\n")
		flags.VisitAll(func(f *pflag.Flag) {
			arg, about := pflag.UnquoteUsage(f)
			fmt.Fprintf(&b, ".TP\n")
			if f.Shorthand != "" {
				fmt.Fprintf(&b, "\\fB%s\\fR, ", roff("-"+f.Shorthand))
			}
			fmt.Fprintf(&b, "\\fB%s\\fR", roff("--"+f.Name))
			if arg != "" {
				fmt.Fprintf(&b, " \\fI%s\\fR", roff(arg))
			}
			fmt.Fprintf(&b, "\n%s\n", roff(about))
		})
	}
	if cmd.HasParent() {
		b.WriteString(".PP\nThe global options are described in\n.BR spaces (1).\n")
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, s := range exitStatuses(cmd) {
		fmt.Fprintf(&b, ".TP\n\\fB%d\\fR\n%s\n", s.code, roff(s.meaning))
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	b.WriteString(".SH SEE ALSO\n")
	if cmd.HasParent() {
		b.WriteString(".BR spaces (1)\n")
	} else {
		b.WriteString("https://github.com/spaces\\-cli/spaces\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roff escapes a text for roff.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// roffText turns a help text into paragraphs; indented lines stay as they
// are.
func roffText(s string) string {
	var b strings.Builder
	for block := range strings.SplitSeq(s, "\n\n") {
		if strings.HasPrefix(block, " ") {
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(block))
		} else {
			fmt.Fprintf(&b, ".PP\n%s\n", roff(block))
		}
	}
	return b.String()
}
