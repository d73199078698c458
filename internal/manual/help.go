package manual

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Bounds of the width of a text in columns. Longer lines are hard to read, and
// below the narrowest a word would stand on each line.
const (
	Widest    = 100
	Usual     = 80 // where the width is not known
	narrowest = 40
)

// Help returns what --help shows on a terminal of so many columns; 0 stands
// for Usual.
func Help(cmd *cobra.Command, columns int) string {
	if columns == 0 {
		columns = Usual
	}
	h := &help{width: min(max(columns, narrowest), Widest)}
	if cmd.HasParent() {
		h.command(cmd)
	} else {
		h.root(cmd)
	}
	return h.String()
}

// A help is a help text while it is written.
type help struct {
	strings.Builder
	width int
}

// root writes the help of the program: it fits one screen.
func (h *help) root(cmd *cobra.Command) {
	h.text(cmd.Long)
	fmt.Fprintf(h, "\nUsage:  %s\n", usage(cmd))
	for _, g := range cmd.Groups() {
		fmt.Fprintf(h, "\n%s\n", g.Title)
		for _, c := range visible(cmd) {
			if c.GroupID == g.ID {
				h.row("  "+c.Name(), 14, c.Short)
			}
		}
	}
	name := cmd.Name()
	h.WriteString("\n")
	h.row("Begin with:", 15, strings.TrimSpace(firstLine(cmd.Example)))
	h.row("A command:", 15, name+" COMMAND --help")
	h.row("All commands:", 15, globalNames(cmd)+" ("+name+" help flags)")
	h.row("The pages:", 15, name+" help topics")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// command writes the help of a command.
func (h *help) command(cmd *cobra.Command) {
	h.text(cmd.Long)
	fmt.Fprintf(h, "\nUsage:\n")
	h.row("  "+usage(cmd), 0, "")
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(h, "  (also: %s)\n", strings.Join(cmd.Aliases, ", "))
	}
	if cmd.Example != "" {
		fmt.Fprintf(h, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	if subs := visible(cmd); len(subs) > 0 {
		h.WriteString("\nCommands:\n")
		for _, c := range subs {
			h.row("  "+c.Name(), 14, c.Short)
		}
	}
	all := groups(cmd)
	column := 0
	for _, g := range all {
		column = max(column, nameColumn(g.flags))
	}
	for _, g := range all {
		h.flags(g.title, column, g.flags)
	}
	h.WriteString("\n")
	fmt.Fprintf(h, "Global flags (see %s help flags):\n", cmd.Root().Name())
	h.row("", 2, globalNames(cmd.Root()))
	h.WriteString("\nExit status:\n")
	for _, s := range Statuses(cmd) {
		h.row(fmt.Sprintf("  %3d", s.Code), 7, s.Meaning)
	}
}

// GlobalFlags returns the help of the flags that every command takes.
func GlobalFlags(root *cobra.Command, columns int) string {
	if columns == 0 {
		columns = Usual
	}
	h := &help{width: min(max(columns, narrowest), Widest)}
	flags := globalFlags(root)
	h.flags("Global flags", nameColumn(flags), flags)
	h.WriteString("\nExit status:\n")
	for _, s := range Statuses(root) {
		h.row(fmt.Sprintf("  %3d", s.Code), 7, s.Meaning)
	}
	return strings.TrimPrefix(h.String(), "\n")
}

// globalFlags returns the flags of the program: those of all commands, and
// those that stand for a command.
func globalFlags(root *cobra.Command) (flags []*pflag.Flag) {
	add := func(f *pflag.Flag) { flags = append(flags, f) }
	root.PersistentFlags().VisitAll(add)
	root.LocalNonPersistentFlags().VisitAll(add)
	return flags
}

func globalNames(root *cobra.Command) string {
	var names []string
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return strings.Join(names, " ")
}

// flags writes a group of flags.
func (h *help) flags(title string, column int, flags []*pflag.Flag) {
	fmt.Fprintf(h, "\n%s:\n", title)
	for _, f := range flags {
		h.row(flagName(f), column, aboutFlag(f))
	}
}

// maxNameColumn is the column of the descriptions at the most: a flag with a
// longer name has its description on the next line.
const maxNameColumn = 26

// nameColumn is the column where the descriptions of flags begin.
func nameColumn(flags []*pflag.Flag) int {
	column := 0
	for _, f := range flags {
		if n := len(flagName(f)) + 2; n <= maxNameColumn {
			column = max(column, n)
		}
	}
	return column
}

// flagName is a flag as it is typed, with its value.
func flagName(f *pflag.Flag) string {
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	value, _ := pflag.UnquoteUsage(f)
	switch {
	case value == "":
	case f.NoOptDefVal != "" && f.Value.Type() != "bool":
		name += "[=" + value + "]"
	default:
		name += " " + value
	}
	return name
}

// aboutFlag says what a flag does, and its default where that is not nothing. A
// usage may begin with the value and a colon, "`T`: length of the clip": the
// help shows the value beside the name of the flag already.
func aboutFlag(f *pflag.Flag) string {
	value, about := pflag.UnquoteUsage(f)
	about = strings.TrimPrefix(about, value+": ")
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return about
	}
	if strings.Contains(about, "default") {
		return about
	}
	return about + " (default " + f.DefValue + ")"
}

// row writes a name and, from a column on, a text in lines that fit.
func (h *help) row(name string, column int, text string) {
	h.WriteString(name)
	at := uniseg.StringWidth(name)
	if text == "" {
		h.WriteString("\n")
		return
	}
	if at+2 > column {
		fmt.Fprintf(h, "\n%*s", column, "")
	} else {
		fmt.Fprintf(h, "%*s", column-at, "")
	}
	for i, line := range wrap(text, h.width-column) {
		if i > 0 {
			fmt.Fprintf(h, "%*s", column, "")
		}
		h.WriteString(line + "\n")
	}
}

// text writes paragraphs in lines that fit. A line that begins with a space
// stays as it is.
func (h *help) text(s string) {
	for i, paragraph := range paragraphs(s) {
		if i > 0 {
			h.WriteString("\n")
		}
		if strings.HasPrefix(paragraph, " ") {
			h.WriteString(paragraph + "\n")
			continue
		}
		for _, line := range wrap(paragraph, h.width) {
			h.WriteString(line + "\n")
		}
	}
}

// paragraphs splits a text at its empty lines.
func paragraphs(s string) []string {
	return strings.Split(strings.Trim(s, "\n"), "\n\n")
}

// wrap breaks a text between words into lines of at most width columns, but for
// words that are longer.
func wrap(text string, width int) []string {
	var lines []string
	line, at := "", 0
	for word := range strings.FieldsSeq(text) {
		n := uniseg.StringWidth(word)
		if line != "" && at+1+n > width {
			lines = append(lines, line)
			line, at = "", 0
		}
		if line != "" {
			line, at = line+" ", at+1
		}
		line, at = line+word, at+n
	}
	return append(lines, line)
}
