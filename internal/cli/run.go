// Package cli is the command line of spaces: flags, tables, JSON, progress
// bars and exit codes. What the commands do is in the packages below.
//
// The rules of its output: stdout is data, stderr is talk. What is printed
// does not depend on whether somebody watches, but that a terminal's width is
// respected and that progress and questions are for terminals only. An error
// says what happened and, after "hint:", what to do next.
package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/terminal"
	"github.com/spf13/cobra"
)

// version is set by the linker for releases.
var version string

// An App is the program in its world, with the commands as its methods.
type App struct{ *app.App }

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

	a := &App{app.New(programVersion())}
	args := os.Args[1:]
	if terminal.StartedByExplorer() {
		return a.runDropped(ctx, args)
	}
	return a.Run(ctx, args)
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
	root := a.rootCommand(alone(args))
	a.Args = args
	root.SetArgs(presetApart(args))
	root.SetIn(a.In)
	root.SetOut(a.Out)
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		root.SetOut(plain{a.Out})
	}
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, fs.ErrClosed) && out.err != nil {
		return app.ExitDone // the reader has seen enough
	}
	return a.Report(ctx, err, wantsJSON(args))
}

// runDropped serves those who know no command line. A double click opens the
// studio, which ends with its window; files dropped on the icon are extracted,
// and the window stays until it has been read.
func (a *App) runDropped(ctx context.Context, args []string) int {
	if len(args) == 0 {
		if code := a.Run(ctx, []string{"studio", "--open"}); code == app.ExitDone || code == app.ExitInterrupted {
			return code
		}
	} else if _, err := os.Stat(args[0]); err == nil {
		args = append([]string{"extract", "--"}, args...)
	}
	code := app.ExitFailed
	if len(args) > 0 {
		code = a.Run(ctx, args)
	}
	io.WriteString(a.Out, "\nPress Enter to close this window.\n")
	io.ReadFull(a.In, make([]byte, 1))
	return code
}

// wantsJSON reports whether the arguments ask for JSON, also when they cannot
// be parsed.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
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

// plain is for what the Tab key shows of flags: the marks around the names of
// their values are left out.
type plain struct{ w io.Writer }

func (p plain) Write(b []byte) (int, error) {
	if _, err := p.w.Write(bytes.ReplaceAll(b, []byte("`"), nil)); err != nil {
		return 0, err
	}
	return len(b), nil
}
