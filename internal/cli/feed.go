package cli

import (
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

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newFeedCmd(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "feed COMMAND",
		Short: "Publish the episodes as a podcast, and check feeds",
		Long: `Publish the episodes of the library as a podcast: describe the show, build the
feed, check it. docs/publishing-a-podcast.md goes through it step by step.`,
		Example: `  spaces feed init --title "Open Mic" --base-url https://example.com/show/
  spaces feed build
  spaces feed check`,
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFeedInitCmd(a), newFeedBuildCmd(a), newFeedCheckCmd(a))
	return cmd
}

type feedInitOptions struct {
	show    feed.Show // what the flags say
	locked  bool
	people  []string
	changed func(flag string) bool
}

func newFeedInitCmd(a *App) *cobra.Command {
	var o feedInitOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Describe the show, or change its description",
		Long: `Describe the show: at least its title, and the web address of the folder that
the feed and the audio will go to. What is not said stays as it is. Of those who
spoke, only the host and whom --person names get into the feed.`,
		Example: `  spaces feed init --title "Open Mic" --base-url https://example.com/show/ \
    --author "Ann Host" --language en --category "News > Politics"
  spaces feed init --person "guest1=Bob Guest" --person "Ann Host,host"`,
		Annotations: manual.Exits(map[int]string{exitUsage: "wrong usage, or a value that cannot be", exitNotFound: "no library"}),
		Args:        takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.changed = cmd.Flags().Changed
			return a.feedInit(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.show.Title, "title", "", "the show's title `TEXT`")
	f.StringVar(&o.show.BaseURL, "base-url", "", "the folder `URL` that feed and audio go to")
	f.StringVar(&o.show.Description, "description", "", "what the show is about, `TEXT`")
	f.StringVar(&o.show.Author, "author", "", "who makes it, `NAME`")
	f.StringVar(&o.show.Email, "email", "", "the owner's `ADDRESS`; it is public")
	f.StringVar(&o.show.Language, "language", "", "`CODE` such as en, de or pt-BR")
	f.StringArrayVar(&o.show.Category, "category", nil, "Apple's `CATEGORY`, such as \"News > Politics\"; may be repeated")
	f.StringVar(&o.show.Image, "image", "", "the cover's `URL`: JPEG or PNG, square, 1400 to 3000 pixels")
	f.StringVar(&o.show.Link, "link", "", "the show's page `URL` (default: the base URL)")
	f.BoolVar(&o.show.Explicit, "explicit", false, "the show is not for children")
	f.StringVar(&o.show.Copyright, "copyright", "", "`TEXT`")
	f.BoolVar(&o.locked, "locked", true, "other hosts may not import the feed")
	f.StringArrayVar(&o.people, "person", nil, "`[HANDLE=]NAME[,ROLE]`; may be repeated, replaces the list")
	f.StringVar(&o.show.Prefer, "prefer", "", "publish this `FORMAT` where a Space has several (default mp3)")
	f.StringVar(&o.show.GUID, "guid", "", "the podcast:guid `UUID` that the show has already")
	return cmd
}

func (a *App) feedInit(ctx context.Context, o feedInitOptions) error {
	lib, err := a.openLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	show, err := feed.Load(root)
	isNew := errors.Is(err, feed.ErrNoShow)
	if isNew {
		show, err = new(feed.Show), nil
	}
	if err != nil {
		return err
	}
	if isNew && (o.show.Title == "" || o.show.BaseURL == "") {
		return hinted(usage("a new show needs a title and a base URL"),
			`spaces feed init --title "My show" --base-url https://example.com/my-show/`)
	}
	if err := o.apply(show); err != nil {
		return err
	}
	show.Complete()
	warnings, err := show.Check()
	if err != nil {
		return usage("%w", err)
	}
	if err := show.Save(root); err != nil {
		return err
	}
	if a.set.JSON {
		if err := writeJSON(a.Out, show); err != nil {
			return err
		}
	} else {
		a.say("%s is kept in %s", terminal.Safe(show.Title), terminal.Safe(a.shortenHome(lib.Path(layout.Show))))
		a.say("Its feed will be %s", terminal.Safe(show.URL(layout.FeedFile)))
	}
	for _, w := range warnings {
		a.warn("%s", w)
	}
	return nil
}

// apply puts what the flags say into the show.
func (o *feedInitOptions) apply(show *feed.Show) error {
	for _, field := range []struct {
		flag     string
		to, from *string
	}{
		{"title", &show.Title, &o.show.Title}, {"base-url", &show.BaseURL, &o.show.BaseURL},
		{"description", &show.Description, &o.show.Description}, {"author", &show.Author, &o.show.Author},
		{"email", &show.Email, &o.show.Email}, {"language", &show.Language, &o.show.Language},
		{"image", &show.Image, &o.show.Image}, {"link", &show.Link, &o.show.Link},
		{"copyright", &show.Copyright, &o.show.Copyright}, {"prefer", &show.Prefer, &o.show.Prefer},
		{"guid", &show.GUID, &o.show.GUID},
	} {
		if o.changed(field.flag) {
			*field.to = strings.TrimSpace(*field.from)
		}
	}
	if o.changed("explicit") {
		show.Explicit = o.show.Explicit
	}
	if o.changed("locked") {
		show.Unlocked = !o.locked
	}
	if o.changed("category") {
		show.Category = slices.DeleteFunc(o.show.Category, func(c string) bool { return c == "" })
	}
	if o.changed("person") {
		show.People = nil
		for _, text := range o.people {
			if text == "" {
				continue // an empty one takes all back
			}
			p, err := feed.ParsePerson(text)
			if err != nil {
				return usage("--person: %w", err)
			}
			show.People = append(show.People, p)
		}
	}
	return nil
}

type feedBuildOptions struct {
	out      string
	site     bool
	override string
}

func newFeedBuildCmd(a *App) *cobra.Command {
	var o feedBuildOptions
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Write the feed of all published episodes",
		Long: `Write feed.xml with every published episode (spaces episodes publish), newest
first: chapters, transcripts, the host and the people you have named, and a
soundbite for each clip. Each Space has one item, whose guid never changes: of
several published episodes the MP3 is taken (feed init --prefer says otherwise),
then that of the preset host. When the last one has gone, an empty feed stays.
Every file is compared with its SHA-256 first. A new episode changes nothing in
the feed but its own item and the date of the whole.
Once the library's folder has pages they are built too, as upload --feed sends them.
With --site the folder gets pages too, and copies of the audio: it can be looked
at where it lies, and sent to the base URL as it is. Where somebody in an episode
has not agreed, --override-consent REASON builds it all the same.`,
		Example: `  spaces feed build
  spaces feed build --site --out public
  spaces feed build --json | jq -r '.files[].path'`,
		Annotations: manual.Exits(map[int]string{exitNotFound: "no library, no show or no episode"}),
		Args:        takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.feedBuild(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write into `DIR`, or to a FILE.xml (default: the library's folder feed)")
	cmd.Flags().BoolVar(&o.site, "site", false, "write pages, and copy the audio beside them")
	addOverride(cmd, &o.override)
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
	Errors   int         `json:"errors"`
	Warnings int         `json:"warnings"`
	// ConsentMissing are the handles of those who have not agreed.
	ConsentMissing []string `json:"consent_missing,omitempty"`
}

func (a *App) feedBuild(ctx context.Context, o feedBuildOptions) error {
	lib, err := a.openLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	show, err := feed.LoadValid(root)
	if err != nil {
		return err
	}
	dir, file := lib.Path(layout.Feed), ""
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
	if _, err := out.Stat("index.html"); err == nil && o.out == "" {
		o.site = true // upload sends the pages that lie there, and a feed that links them
	}
	ask, err := a.newAsker(lib, o.override, false)
	if err != nil {
		return err
	}
	defer ask.Close()
	var missing []string
	bar := a.newBar("building the feed", feed.Phases()...).CountBytes()
	b, err := feed.Build(ctx, root, out, show, feed.Options{File: file, Site: o.site, Progress: bar, Agree: func(list []*feed.Episode) error {
		var err error
		bar.Close()
		missing, err = ask.episodes(ctx, list)
		return err
	}})
	bar.Close()
	if err != nil {
		return err
	}
	errs, warnings := tally(b.Findings)
	name := filepath.Join(dir, filepath.Base(b.URL))
	if a.set.JSON {
		line := feedBuiltLine{space.Schema, name, b.URL, len(b.Episodes), b.Changed, []feedAsset{}, orEmpty(b.Pages), orEmpty(b.Gone), errs, warnings, missing}
		for _, f := range b.Files {
			line.Files = append(line.Files, feedAsset{f.Path, f.URL})
		}
		return writeJSON(a.Out, line)
	}
	state := "written"
	if !b.Changed {
		state = "up to date"
	}
	fmt.Fprintf(a.Out, "%s  %s, %s\n", terminal.Safe(a.shortenHome(name)), spell.Count(len(b.Episodes), "episode"), state)
	if o.site {
		a.say("%s; open %s", spell.Count(len(b.Pages), "file")+" of the site", terminal.Safe(a.shortenHome(filepath.Join(dir, "index.html"))))
	}
	if n := len(b.Gone); n > 0 {
		a.say("%s of episodes that are no more removed", spell.Count(n, "page"))
	}
	if errs+warnings > 0 {
		a.warn("%s and %s: see them with spaces feed check %s", spell.Count(errs, "error"), spell.Count(warnings, "warning"), name)
	}
	return nil
}

func newFeedCheckCmd(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a feed against what Apple, Spotify and others ask for",
		Long: `Check any podcast's feed, or the one that feed build has written, against the
rules of RSS, Apple, Spotify and the podcast namespace. Each finding has its
line, its rule and a severity: an error is what a directory refuses or players
get wrong. docs/publishing-a-podcast.md explains the rules. "-" reads standard
input. Nothing is fetched: images and audio are not looked at.`,
		Example: `  spaces feed check
  spaces feed check old-feed.xml
  curl -s https://example.com/feed.xml | spaces feed check -`,
		Annotations: manual.Exits(map[int]string{exitNotFound: "no such file", exitFound: "the feed has errors"}),
		Args:        takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return a.feedCheck(name)
		},
	}
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

func (a *App) feedCheck(name string) error {
	in, shown := a.In, "standard input"
	if name != "-" {
		if name == "" {
			name = filepath.Join(a.set.Library, layout.Feed, layout.FeedFile)
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return &failure{exitNotFound, "no-such-file", "build the feed first: spaces feed build; or name another file", err}
		}
		if err != nil {
			return err
		}
		defer f.Close()
		in, shown = f, a.shortenHome(name)
	}
	findings, err := feed.CheckAt(in, a.Now())
	if err != nil {
		return err
	}
	for _, f := range findings {
		if a.set.JSON {
			err = writeJSON(a.Out, feedFindingLine{space.Schema, "finding", f})
		} else {
			err = writeFinding(a.Out, shown, f)
		}
		if err != nil {
			return err
		}
	}
	errs, warnings := tally(findings)
	if a.set.JSON {
		if err := writeJSON(a.Out, feedCheckedLine{space.Schema, "summary", errs, warnings}); err != nil {
			return err
		}
	} else if len(findings) > 0 || !a.set.Quiet {
		fmt.Fprintf(a.Out, "Checked %s: %s, %s\n", terminal.Safe(shown), spell.Count(errs, "error"), spell.Count(warnings, "warning"))
	}
	if errs > 0 {
		return &failure{exitFound, "findings", "docs/publishing-a-podcast.md explains the rules", fmt.Errorf("the feed has %s", spell.Count(errs, "error"))}
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
