// Command spaces takes the audio of X Spaces out of X's account archive.
package main

import (
	"os"

	"github.com/spaces-cli/spaces/internal/cli"
)

func main() {
	os.Exit(cli.Main())
}
