package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
)

type clipOptions struct {
	app.Refs
	at, around, clock []string
	quotes            []string
	from, to          string // where quotes are looked for
	speaker           string
	length, end       string
	exact             bool
	snap              string // one of snaps, or empty

	output, format, name string
	title, cover         string
	force, dryRun        bool

	fade, normalize     string
	level, mono, strict bool

	formats                  []format.Format // those that the command makes
	batch, recording, failed string
	encoding                 string // of the captions, or else of the batch
	anywhere                 bool   // a batch may write into any folder
	override                 string
	omit                     omitter
	video                    videoOptions
}

func newClipCmd(a *App) *cobra.Command {
	var o clipOptions
	cmd := &cobra.Command{
		Use:   "clip SPACE",
		Short: "Cut excerpts, exact to the sample",
		Long: `Cut excerpts of a recording, exact to the sample. A clip is re-encoded only if
a flag requires it. It is written to the recording's folder, beside a .json
file with its origin. For a clip with a picture, see spaces video.

T is 75, 1:15, 1:02:03.250 or 62m3s. A clip that would end after the recording
is shortened. --quote cuts around words of the transcript (see spaces transcribe)
and ends in the pauses around them. A lossless clip contains up to one hidden frame at each end,
of Opus 0.3 s before its start; --strict removes them.

` + batchText,
		Example: `  spaces clip latest --at 12:30
  spaces clip 1ypK --around 41:07 --fade 0.5s --normalize -o quote.m4a
  spaces clip latest --quote "we should have … said no"
  spaces moments latest --json | spaces clip -`,
		Annotations: clipExits(),
		Args:        app.Takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words, o.formats = args, format.Sound()
			return a.clip(cmd.Context(), o)
		},
	}
	o.addPlaces(cmd)
	o.addSound(cmd)
	o.addOutput(cmd, format.Sound())
	o.addBatch(cmd)
	addOmitter(cmd, &o.omit)
	o.addConsent(cmd)
	return cmd
}

const batchText = `--batch reads places from CSV (recording,at,length,end,quote,title,output,
format), a JSON array, JSON Lines or an Audacity label track, and cuts them all. With
SPACE "-", standard input is the batch or, if flags give the place, a list of
ids. --name can contain {date} {title} {at} {end} {length} {clock} {id}.`

func clipExits() map[string]string {
	return manual.Exits(map[int]string{
		app.ExitUsage: "wrong usage, or a time outside the recording", app.ExitPartly: "some clips failed; they are listed",
		app.ExitNotFound: "no such Space, nothing was recorded there, or the speaking turns are not known"})
}

// addPlaces adds the flags that say where to cut.
func (o *clipOptions) addPlaces(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.at, "at", nil, "start at `T`; may be repeated")
	f.StringArrayVar(&o.around, "around", nil, "put `T` in the middle; may be repeated")
	f.StringArrayVar(&o.clock, "clock", nil, "start at the time of day `TIME`: 18:31:05 or 2021-06-14T18:31:05Z; may be repeated")
	f.StringArrayVar(&o.quotes, "quote", nil, "cut around the words `TEXT` of the transcript, such as 'first words … last words'; may be repeated")
	f.StringVar(&o.from, "from", "", "with --quote: only words after `T`")
	f.StringVar(&o.to, "to", "", "with --quote: only words before `T`")
	f.StringVar(&o.speaker, "speaker", "", "cut each speaking turn of `HANDLE` (approximate); with --quote: only words of HANDLE")
	f.StringVar(&o.length, "length", "", "`T`: length of the clip (default 30 s)")
	f.StringVar(&o.end, "end", "", "end at `T`; with --clock, at a time of day")
	f.StringVar(&o.snap, "snap", "", "move both ends to the nearest `PLACE`: silence (default) within 1 s, or sentence, by the transcript, within 10 s")
	f.Lookup("snap").NoOptDefVal = snapSilence
	app.Complete(cmd, "snap", snaps...)
	f.BoolVar(&o.exact, "exact", false, "refuse a clip that would end after the recording")
	manual.Group(f, "Where", "at", "around", "clock", "quote", "from", "to", "speaker", "length", "end", "snap", "exact")
}

// addSound adds the flags that change the sound.
func (o *clipOptions) addSound(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.fade, "fade", "", "fade in and out for `T`; re-encodes")
	f.StringVar(&o.normalize, "normalize", "", "bring the loudness to `LUFS` (-16, or -19 for mono), as far as the peaks allow, or off; re-encodes if need be")
	f.Lookup("normalize").NoOptDefVal = usualLoudness
	f.BoolVar(&o.level, "level", false, "bring loud and quiet speakers closer together; re-encodes if need be")
	f.BoolVar(&o.mono, "mono", false, "mix down to one channel; re-encodes")
	f.BoolVar(&o.strict, "strict", false, "write no hidden samples before and after the clip; re-encodes")
	manual.Group(f, "Sound", "fade", "normalize", "level", "mono", "strict")
}

// addOutput adds the flags that say what is written; of several formats the
// host chooses.
func (o *clipOptions) addOutput(cmd *cobra.Command, formats []format.Format) {
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE`, into a folder, or - for standard output")
	if len(formats) > 1 {
		f.StringVar(&o.format, "format", "", "`F`: format of the file: "+format.List(formats))
		manual.Group(f, "Output", "format")
		app.Complete(cmd, "format", app.Words(formats)...)
	}
	f.StringVar(&o.name, "name", "", "`TEMPLATE`: template of the file name")
	f.StringVar(&o.title, "title", "", "`TEXT`: title of the clip")
	f.StringVar(&o.cover, "cover", "", "`FILE`: JPEG or PNG picture to show with the clip")
	f.BoolVar(&o.force, "force", false, "replace an existing file")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would be cut, and write nothing")
	manual.Group(f, "Output", "output", "name", "title", "cover", "force", "dry-run")
}

// addBatch adds the flags of batches.
func (o *clipOptions) addBatch(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.batch, "batch", "", "cut every place that `FILE` lists (- is standard input)")
	f.StringVar(&o.recording, "recording", "", "use `SPACE` for lines that do not name a recording")
	f.StringVar(&o.failed, "failed", "", "write failed lines to `FILE`")
	f.BoolVar(&o.anywhere, "anywhere", false, "allow outputs outside the folder of -o (or the current folder)")
	manual.Group(f, "Batch", "batch", "recording", "failed", "anywhere")
	of := "the batch"
	if f.Lookup("captions") != nil {
		of = "the captions, or else of the batch"
	}
	app.AddEncoding(cmd, &o.encoding, of, "Batch")
}

// addConsent adds the flags about those who have not agreed.
func (o *clipOptions) addConsent(cmd *cobra.Command) {
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
}

// A clipper cuts clips with the settings of one command line.
type clipper struct {
	app   *App
	o     clipOptions
	lib   *library.Library
	pool  *recording.Pool
	model clips.Request // what all clips share
	gate  *app.Asker
	films filmer

	omitMu sync.Mutex
	omits  map[string]*omission // by id
	words  wordCache
}

// clip runs the command.
func (a *App) clip(ctx context.Context, o clipOptions) error {
	c := &clipper{app: a, o: o, omits: make(map[string]*omission)}
	c.films.c = c
	var err error
	if c.model, err = o.request(); err != nil {
		return err
	}
	if err := c.o.check(a); err != nil {
		return err
	}
	if cover := a.Settings.Video.Cover; o.films() && o.cover == "" && cover != "" {
		if c.model.Cover, err = readPicture(cover); err != nil {
			return err
		}
	}
	if c.lib, err = a.OpenLibrary(ctx); err != nil {
		return err
	}
	defer c.lib.Close()
	if c.gate, err = a.NewAsker(c.lib, o.override, o.dryRun); err != nil {
		return err
	}
	defer c.gate.Close()
	const open = 16 // recordings at once
	c.pool = recording.NewPool(open, func(id string) (*recording.Recording, error) { return recording.Open(c.lib, id, a.Version) })
	defer c.pool.Close()
	if c.o.batch != "" {
		return c.runBatch(ctx)
	}
	rows, err := c.o.Resolve(ctx, a.App, c.lib)
	if err != nil {
		return err
	}
	if len(rows) == 1 {
		return c.runOne(ctx, rows[0].ID)
	}
	return c.runEach(ctx, rows)
}

// check refuses flags that do not go together.
func (o *clipOptions) check(a *App) error {
	if err := o.omit.check(o.override); err != nil {
		return err
	}
	if err := o.checkQuotes(); err != nil {
		return err
	}
	places := len(o.at) + len(o.around) + len(o.clock) + len(o.quotes)
	if places == 0 && o.speaker == "" && o.batch == "" && slices.Equal(o.Words, []string{"-"}) {
		o.batch, o.Words = "-", nil
	}
	one := len(o.Words) == 1
	if err := app.CheckEncoding(o.encoding, cmp.Or(o.batch, o.video.file()), "--batch or --captions"); err != nil {
		return err
	}
	if err := o.checkStill(places); err != nil {
		return err
	}
	switch {
	case o.batch != "" && (places > 0 || o.speaker != "" || o.length != "" || o.end != "" || o.title != ""):
		return app.Usage("--batch cannot be combined with --at, --around, --clock, --quote, --speaker, --length, --end or --title")
	case o.batch != "" && o.output == "-":
		return app.Usage("a batch cannot be written to standard output; give -o a folder")
	case o.batch != "" && one && o.recording != "":
		return app.Usage("the recording is named twice: by SPACE and by --recording")
	case o.batch != "":
		return nil
	case o.recording != "" || o.failed != "":
		return app.Usage("--recording and --failed need --batch")
	case o.anywhere:
		return app.Usage("--anywhere needs --batch")
	case !one:
		return app.Hinted(app.Usage("spaces %s needs SPACE", o.command()), "name a Space, such as latest, or list places in a file for --batch")
	case places == 0 && o.speaker == "":
		return app.Hinted(app.Usage("spaces %s needs a place in the recording", o.command()), "use --at T, --around T, --clock TIME, --quote TEXT or --speaker HANDLE")
	case o.speaker != "" && (places > len(o.quotes) || o.length != "" || o.end != ""):
		return app.Usage("--speaker cannot be combined with --at, --around, --clock, --length or --end")
	case o.output == "-" && a.OutTTY:
		return app.Hinted(app.Usage("cannot write the clip to a terminal"), "name a file with -o FILE, or pipe the clip to another program")
	case o.output == "-" && (places > 1 || o.speaker != "" && len(o.quotes) == 0):
		return app.Usage("only one clip can be written to standard output")
	case o.output == "-" && a.Settings.JSON:
		return app.Usage("-o - and --json both write to standard output")
	}
	return nil
}

// command is the name of the command that cuts.
func (o *clipOptions) command() string {
	if o.films() {
		return "video"
	}
	return "clip"
}

// films reports whether the clips are videos.
func (o *clipOptions) films() bool { return slices.Contains(o.formats, format.MP4) }

// request is what all clips of a command line share.
func (o *clipOptions) request() (clips.Request, error) {
	q := clips.Request{Title: o.title, Name: o.name, Force: o.force, Strict: o.strict, DryRun: o.dryRun}
	q.Mono = o.mono
	var err error
	if q.Format, err = format.Parse(o.format, o.formats); err != nil {
		return q, err
	}
	if o.fade != "" {
		if q.Fade, err = recording.ParseTime(o.fade); err != nil {
			return q, err
		}
		if q.Fade < 0 || q.Fade > time.Hour {
			return q, app.Usage("--fade must be a time from 0 to 1 h, not %s", o.fade)
		}
	}
	q.Level = o.level
	if q.Normalize, _, err = o.loudness(); err != nil {
		return q, err
	}
	if o.cover != "" {
		if q.Cover, err = readPicture(o.cover); err != nil {
			return q, err
		}
	}
	return q, nil
}

// usualLoudness is the value of --normalize for the loudness that suits the
// channels of a clip. Videos have it unless the flag says otherwise.
const usualLoudness = "auto"

// loudness returns the loudness that --normalize names, or nil for none or for the
// usual one.
func (o *clipOptions) loudness() (lufs *float64, usual bool, err error) {
	switch o.normalize {
	case "off":
		return nil, false, nil
	case usualLoudness:
		return nil, true, nil
	case "":
		return nil, o.films(), nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(o.normalize, "LUFS"), 64)
	if err != nil || !(v >= -70 && v <= 0) {
		return nil, false, app.Usage("--normalize must be auto, off, or a loudness from -70 to 0 LUFS, not %q", o.normalize)
	}
	return &v, false, nil
}

// runEach cuts the clips that the flags name of each of several Spaces.
func (c *clipper) runEach(ctx context.Context, rows []catalog.Row) error {
	if c.o.output != "" && !isFolder(c.o.output) {
		return app.Usage("%s cannot hold clips of several Spaces: name a folder, such as %s/", c.o.output, c.o.output)
	}
	failed := 0
	for _, row := range rows {
		err := c.runOne(ctx, row.ID)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed++
			c.app.PrintFailure(fmt.Errorf("%s: %w", row.ID, err))
		}
	}
	return partly(failed, len(rows))
}

// runOne cuts the clips that the flags name, all of one Space.
func (c *clipper) runOne(ctx context.Context, id string) error {
	r, release, err := c.pool.Get(id)
	defer release()
	if err != nil {
		return err
	}
	spans, err := c.spans(ctx, r)
	if err != nil {
		return err
	}
	if err := c.review(r, spans); err != nil {
		return err
	}
	if err := c.o.checkStill(len(spans)); err != nil {
		return err
	}
	failed := 0
	for _, s := range spans {
		q := c.model
		q.Recording, q.Span, q.Shortened = r, s.Span, s.Shortened
		if err := c.entitle(&q, s.said); err != nil {
			return err
		}
		if err := c.direct(&q, c.o.output, len(spans) > 1); err != nil {
			return err
		}
		if err := c.films.film(&q); err != nil {
			return err
		}
		res, missing, err := c.cut(ctx, q)
		if err == nil {
			err = c.printLine(0, res, missing, s.said)
		}
		if err == nil {
			err = c.films.still(ctx, &q)
		}
		if err != nil && (len(spans) == 1 || ctx.Err() != nil) {
			return err
		}
		if err != nil {
			failed++
			if err := c.printFailed(clips.Line{Recording: id, At: spell.Moment(r.Seconds(s.Start))}, err); err != nil {
				return err
			}
		}
	}
	return partly(failed, len(spans))
}

// review stops a command that would leave out what nobody has looked at.
func (c *clipper) review(r *recording.Recording, spans []place) error {
	if !c.o.omit.only || c.o.omit.reviewed || c.o.dryRun {
		return nil
	}
	out, err := c.omission(r)
	if err != nil {
		return err
	}
	var lines []string
	for _, s := range spans {
		if text := out.text(s.Span); text != "" {
			lines = append(lines, spell.Moment(r.Seconds(s.Start))+": "+text)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return notReviewed(r.Space.ID, lines)
}

// cut makes a clip if those who speak in it have agreed, or if they need not.
func (c *clipper) cut(ctx context.Context, q clips.Request) (clips.Result, []string, error) {
	r := q.Recording
	if err := c.setLevels(&q); err != nil {
		return clips.Result{}, nil, err
	}
	if c.o.omit.only {
		out, err := c.omission(r)
		if err != nil {
			return clips.Result{}, nil, err
		}
		q.Omit = out.Omission.Omission
		res, err := clips.Cut(ctx, q)
		return res, nil, err
	}
	use, err := gate.OfRequest(q)
	if err != nil {
		return clips.Result{}, nil, err
	}
	missing, err := c.gate.Ask(ctx, consent.Clipping, use)
	if err != nil {
		return clips.Result{}, nil, err
	}
	res, err := clips.Cut(ctx, q)
	return res, missing, err
}

// setLevels says what becomes of the levels of a clip.
func (c *clipper) setLevels(q *clips.Request) error {
	if _, usual, _ := c.o.loudness(); usual {
		lufs := q.UsualLoudness()
		q.Normalize = &lufs
	}
	if !q.Level {
		return nil
	}
	r := q.Recording
	known, err := c.lib.Turns(r.Space.ID)
	if err != nil {
		return err
	}
	if known == nil || len(known.Turns) == 0 {
		return app.Fail(app.ExitNotFound, "no-turns",
			"leave out --level, or write the turns to a file, and confirm them: spaces speakers confirm "+r.Space.ID+" --turns FILE", fmt.Errorf("no speaking turns are known for %s", r.Space.ID))
	}
	q.Turns = clips.TurnsOf(r, known.Turns)
	return nil
}

// partly is the error of a command of which so many clips failed.
func partly(failed, all int) error {
	code := app.ExitPartly
	if failed == 0 {
		return nil
	}
	if failed == all {
		code = app.ExitFailed
	}
	return app.Fail(code, "clips-failed", "", fmt.Errorf("%d of %d clips failed", failed, all))
}

// spans finds the stretches that the flags name.
func (c *clipper) spans(ctx context.Context, r *recording.Recording) ([]place, error) {
	if len(c.o.quotes) > 0 {
		return c.quoted(ctx, r)
	}
	turns, err := c.lib.Turns(r.Space.ID)
	if err != nil {
		return nil, err
	}
	found, err := recording.Places{
		At: c.o.at, Around: c.o.around, Clock: c.o.clock, Speaker: c.o.speaker, Snap: c.o.snap == snapSilence,
		Place: recording.Place{Zone: c.app.Zone, Length: c.o.length, End: c.o.end, Exact: c.o.exact},
	}.Find(ctx, r, turns)
	if err != nil {
		return nil, err
	}
	list := make([]place, len(found))
	for i, f := range found {
		list[i].Found = f
		if err := c.toSentences(ctx, r, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// direct says where a clip goes, and by that in which format if nothing else
// says it.
func (c *clipper) direct(q *clips.Request, output string, many bool) error {
	if output == "" {
		return nil
	}
	if output == "-" {
		q.Writer, q.Note = c.app.Out, true
		return nil
	}
	info, err := os.Stat(output)
	folder := os.IsPathSeparator(output[len(output)-1]) || err == nil && info.IsDir()
	switch {
	case folder:
		name, err := q.FileName()
		if err != nil {
			return err
		}
		q.File = filepath.Join(output, name)
		if err := clips.MayWrite(c.lib.Dir(), q.File, "", false); err != nil {
			return err
		}
		return os.MkdirAll(output, 0o777)
	case many:
		return app.Usage("%s cannot hold several clips: name a folder, such as %s/", output, output)
	}
	if dir := filepath.Dir(output); isMissing(dir) {
		return app.Fail(app.ExitNotFound, "no-such-file", "make the folder, or name another one with -o", fmt.Errorf("the folder %s does not exist", dir))
	}
	f, ok := format.Of(output, format.All())
	video := c.o.films()
	switch {
	case ok && f == format.MP4 && q.Format == format.M4A: // sound alone may well be called .mp4
	case ok && f == format.MP4 && !video:
		return app.Hinted(app.Usage("%s would be a video, but spaces clip writes only audio", output), "use spaces video with the same flags")
	case ok && video && f != format.MP4:
		return app.Usage("a video must end in .mp4, not %s", filepath.Ext(output))
	case ok && q.Format != "" && f != q.Format:
		return app.Usage("%s does not have the extension of %s", output, q.Format)
	case ok:
		q.Format = f
	case q.Format == "" && filepath.Ext(output) != "" && (err != nil || info.Mode().IsRegular()):
		return app.Hinted(app.Usage("unknown file type %s", filepath.Ext(output)), "name the format with --format")
	}
	q.File = output
	return nil
}
