package publishing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// importFeed reads the feed of a show that moves here: a file, or what lies at an
// address, which is asked once, through the guard.
func (a *App) importFeed(ctx context.Context, from string) (*feed.Imported, error) {
	var in *feed.Imported
	var err error
	if strings.Contains(from, "://") {
		in, err = a.fetchFeed(ctx, from)
	} else {
		var f *os.File
		if f, err = os.Open(from); err != nil {
			return nil, err
		}
		defer f.Close()
		in, err = feed.Import(f)
	}
	if err != nil {
		return nil, app.Hinted(app.Usage("--import: %s: %w", terminal.Safe(from), err), "name the feed itself, an RSS file")
	}
	return in, nil
}

func (a *App) fetchFeed(ctx context.Context, address string) (*feed.Imported, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	client, err := guard.Client(u, guard.Options{Wire: a.WireOptions(0)})
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	password, _ := u.User.Password()
	u.User = nil // the guard has it
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(r)
	if err != nil {
		if password != "" {
			return nil, errors.New("the server did not answer")
		}
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	const most = 33 << 20 // more is refused by who reads it
	return feed.Import(io.LimitReader(res.Body, most))
}

// importedLine is a line of JSON about what was taken over from another feed.
type importedLine struct {
	Schema    int                  `json:"schema"`
	Type      string               `json:"type"`
	Items     int                  `json:"items"`
	Matched   []importedMatch      `json:"matched"`
	Ambiguous []importedAmbiguity  `json:"ambiguous"`
	Unmatched []*feed.ImportedItem `json:"unmatched"`
}

type importedMatch struct {
	ID        string   `json:"id"`
	GUID      string   `json:"guid"`
	Title     string   `json:"title"`
	By        []string `json:"by"`
	Published bool     `json:"published"`
}

type importedAmbiguity struct {
	*feed.ImportedItem
	Files []string `json:"files"`
}

// takeOver gives the episodes of the library the guids and dates that they have in
// another feed. dry only lists them.
func (a *App) takeOver(ctx context.Context, lib *library.Library, show *feed.Show, in *feed.Imported, dry bool) error {
	all, _, err := feed.List(ctx, lib.Root())
	if err != nil {
		return err
	}
	m := in.Match(all)
	line := importedLine{space.Schema, "import", len(in.Items), []importedMatch{}, []importedAmbiguity{}, append([]*feed.ImportedItem{}, m.Unmatched...)}
	missing := 0 // that are not published here
	for _, match := range m.Matched {
		published := false
		for _, e := range match.Episodes {
			published = published || show.Publishes(e)
			if dry {
				continue
			}
			if err := episode.Relist(lib.Root(), e.Sidecar, show.Name, match.Item.Relisting(e, show)); err != nil {
				return err
			}
		}
		if !published {
			missing++
		}
		line.Matched = append(line.Matched, importedMatch{match.Episodes[0].ID, match.Item.GUID, match.Item.Title, match.By, published})
	}
	for _, x := range m.Ambiguous {
		var files []string
		for _, e := range x.Episodes {
			files = append(files, e.File)
		}
		line.Ambiguous = append(line.Ambiguous, importedAmbiguity{x.Item, files})
	}
	if a.Settings.JSON {
		if err := app.WriteJSON(a.Out, line); err != nil {
			return err
		}
	} else {
		a.printImported(&line, dry, missing)
	}
	if n := len(line.Ambiguous) + len(line.Unmatched); n > 0 {
		return app.Fail(app.ExitPartly, "not-matched", "subscribers lose what is not in the new feed, and download again what has another guid: export these Spaces and run the same command again, or set the guid: spaces episodes publish FILE --guid GUID",
			fmt.Errorf("%s of the old feed", spell.Plural(n, "episode was not matched with one", "episodes were not matched with those")))
	}
	return nil
}

func (a *App) printImported(line *importedLine, dry bool, missing int) {
	item := func(it *feed.ImportedItem) string {
		text := fmt.Sprintf("%q", terminal.Safe(it.Title))
		if !it.Date.IsZero() {
			text += it.Date.In(a.Zone).Format(" of 2 Jan 2006")
		}
		return text + "  guid " + terminal.Safe(it.GUID)
	}
	for _, m := range line.Matched {
		fmt.Fprintf(a.Out, "%s  %s  guid %s (same %s)\n", m.ID, terminal.Safe(m.Title), terminal.Safe(m.GUID), strings.Join(m.By, ", "))
	}
	for _, x := range line.Ambiguous {
		fmt.Fprintf(a.Out, "ambiguous: %s: %s\n", item(x.ImportedItem), terminal.Safe(spell.Or(x.Files)))
	}
	for _, it := range line.Unmatched {
		fmt.Fprintf(a.Out, "not here: %s\n", item(it))
	}
	did := "Took over"
	if dry {
		did = "Would take over"
	}
	a.Say("%s %s of %s", did, spell.Count(len(line.Matched), "guid"), spell.Count(line.Items, "episode"))
	if missing > 0 {
		a.Say("%s not published here yet: spaces episodes publish SPACE", spell.Plural(missing, "of them is", "of them are"))
	}
}

// printMove says how subscribers are led to the new address of a feed.
func (a *App) printMove(show *feed.Show) {
	to := terminal.Safe(show.NewFeedURL)
	a.Say("The feed names its new address with the next build and upload. Let the old address answer 301 as well,\nfor at least four weeks (spaces help topic publishing-a-podcast has the lines of nginx, Apache and Netlify):\n  %s → %s", terminal.Safe(show.URL(layout.FeedFile)), to)
}
