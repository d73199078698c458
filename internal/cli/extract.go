package cli

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type extractOptions struct {
	paths     []string
	titles    []string // ID=TEXT
	startedAt string
	headers   []string // @FILE
	cookies   string
	spaceID   string
	conns     int
	follow    bool
	dryRun    bool
	all       bool
	join      *bool // files that may be chunks; nil: ask
	online    *bool // servers that a playlist on a disk names; nil: ask
}

func newExtractCmd(a *App) *cobra.Command {
	var o extractOptions
	var join, online bool
	cmd := &cobra.Command{
		Use:     "extract PATH|URL...",
		Aliases: []string{"add"},
		Short:   "Extract the Spaces from an archive into the library",
		Long: `Extract the audio of all Spaces from archives of X (the downloaded ZIPs, or their unzipped folders)
or from loose recordings, and keep it in the library. Every byte is verified and kept; the pieces of
a recording are joined to one playable file. You can repeat the command: recordings that are in the
library are not copied again.
Another library is merged into yours: recordings, what you made of them and wrote about them, consent,
receipts. It is only read. What differs is listed; nothing of yours is overwritten.

An archive may lie on a server: https://…, s3://BUCKET/…, webdavs://…, sftp://USER@HOST/…. Only its
list of members, the data about Spaces and posts, and the Spaces are fetched. Recordings that the
library has (same size and CRC-32) are not, so an interrupted command is resumed by the next.
The credentials are those of the targets (spaces help topic uploading), of the AWS files, of ~/.ssh.

The address of a replay's playlist (….m3u8, from the network panel of a browser that plays it) is
downloaded over several connections; an interrupted download is resumed by the next run. For the
address of a Space on X, yt-dlp is asked where its playlist is; --follow takes a live one to its end.
Nothing connects to a network unless you give an address. More: spaces help topic getting-your-space`,
		Example: `  spaces extract twitter-2021-06-17.zip
  spaces extract part1.zip part2.zip            # all parts of one archive
  spaces extract --dry-run twitter-2021-06-17.zip
  spaces extract sftp://me@nas/volume1/twitter-2021-06-17.zip
  spaces extract /media/disk/Spaces             # merge the library of another computer
  spaces add recording.m4a --started-at 2021-06-14T20:00
  spaces add 'https://prod-fastly-us-east-1.video.pscp.tv/…/playlist_16801.m3u8?type=replay'
  spaces extract https://x.com/i/spaces/1ypKdEXvkMLGW            # asks yt-dlp where it is
  spaces extract --follow https://x.com/i/spaces/1ypKdEXvkMLGW   # live: until it ends
  spaces extract a.zip --title 1eaJbNqXaXWxX="Jazz night"`,
		Annotations: manual.Exits(map[int]string{
			app.ExitPartly:   "some could not be saved; they are listed",
			app.ExitNotFound: "no Spaces found, or no such file",
		}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if cmd.Flags().Changed("join") {
				o.join = &join
			}
			if cmd.Flags().Changed("online") {
				o.online = &online
			}
			return a.extract(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list what would be saved; read no audio, write nothing")
	cmd.Flags().BoolVar(&o.all, "all", false, "take all recordings in a folder with other files, without asking")
	cmd.Flags().BoolVar(&join, "join", false, "join numbered files of a folder to one recording where it is in doubt that they are its chunks; --join=false keeps them apart")
	cmd.Flags().BoolVar(&online, "online", false, "connect to the servers that a playlist file names; --online=false takes only what is in its folder")
	cmd.Flags().StringArrayVar(&o.titles, "title", nil, "`ID=TEXT`: give the Space with this ID the title TEXT; may be repeated")
	cmd.Flags().StringVar(&o.startedAt, "started-at", "", "`TIME`: start of loose recordings without a clock")
	cmd.Flags().StringVar(&o.spaceID, "space", "", "`ID`: the Space (its ID or address on X) whose recording is at the address, or in the playlist or folder of chunks")
	cmd.Flags().IntVar(&o.conns, "connections", 8, "`N`: how many chunks of a playlist are downloaded at the same time")
	cmd.Flags().BoolVar(&o.follow, "follow", false, "follow a Space that is on to its end, and wait for one that is announced")
	cmd.Flags().StringArrayVar(&o.headers, "header", nil, "`@FILE`: send the header lines in FILE to the server of an address, and to no other; may be repeated")
	cmd.Flags().StringVar(&o.cookies, "cookies", "", "`FILE`: send the cookies in FILE (as browsers' extensions and curl save them) to the server of an address")
	manual.Group(cmd.Flags(), "What", "dry-run", "all", "join")
	manual.Group(cmd.Flags(), "Which Space it is", "title", "started-at", "space")
	manual.Group(cmd.Flags(), "Over a network", "online", "connections", "follow", "header", "cookies")
	return cmd
}

func (a *App) extract(ctx context.Context, o extractOptions) error {
	opts, err := a.importOptions(ctx, o)
	if err != nil {
		return err
	}
	var inputs []extract.Input
	if o.paths, inputs, err = o.sortInputs(a.Now()); err != nil {
		return err
	}
	if err := o.checkFollow(inputs); err != nil {
		return err
	}
	spaceID, err := o.checkSource()
	if err != nil {
		return err
	}
	from := &source{App: a}
	defer from.closeBar()
	from.run = extract.New(from.options(o, opts, spaceID))
	defer from.run.Close()
	if err := from.run.Open(ctx, inputs); err != nil {
		return a.sourceError(err)
	}

	var libraries []string
	if libraries, o.paths, err = a.sortLibraries(ctx, o.paths); err != nil {
		return err
	}
	if len(libraries) > 0 {
		if err := a.extractLibraries(ctx, o, libraries); err != nil || len(o.paths)+len(inputs) == 0 {
			return err
		}
	}
	if yes, err := a.askFolders(ctx, o, &opts); err != nil || !yes {
		return err
	}
	from.run.Join(opts)
	if yes, err := a.askPlaylists(ctx, o, from.run.Saved); err != nil || !yes {
		return err
	}
	if p := from.run.Only(o.paths, inputs); p != nil {
		return onlyError(p)
	}
	if err := from.run.OpenFar(ctx); err != nil {
		return a.sourceError(err)
	}
	from.bar.Close() // for that of the downloads
	if err := from.run.Download(ctx, len(o.paths)); err != nil {
		return a.sourceError(err)
	}
	lib, err := from.run.OpenLibrary(ctx, o.paths)
	if err != nil {
		return err
	}
	if lib != nil {
		defer lib.Close()
		a.Opened(lib, nil)
		if from.run.Writes() {
			a.EmptyOld(ctx, lib)
		}
	}
	return a.importInto(ctx, lib, o, from)
}

// importOptions are those of the flags that say what recordings are.
func (a *App) importOptions(ctx context.Context, o extractOptions) (opts intake.Options, err error) {
	opts = intake.Options{Jobs: a.Settings.Jobs, Choose: a.chooseSpace}
	if opts.Jobs == 0 {
		opts.Jobs = runtime.GOMAXPROCS(0)
	}
	if opts.Titles, err = parseTitles(o.titles); err != nil {
		return opts, err
	}
	if o.startedAt != "" {
		opts.StartedAt, err = a.dateOf(ctx, "--started-at", o.startedAt)
	}
	return opts, err
}

// A source shows how a run of package extract gets on.
type source struct {
	*App
	run         *extract.Run
	bar         *terminal.Bar // of reading and taking in
	downloading *terminal.Bar // of the download that is under way
}

func (s *source) closeBar() { s.bar.Close() }

// options are what package extract wants to know of the command.
func (s *source) options(o extractOptions, opts intake.Options, spaceID string) extract.Options {
	s.bar = s.NewBar("extracting")
	return extract.Options{
		Library: s.LibraryOptions(), Import: opts, SpaceID: spaceID, Connections: o.conns, Follow: o.follow, DryRun: o.dryRun,
		Wire: s.WireOptions(0), Zone: s.Zone, Now: s.Now, Stored: s.openStored, Hint: extractHint,
		Say: s.Say,
		Warn: func(format string, args ...any) {
			s.downloading.Close()
			s.App.Warn(format, args...)
		},
		Waiting: func(text string) { s.Say("%s; waiting for it (Ctrl-C stops)", text) },
		Bar: func() extract.Bar {
			s.downloading = s.NewBar("downloading")
			return s.downloading
		},
		Progress: s.bar,
	}
}

// openStored opens the target in which a file on a server of the user's lies.
func (a *App) openStored(u *url.URL, w wire.Options) (*extract.Stored, error) {
	t, name, err := a.Targets().Holding(u)
	switch {
	case errors.Is(err, named.ErrQuery):
		return nil, app.Hinted(app.Usage("%s: the address has a ?", remote.Address{Kind: remote.Stored, URL: u}), "if it is part of a name, write %3F")
	case err != nil:
		return nil, a.TargetError(err)
	}
	target, err := a.OpenTarget(t, w)
	if err != nil {
		return nil, err
	}
	return &extract.Stored{Target: target, Name: name, Account: t.Account()}, nil
}

// importInto extracts everything into the library, which is nil where there is
// none, and tells what came of it.
func (a *App) importInto(ctx context.Context, lib *library.Library, o extractOptions, from *source) error {
	x := &extraction{Report: intake.Report{DryRun: o.dryRun}, app: a, lib: lib, paths: o.paths, followed: o.follow}
	var err error
	x.Summary, err = from.run.Import(ctx, lib, o.paths, x.event)
	from.bar.Close()
	x.fetched, x.fetchedOf = from.run.Fetched()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// What is saved is told, also when something ended the import.
	if err := errors.Join(err, x.finish(ctx)); err != nil {
		return err
	}
	if from.run.Would() > 0 && x.Summary.Problems == 0 {
		return nil
	}
	return x.verdict()
}

var titleFlag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9A-Za-z]{10,16})=(.*)$`)
})

func parseTitles(flags []string) (map[string]string, error) {
	titles := make(map[string]string)
	for _, f := range flags {
		m := titleFlag().FindStringSubmatch(f)
		if m == nil {
			return nil, app.Hinted(app.Usage("--title must be ID=TEXT, not %q", f), "for example: --title 1eaJbNqXaXWxX=\"Jazz night\"")
		}
		titles[m[1]] = m[2]
	}
	return titles, nil
}
