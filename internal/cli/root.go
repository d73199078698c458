package cli

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/cli/publishing"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// rootCommand builds the command tree. If only names a command, the others are
// left out: making a hundred commands and their flags takes longer than most of
// what a script asks for. "" is all of them.
func (a *App) rootCommand(only string) *cobra.Command {
	cobra.MousetrapHelpText = "" // see runDropped
	cobra.EnableCommandSorting = false
	var version bool
	root := &cobra.Command{
		Use:   "spaces",
		Short: "Extract the audio of your X Spaces from the archive of your account",
		Long: `spaces takes the audio of your X (Twitter) Spaces out of the archive that X sends you, and
keeps it as a library: every recording whole, named, dated, searchable, playable everywhere.`,
		Example: `  spaces extract twitter-2021-06-17.zip
  spaces list
  spaces open latest`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Annotations:       manual.Exits(app.ExitCodes()),
		Args:              app.Subcommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if version {
				return a.printVersion()
			}
			if lib, err := library.Open(cmd.Context(), a.LibraryOptions()); err == nil {
				lib.Close()
			} else if app.IsNoLibrary(err) {
				_, err := fmt.Fprintf(a.Out, howToBegin, a.ShortenHome(a.Settings.Library))
				return err
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			return a.LoadSettings(cmd)
		},
	}
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.String("library", "", "use the library in `DIR` (default ~/Spaces)")
	flags.Bool("json", false, "write JSON, for scripts; see spaces help topic json")
	flags.BoolP("quiet", "q", false, "print only results and errors")
	flags.String("progress", terminal.Auto, "`WHEN`: show progress: auto, never, or json (lines on standard error)")
	flags.Bool("no-progress", false, "do not show progress")
	flags.String("color", terminal.Auto, "`WHEN`: colour tables: auto, always or never")
	app.Complete(root, "progress", terminal.Auto, terminal.Never, app.ProgressJSON)
	app.Complete(root, "color", terminal.ColorModes()...)
	flags.Duration("lock-wait", settings.LockWait, "`TIME`: how long to wait for another program that is changing the library")
	flags.Int("jobs", 0, "run `N` jobs in parallel (default: one per core)")
	flags.BoolP("help", "h", false, "show this help")
	root.Flags().BoolVarP(&version, "version", "V", false, "show the version")

	for i, g := range commands() {
		id := strconv.Itoa(i)
		root.AddGroup(&cobra.Group{ID: id, Title: g.title})
		for _, m := range g.commands {
			if only != "" && m.name != only {
				continue
			}
			c := m.make(a)
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	if only == "" {
		root.AddCommand(newDocsCmd(a))
	}
	root.SetHelpCommand(newHelpCmd(a))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { io.WriteString(a.Out, manual.Help(cmd, a.Columns)) })
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := io.WriteString(a.Err, manual.Help(cmd, a.Columns))
		return err
	})
	root.SetFlagErrorFunc(app.FlagError)
	for _, c := range manual.Commands(root) {
		c.Flags().SortFlags = false // they are shown in the order of their use
		a.CompleteFlags(c)
		a.CompleteArgs(c)
	}
	return root
}

// howToBegin is what the program says when there is no library.
const howToBegin = `spaces keeps the audio of your X Spaces. There is no library in %s yet. To begin:
1. Ask X for your archive: https://x.com/settings/download_your_data (wait for the mail, about a day).
2. Download the ZIP. X deletes the audio of a Space after about 30 days: do not wait.
3. Extract the Spaces:  spaces extract ARCHIVE.zip
4. Listen:  spaces open latest  · all commands:  spaces --help
`

// A commandGroup is commands with a title in the help of the program.
type commandGroup struct {
	title    string
	commands []maker
}

// A maker makes the command of a name. One that is about the whole tree of
// commands is never made alone.
type maker struct {
	name  string
	make  func(*App) *cobra.Command
	whole bool
}

// alone returns the command that a command line is about if no other one has to
// be made for it, or "".
func alone(args []string) string {
	if len(args) == 0 {
		return ""
	}
	for _, g := range commands() {
		for _, m := range g.commands {
			if m.name == args[0] && !m.whole {
				return m.name
			}
		}
	}
	return ""
}

// commands returns all commands in the order of the help.
func commands() []commandGroup {
	of := func(f func(*app.App) *cobra.Command) func(*App) *cobra.Command {
		return func(a *App) *cobra.Command { return f(a.App) }
	}
	return []commandGroup{
		{"Get", []maker{
			{name: "extract", make: newExtractCmd},
			{name: "list", make: newListCmd},
			{name: "search", make: newSearchCmd},
			{name: "show", make: newShowCmd},
			{name: "open", make: newOpenCmd},
			{name: "status", make: newStatusCmd},
		}},
		{"Cut", []maker{
			{name: "clip", make: newClipCmd},
			{name: "video", make: newVideoCmd},
			{name: "clips", make: newClipsCmd},
			{name: "moments", make: newMomentsCmd},
			{name: "waveform", make: newWaveformCmd},
			{name: "studio", make: newStudioCmd},
		}},
		{"Words", []maker{
			{name: "transcribe", make: newTranscribeCmd},
			{name: "transcript", make: newTranscriptCmd},
		}},
		{"Publish", []maker{
			{name: "export", make: newExportCmd},
			{name: "episodes", make: newEpisodesCmd},
			{name: "feed", make: of(publishing.Feed)},
			{name: "target", make: of(publishing.Target)},
			{name: "upload", make: of(publishing.Upload)},
			{name: "post", make: of(publishing.Post)},
		}},
		{"Keep and answer for", []maker{
			{name: "people", make: newPeopleCmd},
			{name: "consent", make: newConsentCmd},
			{name: "speakers", make: newSpeakersCmd},
			{name: "verify", make: newVerifyCmd},
			{name: "prove", make: newProveCmd},
			{name: "bag", make: newBagCmd},
			{name: "backup", make: newBackupCmd},
			{name: "restore", make: newRestoreCmd},
			{name: "archives", make: newArchivesCmd},
			{name: "timed-tags", make: newTimedTagsCmd},
			{name: "measure", make: newMeasureCmd},
			{name: "edit", make: newEditCmd},
			{name: "remove", make: newRemoveCmd},
			{name: "reindex", make: newReindexCmd},
			{name: "doctor", make: newDoctorCmd},
			{name: "config", make: newConfigCmd},
			{name: "completion", make: newCompletionCmd, whole: true},
			{name: "man", make: newManCmd, whole: true},
			{name: "version", make: newVersionCmd},
		}},
	}
}
