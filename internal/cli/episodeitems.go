package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// listEpisodeItems lists the episodes of a library, and the records that cannot be
// used.
func listEpisodeItems(ctx context.Context, lib *library.Library) (list []madeItem, broken []*feed.ProblemError, err error) {
	all, broken, err := feed.List(ctx, lib.Root())
	show, serr := feed.Load(lib.Root(), "")
	if serr != nil {
		show = new(feed.Show) // one that cannot be read prefers nothing: the commands of the feed report it
	}
	chosen := show.Chosen(all)
	for _, e := range all {
		list = append(list, madeItem{removed.Episode, e.ID, e.Folder, e.File, e.Title, newEpisodeLine(lib, show, e, chosen)})
	}
	return list, broken, err
}

// newEpisodeLine makes the line of an episode; chosen are those that the feed of the
// show takes.
func newEpisodeLine(lib *library.Library, show *feed.Show, e *feed.Episode, chosen map[*feed.Episode]bool) episodeLine {
	name := lib.Path(e.Path(e.File))
	l := show.Listing(e)
	shows := []string{}
	for _, name := range e.PublishedIn() {
		shows = append(shows, app.ShowWord(name))
	}
	return episodeLine{space.Schema, e.ID, e.Title, e.Date, e.Duration, e.Bytes, name, show.Publishes(e), chosen[e], isMissing(name),
		l.PublishAt, l.Season, l.Number, l.EpisodeType, l.Explicit, l.GUID, shows}
}

// showEpisode shows what is known of an episode.
func (a *App) showEpisode(lib *library.Library, m *madeItem) error {
	e := m.line.(episodeLine)
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, e)
	}
	files, err := m.files(lib)
	if err != nil {
		return err
	}
	var b strings.Builder
	fact := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", label, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", terminal.Safe(m.file), terminal.Safe(m.title))
	fact("Space", "%s", m.id)
	if !e.Date.IsZero() {
		fact("Date", "%s", a.day(e.Date.Time))
	}
	fact("Length", "%s, %s", spell.Length(e.Duration), spell.Size(e.Bytes))
	state := "not published: spaces episodes publish " + app.Quoted(m.file)
	switch {
	case e.InFeed && e.PublishAt != nil && e.PublishAt.After(a.Now()):
		state = a.from(e.PublishAt.Time)
	case e.InFeed:
		state = "published"
	case e.Published:
		state = "published, but the feed takes another episode of the Space"
	}
	fact("Feed", "%s", state)
	for _, f := range files {
		fact("File", "%s", terminal.Safe(f))
	}
	fact("Folder", "%s", terminal.Safe(a.ShortenHome(lib.Path(m.dir()))))
	_, err = fmt.Fprint(a.Out, b.String())
	return err
}
