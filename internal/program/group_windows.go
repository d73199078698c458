package program

import (
	"os/exec"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A group is a program with all that it starts: a job object. It ends with this
// program too, since its handle is closed then.
type group struct{ job atomic.Uintptr }

func (*group) prepare(cmd *exec.Cmd) {
	// Ctrl+C in the console is for us; what is to become of the program is ours
	// to decide. It gets no window.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW}
}

// started puts the program into the job. What it starts in the moments before
// that stays outside. Without a job only the program itself is killed.
func (g *group) started(cmd *exec.Cmd) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	var process windows.Handle
	if err == nil {
		process, err = windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	}
	if err == nil {
		err = windows.AssignProcessToJobObject(job, process)
		windows.CloseHandle(process)
	}
	if err != nil {
		windows.CloseHandle(job)
		return
	}
	g.job.Store(uintptr(job))
}

func (g *group) kill(cmd *exec.Cmd) error {
	if job := g.job.Load(); job != 0 {
		return windows.TerminateJobObject(windows.Handle(job), 1)
	}
	return cmd.Process.Kill()
}

func (g *group) close() {
	if job := g.job.Load(); job != 0 {
		windows.CloseHandle(windows.Handle(job))
	}
}
