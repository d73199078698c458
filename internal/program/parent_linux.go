package program

import "syscall"

// endWithUs has the system kill the program when the thread that started it
// ends, so that none computes on for minutes after a kill of ours. Run stays on
// its thread for that.
func endWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
