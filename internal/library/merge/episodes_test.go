package merge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// An episode that is published there does not enter the feed here unasked: the
// shows differ, or this one has an episode of the Space.
func TestEpisodesAreNotPublishedUnasked(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	episode := func(dir, name, content string) {
		folder := load(t, dir, firstID).Folder
		write(t, dir, layout.EpisodeIn(folder, name), content)
		write(t, dir, layout.EpisodeIn(folder, name+".json"), fmt.Sprintf(`{"schema":1,"id":%q,"file":%q,"bytes":%d,"sha256":%q,"published":true}`, firstID, name, len(content), sum(content)))
	}
	for _, c := range []struct {
		name    string
		prepare func(dir string)
		comes   bool
	}{
		{"an empty library", func(string) {}, true},
		{"another show", func(dir string) { write(t, dir, layout.Show, `{"schema":1,"title":"My show"}`) }, false},
		{"another episode of the Space", func(dir string) { episode(dir, "mine.m4a", "another episode") }, false},
	} {
		other, dir := libraryOf(t, archive), libraryOf(t, archive)
		episode(other, "talk.m4a", "an episode")
		write(t, other, layout.Show, `{"schema":1,"title":"Their show"}`)
		c.prepare(dir)
		x := into(t, dir, other)
		record := tree(t, dir)[layout.EpisodeIn(load(t, dir, firstID).Folder, "talk.m4a.json")]
		published := strings.Contains(strings.ReplaceAll(record, " ", ""), `"published":true`)
		if x.Episodes != 1 || record == "" || published != c.comes || (x.conflict(OfFeed) == nil) != c.comes {
			t.Errorf("%s: %+v %v\n%s", c.name, x.Summary, x.conflicts, record)
		}
		if x := into(t, dir, other); x.Changed() || x.conflict(OfFeed) != nil {
			t.Errorf("%s, again: %+v %v", c.name, x.Summary, x.conflicts)
		}
	}
}
