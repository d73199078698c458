package publishing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish/items"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func Feed(base *app.App) *cobra.Command {
	a := &App{base}
	cmd := &cobra.Command{
		Use:   "feed COMMAND",
		Short: "Publish the episodes as a podcast, and check feeds",
		Long: `Publish the episodes of the library as a podcast: describe the show, build the feed, check it.
Step by step: spaces help topic publishing-a-podcast.`,
		Example: `  spaces feed init --title "Open Mic" --base-url https://example.com/show/
  spaces feed build
  spaces feed check`,
		Args: app.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFeedInitCmd(a), newFeedListCmd(a), newFeedBuildCmd(a), newFeedCheckCmd(a))
	return cmd
}

type feedBuildOptions struct {
	show     string
	out      string
	site     bool
	override string
}

func newFeedBuildCmd(a *App) *cobra.Command {
	var o feedBuildOptions
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Write the feed of all published episodes",
		Long: `Write feed.xml with every published episode (spaces episodes publish), newest first, with chapters,
transcripts, the host, the people of the show, and soundbites: clips of 15 to 120 s. Each Space has one
item with a guid that never changes. If a Space has several published episodes, the feed takes the
M4A (or the format of feed init --prefer), then the one of the preset host, then the latest export.
Every file is compared with its SHA-256 first. A new episode changes only its own item and the date of
the feed.

--site also writes web pages and copies the audio beside them: the folder then works on this computer
and at the base URL. In the folder of the library, later builds update the pages even without --site. feed init --site=false ends that: the files stay in
the library, and the next upload --feed removes the pages at its target.`,
		Example: `  spaces feed build
  spaces feed build --site --out public
  spaces feed build --json | jq -r '.files[].path'`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no library, no show or no episode", app.ExitPartly: "some episodes or clips were left out; they are listed"}),
		Args:        app.Takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.feedBuild(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write to the folder `DIR`, or to a FILE.xml (default: the folder feed of the library)")
	cmd.Flags().BoolVar(&o.site, "site", false, "write web pages too, and copy the audio beside them")
	manual.Group(cmd.Flags(), "Output", "out", "site")
	app.AddShow(cmd, a.App, &o.show, "Show")
	app.AddOverride(cmd, &o.override)
	return cmd
}

// feedAsset is a file that has to be where the feed says.
type feedAsset struct {
	Path string `json:"path"` // below the library
	URL  string `json:"url"`
}

type feedBuiltLine struct {
	Schema   int         `json:"schema"`
	File     string      `json:"file"`
	URL      string      `json:"url"`
	Episodes int         `json:"episodes"`
	Changed  bool        `json:"changed"`
	Files    []feedAsset `json:"files"`
	Pages    []string    `json:"pages"`
	Gone     []string    `json:"gone"` // pages of episodes that are no more
	// Unwritten are characters that no font has: the pictures of links leave them out.
	Unwritten []string `json:"unwritten,omitempty"`
	Errors    int      `json:"errors"`
	Warnings  int      `json:"warnings"`
	// ConsentMissing are the handles of those who have not agreed.
	ConsentMissing []string      `json:"consent_missing,omitempty"`
	Waiting        []feedWaiting `json:"waiting"`
}

// feedWaiting is an episode that enters the feed later.
type feedWaiting struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Path      string     `json:"path"` // below the library
	PublishAt space.Time `json:"publish_at"`
}

func waitingLines(show *feed.Show, list []*feed.Episode) []feedWaiting {
	lines := []feedWaiting{}
	for _, e := range list {
		lines = append(lines, feedWaiting{e.ID, e.Title, e.Path(e.File), space.Time{Time: show.Date(e)}})
	}
	return lines
}

// settleSite decides whether pages are built beside the feed in the library, and
// notes in the show that it has some.
func (a *App) settleSite(root *os.Root, show *feed.Show, o *feedBuildOptions) error {
	o.site = o.site || items.HasPages(root, show)
	if o.site && !show.Site {
		show.Site, show.NoSite = true, false
		return show.Save(root)
	}
	return nil
}

func (a *App) feedBuild(ctx context.Context, o feedBuildOptions) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	show, err := app.LoadShow(lib, o.show)
	if err == nil {
		show, err = feed.LoadValid(root, show.Name)
	}
	if err != nil {
		return err
	}
	dir, file := lib.Path(show.Folder()), ""
	if o.out != "" {
		dir = o.out
		if strings.EqualFold(filepath.Ext(o.out), ".xml") {
			dir, file = filepath.Split(o.out)
		}
	}
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer out.Close()
	// Pages that lie elsewhere count too: upload --feed sends its own build of them.
	if o.out == "" || o.site {
		if err := a.settleSite(root, show, &o); err != nil {
			return err
		}
	}
	if err := a.nameEpisodes(ctx, lib, show); err != nil {
		return err
	}
	ask, err := a.NewAsker(lib, o.override, false)
	if err != nil {
		return err
	}
	defer ask.Close()
	var missing []string
	silent := 0 // clips without consent
	var skipped []*feed.ProblemError
	skip := func(p *feed.ProblemError) { skipped = append(skipped, p) }
	bar := a.NewBar("building the feed", feed.Phases()...).CountBytes()
	build := feed.Options{File: file, Now: a.Now(), Progress: bar, Skip: skip, Agree: func(list []*feed.Episode) error {
		var err error
		bar.Close()
		missing, err = ask.Episodes(ctx, list)
		return err
	}}
	var pages *site.Site
	if o.site {
		o := site.Options{Skip: skip}
		if !show.NoClips {
			o.Clip = func(ctx context.Context, e *feed.Episode, p *clip.Provenance) (bool, error) {
				may, err := ask.Clip(ctx, layout.ClipIn(e.Folder, p.File), p)
				if err == nil && !may {
					silent++
				}
				return may, err
			}
		}
		pages = site.New(o)
		build.Site = pages
	}
	b, err := feed.Build(ctx, root, out, show, build)
	bar.Close()
	if err != nil {
		return err
	}
	unwritten := []string{} // characters
	if pages != nil {
		for _, r := range pages.Missing() {
			unwritten = append(unwritten, string(r))
		}
	}
	errs, warnings := tally(b.Findings)
	name := filepath.Join(dir, filepath.Base(b.URL))
	if a.Settings.JSON {
		line := feedBuiltLine{space.Schema, name, b.URL, len(b.Episodes), b.Changed, []feedAsset{}, app.OrEmpty(b.Pages), app.OrEmpty(b.Gone), unwritten, errs, warnings, missing, waitingLines(show, b.Waiting)}
		for _, f := range b.Files {
			line.Files = append(line.Files, feedAsset{f.Path, f.URL})
		}
		if o.site {
			clips, err := site.Clips(out, show.GUID, b.Episodes)
			if err != nil {
				return err
			}
			for _, c := range clips {
				line.Files = append(line.Files, feedAsset{c.Path, show.URL(c.Name)})
			}
		}
		return cmp.Or(app.WriteJSON(a.Out, line), leftOut(a, skipped))
	}
	state := "written"
	if !b.Changed {
		state = "up to date"
	}
	fmt.Fprintf(a.Out, "%s  %s, %s\n", terminal.Safe(a.Shorten(name)), spell.Count(len(b.Episodes), "episode"), state)
	if o.site {
		a.Say("Wrote %s of the site. Open %s", spell.Count(len(b.Pages), "file"), terminal.Safe(a.Shorten(filepath.Join(dir, "index.html"))))
	}
	if _, ok := languages.For(show.Language); !ok && show.Language != "" && o.site {
		a.Say("The site's own words are in English: there are none in the language of the show (%s) yet", show.Language)
	}
	if len(unwritten) > 0 {
		a.Warn("no font has %s: the pictures of links leave them out. Install a font that has them", terminal.Safe(strings.Join(unwritten, " ")))
	}
	if silent > 0 {
		a.Say("%s not on the pages, because people who are heard in them have not agreed", spell.Plural(silent, "clip is", "clips are"))
	}
	if n := len(b.Gone); n > 0 {
		a.Say("Removed %s of episodes and clips that are no longer on the site", spell.Count(n, "file"))
	}
	for _, e := range b.Waiting {
		a.Say("Waiting until %s: %s  %s", show.Date(e).In(a.Zone).Format("2 Jan 2006 15:04"), terminal.Safe(e.File), terminal.Safe(e.Title))
	}
	if errs+warnings > 0 {
		a.Warn("the feed has %s and %s. List them: spaces feed check %s", spell.Count(errs, "error"), spell.Count(warnings, "warning"), name)
	}
	return leftOut(a, skipped)
}

// nameEpisodes asks for the titles of the episodes that are going to be in the feed
// and have none.
func (a *App) nameEpisodes(ctx context.Context, lib *library.Library, show *feed.Show) error {
	taken := func() ([]*feed.Episode, error) {
		all, _, err := feed.List(ctx, lib.Root())
		var list []*feed.Episode
		for e := range show.Chosen(all) {
			list = append(list, e)
		}
		slices.SortFunc(list, func(a, b *feed.Episode) int { return cmp.Compare(a.Sidecar, b.Sidecar) })
		return list, err
	}
	list, err := taken()
	if err != nil {
		return err
	}
	renamed, err := a.NameSpaces(ctx, lib, app.Untitled(list), false)
	if renamed && err == nil { // its folder too
		list, err = taken()
	}
	if err != nil {
		return err
	}
	return a.RenameEpisodes(lib, list)
}

// leftOut is the error of a feed without what could not enter it.
func leftOut(a *App, list []*feed.ProblemError) error {
	for _, p := range list {
		a.PrintFailure(p)
	}
	if len(list) == 0 {
		return nil
	}
	return app.Fail(app.ExitPartly, "left-out", "do not send this feed until it is complete again, because subscribers would lose the missing episodes",
		fmt.Errorf("%s left out of the feed", spell.Plural(len(list), "episode or clip was", "episodes or clips were")))
}

func newFeedCheckCmd(a *App) *cobra.Command {
	show := ""
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a feed against the rules of Apple, Spotify and others",
		Long: `Check the feed of any podcast (default: the one that feed build wrote) against the rules of RSS,
Apple, Spotify and the podcast namespace. Each finding has a line, a rule and a severity. Directories
reject an error, or players fail on it. "-" reads standard input. The check uses no network: it does
not look at images and audio. The rules: spaces help topic publishing-a-podcast.`,
		Example: `  spaces feed check
  spaces feed check old-feed.xml
  curl -s https://example.com/feed.xml | spaces feed check -`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no such file", app.ExitFound: "the feed has errors"}),
		Args:        app.Takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return a.feedCheck(name, show)
		},
	}
	app.AddShow(cmd, a.App, &show, "Show")
	return cmd
}

type feedFindingLine struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"`
	feed.Finding
}

type feedCheckedLine struct {
	Schema   int    `json:"schema"`
	Type     string `json:"type"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
}

func (a *App) feedCheck(name, word string) error {
	in, shown := a.In, "standard input"
	show, err := app.ShowName(word)
	if err != nil {
		return err
	}
	if name != "" && word != "" {
		return app.Usage("give a file or --show, not both")
	}
	if name != "-" {
		if name == "" {
			name = filepath.Join(a.Settings.Library, filepath.FromSlash(layout.FeedOf(show)), layout.FeedFile)
		}
		if strings.Contains(name, "://") {
			return app.Hinted(app.Usage("spaces feed check takes a file or -, not a URL"), "curl -s "+app.Quoted(name)+" | spaces feed check -")
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return app.Fail(app.ExitNotFound, "no-such-file", "build the feed: spaces feed build", err)
		}
		if err != nil {
			return err
		}
		defer f.Close()
		in, shown = f, a.Shorten(name)
	}
	var text bytes.Buffer
	findings, err := feed.CheckAt(io.TeeReader(in, &text), a.Now())
	if err != nil {
		return err
	}
	ours, repairs := feed.Made(text.Bytes()), make(map[string]bool)
	for _, f := range findings {
		if a.Settings.JSON {
			err = app.WriteJSON(a.Out, feedFindingLine{space.Schema, "finding", f})
		} else {
			err = writeFinding(a.Out, shown, f)
		}
		if fix := app.FindingHint(f.Rule); err == nil && ours && !a.Settings.JSON && fix != "" && !repairs[fix] {
			repairs[fix] = true
			_, err = fmt.Fprintln(a.Out, "  repair: "+fix)
		}
		if err != nil {
			return err
		}
	}
	errs, warnings := tally(findings)
	if a.Settings.JSON {
		if err := app.WriteJSON(a.Out, feedCheckedLine{space.Schema, "summary", errs, warnings}); err != nil {
			return err
		}
	} else if len(findings) > 0 || !a.Settings.Quiet {
		fmt.Fprintf(a.Out, "Checked %s: %s, %s\n", terminal.Safe(shown), spell.Count(errs, "error"), spell.Count(warnings, "warning"))
		a.Say("Images and audio were not checked")
	}
	if errs > 0 {
		return app.Fail(app.ExitFound, "findings", "the rules: spaces help topic publishing-a-podcast", fmt.Errorf("the feed has %s", spell.Count(errs, "error")))
	}
	return nil
}

// writeFinding prints a finding in the form that editors follow.
func writeFinding(w io.Writer, file string, f feed.Finding) error {
	about := ""
	if f.Item != "" {
		about = fmt.Sprintf(" (%s)", terminal.Safe(f.Item))
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s: %s [%s]%s\n", terminal.Safe(file), f.Line, f.Severity, terminal.Safe(f.Message), f.Rule, about)
	return err
}

func tally(findings []feed.Finding) (errs, warnings int) {
	for _, f := range findings {
		if f.Severity == feed.Error {
			errs++
		} else {
			warnings++
		}
	}
	return errs, warnings
}
