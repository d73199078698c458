package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/terminal"
)

var update = flag.Bool("update", false, "write the tables of testdata anew")

// Tables fit the terminal whatever script a title is written in: columns give way
// in the order of their use, and the title last.
func TestTablesFit(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "a.zip")
	source := fixture.Generate(7, 3, 4)
	if _, err := source.WriteZIP(archive); err != nil {
		t.Fatal(err)
	}
	a := extractedApp(t, archive)
	for i, title := range []string{"🎙️ Open mic 👩‍🚀🚀 for everybody who has something to say tonight", "東京の夜に考える：音声だけの会話はどこへ行くのか", "ليلة مفتوحة: ماذا بعد الصوت وحده؟ حديث طويل مع الضيوف"} {
		if code, _, stderr := run(a, "edit", source.Spaces[i].ID, "--title", title); code != 0 {
			t.Fatal(stderr)
		}
		if code, _, stderr := run(a, "clip", source.Spaces[i].ID, "--at", "1", "--length", "2", "--name", "{title} {at}"); code != 0 {
			t.Fatal(stderr)
		}
	}
	if code, _, stderr := run(a, "export", source.Spaces[0].ID, source.Spaces[1].ID, source.Spaces[2].ID, "--preset", "untouched"); code != 0 {
		t.Fatal(stderr)
	}
	for _, command := range []string{"list", "status", "search hostess", "people", "measure " + source.Spaces[0].ID + " " + source.Spaces[1].ID + " " + source.Spaces[2].ID, "clips", "episodes"} {
		word, _, _ := strings.Cut(command, " ")
		t.Run(word, func(t *testing.T) {
			var got bytes.Buffer
			for _, columns := range []int{60, 80, 120} {
				c := a.clone()
				c.Columns = columns
				code, stdout, stderr := run(c, strings.Fields(command)...)
				if code != 0 {
					t.Fatal(stderr)
				}
				got.WriteString(strings.Repeat("-", columns) + "\n" + stdout)
				for line := range strings.Lines(stdout) {
					line = strings.TrimSuffix(line, "\n")
					if n := terminal.Width(line); n > columns && word != "status" { // whose advice is prose
						t.Errorf("a line of %d columns in %d: %s", n, columns, line)
					}
				}
			}
			name := filepath.Join("testdata", "tables", word+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("not as in %s (go test -run TestTablesFit -update writes it):\n%s", name, got.String())
			}
		})
	}
}
