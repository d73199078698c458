package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/manual"
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
	var inputs []remoteInput
	if o.paths, inputs, err = o.sortInputs(a.Now()); err != nil {
		return err
	}
	if err := o.checkFollow(inputs); err != nil {
		return err
	}
	from := new(sources)
	if from.downloads, err = a.newDownloads(o); err != nil {
		return err
	}
	defer from.downloads.close()
	files, err := from.downloads.openAll(ctx, inputs)
	if err != nil {
		return err
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
	from.saved = &savedJoiner{app: a, dryRun: o.dryRun, online: make(map[string]bool), space: from.downloads.spaceID}
	opts.Playlist, opts.SpaceID = from.saved.join, from.downloads.spaceID
	if yes, err := a.askPlaylists(ctx, o, from.saved); err != nil || !yes {
		return err
	}
	if err := from.downloads.only(o, inputs); err != nil {
		return err
	}

	from.bar = a.NewBar("extracting")
	defer from.bar.Close()
	opts.Progress = from.bar
	if from.far, err = a.openFar(ctx, files, o.dryRun, from.bar); err != nil {
		return err
	}
	defer from.far.Close()
	from.bar.Close() // for that of the downloads
	if err := from.download(ctx, o.dryRun, &opts); err != nil {
		return err
	}
	lib, err := a.openToExtract(ctx, o, &opts, from)
	if err != nil {
		return err
	}
	if lib != nil {
		defer lib.Close()
	}
	return a.importInto(ctx, lib, o, opts, from)
}

// importOptions are those of the flags that say what recordings are.
func (a *App) importOptions(ctx context.Context, o extractOptions) (opts intake.Options, err error) {
	opts = intake.Options{DryRun: o.dryRun, Jobs: a.Settings.Jobs, Choose: a.chooseSpace}
	if opts.Jobs == 0 {
		opts.Jobs = runtime.GOMAXPROCS(0)
	}
	if opts.Titles, err = parseTitles(o.titles); err != nil {
		return opts, err
	}
	if o.startedAt != "" {
		opts.StartedAt, err = a.startedAt(ctx, o.startedAt)
	}
	return opts, err
}

// sources are where recordings come from that do not lie as files on the disk.
type sources struct {
	downloads *downloads   // playlists by address
	saved     *savedJoiner // playlists on the disk
	far       *farFiles    // files on servers
	bar       *terminal.Bar
}

// openAll opens the playlists among addresses, and returns the others, which are
// of files on servers.
func (d *downloads) openAll(ctx context.Context, inputs []remoteInput) (files []remoteInput, err error) {
	for _, in := range inputs {
		switch in.Kind {
		case remote.Playlist, remote.Space:
			d.open(ctx, in)
		case remote.XPage:
			return nil, app.Fail(app.ExitNotFound, "x-page", "the address of a Space is https://x.com/i/spaces/ID; to get your archive, download it with a browser that is signed in to X, then: spaces extract FILE.zip",
				fmt.Errorf("%s is a page of X, not a Space or a recording", in.Address))
		default:
			files = append(files, in)
		}
	}
	return files, nil
}

// download fetches the chunks of the playlists, and tells opts what came of them
// and of files on servers.
func (s *sources) download(ctx context.Context, dryRun bool, opts *intake.Options) error {
	opts.Archives, opts.Problems = s.far.archives, s.far.problems
	for _, in := range s.far.playlist { // told by their content
		s.downloads.open(ctx, in)
	}
	err := s.downloads.run(ctx, dryRun)
	opts.Joined = s.downloads.joined
	return err
}

// openToExtract opens the library for writing. In a dry run it only reads it, or
// returns nil if there is none; so it does where there is nothing to extract:
// what holds no Spaces leaves no library behind.
func (a *App) openToExtract(ctx context.Context, o extractOptions, opts *intake.Options, from *sources) (*library.Library, error) {
	lib, err := library.Open(ctx, a.LibraryOptions())
	if app.IsNoLibrary(err) {
		lib, err = nil, nil
		probe, perr := intake.Import(ctx, nil, o.paths, intake.Options{DryRun: true, Jobs: opts.Jobs, Titles: opts.Titles, StartedAt: opts.StartedAt, Archives: opts.Archives, Join: opts.Join, Playlist: from.saved.probe}, func(intake.Event) {})
		opts.DryRun = opts.DryRun || perr == nil && probe.Nothing() && len(from.far.toSave) == 0 && !from.saved.some && !from.downloads.any()
	}
	if !opts.DryRun {
		if lib != nil {
			lib.Close()
		}
		lib, err = library.OpenWrite(ctx, a.LibraryOptions())
	}
	if err != nil || lib == nil {
		return nil, err
	}
	a.Opened(lib, nil)
	if !opts.DryRun {
		from.saved.lib = lib
		a.EmptyOld(ctx, lib)
	}
	return lib, nil
}

// importInto extracts everything into the library, which is nil where there is
// none, and tells what came of it.
func (a *App) importInto(ctx context.Context, lib *library.Library, o extractOptions, opts intake.Options, from *sources) error {
	x := &extraction{Report: intake.Report{DryRun: o.dryRun}, app: a, lib: lib, paths: o.paths, followed: o.follow}
	writes := lib != nil && !opts.DryRun
	if writes {
		paths, err := from.far.save(ctx, lib)
		if err != nil {
			return err
		}
		o.paths, opts.Problems = append(o.paths, paths...), from.far.problems
	}
	before := a.accountOf(lib, opts.DryRun)
	var err error
	x.Summary, err = intake.Import(ctx, lib, o.paths, opts, x.event)
	from.bar.Close()
	err = errors.Join(err, from.saved.clean())
	x.fetched, x.fetchedOf = from.far.fetched()
	if err == nil && writes {
		err = from.far.tidy(lib)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = errors.Join(err, a.settleAnswers(ctx, lib, before))
	// What is saved is told, also when something ended the import.
	if err := errors.Join(err, x.finish(ctx)); err != nil {
		return err
	}
	if from.far.would > 0 && x.Summary.Problems == 0 {
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
