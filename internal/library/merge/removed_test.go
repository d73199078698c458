package merge

import (
	"testing"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
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
