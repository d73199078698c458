// Package manual writes what a program says of its commands: the text of
// --help, the manual pages and the reference in Markdown. All three come from
// the same tree of cobra commands, so that none can say what another does not.
package manual

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// titleKey is the annotation of a flag that holds the title of its group.
const titleKey = "spaces_group"

// Group puts flags of a command under a title in its help. Groups are shown in
// the order in which their first flags were defined; flags of no group come
// last, as "Other". It panics if there is no such flag.
func Group(flags *pflag.FlagSet, title string, names ...string) {
	for _, name := range names {
		f := flags.Lookup(name)
		if f == nil {
			panic("manual: no flag --" + name)
		}
		if f.Annotations == nil {
			f.Annotations = make(map[string][]string)
		}
		f.Annotations[titleKey] = []string{title}
	}
}

// A group is flags with a title.
type group struct {
	title string
	flags []*pflag.Flag
}

// groups returns a command's own flags in their groups.
func groups(cmd *cobra.Command) []group {
	var list []group
	other := group{title: "Other"}
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		switch title := f.Annotations[titleKey]; {
		case f.Hidden, f.Name == "help" && cmd.HasParent():
		case title == nil:
			other.flags = append(other.flags, f)
		default:
			i := slices.IndexFunc(list, func(g group) bool { return g.title == title[0] })
			if i < 0 {
				i = len(list)
				list = append(list, group{title: title[0]})
			}
			list[i].flags = append(list[i].flags, f)
		}
	})
	if other.flags == nil {
		return list
	}
	if list == nil {
		other.title = "Flags"
	}
	return append(list, other)
}

// An ExitStatus is an exit code of the program and what it means.
type ExitStatus struct {
	Code    int
	Meaning string
}

const exitKey = "exit "

// Exits returns annotations of a command which say with which codes it ends and
// what they mean there. Those of the root command are all codes of the program.
// A command that does not name a code ends with it only if every command does.
// An empty meaning stands for the root's.
func Exits(meanings map[int]string) map[string]string {
	notes := make(map[string]string)
	for code, meaning := range meanings {
		notes[exitKey+strconv.Itoa(code)] = meaning
	}
	return notes
}

// everyone ends with these codes.
var everyone = []int{0, 1, 2, 130}

// Statuses returns the exit codes of a command in ascending order.
func Statuses(cmd *cobra.Command) []ExitStatus {
	all := make(map[int]string)
	for key, meaning := range cmd.Root().Annotations {
		if rest, ok := strings.CutPrefix(key, exitKey); ok {
			if code, err := strconv.Atoi(rest); err == nil {
				all[code] = meaning
			}
		}
	}
	var list []ExitStatus
	for _, code := range slices.Sorted(maps.Keys(all)) {
		meaning, noted := cmd.Annotations[exitKey+strconv.Itoa(code)]
		if !noted && !slices.Contains(everyone, code) {
			continue
		}
		if meaning == "" {
			meaning = all[code]
		}
		list = append(list, ExitStatus{code, meaning})
	}
	return list
}

// Arguments returns what stands behind the name of a command in its usage.
func Arguments(cmd *cobra.Command) string {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	return arguments
}

// usage is a command's usage line.
func usage(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	if arguments := Arguments(cmd); arguments != "" {
		line += " " + arguments
	}
	if len(visible(cmd)) > 0 && !cmd.HasParent() {
		line += " COMMAND"
	}
	return line + " [flags]"
}

// visible returns the subcommands that help shows.
func visible(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			list = append(list, c)
		}
	}
	return list
}

// Commands returns all commands below cmd that help shows, each before its own
// subcommands.
func Commands(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range visible(cmd) {
		list = append(append(list, c), Commands(c)...)
	}
	return list
}
