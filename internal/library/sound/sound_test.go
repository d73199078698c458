package sound_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/sound"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/mp4"
)

// shelf is a library with the recordings of the sample archive, whose playable
// files hold sound.
type shelf struct {
	t   *testing.T
	lib *library.Library
	dir string
}

func newShelf(t *testing.T, inputs ...string) *shelf {
	t.Helper()
	dir := t.TempDir()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", LockWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	if len(inputs) == 0 {
		inputs = []string{"../../../testdata/sample-archive.zip"}
	}
	if _, err := library.Import(t.Context(), lib, inputs, library.ImportOptions{Jobs: 2}, func(library.Event) {}); err != nil {
		t.Fatal(err)
	}
	return &shelf{t, lib, dir}
}

func (s *shelf) find(b []byte) *sound.Result {
	s.t.Helper()
	r, err := sound.Open(s.lib).Find(s.t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// longest returns the recording with the longest audio.
func (s *shelf) longest() *space.Space {
	s.t.Helper()
	ids, err := s.lib.IDs()
	if err != nil {
		s.t.Fatal(err)
	}
	var best *space.Space
	for _, id := range ids {
		r, err := s.lib.Load(id)
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Samples != nil && len(r.Files) > 0 && (best == nil || *r.Samples > *best.Samples) {
			best = r
		}
	}
	return best
}

// cut returns an .m4a with units of a recording's first file, without tags.
func (s *shelf) cut(id string, first, n int64) []byte {
	s.t.Helper()
	src, err := s.lib.OpenSound(id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer src.Close()
	var all [][]byte
	if err := src.Files[0].Units(s.t.Context(), first, n, func(u []byte) error {
		all = append(all, bytes.Clone(u))
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := mp4.NewWriter(&b, &mp4.Movie{Config: src.Files[0].Config, Units: n, Size: func(i int64) int { return len(all[i]) }})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range all {
		if err := w.WriteUnit(u); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

func describe(r *sound.Result) string {
	var b bytes.Buffer
	for _, m := range r.Matches {
		fmt.Fprintf(&b, "%s#%d unit %d: %d+%d\n", m.Recording, m.File, m.First, m.Stretch.First, m.Units)
	}
	fmt.Fprintf(&b, "%d of %d units sound, unknown %v, short %v", r.Sounding, r.Units, r.Unknown, r.Short)
	return b.String()
}

func TestExcerptsOfAnyLength(t *testing.T) {
	s := newShelf(t)
	id := s.longest().ID
	for _, n := range []int64{4, 10, 47, 200} {
		for first := int64(0); first < 200; first += 37 {
			r := s.find(s.cut(id, first, n))
			if r.Sounding == 0 {
				continue
			}
			if !slices.ContainsFunc(r.Matches, func(m sound.Match) bool { return m.Recording == id }) || len(r.Unknown) > 0 {
				t.Errorf("%d units from %d:\n%s", n, first, describe(r))
			}
		}
	}
}

var _ = io.EOF
var _ = os.Args
var _ = exec.Command
var _ = filepath.Join
var _ = context.Background
