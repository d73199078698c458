package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/charset"
	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/episode/cover"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

type exportOptions struct {
	app.Refs
	preset, format, output string
	loudness, truePeak     string
	trimSilence, level     bool
	cutSilence             string
	keepGaps, mono         bool
	bitRate                int
	encoder, encode        string
	verbose                bool
	title, cover, name     string
	chapters, transcript   string
	transcriptNames        string
	encoding               string // of the transcript
	description, id3       string
	set                    []string
	override               string
	omit                   omitter
	force, publish         bool
	listing                listingFlags
	intro, outro           string
	fade, introChapter     string
	show                   string
}

func newExportCmd(a *App) *cobra.Command { return exportCommand(a, new(exportOptions)) }

// exportCommand is the command, with its flags in o.
func exportCommand(a *App, o *exportOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export SPACE...",
		Short: "Make episodes that can be published as they are",
		Long: `Make episodes that can be published as they are: trimmed, joined, brought to
the loudness of podcasts (about -16 LUFS, within 1 LU; -19 for mono; true peak at
most -1 dBTP) and tagged. The gain is at most 20 dB. AAC and MP3 are not
re-encoded for that: the gains in the coded sound are changed, by steps of 1.5 dB.
Where that would miss the loudness by more than 1 LU, or where all changes
together would add noise less than 42 dB below the sound, or where the sound
itself changes, it is re-encoded and measured again; it stays as it is coded if
re-encoding comes less than 0.5 LU nearer. Exporting does not publish: see spaces
episodes.

Presets: host (as above), untouched (the original audio, with tags), archive
(FLAC), and your own: spaces config set preset.weekly "--trim-silence --mono" keeps
flags for --preset weekly. Flags on the command line override those of the preset.
Words are separated by spaces; quotes and backslashes work as in a shell, variables
do not. --name can contain {date} {title} {time} {host} {id}; --description can
contain {date} {title} {host} {speakers} {duration} {chapters} {source} {id}.`,
		Example: `  spaces export latest --transcript talk.srt --chapters clips
  spaces export 1ypK --trim-silence --format mp3 --id3 2.4 -o episodes/`,
		Annotations: manual.Exits(map[int]string{
			app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitPartly: "some could not be exported; they are listed",
			app.ExitNotFound: "no such Space, or none of them has audio"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			if err := a.applyPreset(cmd, o); err != nil {
				return err
			}
			err := a.export(cmd.Context(), *o)
			var p *recording.Problem
			if errors.As(err, &p) && p.Cause == episode.OtherFormat && o.format == "" && o.output != "" {
				return app.Hinted(err, "give the file of -o another extension, or leave out --encode never")
			}
			return err
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.preset, "preset", "host", "`NAME`: preset: host, untouched, archive, or one of your own")
	f.StringVar(&o.format, "format", "", "`F`: format of the file: "+format.List(format.Encoded()))
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE`, or into a folder")
	f.StringVar(&o.name, "name", "", "`TEMPLATE`: template of the file name")
	f.BoolVar(&o.force, "force", false, "replace an existing file")
	f.BoolVar(&o.publish, "publish", false, "include the episode in the feed")
	f.BoolVar(&o.verbose, "verbose", false, "print how the loudness was changed")
	manual.Group(f, "Output", "preset", "format", "output", "name", "force", "publish", "verbose")
	f.StringVar(&o.loudness, "loudness", "", "`LUFS`: loudness of the episode, or off to keep the levels")
	f.StringVar(&o.truePeak, "true-peak", "", "limit true peaks to `DBTP` (default -1)")
	f.BoolVar(&o.level, "level", false, "bring loud and quiet speakers closer together")
	f.BoolVar(&o.trimSilence, "trim-silence", false, "leave out silence at both ends")
	f.StringVar(&o.cutSilence, "cut-silence", "", "shorten pauses to at most `T`")
	f.BoolVar(&o.keepGaps, "keep-gaps", false, "put silence where the recording has gaps")
	f.BoolVar(&o.mono, "mono", false, "mix down to one channel")
	f.StringVar(&o.encode, "encode", "auto", "`WHEN`: re-encode the sound: auto (if need be), always or never")
	f.IntVar(&o.bitRate, "bit-rate", 0, "`KBITS`: kbit/s of m4a, mp3 and opus (default 64 per channel)")
	f.StringVar(&o.encoder, "encoder", "", "encode MP3 with `PROGRAM`: spaces, lame or ffmpeg")
	manual.Group(f, "Sound", "loudness", "true-peak", "level", "trim-silence", "cut-silence", "keep-gaps", "mono", "encode", "bit-rate", "encoder")
	app.Complete(cmd, "encode", "auto", "always", "never")
	f.StringVar(&o.title, "title", "", "`TEXT`: title of the episode")
	f.StringVar(&o.description, "description", "", "`TEMPLATE`: template of the description")
	f.StringVar(&o.cover, "cover", "", "`FILE`: JPEG or PNG cover, or none (default: cover.jpg or cover.png beside the episodes, or in the library)")
	f.StringVar(&o.chapters, "chapters", "", "`FILE`: file with chapters, or turns (approximate), clips, topics (a proposal from the transcript), kept (edited in the studio; the default if there are any) or none")
	f.StringVar(&o.transcript, "transcript", "", "`FILE`: .srt, .vtt or .json with a transcript, or none (default: the one that the library keeps)")
	f.StringVar(&o.transcriptNames, "transcript-speakers", "", "`WHICH`: speakers named in a kept transcript: confirmed (default), estimated too, or none")
	f.StringVar(&o.id3, "id3", "", "`VERSION`: version of the ID3 tag of an MP3, 2.3 or 2.4")
	f.StringArrayVar(&o.set, "set", nil, "`KEY=VALUE`: set a tag: album, artist, genre or track; may be repeated")
	manual.Group(f, "Tags", "title", "description", "cover", "chapters", "transcript", "transcript-speakers", "id3", "set")
	app.Complete(cmd, "transcript-speakers", "confirmed", "estimated", "none")
	app.AddEncoding(cmd, &o.encoding, "the transcript", "Tags")
	app.AddShow(cmd, a.App, &o.show, "In the feed")
	o.listing.add(cmd, false)
	o.addBumpers(cmd)
	app.CompleteWith(cmd, "preset", a.presetNames)
	addOmitter(cmd, &o.omit)
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// request is what all episodes of a command line share.
func (o *exportOptions) request(a *App) (q episode.Request, err error) {
	q = episode.Request{
		Version: a.Version, Preset: episode.Preset(o.preset), Mono: o.mono, Encoder: o.encoder, Encode: episode.ReEncoding(o.encode), TrimSilence: o.trimSilence,
		KeepGaps: o.keepGaps, Level: o.level, Title: o.title, Description: o.description, ID3: o.id3, Name: o.name, Force: o.force, Publish: o.publish, Jobs: a.jobs(),
	}
	if err := app.OneOf("--encode", o.encode, []string{"auto", "always", "never"}); err != nil {
		return q, err
	}
	if q.Format, err = format.Parse(o.format, format.Encoded()); err != nil {
		return q, err
	}
	if o.loudness == "off" {
		q.KeepLoudness = true
	} else if q.Loudness, err = decibels("--loudness", o.loudness, -40, -5); err != nil {
		return q, err
	}
	if q.TruePeak, err = decibels("--true-peak", o.truePeak, -20, 0); err != nil {
		return q, err
	}
	if o.cutSilence != "" {
		if q.CutSilence, err = recording.ParseTime(o.cutSilence); err != nil {
			return q, err
		}
		if q.CutSilence.Seconds() < 0.5 {
			return q, app.Usage("--cut-silence must be at least 0.5 s, not %s", o.cutSilence)
		}
	}
	if o.bitRate != 0 && (o.bitRate < 24 || o.bitRate > 320) {
		return q, app.Usage("--bit-rate must be from 24 to 320 kbit/s, not %d", o.bitRate)
	}
	q.BitRate = o.bitRate * 1000
	for _, s := range o.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return q, app.Usage("--set must be KEY=VALUE, not %q", s)
		}
		q.Set = append(q.Set, tags.Pair{Name: name, Value: value})
	}
	switch o.cover {
	case "":
	case "none":
		q.NoCover = true
	default:
		if q.Cover, err = os.ReadFile(o.cover); err != nil {
			return q, err
		}
		if _, err := cover.Check(q.Cover); err != nil {
			return q, app.Fail(app.ExitUsage, "bad-cover", "use a square JPEG or PNG in RGB, 1400 to 3000 pixels wide", fmt.Errorf("%s: %w", o.cover, err))
		}
	}
	return q, nil
}

// decibels reads a level within bounds; the empty text is nil.
func decibels(flag, text string, low, high float64) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= low && v <= high) {
		return nil, app.Usage("%s must be from %g to %g, not %q", flag, low, high, text)
	}
	return &v, nil
}

// place says where an episode goes, and by that in which format if nothing
// else says it.
func (o *exportOptions) place(q *episode.Request, many bool) error {
	if o.output == "" {
		return nil
	}
	if o.publish {
		return app.Hinted(app.Usage("--publish cannot be combined with -o: the feed takes episodes from the library's folders"), "leave out -o")
	}
	info, err := os.Stat(o.output)
	if os.IsPathSeparator(o.output[len(o.output)-1]) || err == nil && info.IsDir() {
		q.Dir = o.output
		return nil
	}
	if many {
		return app.Usage("%s cannot hold several episodes: name a folder, such as %s/", o.output, o.output)
	}
	dir, file := filepath.Split(o.output)
	if q.Dir = dir; dir == "" {
		q.Dir = "."
	}
	q.File = file
	f, ok := format.Of(o.output, format.Encoded())
	switch {
	case !ok:
		return app.Hinted(app.Usage("%s does not end in %s", o.output, format.Exts(format.Encoded())), "name a folder instead: "+o.output+"/")
	case q.Format == "":
		q.Format = f
	case q.Format != f:
		return app.Usage("%s does not have the extension of %s", o.output, q.Format)
	}
	return nil
}

// An exported is a line of JSON about an episode: its record, and where it is.
type exported struct {
	episode.Record
	Path   string         `json:"path"`
	Status episode.Status `json:"status"`
	Remark []string       `json:"remarks"`
}

func (a *App) export(ctx context.Context, o exportOptions) error {
	// Minutes of samples are held at once, in few large buffers: collecting
	// often costs next to nothing and halves the memory that it takes.
	const garbage = 25
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	if os.Getenv("GOMEMLIMIT") == "" { // with many --jobs, too
		const most = 90 << 20
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(most))
	}
	q, err := o.request(a)
	if err == nil {
		err = o.omit.check(o.override)
	}
	if err == nil {
		err = o.checkTranscript()
	}
	if err != nil {
		return err
	}
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if err := o.place(&q, len(rows) > 1); err != nil {
		return err
	}
	if o.givesTranscript() && len(rows) > 1 {
		return app.Usage("--transcript can belong to one Space only, not to %d", len(rows))
	}
	q.Library = lib
	tag := a.Settings.Language
	if show, err := app.LoadShow(lib, o.show); err == nil {
		tag = cmp.Or(show.Language, tag)
	}
	q.Language, _ = languages.For(tag)
	if q.Listing, err = o.listing.relisting(ctx, a); err != nil {
		return err
	}
	if (!q.Listing.IsNone() || o.show != "") && !o.publish {
		return app.Usage("--show, --season, --number, --type and --explicit need --publish")
	}
	if o.show != "" {
		show, err := app.LoadShow(lib, o.show)
		if err != nil {
			return err
		}
		q.Show = show.Name
	}
	if o.publish && o.title == "" {
		if _, err := a.NameSpaces(ctx, lib, untitled(rows), false); err != nil {
			return err
		}
	}
	closeBumpers, err := o.openBumpers(ctx, a, &q)
	if err != nil {
		return err
	}
	defer closeBumpers()
	ask, err := a.NewAsker(lib, o.override, false)
	if err != nil {
		return err
	}
	defer ask.Close()
	ask.Late = len(rows) > 1
	defer ask.PrintWarnings()
	if err := o.hearBumpers(ctx, ask, &q); err != nil {
		return err
	}
	if err := a.reviewExport(&o, ask, lib, rows); err != nil {
		return err
	}
	var waiting []string // ids whose episodes are not published
	err = a.EachSpace(ctx, "exporting", rows, episode.Phases(), "exports-failed", "exported", func(row catalog.Row, p stream.Progress) (func() error, error) {
		res, err := a.exportSpace(ctx, &o, ask, q, row, p)
		return func() error {
			if o.output == "" && len(res.PublishedIn()) == 0 {
				waiting = append(waiting, row.ID)
			}
			return a.printExported(res, o.verbose)
		}, err
	})
	if ctx.Err() == nil {
		a.publishHint(lib, waiting)
	}
	return err
}

// untitled lists the Spaces that have no title but their date.
func untitled(rows []catalog.Row) (ids []string) {
	for _, row := range rows {
		if row.TitleSource == space.TitleDate {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

// mark finds the chapters that an episode gets.
func (o *exportOptions) mark(a *App, q *episode.Request, s *space.Space, out *omission) error {
	q.ChapterSource = o.chapters
	switch o.chapters {
	case "", "kept":
		return o.markKept(q, s, out)
	case "none":
		q.ChapterSource = ""
		return nil
	case "turns":
		turns, err := q.Library.Turns(s.ID)
		if err != nil || turns == nil || len(turns.Turns) == 0 {
			return app.Fail(app.ExitNotFound, "no-turns", "list the chapters in a file: --chapters FILE", fmt.Errorf("no speaking turns are known for %s", s.ID))
		}
		q.Chapters, q.RoughChapters = chapters.FromTurns(out.Heard(turns.Turns), chapters.LeastSeconds, q.Language), turns.Approximate
		return nil
	case "topics":
		return o.propose(a, q, s)
	case "clips":
		list, broken, err := clips.List(q.Library.Root(), s.Folder)
		if err != nil {
			return err
		}
		if len(broken) > 0 {
			return broken[0] // a chapter would be missing
		}
		if len(list) == 0 {
			return app.Fail(app.ExitNotFound, "no-clips", "cut some first (spaces clip), or list the chapters in a file: --chapters FILE", fmt.Errorf("no clips have been cut from %s", s.ID))
		}
		var marks []chapters.Clip
		for _, c := range list {
			mark := chapters.Clip{Start: c.At, Title: c.Settings.Title}
			span := recording.Span{Start: c.Start, Samples: c.Samples}
			if len(c.Omitted) == 0 && !out.None(span) { // it may be what somebody says who is left out
				mark.Title = ""
			}
			marks = append(marks, mark)
		}
		q.Chapters = chapters.FromClips(marks)
		return nil
	}
	return o.readChapters(a, q)
}

// markKept takes the chapters that the host has edited, by default too. Those that
// name somebody who is left out are left out.
func (o *exportOptions) markKept(q *episode.Request, s *space.Space, out *omission) error {
	list, err := chapters.Kept(q.Library, s)
	if err != nil {
		return err
	}
	if len(list) == 0 && o.chapters == "kept" {
		return app.Fail(app.ExitNotFound, "no-chapters", "edit them in spaces studio, or list the chapters in a file: --chapters FILE", fmt.Errorf("no chapters have been edited for %s", s.ID))
	}
	q.Chapters = out.unnamed(list)
	if len(list) > 0 {
		q.ChapterSource = "kept"
	}
	return nil
}

// readChapters reads a list of chapters.
func (o *exportOptions) readChapters(a *App, q *episode.Request) error {
	f, err := os.Open(o.chapters)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, chapters.MaxFile+1))
	if err != nil {
		return err
	}
	text := &charset.Text{Bytes: b}
	if len(b) <= chapters.MaxFile { // else it is refused unread
		text, err = charset.Decode(b, "")
	}
	if err != nil {
		return app.Hinted(app.Usage("%s: %w", o.chapters, err), "save the file as UTF-8")
	}
	if text.Found {
		a.WarnDecoded(o.chapters, text.Encoding, text.Sample, "save it as UTF-8")
	}
	q.ChapterSource = "file"
	if q.Chapters, _, err = chapters.Parse(bytes.NewReader(text.Bytes), length(q)); err != nil {
		return app.Usage("%s: %w", o.chapters, err)
	}
	return nil
}

// length is that of the recording, in seconds.
func length(q *episode.Request) float64 { return q.Recording.Seconds(q.Recording.Samples) }

// reviewExport stops a command that would leave out what nobody has looked at.
func (a *App) reviewExport(o *exportOptions, ask *app.Asker, lib *library.Library, rows []catalog.Row) error {
	if !o.omit.only || o.omit.reviewed {
		return nil
	}
	var lines []string
	for _, row := range rows {
		r, err := recording.Open(lib, row.ID, a.Version)
		if err != nil {
			return err
		}
		out, err := o.omit.omission(ask, consent.Exporting, r)
		if err == nil && len(out.Spans) > 0 {
			lines = append(lines, row.ID+": "+out.text(recording.Span{Samples: r.Samples}))
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return notReviewed(rows[0].ID, lines)
}

// exportSpace makes one episode.
func (a *App) exportSpace(ctx context.Context, o *exportOptions, ask *app.Asker, q episode.Request, row catalog.Row, p stream.Progress) (*episode.Result, error) {
	s, err := q.Library.Load(row.ID)
	if err != nil {
		return nil, err
	}
	if q.Recording, err = recording.Open(q.Library, row.ID, a.Version); err != nil {
		return nil, err
	}
	defer q.Recording.Close()
	out := new(omission)
	if o.omit.only {
		if out, err = o.omit.omission(ask, consent.Exporting, q.Recording); err != nil {
			return nil, err
		}
		q.Omit, q.Unnamed = out.Omission.Omission, out.Unnamed()
		err = consentedBumpers(ctx, ask, &q)
	} else {
		q.ConsentMissing, err = ask.AskAll(ctx, consent.Exporting, []gate.Use{{Recording: row.ID, Also: heardIn(&q)}})
	}
	if err != nil {
		return nil, err
	}
	if q.Transcript, err = o.transcriptOf(a, q.Library, s, length(&q)); err != nil {
		return nil, err
	}
	if err := o.mark(a, &q, s, out); err != nil {
		return nil, err
	}
	res, err := episode.Export(ctx, q, p)
	if err != nil {
		return nil, soundError(q.Library, s, err)
	}
	return res, nil
}
