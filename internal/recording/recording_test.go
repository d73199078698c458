package recording

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
)

// importPreset makes a library of one of the fixture's archives.
func importPreset(t *testing.T, name string) (l *library.Library, id string) {
	t.Helper()
	i := slices.IndexFunc(fixture.Presets(), func(p fixture.Preset) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("there is no preset %s", name)
	}
	file := filepath.Join(t.TempDir(), name+".zip")
	if err := fixture.Presets()[i].Write(file); err != nil {
		t.Fatal(err)
	}
	return importFile(t, file), sampleID
}

// sampleID is the Space of the fixture's archives.
const sampleID = "1ypKdEXvkMLGW"

// importFile makes a library of a file.
func importFile(t *testing.T, file string) *library.Library {
	t.Helper()
	w, err := library.OpenWrite(t.Context(), library.Options{Dir: filepath.Join(t.TempDir(), "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if _, err := intake.Import(t.Context(), w, []string{file}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	return w
}

// preset opens the recording of one of the fixture's archives.
func preset(t *testing.T, name string) *Recording {
	t.Helper()
	l, id := importPreset(t, name)
	r, err := Open(l, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// span is short for a Span.
func span(start, samples int64) Span { return Span{Start: start, Samples: samples} }
