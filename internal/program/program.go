// Package program runs other programs, bounds their time and output, and ends
// them with all that they started. Nothing goes over a shell.
package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	Most int64  // bytes that it may write; 0: 32 MiB
}

func (p Program) most() int64 { return cmp.Or(p.Most, 32<<20) }

// A Cause is what went wrong with a program.
type Cause string

const (
	NotRun     Cause = "not-run"    // it was not found, or cannot be started
	TimedOut   Cause = "timed-out"  // it took longer than After
	TooMuch    Cause = "too-much"   // it wrote more than it may
	Failed     Cause = "failed"     // it ended with the code Exit
	Crashed    Cause = "crashed"    // it ended by a signal
	Killed     Cause = "killed"     // the system or somebody else ended it
	Unreadable Cause = "unreadable" // its output cannot be read
)

// An Error says why a program gave nothing of use.
type Error struct {
	Cause   Cause
	Message string
	Exit    int           // its exit code
	After   time.Duration // it was given up
	Said    string        // what it said of it: one line
	Err     error         // or nil
}

func (e *Error) Error() string {
	text := e.Message
	if e.Said != "" {
		text += ": " + e.Said
	} else if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

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
	out := &bounded{most: p.most(), full: func() { stop(errTooMuch) }}
	talk := new(ends)
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.Dir, out, talk, farewell
	var all group
	all.prepare(cmd)
	runtime.LockOSThread() // see endWithUs
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return all.kill(cmd) }
	if err := cmd.Start(); err != nil && ctx.Err() == nil {
		return nil, "", &Error{Cause: NotRun, Message: "cannot run " + p.Path, Err: bare(err)}
	}
	if cmd.Process != nil {
		all.started(cmd)
		defer all.close()
		if p.File != "" {
			go watch(ctx, p.File, p.most(), func() { stop(errTooMuch) })
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
		return nil, said, &Error{Cause: TimedOut, After: timeout, Message: fmt.Sprintf("%s did not finish in %s", name, spell.Short(timeout.Seconds()))}
	case errors.Is(cause, errTooMuch):
		return nil, said, &Error{Cause: TooMuch, Message: fmt.Sprintf("%s wrote more than %d MiB", name, p.most()>>20)}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e := &Error{Cause: Failed, Exit: exit.ExitCode(), Said: said}
		e.Message = fmt.Sprintf("%s failed with exit code %d", name, e.Exit)
		if e.Exit < 0 { // by a signal
			e.Cause, e.Message = Crashed, fmt.Sprintf("%s crashed (%s)", name, exit)
			if wasKilled(exit) {
				e.Cause, e.Message = Killed, fmt.Sprintf("%s was killed (%s)", name, exit)
			}
		}
		return nil, said, e
	}
	if err != nil {
		return nil, said, &Error{Cause: Unreadable, Message: "cannot read the output of " + name, Err: err}
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
func Find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		var look *exec.Error
		if errors.As(err, &look) {
			err = look.Err // without the name
		}
		return "", &Error{Cause: NotRun, Message: "cannot find " + name, Err: err}
	}
	return path, nil
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
func watch(ctx context.Context, file string, most int64, full func()) {
	t := time.NewTicker(glance)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if i, err := os.Stat(file); err == nil && i.Size() > most {
				full()
				return
			}
		}
	}
}

// A bounded output keeps what is written to it until it is too much.
type bounded struct {
	b    []byte
	most int64
	full func()
}

func (w *bounded) Write(p []byte) (int, error) {
	if int64(len(w.b)+len(p)) > w.most {
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

// Line makes what another program says fit for one line of a message.
func Line(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	if len(s) > mostSaid {
		s = strings.ToValidUTF8(s[:mostSaid], "") + "…"
	}
	return s
}
