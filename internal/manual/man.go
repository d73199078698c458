package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Name is the name of a command's manual page, without its section.
func Name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// Man returns a command's manual page in the man macros (man 7 man). It has no
// date: the same program always writes the same page.
func Man(cmd *cobra.Command, version string) string {
	var b strings.Builder
	root := cmd.Root().Name()
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s %s\" \"%s\"\n", strings.ToUpper(Name(cmd)), root, roff(version), root)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(Name(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR %s\n", roff(cmd.CommandPath()), roff(strings.TrimSpace(strings.TrimPrefix(usage(cmd), cmd.CommandPath()))))
	b.WriteString(".SH DESCRIPTION\n")
	for _, paragraph := range paragraphs(cmd.Long) {
		if strings.HasPrefix(paragraph, " ") {
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(paragraph))
		} else {
			fmt.Fprintf(&b, ".PP\n%s\n", roff(paragraph))
		}
	}
	manCommands(&b, cmd)
	if cmd.HasParent() {
		for _, g := range groups(cmd) {
			manFlags(&b, strings.ToUpper(g.title), g.flags)
		}
		fmt.Fprintf(&b, ".PP\nThe global options are described in\n.BR %s (1).\n", root)
	} else {
		manFlags(&b, "OPTIONS", globalFlags(cmd))
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, s := range Statuses(cmd) {
		fmt.Fprintf(&b, ".TP\n\\fB%d\\fR\n%s\n", s.Code, roff(s.Meaning))
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	b.WriteString(".SH SEE ALSO\n")
	if cmd.HasParent() {
		fmt.Fprintf(&b, ".BR %s (1)\n", root)
	} else {
		b.WriteString("https://github.com/spaces\\-cli/spaces\n")
	}
	return b.String()
}

// manCommands writes the subcommands: those of the program by group.
func manCommands(b *strings.Builder, cmd *cobra.Command) {
	subs := visible(cmd)
	if len(subs) == 0 {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	one := func(c *cobra.Command) {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR(1)\n%s\n", roff(Name(c)), roff(c.Short))
	}
	for _, g := range cmd.Groups() {
		fmt.Fprintf(b, ".SS %s\n", roff(g.Title))
		for _, c := range subs {
			if c.GroupID == g.ID {
				one(c)
			}
		}
	}
	for _, c := range subs {
		if c.GroupID == "" {
			one(c)
		}
	}
}

func manFlags(b *strings.Builder, title string, flags []*pflag.Flag) {
	fmt.Fprintf(b, ".SH %s\n", roff(title))
	for _, f := range flags {
		value, _ := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB%s\\fR, ", roff("-"+f.Shorthand))
		}
		fmt.Fprintf(b, "\\fB%s\\fR", roff("--"+f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		fmt.Fprintf(b, "\n%s\n", roff(aboutFlag(f)))
	}
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

// Reference returns the help of all commands as one page of Markdown, in lines
// of at most Widest columns.
func Reference(root *cobra.Command) string {
	var b strings.Builder
	name := root.Name()
	fmt.Fprintf(&b, "# The commands\n\nWritten by `%s docs`; `%s COMMAND --help` shows the same.\n\n", name, name)
	all := append([]*cobra.Command{root}, Commands(root)...)
	for _, c := range all[1:] {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", c.CommandPath(), Name(c), c.Short)
	}
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", c.CommandPath(), Help(c, Widest))
	}
	fmt.Fprintf(&b, "\n## Global flags\n\n```text\n%s```\n", GlobalFlags(root, Widest))
	return b.String()
}
