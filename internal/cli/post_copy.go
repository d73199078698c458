package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode/utf16"
)

// copyPost makes a post ready for X's own composer.
func (a *App) copyPost(ctx context.Context, o *postOptions, path string) error {
	tool := ""
	if o.text != "" {
		tool = a.toClipboard(ctx, o.text)
	}
	for _, c := range o.draft.Checks {
		if c.Result != "ok" {
			a.warn("%s: %s; X documents %s", c.What, c.Is, c.Limit)
		}
	}
	if a.set.JSON {
		l := o.line("copied")
		l.File, l.Checks, l.Clipboard = path, o.draft.Checks, tool
		return writeJSON(a.Out, l)
	}
	text := safe(path) + "\n"
	if o.text != "" {
		text += "\n" + safeLines(o.text) + "\n"
	}
	if o.alt != "" {
		text += "\nALT: " + safeLines(o.alt) + "\n"
	}
	if _, err := fmt.Fprint(a.Out, text); err != nil {
		return err
	}
	switch {
	case o.text == "":
	case tool == "":
		a.say("No program for the clipboard is here: copy the text from above")
	default:
		a.say("The text is on the clipboard, put there by %s", tool)
	}
	return nil
}

// clipboards lists programs that put what they read on the clipboard, the
// likeliest first, as this system has them.
func (a *App) clipboards() [][]string {
	switch runtime.GOOS {
	case "darwin":
		return [][]string{{"pbcopy"}}
	case "windows":
		return [][]string{{"clip.exe"}}
	}
	var list [][]string
	if v, _ := a.Env("WAYLAND_DISPLAY"); v != "" {
		list = append(list, []string{"wl-copy"})
	}
	if v, _ := a.Env("DISPLAY"); v != "" {
		list = append(list, []string{"xclip", "-selection", "clipboard"})
	}
	return append(list, []string{"clip.exe"}) // of Windows, where Linux runs inside it
}

// toClipboard puts a text on the clipboard and returns the program that did, or
// "".
func (a *App) toClipboard(ctx context.Context, text string) string {
	const patience = 5 * time.Second
	for _, command := range a.clipboards() {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		cmd := exec.CommandContext(ctx, path, command[1:]...)
		cmd.Stdin = strings.NewReader(text)
		if command[0] == "clip.exe" { // takes all else for the old code page
			var b bytes.Buffer
			binary.Write(&b, binary.LittleEndian, append([]uint16{0xFEFF}, utf16.Encode([]rune(text))...))
			cmd.Stdin = &b
		}
		err = cmd.Run()
		cancel()
		if err == nil {
			return command[0]
		}
	}
	return ""
}
