package settings

import (
	"os"
	"slices"
	"testing"
)

// A preset is saved, listed, read whatever else the file holds, and removed again.
func TestPresets(t *testing.T) {
	f := folder(t, "jobs: 2 # mine\npreset:\n    daily: --mono\n")
	key, ok := Lookup("preset.weekly")
	if !ok {
		t.Fatal("no such key")
	}
	const flags = `--set "album=The Show" --loudness -18`
	if text, err := f.Save(key, flags); err != nil || text != flags {
		t.Fatal(text, err)
	}
	all, err := f.Resolve(nil)
	if err != nil || !slices.Equal(all.Presets(), []string{"daily", "weekly"}) || len(all.Unknown) > 0 {
		t.Fatal(all.Presets(), all.Unknown, err)
	}
	s, err := f.Settings(all)
	if err != nil || s.Presets["weekly"] != flags || s.Presets["daily"] != "--mono" {
		t.Errorf("%q, %v", s.Presets, err)
	}
	for _, name := range []string{"weekly", "daily", "never"} {
		if _, err := f.Save(presetKey(name), ""); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(f.File()); err != nil || string(b) != "jobs: 2 # mine\n" {
		t.Errorf("%s, %v", b, err)
	}
	for _, name := range []string{"Weekly", "a b", "", "a.b", "-x"} {
		if key, _ := Lookup("preset." + name); key.check == nil || key.Check("--mono") == nil {
			t.Errorf("a preset can be called %q", name)
		}
	}
}
