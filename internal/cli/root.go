package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/settings"
)

// rootCommand builds the command tree.
func (a *App) rootCommand() *cobra.Command {
	cobra.MousetrapHelpText = "" // see runDropped
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use:   "spaces",
		Short: "Take the audio of your X Spaces out of X's account archive",
		Long: `spaces takes the audio of your X (Twitter) Spaces out of the archive that X sends you, and
keeps it as a library: every recording whole, named, dated, searchable, playable everywhere.`,
		Example: `  spaces extract twitter-2021-06-17.zip
  spaces list
  spaces open latest`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "see spaces --help"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean: spaces " + strings.Join(near, ", spaces ")
			}
			return hinted(usage("there is no command %q", args[0]), hint)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			return a.loadSettings(cmd)
		},
	}
	root.SuggestionsMinimumDistance = 2
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.String("library", "", "the library's folder `DIR` (default ~/Spaces)")
	flags.Bool("json", false, "write JSON, for scripts; see docs/json.md")
	flags.BoolP("quiet", "q", false, "say nothing but results and errors")
	flags.Bool("no-progress", false, "show no progress bars")
	flags.Duration("lock-wait", settings.LockWait, "wait `TIME` for another program that changes the library")
	flags.Int("jobs", 0, "do `N` things at once (default: one for each core)")
	flags.BoolP("help", "h", false, "show this help")

	root.AddCommand(
		newExtractCmd(a),
		newArchivesCmd(a),
		newListCmd(a),
		newSearchCmd(a),
		newShowCmd(a),
		newOpenCmd(a),
		newClipCmd(a),
		newWaveformCmd(a),
		newMeasureCmd(a),
		newMomentsCmd(a),
		newStudioCmd(a),
		newExportCmd(a),
		newEpisodesCmd(a),
		newFeedCmd(a),
		newUploadCmd(a),
		newPostCmd(a),
		newReceiptsCmd(a),
		newAuthCmd(a),
		newPeopleCmd(a),
		newConsentCmd(a),
		newSpeakersCmd(a),
		newForgetCmd(a),
		newEditCmd(a),
		newRemoveCmd(a),
		newStatusCmd(a),
		newVerifyCmd(a),
		newProveCmd(a),
		newBagCmd(a),
		newExportTagsCmd(a),
		newReindexCmd(a),
		newConfigCmd(a),
		newCompletionCmd(a),
		newManCmd(a),
		newDocsCmd(a),
		newVersionCmd(a),
	)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.Out.Write([]byte(helpText(cmd))) })
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := a.Err.Write([]byte(helpText(cmd)))
		return err
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hinted(usage("%w", err), "see "+cmd.CommandPath()+" --help")
	})
	return root
}

// takes is a cobra.PositionalArgs that wants at least min and at most max
// arguments (max < 0: any number).
func takes(min, max int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		see := "see " + cmd.CommandPath() + " --help"
		switch {
		case len(args) < min:
			return hinted(usage("%s needs %s", cmd.CommandPath(), argumentsOf(cmd)), see)
		case max == 0 && len(args) > 0:
			return hinted(usage("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]), see)
		case max >= 0 && len(args) > max:
			return hinted(usage("%s takes %s, but got %q too", cmd.CommandPath(), argumentsOf(cmd), args[max]), see)
		}
		return nil
	}
}

// argumentsOf returns the words of a usage line after the command's name.
func argumentsOf(cmd *cobra.Command) string {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	return arguments
}
