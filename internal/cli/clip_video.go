package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// videoOptions are the flags of clips that are videos.
type videoOptions struct {
	shape, look, theme, accent, background, captions string
	size, fps                                        int
	speakers                                         bool
}

func newVideoCmd(a *App) *cobra.Command {
	var o clipOptions
	cmd := &cobra.Command{
		Use:   "video SPACE",
		Short: "Cut clips as videos with captions, for X and others",
		Long: `Cut clips as MP4 videos: the sound of spaces clip, with captions in large letters
if the Space has a transcript, bars that follow the sound, the title, and the
names of the speakers if you have confirmed the turns. The sound is brought to about -16 LUFS (-19 for
mono), as far as its peaks and a gain of at most 20 dB allow; it is re-encoded only if
its peaks or a flag require it. --normalize=off keeps it.
Speakers without consent cannot be left out of a video; to cut the audio
without them: spaces clip SPACE --at T --consented-only.

T is 75, 1:15, 1:02:03.250 or 62m3s. A clip that would end after the recording
is shortened.

` + batchText,
		Example: `  spaces video latest --at 12:30
  spaces video 1ypK --at 41:07 --shape tall --theme dark --captions talk.srt
  spaces video latest --at 41:07 --length 20s -o quote.mp4`,
		Annotations: clipExits(),
		Args:        app.Takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words, o.formats, o.format = args, []format.Format{format.MP4}, string(format.MP4)
			return a.clip(cmd.Context(), o)
		},
	}
	o.addPlaces(cmd)
	o.video.add(cmd)
	o.addSound(cmd)
	o.addOutput(cmd, []format.Format{format.MP4})
	o.addBatch(cmd)
	o.addConsent(cmd)
	return cmd
}

// add adds the flags of the picture.
func (o *videoOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.shape, "shape", "", "`SHAPE`: shape of the picture: wide (16:9), square, portrait (4:5) or tall (9:16)")
	f.IntVar(&o.size, "size", 0, "`N`: pixels of the shorter side, 720, or 1080 for other places than X")
	f.StringVar(&o.look, "look", "", "`LOOK`: look of the picture: clean, bold or card")
	f.StringVar(&o.theme, "theme", "", "`THEME`: colours of the picture: dark or light")
	f.StringVar(&o.accent, "accent", "", "`COLOUR`: the colour that all others are made from, '#rrggbb'")
	f.IntVar(&o.fps, "fps", 0, "`N`: pictures per second, 25, 30 or 60")
	f.StringVar(&o.background, "background", "", "`FILE`: JPEG or PNG picture to show behind everything")
	f.StringVar(&o.captions, "captions", "", "`FILE`: .srt, .vtt or .json with a transcript, or none (default: the transcript that the library keeps)")
	f.BoolVar(&o.speakers, "speakers", false, "show who speaks, if you have confirmed it")
	manual.Group(f, "Picture", "shape", "size", "look", "theme", "accent", "fps", "background", "captions", "speakers")
	app.Complete(cmd, "shape", app.Words(audiogram.Shapes())...)
	app.Complete(cmd, "size", "720", "1080")
	app.Complete(cmd, "look", app.Words(audiogram.Looks())...)
	app.Complete(cmd, "theme", app.Words(audiogram.Themes())...)
	app.Complete(cmd, "fps", "25", "30", "60")
}

// file is the transcript that the command line names, or "".
func (o *videoOptions) file() string {
	if o.captions == noTranscript {
		return ""
	}
	return o.captions
}

// A filmer makes the films of clips that are videos.
type filmer struct {
	c    *clipper
	only string // the id of the Space that captions are those of, in a batch

	begin  sync.Once
	style  *audiogram.Style
	cues   []transcript.Cue // of the file
	ending transcript.Note  // what was cut at the end of the recording
	atEnd  sync.Once        // told of it
	err    error

	keptMu sync.Mutex
	kept   map[string]captioned // by the id of the recording
}

// A captioned is what the library knows of what is said in a recording.
type captioned struct {
	cues     []transcript.Cue
	language string
}

// film gives a clip that is a video its pictures.
func (v *filmer) film(q *clips.Request) error {
	if q.Format != format.MP4 {
		return nil
	}
	v.begin.Do(func() { v.err = v.prepare(q.Recording) })
	if v.err != nil {
		return v.err
	}
	cues, err := v.captions(q)
	if err != nil {
		return err
	}
	turns, err := v.turns(q)
	q.Renderer = v.style.Renderer(cues, turns)
	return err
}

// prepare reads what all clips share.
func (v *filmer) prepare(r *recording.Recording) error {
	o := &v.c.o.video
	config := audiogram.Config{
		Shape: audiogram.Shape(o.shape), Size: o.size, Look: audiogram.Look(o.look), Theme: audiogram.Theme(o.theme), Accent: o.accent, FPS: o.fps,
		Cover: v.c.model.Cover, Zone: v.c.app.Zone,
	}
	var err error
	if o.background != "" {
		if config.Background, err = readPicture(o.background); err != nil {
			return err
		}
	}
	if v.style, err = audiogram.New(config); err != nil {
		var wrong *audiogram.ConfigError
		switch {
		case errors.As(err, &wrong):
			return app.Usage("--%s %s", wrong.Field, wrong.Must)
		case errors.Is(err, audiogram.ErrCover):
			return app.Usage("%s: %w", v.c.o.cover, err)
		case errors.Is(err, audiogram.ErrBackground):
			return app.Usage("%s: %w", o.background, err)
		}
		return app.Usage("%w", err)
	}
	if c := v.style.Adjusted(); c != "" {
		v.c.app.Warn("%s is hard to see on the background of this theme; the video has %s", o.accent, c)
	}
	if o.file() == "" {
		return nil
	}
	read, err := transcript.ReadFile(o.captions, transcript.Options{Encoding: v.c.o.encoding}, r.Seconds(r.Samples))
	if err != nil {
		return err
	}
	v.cues = read.Cues
	var told []transcript.Note
	for _, n := range read.Notes {
		switch n.Kind {
		case transcript.CutAtEnd:
			v.ending = n
		case transcript.PastEnd: // in no clip
		default:
			told = append(told, n)
		}
	}
	v.c.app.WarnTranscript(o.captions, told)
	return nil
}

// captions returns what is said in a clip, and has it written beside it.
func (v *filmer) captions(q *clips.Request) (list []audiogram.Cue, err error) {
	r := q.Recording
	from, to := r.Seconds(q.Span.Start), r.Seconds(q.Span.End())
	cues := v.cues
	switch {
	case v.c.o.video.captions == "":
		kept := v.keptOf(r.Space)
		cues, q.Language = kept.cues, kept.language
	case v.only != "" && v.only != r.Space.ID:
		return nil, app.Usage("--captions belong to %s, not to this Space", v.only)
	}
	if cues, err = v.c.gate.Captions(*q, cues); err != nil {
		return nil, err
	}
	if v.ending.N > 0 && v.ending.At < to {
		v.atEnd.Do(func() { v.c.app.WarnTranscript(v.c.o.video.captions, []transcript.Note{v.ending}) })
	}
	if list, q.Captions, err = audiogram.Captions(cues, from, to); err != nil {
		return nil, err
	}
	if n := v.style.Unwritten(list); n > 0 {
		v.c.app.Warn("%s: the font lacks letters of %s; the .srt has them", spell.Moment(from), spell.Count(n, "caption"))
	}
	return list, nil
}

// keptOf returns what the transcript that the library keeps of a recording says,
// as captions.
func (v *filmer) keptOf(s *space.Space) captioned {
	v.keptMu.Lock()
	defer v.keptMu.Unlock()
	if known, ok := v.kept[s.ID]; ok {
		return known
	}
	var found captioned
	if t := v.c.app.keptTranscript(v.c.lib, s); t != nil {
		found = captioned{transcript.Captions(t.Cues()), t.Language}
	}
	if v.kept == nil {
		v.kept = make(map[string]captioned)
	}
	v.kept[s.ID] = found
	return found
}

// turns returns who speaks in a clip, by what the host has confirmed.
func (v *filmer) turns(q *clips.Request) ([]audiogram.SpeakerCue, error) {
	if !v.c.o.video.speakers {
		return nil, nil
	}
	turns, err := v.c.lib.Turns(q.Recording.Space.ID)
	if err != nil {
		return nil, err
	}
	return audiogram.Speakers(q.Recording, q.Span, turns)
}

// ofOneSpace finds the Space that the captions of a batch are those of.
func (v *filmer) ofOneSpace(ctx context.Context, ids *idCache, word string) error {
	if v.c.o.video.file() == "" {
		return nil
	}
	if word == "" {
		return app.Hinted(app.Usage("--captions can belong to one Space only"), "name the Space: --recording SPACE")
	}
	var err error
	v.only, err = ids.find(ctx, word)
	return err
}

// readPicture reads a JPEG or PNG that goes into a clip.
func readPicture(name string) ([]byte, error) {
	const most = 16 << 20
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s: the picture is larger than %s", name, spell.Size(most))
	}
	b, err := os.ReadFile(name)
	if err == nil && !bytes.HasPrefix(b, []byte("\xFF\xD8\xFF")) && !bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1A\n")) {
		err = fmt.Errorf("%s is neither JPEG nor PNG", name)
	}
	return b, err
}
