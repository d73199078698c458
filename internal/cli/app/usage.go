package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/suggest"
)

// Subcommand is a cobra.PositionalArgs of commands that only have subcommands.
func Subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	path := cmd.CommandPath()
	hint := "see " + path + " --help"
	near := NearCommand(cmd, args[0])
	if near == "" && cmd.HasParent() {
		if show, _, err := cmd.Find([]string{"show"}); err == nil && show != cmd { // speakers SPACE
			near = show.CommandPath() + " " + args[0]
		}
	} else if near == "" && args[0] == path && len(args) > 1 {
		near = strings.Join(args, " ")
	} else if _, err := os.Stat(args[0]); near == "" && err == nil {
		near = path + " extract " + args[0]
	}
	if near != "" {
		hint = "did you mean: " + near
	}
	return Hinted(Usage("%s: unknown command %q", path, args[0]), hint)
}

// renamed are words that people try for commands, also from other programs,
// and the commands that do what they want.
var renamed = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"import": "extract", "get": "extract", "unzip": "extract", "unpack": "extract", "download": "extract", "init": "extract", "ls": "list", "info": "show", "play": "open", "find": "search",
		"cut": "clip", "trim": "clip", "rm": "remove", "delete": "remove", "receipts": "upload log", "auth": "target login",
		"login": "target login", "forget": "people forget", "export-tags": "timed-tags", "check": "verify", "undo": "restore",
		"podcast": "export", "episode": "episodes", "publish": "episodes publish", "rss": "feed build", "rename": "edit",
		"settings": "config", "tweet": "post", "share": "post", "gui": "studio", "server": "studio", "audiogram": "video",
	}
})

// NearCommand returns the path of the command that word may stand for, or "".
func NearCommand(cmd *cobra.Command, word string) string {
	root := cmd.Root()
	if !cmd.HasParent() {
		if to, ok := renamed()[strings.ToLower(word)]; ok {
			if found, _, err := root.Find(strings.Fields(to)); err == nil && found.CommandPath() == root.Name()+" "+to {
				return found.CommandPath()
			}
		}
	}
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(append(names, c.Name()), c.Aliases...)
		}
	}
	if near := suggest.Closest(word, names); near != "" {
		return cmd.CommandPath() + " " + near
	}
	return ""
}

// synonyms are the names under which flags are looked for, by other programs'
// habits, and what they are called here.
var synonyms = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"from": {"at", "since"}, "start": {"at", "since"}, "begin": {"at"}, "ss": {"at"}, "position": {"at"}, "offset": {"at"},
		"to": {"end", "until"}, "stop": {"end"}, "duration": {"length"}, "len": {"length"}, "seconds": {"length"}, "t": {"length"},
		"out": {"output"}, "dest": {"output"}, "dir": {"output", "library"}, "o": {"output", "library"}, "output": {"library"}, "file": {"output"},
		"type": {"format"}, "player": {"print"}, "port": {"addr"}, "host": {"addr"}, "force": {"yes"}, "verbose": {"details"}, "v": {"version", "details"},
		"columns": {"csv"}, "format": {"csv"}, "archive": {"against"}, "codec": {"format"}, "overwrite": {"force"}, "replace": {"force"}, "f": {"force"}, "y": {"yes"},
		"before": {"until"}, "after": {"since"}, "who": {"speaker"}, "user": {"speaker"}, "guest": {"speaker"}, "n": {"limit", "dry-run"},
		"max": {"limit"}, "silent": {"quiet"}, "threads": {"jobs"}, "parallel": {"jobs"}, "volume": {"loudness", "normalize"},
		"lufs": {"loudness", "normalize"}, "bitrate": {"bit-rate"}, "image": {"cover"}, "art": {"cover"}, "artwork": {"cover"},
		"subtitles": {"captions", "transcript"}, "srt": {"captions", "transcript"}, "size": {"shape"}, "aspect": {"shape"},
		"order": {"sort"}, "lib": {"library"}, "timezone": {"clock"}, "time": {"clock", "at"}, "text": {"note"}, "name": {"title"},
	}
})

// omitting are the flags that leave speakers out of clips and episodes.
var omitting = []string{"consented-only", "silence", "reviewed", "margin"}

// FlagError words what is wrong with the flags of a command line.
func FlagError(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := strings.TrimLeft(unknown.GetSpecifiedName(), "-")
		if short := unknown.GetSpecifiedShortnames(); len(short) > 1 && nearFlag(cmd, short) != "" { // -ss
			return Hinted(Usage("%s has no flag -%s", cmd.CommandPath(), short), "did you mean: --"+nearFlag(cmd, short))
		}
		if cmd.Name() == "video" && slices.Contains(omitting, name) {
			hint = "speakers cannot be left out of a video; to cut the audio without them: spaces clip SPACE --at T --consented-only"
		} else if near := nearFlag(cmd, name); near != "" {
			hint = "did you mean: --" + near
		}
		if short := unknown.GetSpecifiedShortnames(); short != "" && strings.Trim(short, "0123456789.") == "" { // -14
			hint = cmp.Or(valueApart(cmd, "-"+short), hint)
			name = short
		}
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		return Hinted(Usage("%s has no flag %s%s", cmd.CommandPath(), dashes, name), hint)
	case errors.As(err, &missing):
		return Hinted(Usage("--%s needs a value: --%s %s", missing.GetFlag().Name, missing.GetFlag().Name, valueName(missing.GetFlag())), hint)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return Hinted(Usage("--%s must be %s, not %q", f.Name, kindOfValue(f), invalid.GetValue()), hint)
	}
	return Hinted(Usage("%w", err), hint)
}

// nearFlag returns the flag of a command that a name may stand for, or "".
func nearFlag(cmd *cobra.Command, name string) string {
	for _, other := range synonyms()[strings.ToLower(name)] {
		if cmd.Flags().Lookup(other) != nil {
			return other
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return suggest.Closest(name, names)
}

func valueName(f *pflag.Flag) string {
	value, _ := pflag.UnquoteUsage(f)
	return value
}

// kindOfValue says what a flag takes.
func kindOfValue(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "duration":
		return "a time such as 90s or 5m"
	}
	return fmt.Sprintf("a %s", f.Value.Type())
}

// Takes is a cobra.PositionalArgs that wants at least min and at most max
// arguments (max < 0: any number).
func Takes(min, max int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		path := cmd.CommandPath()
		see := "see " + path + " --help"
		switch {
		case len(args) < min:
			return Hinted(Usage("%s needs %s", path, manual.Arguments(cmd)), see)
		case max < 0 || len(args) <= max:
			return nil
		case max == 0:
			return Hinted(Usage("%s takes no arguments, but got %q", path, args[0]), cmp.Or(misplaced(cmd, args, args[0]), see))
		}
		return Hinted(Usage("%s takes %s, but got %q too", path, manual.Arguments(cmd), args[max]), cmp.Or(misplaced(cmd, args, args[max]), see))
	}
}

// valueApart says how to write the value of a flag that needs none, where it stands
// after a space, or returns "".
func valueApart(cmd *cobra.Command, value string) (hint string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" && f.Value.Type() != "bool" && f.Value.String() == f.NoOptDefVal {
			hint = fmt.Sprintf("write the value of --%s after an equals sign: --%s=%s", f.Name, f.Name, value)
		}
	})
	return hint
}

// misplaced says how to write an argument that is too many, or "".
func misplaced(cmd *cobra.Command, args []string, surplus string) string {
	if hint := valueApart(cmd, surplus); hint != "" {
		return hint
	}
	for _, arg := range args {
		if _, err := recording.ParseTime(arg); err == nil && strings.Contains(arg, ":") && cmd.Flags().Lookup("at") != nil {
			return "give times with a flag: --at " + arg
		}
	}
	if len(args) > 1 && strings.HasPrefix(manual.Arguments(cmd), "SPACE") {
		if cmd.Flags().Lookup("title") != nil {
			return fmt.Sprintf("for a title of several words: --title %q", strings.Join(args[1:], " "))
		}
		return fmt.Sprintf("a title of several words needs quotes: %s %q", cmd.CommandPath(), strings.Join(args, " "))
	}
	return ""
}
