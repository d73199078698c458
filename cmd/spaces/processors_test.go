package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The program of another processor makes the same bytes: where a compiler fuses
// a multiplication and an addition, a level, a letter or an encoded frame would
// differ.
func TestOtherProcessor(t *testing.T) {
	if os.Getenv("SPACES_LONG") == "" {
		t.Skip("builds the program twice: set SPACES_LONG=1")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the programs to compare are those of linux/amd64 and linux/arm64")
	}
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skip(err)
	}
	archive, err := filepath.Abs(filepath.Join("..", "..", "testdata", "sample-archive.zip"))
	if err != nil {
		t.Fatal(err)
	}
	const title = "Été العربية हिन्दी 日本語 🎧"
	words := filepath.Join(t.TempDir(), "words.srt")
	if err := os.WriteFile(words, []byte("1\n00:00:30,000 --> 00:00:31,000\nBonjour à tous 👩‍👩‍👧\n\n2\n00:00:31,000 --> 00:00:32,000\nأهلا وسهلا بكم 12:30\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	commands := [][]string{
		{"extract", archive},
		{"measure", "latest"},
		{"export", "latest"},
		{"export", "latest", "--level", "--loudness", "-14", "--name", "level"},
		{"clip", "latest", "--at", "0:10", "--length", "20s", "--fade", "1s", "--format", "mp3"},
		{"clip", "latest", "--at", "0:10", "--length", "20s", "--fade", "1s", "--format", "opus"},
		{"clip", "latest", "--at", "0:30", "--length", "10s", "--normalize=-13"},
		{"clip", "latest", "--at", "0:30", "--length", "10s", "--fade", "1s", "--normalize=-12", "--title", "faded"},
		{"video", "latest", "--at", "0:30", "--length", "10s", "--title", "video"},
		{"video", "latest", "--at", "0:30", "--length", "2s", "--title", title, "--captions", words, "--look", "bold", "--shape", "tall", "--name", "bold"},
		{"video", "latest", "--at", "0:30", "--length", "2s", "--title", title, "--captions", words, "--look", "card", "--theme", "light", "--address", "example.com", "--name", "card"},
		{"moments", "latest"},
		{"feed", "init", "--title", title, "--base-url", "https://example.com/show/"},
		{"episodes", "publish", "latest"},
		{"feed", "build", "--site"},
	}
	made := map[string]map[string][]byte{}
	for _, arch := range []string{"amd64", "arm64"} {
		dir := t.TempDir()
		program := filepath.Join(dir, "spaces")
		build := exec.Command("go", "build", "-tags", "goaac_simd", "-gcflags=github.com/tphakala/go-aac/...=-d=fmahash=qn", "-gcflags=github.com/jfreymuth/vorbis/...=-d=fmahash=qn", "-o", program, ".") // as .goreleaser.yaml does
		build.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		library := filepath.Join(dir, "library")
		for _, args := range commands {
			run := []string{program}
			if arch != runtime.GOARCH {
				run = []string{qemu, program}
			}
			run = append(append(run, args...), "--library", library, "-q", "--no-progress")
			cmd := exec.Command(run[0], run[1:]...)
			cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "TZ=UTC", "SPACES_CONSENT_EXPORT=off", "SPACES_CONSENT_CLIP=off", "SPACES_CONSENT_FEED=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %s: %v\n%s", arch, strings.Join(args, " "), err, out)
			}
		}
		made[arch] = tree(t, library)
	}
	for name, want := range made["amd64"] {
		if got, ok := made["arm64"][name]; !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes differ from %d bytes on arm64", name, len(want), len(got))
		}
	}
	if len(made["amd64"]) != len(made["arm64"]) || len(made["amd64"]) < 30 {
		t.Errorf("%d files, and %d on arm64", len(made["amd64"]), len(made["arm64"]))
	}
}

// tree returns the files of a library, but for its databases and locks, which
// hold times.
func tree(t *testing.T, library string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	root := os.DirFS(library)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, ".sqlite") || strings.Contains(name, ".lock") {
			return err
		}
		if files[name], err = fs.ReadFile(root, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
