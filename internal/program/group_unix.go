//go:build unix

package program

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// A group is a program with all that it starts: a process group, whose number
// is that of the program.
type group struct {
	// guard ends the group when we are killed and cannot: it waits for the end of
	// its input, of which nobody but us has the other end, line.
	guard *exec.Cmd
	line  *os.File
}

// guarding is what the guard does: a line tells it that nothing is left to end.
const guarding = `read -r line && exit; kill -9 -"$0"`

func (*group) prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithUs(cmd.SysProcAttr)
}

func (g *group) started(cmd *exec.Cmd) {
	in, line, err := os.Pipe()
	if err != nil {
		return // at least the program itself ends with us, where the system sees to it
	}
	defer in.Close()
	guard := exec.Command("/bin/sh", "-c", guarding, strconv.Itoa(cmd.Process.Pid))
	guard.Stdin, guard.SysProcAttr = in, &syscall.SysProcAttr{Setpgid: true}
	if guard.Start() != nil {
		line.Close()
		return
	}
	g.guard, g.line = guard, line
}

// close releases the guard.
func (g *group) close() {
	if g.guard == nil {
		return
	}
	g.line.WriteString("done\n")
	g.guard.Wait()
	g.line.Close()
}

func (*group) kill(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
