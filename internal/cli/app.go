// Package cli is the command line of spaces: flags, tables, JSON, progress
// bars and exit codes. What the commands do is in the packages below.
//
// The rules of its output: stdout is data, stderr is talk. What is printed
// does not depend on whether somebody watches, but that a terminal's width is
// respected and that progress and questions are for terminals only. An error
// says what happened and, after "hint:", what to do next.
package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spaces-cli/spaces/internal/terminal"
)

// An App is the world in which a command runs. Tests give it buffers, a fixed
// clock and an environment of their own.
type App struct {
	args []string // of the command line, for hints that add a flag to it

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

	set       userSettings  // filled before a command runs
	uploading *uploadEvents // while something is sent
}

// version is set by the linker for releases.
var version string

// Main runs the program and returns its exit code.
func Main() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // a second one ends the program at once
		cancel()
	}()

	a := newApp()
	args := os.Args[1:]
	if terminal.StartedByExplorer() {
		return a.runDropped(ctx, args)
	}
	return a.Run(ctx, args)
}

// newApp returns the App of the real world.
func newApp() *App {
	a := &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:   terminal.Is(os.Stdin),
		OutTTY:  terminal.Is(os.Stdout),
		ErrTTY:  terminal.Is(os.Stderr),
		Now:     time.Now,
		Zone:    time.Local,
		Env:     os.LookupEnv,
		Version: programVersion(),
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

// programVersion returns the release, or what the Go tool noted when the
// program was built from source.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// Run executes one command line and returns its exit code.
func (a *App) Run(ctx context.Context, args []string) int {
	out := &errWriter{w: a.Out}
	a.Out = out
	root := a.rootCommand()
	a.args = args
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, fs.ErrClosed) && out.err != nil {
		return exitDone // the reader has seen enough
	}
	return a.report(ctx, err, wantsJSON(args))
}

// runDropped serves those who know no command line. A double click opens the
// studio, which ends with its window; files dropped on the icon are extracted,
// and the window stays until it has been read.
func (a *App) runDropped(ctx context.Context, args []string) int {
	if len(args) == 0 {
		if code := a.Run(ctx, []string{"studio", "--open"}); code == exitDone || code == exitInterrupted {
			return code
		}
	} else if _, err := os.Stat(args[0]); err == nil {
		args = append([]string{"extract", "--"}, args...)
	}
	code := exitFailed
	if len(args) > 0 {
		code = a.Run(ctx, args)
	}
	io.WriteString(a.Out, "\nPress Enter to close this window.\n")
	io.ReadFull(a.In, make([]byte, 1))
	return code
}

// An errWriter remembers the first error of writing, so that commands need
// not look at each line they print.
type errWriter struct {
	w   io.Writer
	err error
}

func (w *errWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(p)
	w.err = err
	return n, err
}
