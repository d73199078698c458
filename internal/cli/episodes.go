package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
			return a.episodes(cmd.Context(), o)
		},
	}
	app.AddIDOnly(cmd, &o)
	addMade(a, cmd, removed.Episode, a.showEpisode)
	cmd.AddCommand(newPublishCmd(a, true), newPublishCmd(a, false))
	return cmd
}

func newPublishCmd(a *App, publish bool) *cobra.Command {
	var o app.Refs
	cmd := &cobra.Command{
		Use:   "publish SPACE|FILE...",
		Short: "Put episodes into the feed",
		Long: `Put episodes into the next feed. Nothing is sent before spaces upload --feed. A Space has one item in
the feed. If it has several episodes, the M4A is published (or the format of feed init --prefer), or
the episode whose FILE name you give. If several are published, the feed chooses in the same order,
and of several that are alike the latest export.`,
		Example: `  spaces episodes publish latest
  spaces episodes publish 2021-06-14-debat.m4a`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space or episode"}),
		Args:        app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.publishEpisodes(cmd.Context(), o, publish)
		},
	}
	if !publish {
		cmd.Use, cmd.Short = "unpublish SPACE|FILE...", "Take episodes out of the feed"
		cmd.Long = `Take all episodes of Spaces, or the named FILEs, out of the next feed. The files stay in the library.
The feed at the target changes with the next spaces upload --feed. The audio stays at the target; to
remove it after a withdrawal: spaces upload --feed --take-down.`
		cmd.Example = "  spaces episodes unpublish latest"
	}
	app.AddIDOnly(cmd, &o)
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
}

// episodes lists what was exported.
func (a *App) episodes(ctx context.Context, o app.Refs) error {
	lib, all, broken, err := a.listEpisodes(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
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
	chosen := inFeed(lib, all)
	beside := 0
	for _, e := range list {
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newEpisodeLine(lib, e, chosen)); err != nil {
				return err
			}
			continue
		}
		date, state := "undated", "not published"
		if !e.Date.IsZero() {
			date = e.Date.In(a.Zone).Format("2006-01-02")
		}
		switch {
		case chosen[e]:
			state = "published"
		case e.IsPublished():
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

// prefers returns the format that the show prefers, "" without a show.
func prefers(lib *library.Library) (string, error) {
	show, err := feed.Load(lib.Root())
	if errors.Is(err, feed.ErrNoShow) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return show.Prefer, nil
}

// inFeed finds which of all episodes of a library the feed takes. A show that
// cannot be read prefers nothing: the commands of the feed report it.
func inFeed(lib *library.Library, all []*feed.Episode) map[*feed.Episode]bool {
	prefer, _ := prefers(lib)
	return feed.Chosen(all, prefer)
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
func (a *App) publishEpisodes(ctx context.Context, o app.Refs, publish bool) error {
	lib, all, broken, err := a.listEpisodes(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	prefer, err := prefers(lib)
	if err != nil {
		return err
	}
	var best func(id string) (*feed.Episode, error)
	if publish {
		best = func(id string) (*feed.Episode, error) { return feed.Best(all, id, prefer), nil }
	}
	list, err := a.chooseEpisodes(ctx, lib, all, o, best)
	if err != nil {
		return err
	}
	ask, err := a.NewAsker(lib, "", true)
	if err != nil {
		return err
	}
	defer ask.Close()
	for _, e := range list {
		if err := episode.SetPublished(lib.Root(), e.Sidecar, publish); err != nil {
			return fmt.Errorf("%s: %w", e.Sidecar, err)
		}
		e.Published = &publish
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newEpisodeLine(lib, e, feed.Chosen(all, prefer))); err != nil {
				return err
			}
			continue
		}
		became := "not published"
		switch {
		case feed.Chosen(all, prefer)[e]:
			became = "will be in the next feed; not sent yet"
		case publish:
			became = "published, but the feed takes another episode of the Space"
		}
		fmt.Fprintf(a.Out, "%s  %s\n", terminal.Safe(e.File), became)
		if publish {
			found, err := ask.Check(ctx, consent.Feeding, gate.OfEpisode(&e.Record))
			var refused *consent.Refused
			if errors.As(err, &refused) {
				found, err = &refused.Finding, nil
			}
			if err != nil {
				return err
			}
			if len(found.Missing) > 0 {
				a.Warn("%s: speakers without consent: %s", e.File, found.Names())
			}
		}
	}
	for _, b := range broken {
		a.Warn("%v", b)
	}
	a.Say("To change the public feed: spaces upload --feed TARGET")
	return nil
}

// publishHint tells how a new episode gets into the feed, where there is one.
func (a *App) publishHint(lib *library.Library, made []string) {
	if _, err := feed.Load(lib.Root()); err == nil && len(made) > 0 {
		a.Say("Not in the feed yet. To publish: spaces episodes publish %s", strings.Join(made, " "))
	}
}
