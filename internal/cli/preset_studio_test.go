package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// The studio exports with the host's own presets as they are in the config file by
// now, and refuses one that leaves speakers out.
func TestStudioUsesPresets(t *testing.T) {
	a := testApp(t)
	dir := t.TempDir()
	zip := filepath.Join(dir, "short.zip")
	if code := fixture.Main([]string{"preset", "short", zip}); code != 0 {
		t.Fatal(code)
	}
	lib := filepath.Join(dir, "lib")
	for _, args := range [][]string{
		{"extract", zip, "--library", lib},
		{"export", "latest", "--library", lib, "--preset", "archive", "-o", filepath.Join(dir, "in.flac")},
		{"config", "set", "preset.weekly", "--trim-silence --format mp3 --fade 2 --intro " + filepath.Join(dir, "in.flac")},
		{"config", "set", "preset.strict", "--consented-only"},
	} {
		if code, out, errs := run(a, args...); code != 0 {
			t.Fatalf("%q: %d\n%s%s", args, code, out, errs)
		}
	}
	if got := a.studioPresets(); len(got) != 2 || got[0] != "strict" || got[1] != "weekly" {
		t.Errorf("presets %q", got)
	}
	l, err := library.Open(t.Context(), library.Options{Dir: lib, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	rec, err := recording.Open(l, "1ypKdEXvkMLGW", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	q, done, err := a.studioEpisode(t.Context(), l, rec, "weekly")
	if err != nil {
		t.Fatal(err)
	}
	done()
	if q.Format != format.MP3 || !q.TrimSilence || q.Intro == nil || q.Fade != 2*time.Second {
		t.Errorf("%+v", q)
	}
	if _, _, err := a.studioEpisode(t.Context(), l, rec, "strict"); err == nil {
		t.Error("a preset that leaves speakers out is used")
	}
	if err := os.Remove(filepath.Join(dir, "in.flac")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.studioEpisode(t.Context(), l, rec, "weekly"); err == nil {
		t.Error("an intro that is gone is left out in silence")
	}
}
