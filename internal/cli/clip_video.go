package cli

import (
	"context"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
)

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

	lackMu sync.Mutex
	lack   map[clipKey][]lettering.Unwritten // of clips

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
	if err != nil {
		return err
	}
	renderer := v.style.Renderer(cues, turns)
	q.Renderer = renderer
	v.tooLong(q)
	v.lacks(q, renderer)
	return nil
}

// prepare reads what all clips share.
func (v *filmer) prepare(r *recording.Recording) error {
	o := &v.c.o.video
	language := ""
	if o.captions == "" {
		language = v.keptOf(r.Space).language
	}
	var err error
	if v.style, err = v.newStyle(language); err != nil {
		return err
	}
	if err := v.forX(); err != nil {
		return err
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
	q.CaptionsOf = v.c.o.video.file()
	list, q.Captions, err = audiogram.Captions(cues, from, to)
	return list, err
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
	o := &v.c.o.video
	if o.isSet("speakers") && !o.speakers || !o.speakers && !v.c.app.Settings.Video.Speakers {
		return nil, nil
	}
	turns, err := v.c.lib.Turns(q.Recording.Space.ID)
	if err != nil {
		return nil, err
	}
	if !o.speakers && (turns == nil || turns.Approximate) {
		return nil, nil // the setting is for those that are confirmed
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
