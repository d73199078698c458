package disk

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestOf(t *testing.T) {
	dir := t.TempDir()
	d := Of(dir)
	if d.Free == 0 || d.Free < -1 {
		t.Errorf("%d bytes are free where a test has a folder", d.Free)
	}
	if d.ReadOnly {
		t.Error("the drive of a test's folder takes no changes")
	}
	if gone := Of(filepath.Join(dir, "gone")); runtime.GOOS != "windows" && gone.Free != -1 {
		t.Errorf("of no folder: %+v", gone)
	}
	if runtime.GOOS == "linux" {
		if _, err := os.Stat("/proc/self"); err == nil && Of("/proc").Free != 0 {
			t.Errorf("%d bytes are free in /proc", Of("/proc").Free)
		}
	}
}
