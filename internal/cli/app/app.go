// Package app is what every command of the command line stands on: its
// streams and settings, the library and the Spaces that are meant, questions,
// and errors with their exit codes and hints.
package app

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/terminal"
)

// An App is the world in which a command runs. Tests give it buffers, a fixed
// clock and an environment of their own.
type App struct {
	Args []string // of the command line, for hints that add a flag to it

	In       io.Reader
	Out, Err io.Writer
	// InTTY, OutTTY and ErrTTY say whether somebody watches.
	InTTY, OutTTY, ErrTTY bool
	Columns               int              // the width of the terminal; 0 when unknown
	Palette               terminal.Palette // of what goes to Out

	Now       func() time.Time
	Zone      *time.Location
	Env       func(name string) (string, bool)
	Home      string // the user's home folder, "" if it is not known
	ConfigDir string // the folder of config.yaml, likewise
	Version   string
	// Start opens a file or folder with the program the system has for it.
	Start func(path string) error

	Settings userSettings // filled before a command runs
	// OnRetry is told that a request to a target is made again; nil means a warning.
	OnRetry func(err error, wait time.Duration)
}

// New returns the App of the real world.
func New(version string) *App {
	a := &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:   terminal.Is(os.Stdin),
		OutTTY:  terminal.Is(os.Stdout),
		ErrTTY:  terminal.Is(os.Stderr),
		Now:     time.Now,
		Zone:    time.Local,
		Env:     os.LookupEnv,
		Version: version,
		Start:   terminal.Open,
	}
	if a.OutTTY {
		a.Columns = terminal.Columns(os.Stdout)
		a.Palette = terminal.NewPalette(terminal.Auto, terminal.CanPaint(os.Stdout), a.Env)
	}
	// Where they are not known they stay empty: the current folder is nobody's
	// home.
	if dir, err := os.UserHomeDir(); err == nil && filepath.IsAbs(dir) {
		a.Home = dir
	}
	if dir, err := os.UserConfigDir(); err == nil && filepath.IsAbs(dir) {
		a.ConfigDir = filepath.Join(dir, "spaces")
	}
	return a
}
