//go:build unix && !linux

package engine

import "syscall"

// endWithUs does nothing: the system has no way to say it.
func endWithUs(*syscall.SysProcAttr) {}
