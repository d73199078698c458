//go:build unix && !linux

package program

import "syscall"

// endWithUs does nothing: the system has no way to say it.
func endWithUs(*syscall.SysProcAttr) {}
