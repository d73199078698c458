package terminal

import (
	"os"

	"github.com/inconshreveable/mousetrap"
	"golang.org/x/sys/windows"
)

// Opener is the program of the desktop that opens files: the system itself.
func Opener() (program string, found bool) { return "Windows", true }

// Open opens a file or folder with the program that Windows has for it.
func Open(path string) error {
	file, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	return windows.ShellExecute(0, windows.StringToUTF16Ptr("open"), file, nil, nil, windows.SW_SHOWNORMAL)
}

// StartedByExplorer reports a double click, or files dropped on the icon.
func StartedByExplorer() bool { return mousetrap.StartedByExplorer() }

// CanPaint reports whether the console behind a file shows colour, and asks it
// to: consoles of before Windows 10 would show the codes instead.
func CanPaint(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
