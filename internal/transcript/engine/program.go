package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spaces-cli/spaces/internal/spell"
)

// MaxOutput is how many bytes an engine may write for a piece: some hundred
// times as many as ten minutes of speech need with a time for each token.
const MaxOutput = 32 << 20

const (
	mostSaid = 300             // bytes of what a program says that an error holds
	farewell = 2 * time.Second // how long output is awaited after a program's end
	glance   = time.Second     // between two looks at the size of its file
)

// A Program is another program that is run once.
type Program struct {
	Path string // found already
	Args []string
	Dir  string // where it runs; "" here
	File string // what it writes to, watched for its size; "" if it writes to its output only
}

var (
	errTimeout = errors.New("timed out")
	errTooMuch = errors.New("too much output")
)

// Run runs the program until it ends, timeout is over (if it is not 0) or ctx
// ends: then all that it started is killed with it. It returns what the program
// wrote to its standard output and the line of its standard error that says
// most, which is returned with errors too. The error is ctx's own or an *Error.
func (p Program) Run(above context.Context, timeout time.Duration) (output []byte, said string, err error) {
	name := filepath.Base(p.Path)
	if err := above.Err(); err != nil {
		return nil, "", err
	}
	ctx, stop := context.WithCancelCause(above)
	defer stop(nil)
	if timeout > 0 {
		t := time.AfterFunc(timeout, func() { stop(errTimeout) })
		defer t.Stop()
	}
	out := &bounded{full: func() { stop(errTooMuch) }}
	talk := new(ends)
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.Dir, out, talk, farewell
	var all group
	all.prepare(cmd)
	runtime.LockOSThread() // see endWithUs
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return all.kill(cmd) }
	if err := cmd.Start(); err != nil && ctx.Err() == nil {
		return nil, "", &Error{Cause: NoProgram, Message: "cannot run " + p.Path, Subject: p.Path, Err: bare(err)}
	}
	if cmd.Process != nil {
		all.started(cmd)
		defer all.close()
		if p.File != "" {
			go watch(ctx, p.File, func() { stop(errTooMuch) })
		}
		err = cmd.Wait()
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		all.kill(cmd) // it ended, and what it started goes on and holds its output
		err = nil
	}
	said = talk.tell()
	switch cause := context.Cause(ctx); {
	case above.Err() != nil:
		return nil, said, above.Err()
	case errors.Is(cause, errTimeout):
		e := Problemf(TimedOut, "%s did not finish in %s", name, spell.Short(timeout.Seconds()))
		e.Subject, e.After = p.Path, timeout
		return nil, said, e
	case errors.Is(cause, errTooMuch):
		e := Problemf(TooMuch, "%s wrote more than %d MiB for one piece", name, MaxOutput>>20)
		e.Subject = p.Path
		return nil, said, e
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e := &Error{Cause: Failed, Subject: p.Path, Exit: exit.ExitCode(), Said: said}
		e.Message = fmt.Sprintf("%s failed with exit code %d", name, e.Exit)
		if e.Exit < 0 { // by a signal
			e.Message = fmt.Sprintf("%s crashed (%s)", name, exit)
			if wasKilled(exit) {
				e.Cause, e.Message = Killed, fmt.Sprintf("%s was killed (%s)", name, exit)
			}
		}
		return nil, said, e
	}
	if err != nil {
		return nil, said, &Error{Cause: Failed, Message: "cannot read the output of " + name, Subject: p.Path, Err: err}
	}
	return out.b, said, nil
}

// wasKilled reports whether a program ended by somebody's will, such as the
// system's when memory is short, and not by a mistake of its own.
func wasKilled(e *exec.ExitError) bool {
	status, ok := e.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGKILL || status.Signal() == syscall.SIGTERM)
}

// Find returns the path of a program, by its path or a name on the PATH. The
// error is an *Error.
func Find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		var look *exec.Error
		if errors.As(err, &look) {
			err = look.Err // without the name
		}
		return "", &Error{Cause: NoProgram, Message: "cannot find " + program, Subject: program, Err: err}
	}
	return path, nil
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

// bare takes "fork/exec PATH:" off an error of starting PATH.
func bare(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// watch calls full when the file is larger than a program may write.
func watch(ctx context.Context, file string, full func()) {
	t := time.NewTicker(glance)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if i, err := os.Stat(file); err == nil && i.Size() > MaxOutput {
				full()
				return
			}
		}
	}
}

// A bounded output keeps what is written to it until it is too much.
type bounded struct {
	b    []byte
	full func()
}

func (w *bounded) Write(p []byte) (int, error) {
	if len(w.b)+len(p) > MaxOutput {
		w.b = nil
		w.full()
		return 0, errTooMuch
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

// ends keeps the beginning and the end of what is written to it.
type ends struct {
	mu         sync.Mutex
	head, tail []byte
}

const mostKept = 16 << 10 // bytes at each end

func (w *ends) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	if room := mostKept - len(w.head); room > 0 {
		k := min(room, n)
		w.head = append(w.head, p[:k]...)
		p = p[k:]
	}
	if len(p) >= mostKept {
		w.tail = append(w.tail[:0], p[len(p)-mostKept:]...)
		return n, nil
	}
	if over := len(w.tail) + len(p) - mostKept; over > 0 {
		w.tail = append(w.tail[:0], w.tail[over:]...)
	}
	w.tail = append(w.tail, p...)
	return n, nil
}

// tell returns the line that says most: the first that speaks of an error, or
// else the last one. What comes after an error is often the program's help.
func (w *ends) tell() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := ""
	for line := range strings.Lines(string(w.head) + string(w.tail)) {
		line = Line(line)
		if lower := strings.ToLower(line); strings.HasPrefix(lower, "error") || strings.Contains(lower, "error:") || strings.Contains(lower, "fatal:") {
			return line
		}
		if line != "" {
			last = line
		}
	}
	return last
}
