package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newEpisodesCmd(a *App) *cobra.Command {
	var o app.Refs
	var show string
	cmd := &cobra.Command{
		Use:   "episodes [SPACE...]",
		Short: "List, play, rename, remove and publish episodes",
		Long: `List the exported episodes, newest first, and which of them are published. Only published episodes
enter the feed: exporting alone publishes nothing. Episodes of older versions of spaces, which
published every episode, count as published.`,
		Example: `  spaces episodes
  spaces episodes publish latest
  spaces episodes unpublish 1ypK`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space or episode", app.ExitPartly: "some records could not be read; they are listed"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.episodes(cmd.Context(), o, show)
		},
	}
	app.AddIDOnly(cmd, &o)
	app.AddShow(cmd, a.App, &show, "Show")
	addMade(a, cmd, removed.Episode, a.showEpisode)
	cmd.AddCommand(newPublishCmd(a, true), newPublishCmd(a, false))
	return cmd
}

type publishOptions struct {
	app.Refs
	show    string
	listing listingFlags
	change  episode.Relisting
	yes     bool
}

func newPublishCmd(a *App, publish bool) *cobra.Command {
	var o publishOptions
	cmd := &cobra.Command{
		Use:   "publish SPACE|FILE...",
		Short: "Put episodes into the feed",
		Long: `Put episodes into the next feed. Nothing is sent before spaces upload --feed. A Space has one item in
the feed. If it has several episodes, the M4A is published (or the format of feed init --prefer), or
the episode whose FILE name you give. If several are published, the feed chooses in the same order,
and of several that are alike the latest export.

Season, number, type and date stay as they are until you publish the episode again with other flags.
On a terminal, the command asks for the title of a Space that has none.`,
		Example: `  spaces episodes publish latest
  spaces episodes publish 2021-06-14-debat.m4a --season 2 --number 5
  spaces episodes publish latest --at "2026-12-12 09:00"`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space or episode"}),
		Args:        app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.publishEpisodes(cmd.Context(), o, publish)
		},
	}
	cmd.Flags().SortFlags = false
	app.AddShow(cmd, a.App, &o.show, "In the feed")
	if publish {
		o.listing.add(cmd, true)
		cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask for titles, nor before an episode leaves the feed")
	}
	if !publish {
		cmd.Use, cmd.Short = "unpublish SPACE|FILE...", "Take episodes out of the feed"
		cmd.Long = `Take all episodes of Spaces, or the named FILEs, out of the next feed. The files stay in the library.
The feed at the target changes with the next spaces upload --feed. The audio stays at the target; to
remove it after a withdrawal: spaces upload --feed --take-down.`
		cmd.Example = "  spaces episodes unpublish latest"
	}
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// An episodeLine is a line of JSON about an episode.
type episodeLine struct {
	Schema    int        `json:"schema"`
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Date      space.Time `json:"date"`
	Duration  float64    `json:"duration"`
	Bytes     int64      `json:"bytes"`
	Path      string     `json:"path"`
	Published bool       `json:"published"`
	InFeed    bool       `json:"in_feed"`
	Missing   bool       `json:"missing,omitempty"`
	// Of the feed; see episode.Listing.
	PublishAt   *space.Time `json:"publish_at,omitempty"`
	Season      int         `json:"season,omitempty"`
	Number      int         `json:"number,omitempty"`
	EpisodeType string      `json:"episode_type,omitempty"`
	Explicit    *bool       `json:"explicit,omitempty"`
	GUID        string      `json:"guid,omitempty"`
	Shows       []string    `json:"shows"` // in which it is published
}

// episodes lists what was exported.
func (a *App) episodes(ctx context.Context, o app.Refs, word string) error {
	lib, all, broken, err := a.listEpisodes(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	show, err := showOf(lib, word)
	if err != nil {
		return err
	}
	list := all
	if len(o.Words) > 0 {
		if list, err = a.chooseEpisodes(ctx, lib, list, o, nil); err != nil {
			return err
		}
	}
	t := a.Table(
		terminal.Column{Title: "DATE", Yield: 4},
		terminal.Column{Title: "LENGTH", Right: true, Yield: 3},
		terminal.Column{Title: "SIZE", Right: true, Yield: 1},
		terminal.Column{Title: "STATE", Yield: 5, Style: stateStyle},
		terminal.Column{Title: "FILE", Yield: 2, Min: 16},
		terminal.Column{Title: "TITLE", Min: app.TitleRoom})
	chosen := show.Chosen(all)
	beside := 0
	for _, e := range list {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newEpisodeLine(lib, show, e, chosen)); err != nil {
				return err
			}
			continue
		}
		date, state := "undated", "not published"
		if !e.Date.IsZero() {
			date = e.Date.In(a.Zone).Format("2006-01-02")
		}
		switch {
		case chosen[e] && show.Waits(e, a.Now()):
			state = a.from(show.Date(e))
		case chosen[e]:
			state = "published"
		case show.Publishes(e):
			state = "not in feed"
			beside++
		}
		if isMissing(lib.Path(e.Path(e.File))) {
			state = "missing"
		}
		t.Add(date, spell.Length(e.Duration), spell.Size(e.Bytes), state, terminal.Safe(e.File), terminal.Safe(e.Title))
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
		if len(list) == 0 && len(broken) == 0 {
			a.Say("No episodes yet. Make one: spaces export latest")
		}
		if beside > 0 {
			a.Say("not in feed: published, but the feed takes another episode of the same Space. Unpublish it: spaces episodes unpublish FILE")
		}
	}
	return app.Skipped(a.App, broken)
}

// listEpisodes opens the library and finds its episodes, and the records that
// cannot be used. The caller closes the library.
func (a *App) listEpisodes(ctx context.Context) (*library.Library, []*feed.Episode, []*feed.ProblemError, error) {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	list, broken, err := feed.List(ctx, lib.Root())
	if err != nil {
		lib.Close()
		return nil, nil, nil, err
	}
	return lib, list, broken, nil
}

// from says when an episode enters the feed.
func (a *App) from(at time.Time) string {
	at = at.In(a.Zone)
	if at.Year() != a.Now().In(a.Zone).Year() {
		return "from " + at.Format("2 Jan 2006 15:04")
	}
	return "from " + at.Format("2 Jan 15:04")
}

// ofShow is the flag that names a show in a command, with a space before it, or
// nothing for the first one.
func ofShow(show *feed.Show) string {
	if show.Name == "" {
		return ""
	}
	return " --show " + show.Name
}

// showOf returns a show of a library by what --show says, an empty one if it has
// no first one.
func showOf(lib *library.Library, word string) (*feed.Show, error) {
	show, err := app.LoadShow(lib, word)
	if errors.Is(err, feed.ErrNoShow) && !errors.As(err, new(*feed.NoShowError)) {
		return new(feed.Show), nil
	}
	return show, err
}

// chooseEpisodes finds the episodes that words mean: those of the file names
// given, and of Spaces all, or the one that best picks.
func (a *App) chooseEpisodes(ctx context.Context, lib *library.Library, all []*feed.Episode, o app.Refs, best func(id string) (*feed.Episode, error)) ([]*feed.Episode, error) {
	var chosen []*feed.Episode
	var spaces []string
	for _, word := range o.Words {
		n := len(chosen)
		for _, e := range all {
			if e.File == word {
				chosen = append(chosen, e)
			}
		}
		switch len(chosen) - n {
		case 0:
			spaces = append(spaces, word)
		case 1:
		default:
			return nil, app.Hinted(app.Usage("several Spaces have an episode %s", word), "name the Space")
		}
	}
	if len(spaces) == 0 {
		return chosen, nil
	}
	rows, err := app.Refs{Words: spaces, IDOnly: o.IDOnly}.Resolve(ctx, a.App, lib)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		n := len(chosen)
		for _, e := range all {
			if e.ID == row.ID {
				chosen = append(chosen, e)
			}
		}
		if len(chosen) == n {
			if row.State == space.NoAudio {
				return nil, app.Fail(app.ExitNotFound, "no-episode", "list the episodes: spaces episodes", fmt.Errorf("%s has no audio, and so no episode", row.ID))
			}
			return nil, app.Fail(app.ExitNotFound, "no-episode", "make one: spaces export "+row.ID, fmt.Errorf("%s has no episode", row.ID))
		}
		if best != nil {
			e, err := best(row.ID)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen[:n], e)
		}
	}
	return chosen, nil
}

// publishEpisodes lets episodes enter the feed, or takes them out of it.
func (a *App) publishEpisodes(ctx context.Context, o publishOptions, publish bool) (err error) {
	if publish {
		if o.change, err = o.listing.relisting(ctx, a); err != nil {
			return err
		}
	}
	lib, all, broken, err := a.listEpisodes(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	show, err := showOf(lib, o.show)
	if err != nil {
		return err
	}
	choose := func() ([]*feed.Episode, error) {
		var best func(id string) (*feed.Episode, error)
		if publish {
			best = func(id string) (*feed.Episode, error) { return show.Best(all, id), nil }
		}
		return a.chooseEpisodes(ctx, lib, all, o.Refs, best)
	}
	list, err := choose()
	if err != nil {
		return err
	}
	if publish {
		if err := a.oneGUID(show, all, list, o.change); err != nil {
			return err
		}
		if err := a.mayVanish(ctx, lib, show, all, list, &o); err != nil {
			return err
		}
		renamed, err := a.NameSpaces(ctx, lib, app.Untitled(list), o.yes)
		if err != nil {
			return err
		}
		if renamed { // its folder too
			if all, broken, err = feed.List(ctx, lib.Root()); err != nil {
				return err
			}
			if list, err = choose(); err != nil {
				return err
			}
		}
		if err := a.RenameEpisodes(lib, list); err != nil {
			return err
		}
	}
	o.change.Published = &publish
	ask, err := a.NewAsker(lib, "", true)
	if err != nil {
		return err
	}
	defer ask.Close()
	for _, e := range list {
		if err := episode.Relist(lib.Root(), e.Sidecar, show.Name, o.change); err != nil {
			return fmt.Errorf("%s: %w", e.Sidecar, err)
		}
		e.Relist(show.Name, o.change)
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newEpisodeLine(lib, show, e, show.Chosen(all))); err != nil {
				return err
			}
			continue
		}
		became := "not published"
		switch {
		case show.Waits(e, a.Now()):
			became = "will be in the feed " + a.from(show.Date(e)) + "; build it then: spaces feed build" + ofShow(show)
		case show.Chosen(all)[e]:
			became = "will be in the next feed; not sent yet"
		case publish:
			became = "published, but the feed takes another episode of the Space"
		}
		fmt.Fprintf(a.Out, "%s  %s\n", terminal.Safe(e.File), became)
		if publish {
			found, err := ask.CheckAll(ctx, consent.Feeding, []gate.Use{gate.OfEpisode(&e.Record)})
			var refused *consent.Refused
			var several gate.Refusals
			switch {
			case errors.As(err, &refused):
				found = []*consent.Finding{&refused.Finding}
			case errors.As(err, &several):
				for _, r := range several {
					found = append(found, &r.Finding)
				}
			case err != nil:
				return err
			}
			for _, f := range found {
				if len(f.Missing) > 0 {
					a.Warn("%s: speakers without consent: %s", e.File, f.Names())
				}
			}
		}
	}
	for _, b := range broken {
		a.Warn("%v", b)
	}
	a.Say("To change the public feed: spaces upload --feed%s TARGET", ofShow(show))
	return nil
}

// publishHint tells how a new episode gets into the feed, where there is one.
func (a *App) publishHint(lib *library.Library, made []string) {
	if names, err := feed.Names(lib.Root()); err == nil && len(names) > 0 && len(made) > 0 {
		a.Say("Not in the feed yet. To publish: spaces episodes publish %s", strings.Join(made, " "))
	}
}
