package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
)

// readmeCommands returns the lines of README.md's text blocks that run the
// program, without what they say about themselves.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	block := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if kind, ok := strings.CutPrefix(line, "```"); ok {
			block = kind
			continue
		}
		if block == "text" && strings.HasPrefix(line, "spaces ") {
			command, _, _ := strings.Cut(line, "  ")
			list = append(list, command)
		}
	}
	if len(list) < 40 {
		t.Fatalf("%d commands found in README.md", len(list))
	}
	return list
}

// Each example of README.md works as it is printed, in its order, on the sample
// archive.
func TestREADME(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for a Unix shell")
	}
	if testing.Short() {
		t.Skip("encodes minutes of sound")
	}
	for _, needed := range []string{"sh", "jq", "ffmpeg"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skip(err)
		}
	}
	commands := readmeCommands(t)
	p := newRealSpaces(t)
	os.RemoveAll(p.library()) // the first example extracts it
	bin := filepath.Dir(p.program)
	prepareREADME(t, p, bin)
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			script := strings.NewReplacer("/media/disk", filepath.Join(p.dir, "disk")).Replace(command)
			cmd := p.command()
			cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", script}
			cmd.Dir = p.dir
			cmd.Env = append(cmd.Env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TZ=UTC", "EDITOR=true")
			if out, said, code := p.runWith(t, cmd); code != 0 {
				t.Errorf("exit %d\n%s%s", code, out, said)
			}
		})
	}
}

// whisperCLI plays whisper.cpp's program, which writes what it hears to a file.
const whisperCLI = `#!/bin/sh
while [ $# -gt 0 ]; do
	[ "$1" = -of ] && of=$2
	shift
done
echo '{"result":{"language":"en"},"transcription":[
{"offsets":{"from":6300,"to":14000},"text":" Tonight we talk about advertising, and who pays for it. Nobody reads the small print."}]}' > "$of.json"
`

// prepareREADME puts the files that the examples name into the home, and
// programs that open and copy nothing onto the path.
func prepareREADME(t *testing.T, p *realSpaces, bin string) {
	t.Helper()
	sample, err := os.ReadFile(filepath.Join("..", "..", "testdata", "sample-archive.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"twitter-2021-06-17.zip", "part1.zip", "part2.zip"} {
		p.file(t, name, string(sample))
	}
	art, err := fixture.Cover(1400, true)
	if err != nil {
		t.Fatal(err)
	}
	p.file(t, "cover.png", string(art))
	p.file(t, "quotes.csv", "recording,at,length,title\nlatest,0:05,10,First\n1RDx,0:02,5,Second\n")
	for _, name := range []string{"xdg-open", "open", "xclip", "wl-copy", "xsel", "pbcopy"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\ncat >/dev/null\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"disk", filepath.Join("whisper.cpp", "models")} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.file(t, filepath.Join("whisper.cpp", "models", "ggml-base.bin"), "lmgg")
	if err := os.WriteFile(filepath.Join(bin, "whisper-cli"), []byte(whisperCLI), 0o755); err != nil {
		t.Fatal(err)
	}
	recording := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:d=40", filepath.Join(p.dir, "recording.m4a"))
	if out, err := recording.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, make := range [][]string{
		{"extract", "--quiet", filepath.Join(p.dir, "twitter-2021-06-17.zip"), "--library", filepath.Join(p.dir, "other")},
		{"video", "latest", "--at", "5", "--length", "2", "-o", filepath.Join(p.dir, "clip.mp4"), "--library", filepath.Join(p.dir, "other")},
	} {
		if _, said, code := p.run(t, make...); code != 0 {
			t.Fatal(said)
		}
	}
}
