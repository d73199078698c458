package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
)

// maxFade is the longest fade, in seconds.
const maxFade = 30

// addBumpers adds the flags of intro and outro.
func (o *exportOptions) addBumpers(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.intro, "intro", "", "`FILE`: sound file before the recording, or none (default: the setting export.intro)")
	f.StringVar(&o.outro, "outro", "", "`FILE`: sound file after the recording, or none (default: the setting export.outro)")
	f.StringVar(&o.fade, "fade", "", "fade intro, recording and outro into each other for `T`, 0 to 30 s (default 1 s, or the setting export.fade)")
	f.StringVar(&o.introChapter, "intro-chapter", "", "`TITLE`: title of a chapter for the intro")
	manual.Group(f, "Intro and outro", "intro", "outro", "fade", "intro-chapter")
}

// openBumpers opens intro and outro: those of the command line, or else, for the
// preset that changes the sound, those of the settings.
func (o *exportOptions) openBumpers(ctx context.Context, a *App, q *episode.Request) (done func(), err error) {
	var open []*episode.Bumper
	done = func() {
		for _, b := range open {
			b.Close()
		}
	}
	fade := o.fade
	if fade == "" {
		fade = a.Settings.Export.Fade
	}
	if q.Fade, err = parseFade(fade); err != nil {
		return nil, err
	}
	for _, b := range []struct {
		given, set string
		to         **episode.Bumper
	}{{o.intro, a.Settings.Export.Intro, &q.Intro}, {o.outro, a.Settings.Export.Outro, &q.Outro}} {
		name := b.given
		if name == "" && q.Preset == episode.Host {
			name = b.set
		}
		if name == "" || name == "none" {
			continue
		}
		file, err := episode.OpenBumper(ctx, name)
		if err != nil {
			done()
			return nil, err
		}
		open = append(open, file)
		*b.to = file
	}
	if q.IntroChapter = o.introChapter; o.introChapter != "" && q.Intro == nil && o.intro == "" { // none is said by who overrides a preset
		done()
		return nil, app.Usage("--intro-chapter needs --intro")
	}
	if o.fade != "" && q.Intro == nil && q.Outro == nil && o.intro == "" && o.outro == "" {
		done()
		return nil, app.Usage("--fade needs --intro or --outro")
	}
	return done, nil
}

func parseFade(text string) (time.Duration, error) {
	if text == "" {
		return time.Duration(episode.DefaultFade * float64(time.Second)), nil
	}
	t, err := recording.ParseTime(text)
	if err != nil || t < 0 || t.Seconds() > maxFade {
		return 0, app.Usage("--fade must be 0 to %d s, not %q", maxFade, text)
	}
	return t, nil
}

// hearBumpers finds the recordings of the library that intro and outro are made of.
func (o *exportOptions) hearBumpers(ctx context.Context, ask *app.Asker, q *episode.Request) (err error) {
	for _, b := range []*episode.Bumper{q.Intro, q.Outro} {
		if b == nil {
			continue
		}
		if b.Heard, err = ask.Bumper(ctx, b.Path); err != nil {
			return err
		}
	}
	return nil
}

// heardIn is what intro and outro hold of recordings of the library.
func heardIn(q *episode.Request) []gate.Use {
	var uses []gate.Use
	for _, b := range []*episode.Bumper{q.Intro, q.Outro} {
		if b != nil {
			uses = append(uses, gate.OfBumper(b.Heard)...)
		}
	}
	return uses
}

// consentedBumpers refuses intro and outro with the voice of somebody who has not
// agreed where such voices are left out: nothing can be left out of these.
func consentedBumpers(ctx context.Context, ask *app.Asker, q *episode.Request) error {
	found, err := ask.CheckAll(ctx, consent.Exporting, heardIn(q))
	if err != nil {
		return err
	}
	for _, f := range found {
		if len(f.Missing) > 0 {
			file := q.Intro
			if file == nil || len(file.Heard) == 0 {
				file = q.Outro
			}
			return app.Fail(app.ExitFailed, "consent", "leave it out: --intro none --outro none",
				fmt.Errorf("%s cannot be part of the episode: speakers without consent: %s", filepath.Base(file.Path), f.Names()))
		}
	}
	return nil
}
