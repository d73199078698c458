package clip

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/recording"
)

// No name in a batch leads out of the folder that its clips go to.
func TestInside(t *testing.T) {
	t.Chdir(t.TempDir())
	slash := string(os.PathSeparator)
	if err := os.MkdirAll("out/in", 0o777); err != nil {
		t.Fatal(err)
	}
	links := os.Symlink("in", "out/link") == nil && os.Symlink("..", "out/up") == nil
	for _, tt := range []struct {
		name, dir, output string
		anywhere          bool
		want              string // "" with an output: refused
	}{
		{"into the library", "", "", false, ""},
		{"a folder alone", "out", "", false, "out" + slash},
		{"below it", "out", "a/b.m4a", false, "out/a/b.m4a"},
		{"a folder below it", "out", "a" + slash, false, "out/a" + slash},
		{"in the current folder", "", "a.m4a", false, "a.m4a"},
		{"above it", "out", "../a.m4a", false, ""},
		{"elsewhere", "out", filepath.Join(t.TempDir(), "a.m4a"), false, ""},
		{"above it, where that is allowed", "out", "../a.m4a", true, "a.m4a"},
		{"by a link that stays inside", "out", "link/a.m4a", false, "out/link/a.m4a"},
		{"by a link that leads out", "out", "up/a.m4a", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Inside(tt.dir, tt.output, tt.anywhere)
			p := new(recording.Problem)
			switch refused := tt.output != "" && tt.want == ""; {
			case !links && filepath.Dir(tt.output) == "link":
				t.Skip("no links here")
			case refused && (!errors.As(err, &p) || p.Cause != Outside):
				t.Errorf("%q, %v", got, err)
			case !refused && (err != nil || got != filepath.FromSlash(tt.want)):
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
