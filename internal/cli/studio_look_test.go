package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/fixture"
)

// The look that the studio keeps is that of the settings, and a video of the studio
// says what it wants otherwise.
func TestStudioKeepsTheLook(t *testing.T) {
	a := testApp(t)
	if err := a.keepLook(map[string]string{"video.look": "card", "video.accent": "#d1495b", "video.fps": "30"}); err != nil {
		t.Fatal(err)
	}
	logo := filepath.Join(t.TempDir(), "logo.png")
	b, err := fixture.Cover(200, true)
	if err == nil {
		err = os.WriteFile(logo, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"video.logo": logo, "video.address": "example.com/show"} {
		if code, _, errs := run(a, "config", "set", key, value); code != 0 {
			t.Fatal(errs)
		}
	}
	if got := a.look(); got["video.look"] != "card" || got["video.accent"] != "#d1495b" {
		t.Errorf("%q", got)
	}
	c := audiogram.Config{Look: audiogram.Bold}
	if err := a.dress(&c, ""); err != nil {
		t.Fatal(err)
	}
	if c.Look != audiogram.Bold || c.Accent != "#d1495b" || c.FPS != 30 || c.Address != "example.com/show" || !c.EndCard || string(c.Logo) != string(b) {
		t.Errorf("%+v", c)
	}
	if err := os.Remove(logo); err != nil {
		t.Fatal(err)
	}
	if err := a.dress(&audiogram.Config{}, ""); err == nil {
		t.Error("a logo that is gone is left out in silence")
	}
	if err := a.keepLook(map[string]string{"video.look": "odd"}); err == nil {
		t.Error("a look that there is not was kept")
	}
}
