package publishing

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/cover"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/publish/items"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newFeedInitCmd(a *App) *cobra.Command {
	show := ""
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Describe the show, or change its description",
		Long: `Describe the show. A new show needs a title, and the web address of the folder for the feed and the
audio. A field without a flag keeps its value. Of the speakers, the feed names only the host and
the people of --person. --show NAME describes a further show of the library, with a feed of its own.`,
		Example: `  spaces feed init --title "Open Mic" --base-url https://example.com/show/ \
    --author "Ann Host" --language en --category "News > Politics"
  spaces feed init --person "guest1=Bob Guest" --person "Ann Host,host"`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or an invalid value", app.ExitNotFound: "no library"}),
		Args:        app.Takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.feedInit(cmd.Context(), cmd.Flags(), show)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	app.AddShow(cmd, a.App, &show, "Show")
	f.String("title", "", "`TEXT`: title of the show")
	f.String("base-url", "", "`URL`: web address of the folder for the feed and the audio")
	f.String("description", "", "`TEXT`: description of the show")
	f.String("author", "", "`NAME`: author of the show")
	f.String("email", "", "`ADDRESS`: public e-mail address of the owner")
	f.String("language", "", "`CODE`: language, for example en, de or pt-BR")
	f.StringArray("category", nil, "`CATEGORY`: category of Apple's list, for example \"News > Politics\"; may be repeated")
	f.String("image", "", "`FILE|URL`: cover, a square JPEG or PNG of 1400 to 3000 pixels")
	f.Bool("crop", false, "with --image: cut a picture that is not square to its middle")
	f.String("type", "", "`TYPE`: episodic (newest first) or serial (oldest first)")
	f.String("link", "", "`URL`: web page of the show (default: the base URL)")
	f.Bool("explicit", false, "mark the show as explicit")
	f.String("copyright", "", "`TEXT`: copyright line")
	f.Bool("locked", true, "forbid other hosting services to import the feed")
	f.StringArray("person", nil, "`[HANDLE=]NAME[,ROLE]`: name this person in the feed; may be repeated; replaces the list")
	f.String("prefer", "", "`FORMAT`: format to publish if a Space has several (default m4a; mp3 for shows made before December 2026)")
	f.String("guid", "", "`UUID`: podcast:guid of an existing show")
	f.String("import", "", "`FILE|URL`: take over the show of another feed, with its guids, so that no app downloads episodes again")
	f.String("new-feed-url", "", "`URL`: address to which the feed moves; \"\" removes it")
	f.Bool("dry-run", false, "with --import: list which episodes match, and save nothing")
	manual.Group(f, "Moving", "import", "new-feed-url", "dry-run")
	app.Complete(cmd, "type", feed.Episodic, feed.Serial)
	f.String("apple", "", "`URL`: page of the show on Apple Podcasts, for the web pages")
	f.String("spotify", "", "`URL`: page of the show on Spotify")
	f.String("overcast", "", "`URL`: page of the show on Overcast (default: made of the one at Apple or of the feed)")
	f.String("pocket-casts", "", "`URL`: page of the show on Pocket Casts (default: as for Overcast)")
	f.String("antennapod", "", "`URL`: page of the show for AntennaPod (default: made of the feed)")
	f.Bool("site", false, "have web pages beside the feed; false: have none: the next upload --feed removes them there")
	f.Bool("clips", true, "let the clips be heard on the web pages, each on a page of its own")
	manual.Group(f, "Web pages", "site", "apple", "spotify", "overcast", "pocket-casts", "antennapod", "clips")
	manual.Group(f, "Show", "title", "base-url", "description", "author", "language", "category", "image", "crop", "person", "explicit", "type")
	manual.Group(f, "More about the show", "email", "link", "copyright", "locked", "prefer", "guid")
	return cmd
}

func (a *App) feedInit(ctx context.Context, flags *pflag.FlagSet, word string) error {
	name, err := app.ShowName(word)
	if err != nil {
		return err
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	show, err := feed.Load(root, name)
	isNew := errors.Is(err, feed.ErrNoShow)
	if isNew {
		show, err = &feed.Show{Name: name, Prefer: string(format.M4A)}, nil
	}
	if err != nil {
		return err
	}
	from, _ := flags.GetString("import")
	dry, _ := flags.GetBool("dry-run")
	if dry && from == "" {
		return app.Usage("--dry-run needs --import")
	}
	crop, _ := flags.GetBool("crop")
	if crop && !flags.Changed("image") {
		return app.Usage("--crop needs --image")
	}
	var in *feed.Imported
	if from != "" {
		if in, err = a.importFeed(ctx, from); err != nil {
			return err
		}
		show.Take(in)
	}
	if isNew && show.Language == "" {
		show.Language = a.Settings.Language
	}
	if isNew && (show.Title == "" && !flags.Changed("title") || !flags.Changed("base-url")) {
		return app.Hinted(app.Usage("a new show needs a title and a base URL"),
			`spaces feed init --title "My show" --base-url https://example.com/my-show/`)
	}
	fitted := ""
	flags.Visit(func(f *pflag.Flag) {
		if f.Name == "image" {
			var wrong error
			if fitted, wrong = show.SetImage(strings.TrimSpace(f.Value.String()), crop); wrong != nil {
				err = badImage(wrong)
			}
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if _, wrong := show.Set(f.Name, values...); wrong != nil {
			err = app.Usage("--%s: %w", f.Name, wrong)
		}
	})
	if err != nil {
		return err
	}
	show.Complete()
	warnings, err := show.Check()
	if err != nil {
		return app.Usage("%w", err)
	}
	if err := a.apart(root, show); err != nil {
		return err
	}
	if dry {
		return a.takeOver(ctx, lib, show, in, true)
	}
	if err := show.Save(root); err != nil {
		return err
	}
	if a.Settings.JSON {
		if err := app.WriteJSON(a.Out, show); err != nil {
			return err
		}
	} else {
		a.Say("Saved the show %q in %s", terminal.Safe(show.Title), terminal.Safe(a.ShortenHome(lib.Path(layout.ShowOf(name)))))
		a.Say("The address of its feed: %s", terminal.Safe(show.URL(layout.FeedFile)))
	}
	if fitted != "" {
		a.Say("The cover was %s; your file is as it was", fitted)
	}
	for _, w := range warnings {
		a.Warn("%s", w)
	}
	if flags.Changed("new-feed-url") && show.NewFeedURL != "" && !a.Settings.JSON {
		a.printMove(show)
	}
	if in == nil {
		return nil
	}
	if in.Locked {
		a.Warn("that feed is locked (podcast:locked): only its owner may move it")
	}
	if show.Image != "" && show.Image == in.Show.Image {
		a.Warn("the cover still lies at the old host: download it, then spaces feed init --image FILE")
	}
	return a.takeOver(ctx, lib, show, in, false)
}

// badImage says what to do with a picture that cannot be a cover.
func badImage(err error) error {
	wrong := app.Usage("--image: %w", err)
	if errors.Is(err, cover.ErrShape) {
		return app.Hinted(wrong, "--crop keeps the square in its middle")
	}
	return wrong
}

// apart fails if another show of the library goes to the same address: one feed
// would replace the other.
func (a *App) apart(root *os.Root, show *feed.Show) error {
	names, err := feed.Names(root)
	if err != nil {
		return err
	}
	for _, name := range names {
		other, err := feed.Load(root, name)
		if err == nil && name != show.Name && other.BaseURL == show.BaseURL {
			return app.Hinted(app.Usage("the show %q has the base URL %s already", other.Title, show.BaseURL), "give each show a folder of its own: --base-url "+show.BaseURL+app.ShowWord(show.Name)+"/")
		}
	}
	return nil
}

func newFeedListCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the shows of the library",
		Long: `List the shows of the library: what --show calls them, how many episodes are published in each, how
many of these wait for their date, and the address of the feed.`,
		Example:     "  spaces feed list",
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no library"}),
		Args:        app.Takes(0, 0),
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.feedList(cmd.Context()) },
	}
}

type feedShowLine struct {
	Schema   int    `json:"schema"`
	Show     string `json:"show"`
	Title    string `json:"title"`
	URL      string `json:"url"` // of the feed
	GUID     string `json:"guid"`
	Episodes int    `json:"episodes"`
	Waiting  int    `json:"waiting"`
	Site     bool   `json:"site"`
}

func (a *App) feedList(ctx context.Context) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	names, err := feed.Names(lib.Root())
	if err != nil {
		return err
	}
	all, _, err := feed.List(ctx, lib.Root())
	if err != nil {
		return err
	}
	t := a.Table(
		terminal.Column{Title: "SHOW"},
		terminal.Column{Title: "EPISODES", Right: true, Yield: 1},
		terminal.Column{Title: "WAITING", Right: true, Yield: 2},
		terminal.Column{Title: "FEED", Yield: 3, Min: 16},
		terminal.Column{Title: "TITLE", Min: app.TitleRoom})
	for _, name := range names {
		show, err := feed.Load(lib.Root(), name)
		if err != nil {
			return err
		}
		line := feedShowLine{space.Schema, app.ShowWord(name), show.Title, show.URL(layout.FeedFile), show.GUID, 0, 0, items.HasPages(lib.Root(), show)}
		for e := range show.Chosen(all) {
			line.Episodes++
			if show.Waits(e, a.Now()) {
				line.Waiting++
			}
		}
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, line); err != nil {
				return err
			}
			continue
		}
		t.Add(line.Show, strconv.Itoa(line.Episodes), strconv.Itoa(line.Waiting), terminal.Safe(line.URL), terminal.Safe(line.Title))
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
		if len(names) == 0 {
			a.Say("No show yet. Describe one: spaces feed init --help")
		}
	}
	return nil
}
