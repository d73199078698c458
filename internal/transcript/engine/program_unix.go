//go:build unix

package engine

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// A group is a program with all that it starts: a process group, whose number
// is that of the program.
type group struct{}

func (group) prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithUs(cmd.SysProcAttr)
}
func (group) started(*exec.Cmd) {}
func (group) close()            {}

func (group) kill(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
