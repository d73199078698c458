package intake

import (
	"context"
	"maps"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// heldBy returns what a library keeps of the one archive in it.
func heldBy(t *testing.T, dir string) space.Archive {
	t.Helper()
	l, err := library.Open(context.Background(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	list, err := l.Archives()
	if err != nil || len(list) != 1 {
		t.Fatalf("%d archives, %v", len(list), err)
	}
	return list[0]
}

// A Space that only a post tells of is kept with the archive, in archives
// without any other Space too, and becomes no recording.
func TestLinksAreKept(t *testing.T) {
	for name, recordings := range map[string]int{"linked": 1, "only-linked": 0} {
		dir := t.TempDir()
		zip := preset(t, name)
		_, sum := take(t, dir, Options{}, zip)
		if sum.Added+sum.Updated+sum.Unchanged+sum.Failed != recordings {
			t.Errorf("%s: %+v", name, sum)
		}
		links := heldBy(t, dir).Links
		if len(links) != 1 || links[0].ID != firstID || links[0].PostedAt.String() != "2021-06-14T16:00:00.000Z" ||
			links[0].Title != "Débat : l’été des médias sociaux #Spaces avec @guest1" {
			t.Errorf("%s: %+v", name, links)
		}
		before := tree(t, dir)
		take(t, dir, Options{}, zip)
		if !maps.Equal(before, tree(t, dir)) {
			t.Errorf("%s: taking it in again changed the library", name)
		}
	}
}

// Links to Spaces of which there is more are not listed, whichever part of a
// split archive holds it.
func TestLinksToKnownSpacesAreLeftOut(t *testing.T) {
	for _, zips := range [][]string{{"one"}, {"no-record"}, {"no-audio"}, {"part1", "part2"}} {
		dir := t.TempDir()
		var paths []string
		for _, z := range zips {
			paths = append(paths, preset(t, z))
		}
		take(t, dir, Options{}, paths...)
		l, err := library.Open(context.Background(), library.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		list, err := l.Archives()
		l.Close()
		if err != nil || len(list) != len(zips) {
			t.Fatalf("%v: %d archives, %v", zips, len(list), err)
		}
		for _, a := range list {
			if a.Links != nil {
				t.Errorf("%v: %+v", zips, a.Links)
			}
		}
	}
}
