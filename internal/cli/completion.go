package cli

import (
	"github.com/spf13/cobra"
)

func newCompletionCmd(a *App) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Write a completion script for your shell",
		Long: `Write the script that makes the Tab key complete commands, flags, Space ids and
settings in your shell.`,
		Example: `  source <(spaces completion bash)                    # bash, this session
  spaces completion bash > /etc/bash_completion.d/spaces
  spaces completion zsh > "${fpath[1]}/_spaces"
  spaces completion fish > ~/.config/fish/completions/spaces.fish
  spaces completion powershell | Out-String | Invoke-Expression`,
		Args:      takes(1, 1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
			return usage("there is no script for %q, but for bash, zsh, fish and powershell", args[0])
		},
	}
}
