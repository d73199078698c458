package clipboard

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		name, goos string
		env        map[string]string
		want       []string
	}{
		{"macOS", "darwin", nil, []string{"pbcopy"}},
		{"Windows", "windows", nil, []string{"clip.exe"}},
		{"a console", "linux", nil, []string{"clip.exe"}},
		{"X", "linux", map[string]string{"DISPLAY": ":0"}, []string{"xclip", "clip.exe"}},
		{"Wayland", "linux", map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, []string{"wl-copy", "xclip", "clip.exe"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := programs(c.goos, func(name string) string { return c.env[name] })
			for i := range max(len(got), len(c.want)) {
				if i >= len(got) || i >= len(c.want) || got[i][0] != c.want[i] {
					t.Fatalf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestEncode(t *testing.T) {
	if b := encode("xclip", "é🎙"); string(b) != "é🎙" {
		t.Errorf("%x", b)
	}
	// 🎙 is U+1F399, in UTF-16 D83C DF99.
	if b := encode("clip.exe", "é🎙"); !bytes.Equal(b, []byte{0xff, 0xfe, 0xe9, 0, 0x3c, 0xd8, 0x99, 0xdf}) {
		t.Errorf("%x", b)
	}
}

// The first program that works gets the text, and is named.
func TestWrite(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("programs of Linux")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	text := filepath.Join(dir, "text")
	for name, script := range map[string]string{"wl-copy": "exit 1", "xclip": "cat > '" + text + "'"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	env := func(string) string { return "on" }
	if got := Write(t.Context(), "What we said", env); got != "xclip" {
		t.Errorf("%q did it", got)
	}
	if b, err := os.ReadFile(text); err != nil || string(b) != "What we said" {
		t.Errorf("%q, %v", b, err)
	}
	t.Setenv("PATH", t.TempDir())
	if got := Write(t.Context(), "What we said", env); got != "" {
		t.Errorf("%q did it", got)
	}
}
