package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/spell"
)

// videoOptions are the flags of clips that are videos. What is not set comes from
// the settings.
type videoOptions struct {
	shape, look, theme, accent, background, logo, font, address, captions, still string
	size, fps                                                                    int
	pictures                                                                     []string
	speakers, endCard                                                            bool
	isSet                                                                        func(flag string) bool
}

// add adds the flags of the picture.
func (o *videoOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	o.isSet = f.Changed
	f.StringVar(&o.shape, "shape", "", "`SHAPE`: shape of the picture: wide (16:9), square, portrait (4:5) or tall (9:16)")
	f.IntVar(&o.size, "size", 0, "`N`: pixels of the shorter side, 720, or 1080 for other places than X")
	f.StringVar(&o.look, "look", "", "`LOOK`: look of the picture: clean, bold or card")
	f.StringVar(&o.theme, "theme", "", "`THEME`: colours of the picture: dark or light")
	f.StringVar(&o.accent, "accent", "", "`COLOUR`: the colour that all others are made from, '#rrggbb'")
	f.StringVar(&o.font, "font", "", app.FontFlag)
	f.IntVar(&o.fps, "fps", 0, "`N`: pictures per second, 25, 30 or 60")
	f.StringVar(&o.logo, "logo", "", "`FILE`: JPEG or PNG to show in a corner, or none")
	f.StringVar(&o.background, "background", "", "`FILE`: JPEG or PNG to show behind everything, or none")
	f.StringVar(&o.captions, "captions", "", "`FILE`: .srt, .vtt or .json with a transcript, or none (default: the transcript that the library keeps)")
	f.BoolVar(&o.speakers, "speakers", false, "show who speaks, if you have confirmed it")
	f.StringArrayVar(&o.pictures, "picture", nil, "`HANDLE=FILE`: JPEG or PNG of a speaker, with --speakers; may be repeated")
	f.StringVar(&o.address, "address", "", "`TEXT`: address on a card at the end, such as example.com/show")
	f.BoolVar(&o.endCard, "end-card", false, "show a card with cover and address for 2 s at the end (default: if there is an address)")
	f.StringVar(&o.still, "still", "", "`FILE`: write a picture of the video too, as .png, for the post")
	manual.Group(f, "Picture", "shape", "size", "look", "theme", "accent", "font", "fps", "logo", "background", "captions", "speakers", "picture", "address", "end-card", "still")
	app.Complete(cmd, "shape", app.Words(audiogram.Shapes())...)
	app.Complete(cmd, "size", "720", "1080")
	app.Complete(cmd, "look", app.Words(audiogram.Looks())...)
	app.Complete(cmd, "theme", app.Words(audiogram.Themes())...)
	app.Complete(cmd, "fps", "25", "30", "60")
}

// newStyle makes the style of the flags and the settings, with fonts for a
// language.
func (v *filmer) newStyle(language string) (*audiogram.Style, error) {
	o, set := &v.c.o.video, &v.c.app.Settings.Video
	fonts, err := v.c.app.Letters(o.font, language)
	if err != nil {
		return nil, err
	}
	c := audiogram.Config{
		Shape: audiogram.Shape(cmp.Or(o.shape, set.Shape)), Size: cmp.Or(o.size, set.Size),
		Look: audiogram.Look(cmp.Or(o.look, set.Look)), Theme: audiogram.Theme(cmp.Or(o.theme, set.Theme)),
		Accent: cmp.Or(o.accent, set.Accent), FPS: cmp.Or(o.fps, set.FPS),
		Cover: v.c.model.Cover, Fonts: fonts, Font: cmp.Or(o.font, v.c.app.Settings.VideoFont),
		Address: cmp.Or(o.address, set.Address), Zone: v.c.app.Zone, Language: language,
	}
	logo, background := fileOr(o.logo, set.Logo), fileOr(o.background, set.Background)
	for file, into := range map[string]*[]byte{logo: &c.Logo, background: &c.Background} {
		if file != "" {
			if *into, err = readPicture(file); err != nil {
				return nil, err
			}
		}
	}
	if logo == background && logo != "" {
		c.Logo = c.Background
	}
	files, err := v.pictures(&c)
	if err != nil {
		return nil, err
	}
	if err := v.endCard(&c); err != nil {
		return nil, err
	}
	style, err := audiogram.New(c)
	if err != nil {
		var wrong *audiogram.ConfigError
		var face *audiogram.PictureError
		switch {
		case errors.As(err, &wrong):
			return nil, app.Usage("--%s %s", wrong.Field, wrong.Must)
		case errors.As(err, &face):
			return nil, app.Usage("%s: %w", files[face.Handle], err)
		case errors.Is(err, audiogram.ErrCover):
			return nil, app.Usage("%s: %w", cmp.Or(v.c.o.cover, set.Cover), err)
		case errors.Is(err, audiogram.ErrLogo):
			return nil, app.Usage("%s: %w", logo, err)
		case errors.Is(err, audiogram.ErrBackground):
			return nil, app.Usage("%s: %w", background, err)
		}
		return nil, app.Usage("%w", err)
	}
	if now := style.Adjusted(); now != "" {
		v.c.app.Warn("%s is hard to see in the %s theme; the video has %s", c.Accent, c.Theme, now)
	}
	return style, nil
}

// fileOr is the file of a flag, or else that of a setting; "none" is no file.
func fileOr(flag, set string) string {
	if file := cmp.Or(flag, set); file != "none" {
		return file
	}
	return ""
}

// pictures reads those of speakers, and returns the names of their files.
func (v *filmer) pictures(c *audiogram.Config) (files map[string]string, err error) {
	files = make(map[string]string)
	for handle, file := range v.c.app.Settings.Video.Pictures {
		files[handle] = file
	}
	for _, p := range v.c.o.video.pictures {
		handle, file, ok := strings.Cut(p, "=")
		handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
		if !ok || file == "" || !consent.IsHandle(handle) {
			return nil, app.Usage("--picture must be HANDLE=FILE, such as ann=ann.jpg, not %q", p)
		}
		files[handle] = file
	}
	if len(v.c.o.video.pictures) > 0 && !v.c.o.video.speakers && !v.c.app.Settings.Video.Speakers {
		return nil, app.Hinted(app.Usage("--picture is shown with the speakers only"), "add --speakers")
	}
	c.Pictures = make(map[string][]byte)
	for handle, file := range files {
		if c.Pictures[handle], err = readPicture(file); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// endCard decides whether there is a card at the end.
func (v *filmer) endCard(c *audiogram.Config) error {
	o, set := &v.c.o.video, &v.c.app.Settings.Video
	something := c.Address != "" || len(c.Cover) > 0 || len(c.Logo) > 0
	switch {
	case o.isSet("end-card"):
		c.EndCard = o.endCard
		if o.endCard && !something {
			return app.Hinted(app.Usage("--end-card has nothing to show"), "add --address, --cover or --logo")
		}
	case set.EndCardSet:
		c.EndCard = set.EndCard && something
	default:
		c.EndCard = c.Address != ""
	}
	return nil
}

// forX tells what of the pictures X does not take, before they are made.
func (v *filmer) forX() error {
	o, set := &v.c.o.video, &v.c.app.Settings.Video
	size, _ := audiogram.Dimensions(audiogram.Shape(cmp.Or(o.shape, set.Shape)), cmp.Or(o.size, set.Size))
	l := x.Current()
	for _, c := range l.Check(&x.Clip{Bytes: 1, Seconds: 1, Width: size.X, Height: size.Y, Rate: 25, Video: "H.264", Profile: 66, Audio: track.AACLC, Channels: 1}) {
		if c.Result == x.Over {
			v.c.app.Warn("X does not take videos of %d×%d, but at most %d×%d: this one is for other places (--size 720 is for X)", size.X, size.Y, l.MostWidth, l.MostTall)
		}
	}
	return nil
}

// tooLong tells what of a clip X does not take from every account, before it is
// made.
func (v *filmer) tooLong(q *clips.Request) {
	l := x.Current()
	seconds := q.Recording.Seconds(q.Span.Samples) + v.style.After()
	switch from := spell.Moment(q.Recording.Seconds(q.Span.Start)); {
	case seconds > l.MostSeconds:
		v.c.app.Warn("%s: X does not take videos of more than %s; this one has %s", from, spell.Position(l.MostSeconds), spell.Position(seconds))
	case seconds > l.Seconds:
		v.c.app.Warn("%s: X takes videos of more than %g s from some accounts only; this one has %s", from, l.Seconds, spell.Position(seconds))
	}
}

// lacks tells what of a clip no font can write, before it is made.
func (v *filmer) lacks(q *clips.Request, r *audiogram.Renderer) {
	list := r.Unwritten(q)
	v.c.app.WarnUnwritten(list)
	v.lackMu.Lock()
	defer v.lackMu.Unlock()
	if v.lack == nil {
		v.lack = make(map[clipKey][]lettering.Unwritten)
	}
	v.lack[keyOf(q.Recording.Space.ID, q.Span.Start, q.Span.Samples)] = list
}

// A clipKey is a clip of a recording.
type clipKey struct {
	id             string
	start, samples int64
}

func keyOf(id string, start, samples int64) clipKey { return clipKey{id, start, samples} }

// unwritten returns what lacks has told of a clip.
func (v *filmer) unwritten(r clips.Result) []lettering.Unwritten {
	v.lackMu.Lock()
	defer v.lackMu.Unlock()
	return v.lack[keyOf(r.Recording, r.Start, r.Samples)]
}

// checkStill refuses a still where several clips are cut.
func (o *clipOptions) checkStill(places int) error {
	switch still := o.video.still; {
	case still == "":
	case o.batch != "" || places > 1:
		return app.Usage("--still is for one video")
	case !strings.EqualFold(filepath.Ext(still), ".png"):
		return app.Usage("--still must be a .png, not %q", still)
	case !o.force && !o.dryRun:
		if _, err := os.Lstat(still); err == nil {
			return app.Hinted(app.Usage("%s exists", still), "replace it with --force, or name another file")
		}
	}
	return nil
}

// still writes the picture of a video that --still asks for, if it does.
func (v *filmer) still(ctx context.Context, q *clips.Request) error {
	name := v.c.o.video.still
	if name == "" || q.DryRun {
		return nil
	}
	picture, err := q.Renderer.(*audiogram.Renderer).Best(ctx, q)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return err
	}
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := (durable.Options{Perm: 0o644}).WriteFile(dir, filepath.Base(name), b.Bytes()); err != nil {
		return err
	}
	v.c.app.Say("wrote the picture %s", v.c.app.Shorten(name))
	return nil
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
