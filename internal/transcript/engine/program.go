package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spaces-cli/spaces/internal/program"
)

// MaxOutput is how many bytes an engine may write for a piece: some hundred
// times as many as ten minutes of speech need with a time for each token.
const MaxOutput = 32 << 20

// A Program is another program that is run once.
type Program struct {
	Path string // found already
	Args []string
	Dir  string // where it runs; "" here
	File string // what it writes to, watched for its size; "" if it writes to its output only
}

// Run runs the program until it ends, timeout is over (if it is not 0) or ctx
// ends: then all that it started is killed with it. It returns what the program
// wrote to its standard output and the line of its standard error that says
// most, which is returned with errors too. The error is ctx's own or an *Error.
func (p Program) Run(ctx context.Context, timeout time.Duration) (output []byte, said string, err error) {
	output, said, err = program.Program{Path: p.Path, Args: p.Args, Dir: p.Dir, File: p.File, Most: MaxOutput}.Run(ctx, timeout)
	return output, said, problem(err, p.Path)
}

// problem is an error of a program as one of an engine.
func problem(err error, subject string) error {
	var from *program.Error
	if !errors.As(err, &from) {
		return err
	}
	e := &Error{Cause: Failed, Message: from.Message, Subject: subject, Exit: from.Exit, After: from.After, Said: from.Said, Err: from.Err}
	switch from.Cause {
	case program.NotRun:
		e.Cause = NoProgram
	case program.TimedOut:
		e.Cause = TimedOut
	case program.TooMuch:
		e.Cause = TooMuch
		e.Message += " for one piece"
	case program.Killed:
		e.Cause = Killed
	}
	return e
}

// Find returns the path of a program, by its path or a name on the PATH. The
// error is an *Error.
func Find(name string) (string, error) {
	path, err := program.Find(name)
	return path, problem(err, name)
}

// ReadOutput reads a file that a program wrote, unless it is too much.
func ReadOutput(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxOutput+1))
	if err == nil && len(b) > MaxOutput {
		return nil, Problemf(TooMuch, "the output is larger than %d MiB", MaxOutput>>20)
	}
	return b, err
}
