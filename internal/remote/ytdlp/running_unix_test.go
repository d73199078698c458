//go:build unix

package ytdlp

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// isRunning reports whether a process runs. One that has ended and that nobody
// waits for does not.
func isRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}
