// Package clipboard puts text on the system's clipboard, by a program that the
// system has for that.
package clipboard

import (
	"bytes"
	"context"
	"encoding/binary"
	"os/exec"
	"runtime"
	"time"
	"unicode/utf16"
)

// patience is how long a program may take.
const patience = 5 * time.Second

// Write puts a text on the clipboard and returns the program that did, or "" if
// none could. env looks up environment variables.
func Write(ctx context.Context, text string, env func(string) string) (program string) {
	for _, command := range programs(runtime.GOOS, env) {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		cmd := exec.CommandContext(ctx, path, command[1:]...)
		cmd.Stdin = bytes.NewReader(encode(command[0], text))
		err = cmd.Run()
		cancel()
		if err == nil {
			return command[0]
		}
	}
	return ""
}

// Find returns the program that Write would use first, or "" if the system has
// none.
func Find(env func(string) string) string {
	for _, command := range programs(runtime.GOOS, env) {
		if _, err := exec.LookPath(command[0]); err == nil {
			return command[0]
		}
	}
	return ""
}

// programs lists those that put what they read on the clipboard, the likeliest
// first.
func programs(goos string, env func(string) string) [][]string {
	switch goos {
	case "darwin":
		return [][]string{{"pbcopy"}}
	case "windows":
		return [][]string{{windows}}
	}
	var list [][]string
	if env("WAYLAND_DISPLAY") != "" {
		list = append(list, []string{"wl-copy"})
	}
	if env("DISPLAY") != "" {
		list = append(list, []string{"xclip", "-selection", "clipboard"})
	}
	return append(list, []string{windows}) // where Linux runs inside Windows
}

// windows is the program of Windows.
const windows = "clip.exe"

// encode returns a text as a program reads it. That of Windows takes all but
// UTF-16 with a byte order mark for the old code page.
func encode(program, text string) []byte {
	if program != windows {
		return []byte(text)
	}
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, append([]uint16{0xFEFF}, utf16.Encode([]rune(text))...))
	return b.Bytes()
}
