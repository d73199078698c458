package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// A replay of ten minutes from a real server comes in byte for byte, by its
// media playlist and by its master playlist.
func TestReplayFromNginx(t *testing.T) {
	s := conform.Nginx(t)
	r := fixture.ReplayOf(fixture.One())
	r.Recording.Seconds = 600
	truth, err := r.WriteFolder(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"media": r.Playlist() + "&sig=x", "master": r.Master()} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lib")
			a := testApp(t)
			code, out, errs := run(a, "extract", "http://"+s.Addr+"/"+address, "--library", dir)
			if code != 0 || !strings.Contains(out, "10:00") {
				t.Fatalf("%d: %s%s", code, out, errs)
			}
			found, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*", "original", "*.aac"))
			if err != nil || len(found) != 1 {
				t.Fatalf("%v, %v", found, err)
			}
			b, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != truth.Joined || truth.Joined != truth.Recording.SHA256 {
				t.Errorf("the original is %x, want %s", sum, truth.Joined)
			}
		})
	}
}
