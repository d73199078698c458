package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/waveform"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/peaks/draw"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type waveformOptions struct {
	app.Refs
	from, to       string
	output, format string
	force          bool

	width, height    int // of pictures
	dark, noSpeakers bool
	font             string

	samplesPerPixel, bits int // of data
}

// What a waveform is written as, and what it has unless told otherwise.
const (
	defaultWidth, defaultHeight = 1600, 400

	// As audiowaveform has it, and peaks.js asks for.
	defaultSamplesPerPixel, defaultBits = peaks.DefaultBucket, 8
)

func newWaveformCmd(a *App) *cobra.Command {
	var o waveformOptions
	cmd := &cobra.Command{
		Use:   "waveform SPACE",
		Short: "Draw the waveform, or write it as data",
		Long: `Draw the waveform of a recording, or a part of it, as PNG or SVG, with a time axis, the time of day
if known, and a colour for each speaker. Speaking turns are approximate (≈), because they are
estimated from the levels that X recorded. Or write the waveform as data for peaks.js and
wavesurfer.js: the formats json and dat are those of audiowaveform, version 2.

T is 75, 1:15, 1:02:03.250 or 62m3s. Without -o, the file is written to the current folder,
with the name of the recording.`,
		Example: `  spaces waveform latest
  spaces waveform 1ypK --from 12:30 --to 14:00 --dark -o quote.svg
  spaces waveform 1ypK -o peaks.json --samples-per-pixel 512`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or a time outside the recording", app.ExitNotFound: "no such Space, or it has no audio"}),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.waveform(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE`, into a folder, or - for standard output")
	f.StringVar(&o.format, "format", "", "`F`: format: png, svg, json or dat (default: by the extension of FILE, otherwise png)")
	f.StringVar(&o.from, "from", "", "begin at `T`")
	f.StringVar(&o.to, "to", "", "end at `T`")
	f.IntVar(&o.width, "width", 0, fmt.Sprintf("`N`: width of the picture in pixels (default %d)", defaultWidth))
	f.IntVar(&o.height, "height", 0, fmt.Sprintf("`N`: height of the picture in pixels (default %d)", defaultHeight))
	f.BoolVar(&o.dark, "dark", false, "draw light on dark")
	f.BoolVar(&o.noSpeakers, "no-speakers", false, "draw all speakers in one colour, without names")
	f.StringVar(&o.font, "font", "", app.FontFlag)
	f.IntVar(&o.samplesPerPixel, "samples-per-pixel", 0, fmt.Sprintf("`N`: samples per value, a multiple of %d (default %[1]d)", defaultSamplesPerPixel))
	f.IntVar(&o.bits, "bits", 0, fmt.Sprintf("`N`: bits per value, 8 or 16 (default %d)", defaultBits))
	f.BoolVar(&o.force, "force", false, "replace an existing file")
	app.AddIDOnly(cmd, &o.Refs)
	manual.Group(f, "Where", "from", "to", "id-only")
	manual.Group(f, "Output", "output", "format", "force")
	manual.Group(f, "Picture", "width", "height", "dark", "no-speakers", "font")
	manual.Group(f, "Data", "samples-per-pixel", "bits")
	return cmd
}

func waveformFormats() string { return spell.Or(app.Words(waveform.Formats())) }

// complete finds the format, sets what was not said, and refuses what does
// not go together.
func (o *waveformOptions) complete(a *App) error {
	if o.format == "" {
		ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(o.output), "."))
		switch {
		case waveform.Format(ext).Known():
			o.format = ext
		case ext == "" || isFolder(o.output):
			o.format = string(waveform.PNG)
		default:
			return app.Hinted(app.Usage("a waveform cannot be written as .%s", terminal.Safe(ext)), "choose "+waveformFormats()+" with --format")
		}
	}
	f := waveform.Format(o.format)
	if !f.Known() {
		return app.OneOf("--format", o.format, app.Words(waveform.Formats()))
	}
	switch {
	case o.output == "-" && a.OutTTY && !f.Text():
		return app.Hinted(app.Usage("cannot write %s to a terminal", o.format), "name a file with -o FILE, or pipe the output to another program")
	case o.output == "-" && a.Settings.JSON:
		return app.Usage("-o - and --json both write to standard output")
	case f.Drawn() && (o.samplesPerPixel != 0 || o.bits != 0):
		return app.Usage("--samples-per-pixel and --bits apply to json and dat, not to %s", o.format)
	case !f.Drawn() && (o.width != 0 || o.height != 0 || o.dark || o.noSpeakers):
		return app.Usage("--width, --height, --dark and --no-speakers apply to png and svg, not to %s", o.format)
	case o.font != "" && f != waveform.PNG:
		return app.Usage("--font applies to png, not to %s", o.format)
	}
	o.width, o.height = cmp.Or(o.width, defaultWidth), cmp.Or(o.height, defaultHeight)
	o.samplesPerPixel, o.bits = cmp.Or(o.samplesPerPixel, defaultSamplesPerPixel), cmp.Or(o.bits, defaultBits)
	switch {
	case o.width < draw.MinWidth || o.width > draw.MaxWidth || o.height < draw.MinHeight || o.height > draw.MaxHeight:
		return app.Usage("--width and --height must be from %dx%d to %dx%d pixels, not %dx%d",
			draw.MinWidth, draw.MinHeight, draw.MaxWidth, draw.MaxHeight, o.width, o.height)
	case o.samplesPerPixel < 1 || o.samplesPerPixel%peaks.DefaultBucket != 0 || o.samplesPerPixel > math.MaxInt32:
		return app.Usage("--samples-per-pixel must be a multiple of %d, not %d", peaks.DefaultBucket, o.samplesPerPixel)
	case o.bits != 8 && o.bits != 16:
		return app.Usage("--bits must be 8 or 16, not %d", o.bits)
	}
	return nil
}

// isFolder reports whether a path names a folder, be it there or not.
func isFolder(name string) bool {
	if name == "" || os.IsPathSeparator(name[len(name)-1]) {
		return name != ""
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func (a *App) waveform(ctx context.Context, o waveformOptions) error {
	if err := o.complete(a); err != nil {
		return err
	}
	var letters *lettering.Set
	if o.format == string(waveform.PNG) {
		var err error
		if letters, err = a.Letters(o.font, ""); err != nil {
			return err
		}
	}
	lib, row, err := o.OpenOne(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	if _, err := pathOf(lib, row, false); err != nil {
		return err
	}
	s, err := lib.Load(row.ID)
	if err != nil {
		return err
	}
	w := waveform.Waveform{Space: s, Format: waveform.Format(o.format), Width: o.width, Height: o.height, Dark: o.dark,
		Letters: letters, SamplesPerPixel: o.samplesPerPixel, Bits: o.bits}
	if w.From, w.To, err = o.window(s); err != nil {
		return err
	}
	name := o.output
	if name == "" || isFolder(name) {
		name = filepath.Join(name, w.Name(o.from != "" || o.to != ""))
	}
	if name != "-" {
		if err := clips.MayWrite(lib.Dir(), name, "", o.force); err != nil {
			return err
		}
		// Better to say so before an hour is decoded than after.
		if err := durable.MayWrite(name, o.force); err != nil {
			return err
		}
	}
	bar := a.NewBar("measuring")
	x, c, err := recording.Peaks(ctx, lib, row.ID, a.jobs(), bar)
	bar.Close()
	if err != nil {
		return soundError(lib, s, err)
	}
	defer c.Close()
	w.Peaks = x
	if !o.noSpeakers {
		if w.Turns, err = lib.Turns(row.ID); err != nil {
			return err
		}
	}
	var broken []*clips.BrokenError
	if w.Clips, broken, err = clips.List(lib.Root(), s.Folder); err != nil {
		return err
	}
	for _, b := range broken {
		a.Warn("%v; the clip is not marked", b)
	}
	var one bool
	if w.Clock, one = s.StartClock(space.Stretch{Start: w.From.Seconds(), End: w.To.Seconds()}); !one && w.Format.Drawn() {
		a.Say("The picture does not show the time of day, because time was lost in this recording (spaces show %s)", row.ID)
	}
	w.Clock = w.Clock.In(a.Zone)
	lacks := w.Unwritten()
	a.WarnUnwritten(lacks)
	if name == "-" {
		return w.Write(a.Out)
	}
	bytes, err := durable.WriteNew(name, o.force, w.Write)
	if err != nil {
		return err
	}
	return a.printWaveform(&w, lacks, name, bytes)
}

// window finds the stretch that --from and --to mean.
func (o *waveformOptions) window(s *space.Space) (from, to time.Duration, err error) {
	length := time.Duration(*s.Duration * float64(time.Second))
	to = length
	if o.from != "" {
		if from, err = recording.ParseTime(o.from); err != nil {
			return 0, 0, err
		}
	}
	if o.to != "" {
		if to, err = recording.ParseTime(o.to); err != nil {
			return 0, 0, err
		}
	}
	outside := func(format string, args ...any) (time.Duration, time.Duration, error) {
		return 0, 0, app.Fail(app.ExitUsage, string(recording.OutOfRange), "the recording is "+spell.Length(*s.Duration)+" long", fmt.Errorf(format, args...))
	}
	switch {
	case from < 0 || from >= length:
		return outside("--from %s is outside the recording", o.from)
	case to >= length+time.Second: // tables show whole seconds
		return outside("--to %s is past the end of the recording", o.to)
	case to <= from:
		return outside("--to %s is not after the start, %s", o.to, spell.Moment(from.Seconds()))
	}
	return from, min(to, length), nil
}

// printWaveform tells what was written.
func (a *App) printWaveform(w *waveform.Waveform, lacks []lettering.Unwritten, name string, bytes int64) error {
	if a.Settings.JSON {
		from, to := w.Span()
		rate := float64(w.Peaks.SampleRate)
		return app.WriteJSON(a.Out, struct {
			Schema  int             `json:"schema"`
			ID      string          `json:"id"`
			Format  waveform.Format `json:"format"`
			At      float64         `json:"at"`
			Length  float64         `json:"length"`
			Start   int64           `json:"start"`
			Samples int64           `json:"samples"`
			File    string          `json:"file"`
			Bytes   int64           `json:"bytes"`

			Unwritten []lettering.Unwritten `json:"unwritten,omitempty"`
		}{space.Schema, w.Space.ID, w.Format, float64(from) / rate, float64(to-from) / rate, from, to - from, name, bytes, lacks})
	}
	_, err := fmt.Fprintf(a.Out, "%s  %s to %s  %s\n", terminal.Safe(a.Shorten(name)), spell.Position(w.From.Seconds()), spell.Position(w.To.Seconds()), spell.Size(bytes))
	return err
}

// waveRows is how many lines a waveform in the terminal has.
const waveRows = 6

// wave draws the waveform of a recording with block characters.
func (a *App) wave(ctx context.Context, lib *library.Library, s *space.Space) (string, error) {
	bar := a.NewBar("measuring")
	x, c, err := recording.Peaks(ctx, lib, s.ID, a.jobs(), bar)
	bar.Close()
	if err != nil {
		return "", soundError(lib, s, err)
	}
	defer c.Close()
	columns := 72
	if a.Columns > 0 {
		columns = max(24, a.Columns)
	}
	return waveform.Text(x, columns, waveRows)
}
