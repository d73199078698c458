package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/studio"
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
	// One that is wrong keeps the others out, also those before it.
	err = a.keepLook(map[string]string{"video.accent": "red", "video.shape": "square", "video.look": "bold", "video.theme": "light"})
	var wrong *studio.LookError
	if !errors.As(err, &wrong) || wrong.Key != "video.accent" {
		t.Errorf("a colour that is none: %v", err)
	}
	if err := a.keepLook(map[string]string{"video.fps": "60", "video.look": "odd"}); !errors.As(err, &wrong) || wrong.Key != "video.look" {
		t.Errorf("a look that there is not: %v", err)
	}
	if got := a.look(); got["video.look"] != "card" || got["video.accent"] != "#d1495b" || got["video.fps"] != "30" || got["video.shape"] == "square" {
		t.Errorf("a part was kept: %q", got)
	}
}
