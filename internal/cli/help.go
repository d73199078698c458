package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exits notes in a command's annotations which codes it ends with besides 0,
// 1, 2 and 130, and what codes mean there. An empty meaning is the usual one.
func exits(meanings map[int]string) map[string]string {
	notes := make(map[string]string)
	for code, meaning := range meanings {
		notes["exit "+strconv.Itoa(code)] = meaning
	}
	return notes
}

// exitStatuses returns the exit codes of a command in ascending order: those
// of the root are all there are.
func exitStatuses(cmd *cobra.Command) []exitStatus {
	var list []exitStatus
	for _, s := range exitCodes() {
		meaning, noted := cmd.Annotations["exit "+strconv.Itoa(s.code)]
		always := s.code <= exitUsage || s.code == exitInterrupted || !cmd.HasParent()
		if !noted && !always {
			continue
		}
		if meaning != "" {
			s.meaning = meaning
		}
		list = append(list, s)
	}
	return list
}

// helpText is what --help prints: it fits one screen.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", long, usageLine(cmd))
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "  (%s is the same)\n", cmd.CommandPath()[:len(cmd.CommandPath())-len(cmd.Name())]+strings.Join(cmd.Aliases, ", "))
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if subs := visible(cmd); len(subs) > 0 {
		b.WriteString("\nCommands:\n")
		more := make(map[string][]string)
		for _, c := range subs {
			if t := topic(c); t != "" && !cmd.HasParent() {
				more[t] = append(more[t], c.Name())
				continue
			}
			fmt.Fprintf(&b, "  %-11s %s\n", c.Name(), c.Short)
		}
		for _, t := range topics {
			if names := more[t]; len(names) > 0 {
				fmt.Fprintf(&b, "and, for %s: %s\n", t, strings.Join(names, ", "))
			}
		}
	}
	if flags := ownFlags(cmd); flags.HasAvailableFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", flags.FlagUsages())
	}
	if cmd.HasParent() {
		b.WriteString("\nGlobal flags (see spaces --help):\n  " + strings.Join(globalFlags(cmd.Root()), " ") + "\n")
	}
	b.WriteString("\nExit status:\n")
	if !cmd.HasParent() {
		var all []string
		for _, s := range exitStatuses(cmd) {
			all = append(all, fmt.Sprintf("%d %s", s.code, s.meaning))
		}
		fmt.Fprintf(&b, "  %s\n", strings.Join(all[:4], " · "))
		fmt.Fprintf(&b, "  %s\n", strings.Join(all[4:], " · "))
		return b.String()
	}
	for _, s := range exitStatuses(cmd) {
		fmt.Fprintf(&b, "  %3d  %s\n", s.code, s.meaning)
	}
	return b.String()
}

// usageLine is a command's line of usage, without what cobra adds.
func usageLine(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	if arguments := argumentsOf(cmd); arguments != "" {
		line += " " + arguments
	}
	if !cmd.HasParent() {
		line += " COMMAND"
	}
	return line + " [flags]"
}

// visible returns the subcommands that help shows.
func visible(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range cmd.Commands() {
		if !c.Hidden && c.Name() != "help" {
			list = append(list, c)
		}
	}
	return list
}

// topics are those of the commands that the list of all names without a line
// of their own, so that it fits a screen.
var topics = [...]string{"publishing", "sound", "people", "proof", "upkeep"}

// topic returns which of them a command of the program belongs to, or "".
func topic(c *cobra.Command) string {
	switch c.Name() {
	case "episodes", "upload", "post":
		return "publishing"
	case "waveform", "measure", "moments":
		return "sound"
	case "people", "consent", "speakers", "forget":
		return "people"
	case "archives", "verify", "prove", "receipts", "bag", "export-tags":
		return "proof"
	case "edit", "remove", "auth", "reindex", "config", "completion", "man", "version":
		return "upkeep"
	}
	return ""
}

// allVisible returns all commands below cmd that help shows, each before its
// own subcommands.
func allVisible(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range visible(cmd) {
		list = append(append(list, c), allVisible(c)...)
	}
	return list
}

// ownFlags returns the flags that are a command's own: for the root, the
// global ones.
func ownFlags(cmd *cobra.Command) *pflag.FlagSet {
	own := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	own.SortFlags = false
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" || !cmd.HasParent() {
			own.AddFlag(f)
		}
	})
	return own
}

// globalFlags lists the names of the global flags.
func globalFlags(root *cobra.Command) []string {
	var names []string
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return names
}
