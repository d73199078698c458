package cli

import (
	"github.com/inconshreveable/mousetrap"
	"golang.org/x/sys/windows"
)

// start opens a file or folder with the program that Windows has for it.
func start(path string) error {
	file, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	return windows.ShellExecute(0, windows.StringToUTF16Ptr("open"), file, nil, nil, windows.SW_SHOWNORMAL)
}

// startedByExplorer reports a double click, or files dropped on the icon.
func startedByExplorer() bool { return mousetrap.StartedByExplorer() }
