package merge

import (
	"testing"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
)

// A clip and a transcript that the host has removed since the last merge do not come
// back with the next.
func TestRemovedByHost(t *testing.T) {
	t.Parallel()
	other, dir := hosted(t, zip(t, fixture.Small(), nil)), libraryOf(t, "")
	into(t, dir, other)
	with(t, dir, func(l *library.Library) {
		s, err := l.Load(firstID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := clips.PutAside(l.Root(), firstID, s.Folder, "one.m4a", "clips remove"); err != nil {
			t.Fatal(err)
		}
		if _, err := said.PutAside(t.Context(), l, s, "transcript remove", mergedAt); err != nil {
			t.Fatal(err)
		}
	})
	was := tree(t, dir)
	x := into(t, dir, other)
	if x.Changed() || x.conflict(OfClip) == nil || x.conflict(OfTranscript) == nil {
		t.Errorf("%+v %+v", x.Summary, x.conflicts)
	}
	sameTree(t, tree(t, dir), was)
}

// A shorter copy does not take the place of a recording that plays as it did, though
// a byte of its original has changed.
func TestDamagedOriginalPlays(t *testing.T) {
	t.Parallel()
	dir := libraryOf(t, zip(t, fixture.Small(), nil))
	other := libraryOf(t, zip(t, fixture.One(), func(a *fixture.Archive) {
		r := &a.Spaces[0].Pieces[0]
		r.Frames, r.Seconds = 0, 6
	}))
	s := load(t, dir, firstID)
	name := layout.OriginalIn(s.Folder, s.Pieces[0].Name)
	b := []byte(tree(t, dir)[name])
	b[len(b)/2] ^= 1
	write(t, dir, name, string(b))
	x := into(t, dir, other)
	now := load(t, dir, firstID)
	if *now.Duration != *s.Duration || now.FileSHA256[0] != s.FileSHA256[0] || len(now.Earlier) != 1 {
		t.Errorf("%.3f s instead of %.3f s, earlier %+v, %+v", *now.Duration, *s.Duration, now.Earlier, x.conflicts)
	}
}
