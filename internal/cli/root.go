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

// rootCommand builds the command tree.
func (a *App) rootCommand() *cobra.Command {
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

	for i, g := range a.commands() {
		id := strconv.Itoa(i)
		root.AddGroup(&cobra.Group{ID: id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	root.AddCommand(newDocsCmd(a))
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
	commands []*cobra.Command
}

// commands returns all commands in the order of the help.
func (a *App) commands() []commandGroup {
	return []commandGroup{
		{"Get", []*cobra.Command{
			newExtractCmd(a), newListCmd(a), newSearchCmd(a), newShowCmd(a), newOpenCmd(a), newStatusCmd(a),
		}},
		{"Cut", []*cobra.Command{
			newClipCmd(a), newVideoCmd(a), newClipsCmd(a), newMomentsCmd(a), newWaveformCmd(a), newStudioCmd(a),
		}},
		{"Words", []*cobra.Command{
			newTranscribeCmd(a), newTranscriptCmd(a),
		}},
		{"Publish", []*cobra.Command{
			newExportCmd(a), newEpisodesCmd(a), publishing.Feed(a.App), publishing.Target(a.App), publishing.Upload(a.App), publishing.Post(a.App),
		}},
		{"Keep and answer for", []*cobra.Command{
			newPeopleCmd(a), newConsentCmd(a), newSpeakersCmd(a), newVerifyCmd(a), newProveCmd(a), newBagCmd(a), newBackupCmd(a), newRestoreCmd(a),
			newArchivesCmd(a), newTimedTagsCmd(a), newMeasureCmd(a), newEditCmd(a), newRemoveCmd(a), newReindexCmd(a), newDoctorCmd(a), newConfigCmd(a),
			newCompletionCmd(a), newManCmd(a), newVersionCmd(a),
		}},
	}
}
