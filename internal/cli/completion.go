package cli

import (
	_ "embed"
	"io"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
)

// bashCompletion needs nothing but bash: cobra's script calls functions of the
// package bash-completion, and does nothing where that is not loaded.
//
//go:embed completion.bash
var bashCompletion string

func newCompletionCmd(a *App) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Write a completion script for your shell",
		Long: `Write a script for your shell with which the Tab key completes commands, flags and their values,
Spaces, handles and settings. The script for bash works without the package bash-completion.`,
		Example: `  source <(spaces completion bash)                    # bash, this session
  spaces completion bash >> ~/.bashrc
  spaces completion zsh > "${fpath[1]}/_spaces"
  spaces completion fish > ~/.config/fish/completions/spaces.fish
  spaces completion powershell | Out-String | Invoke-Expression`,
		Args:      app.Takes(1, 1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				_, err := io.WriteString(a.Out, bashCompletion)
				return err
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
			return app.OneOf("the shell", args[0], shells)
		},
	}
}
