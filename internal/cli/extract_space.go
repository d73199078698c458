package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
	"github.com/spaces-cli/spaces/internal/spell"
)

// askSpace asks yt-dlp where the sound of a Space is. With --follow it waits for
// one that is only announced.
func (a *App) askSpace(ctx context.Context, in remoteInput, follow bool) (*ytdlp.Answer, error) {
	ask := func(ctx context.Context) (*ytdlp.Answer, error) {
		return ytdlp.Ask(ctx, ytdlp.Options{Cookies: in.cookies}, in.SpaceID)
	}
	if !follow {
		answer, err := ask(ctx)
		switch {
		case err != nil:
			return nil, a.spaceProblem(in.SpaceID, err)
		case answer.Playlist == nil:
			return nil, a.announced(answer)
		}
		return answer, nil
	}
	var told time.Time
	answer, err := ytdlp.Await(ctx, ask, func(answer *ytdlp.Answer, _ time.Duration) {
		if told.IsZero() || !told.Equal(answer.Starts) {
			a.Say("%s: %s; waiting for it (Ctrl-C stops)", in.SpaceID, a.begins(answer.Starts))
		}
		told = answer.Starts
	})
	if err != nil {
		return nil, a.spaceProblem(in.SpaceID, err)
	}
	return answer, nil
}

// begins says when a Space is to begin.
func (a *App) begins(at time.Time) string {
	if at.IsZero() {
		return "the Space has not begun"
	}
	text := "the Space begins at " + at.In(a.Zone).Format("2 Jan 2006 15:04 MST")
	switch left := at.Sub(a.Now()); {
	case left > 48*time.Hour:
		return text
	case left > 0:
		return text + " (in " + spell.Short(left.Round(time.Minute).Seconds()) + ")"
	}
	return "the Space was to begin at " + at.In(a.Zone).Format("2 Jan 2006 15:04 MST") + " and has not"
}

// announced is what is wrong with a Space that has not begun.
func (a *App) announced(answer *ytdlp.Answer) error {
	return &archive.Problem{
		Kind: archive.ProblemKind(ytdlp.NotStarted), Subject: answer.SpaceID, Message: a.begins(answer.Starts),
		Hint: "to wait for it and take it while it is on: spaces extract --follow " + pageOf(answer.SpaceID),
	}
}

func pageOf(id string) string { return "https://x.com/i/spaces/" + id }

// byHand is the way without yt-dlp, in short.
const byHand = "open the Space in a browser, press F12, choose Network, filter for m3u8, press Play, copy the address of the playlist, then: spaces extract 'ADDRESS' (step by step: spaces help topic getting-your-space)"

// spaceProblem says in words why there is no sound of a Space, and what to do.
func (a *App) spaceProblem(id string, err error) error {
	var e *ytdlp.Error
	if !errors.As(err, &e) {
		return err
	}
	p := &archive.Problem{Kind: archive.ProblemKind(e.Cause), Subject: id, Message: e.Error(), Err: e}
	switch e.Cause {
	case ytdlp.Missing:
		p.Message = "yt-dlp is not installed; spaces asks it where X keeps the recording"
		p.Hint = "install it (pipx install yt-dlp, or https://github.com/yt-dlp/yt-dlp/releases) and run the same command again; or without it: " + byHand
	case ytdlp.Unsupported, ytdlp.Outdated:
		p.Hint = "update yt-dlp: yt-dlp -U (or pipx upgrade yt-dlp); or without it: " + byHand
	case ytdlp.NotFound:
		p.Hint = "check the address. X deletes replays after about 30 days; if you hosted the Space, your archive may have it: spaces help topic getting-your-space"
	case ytdlp.NotStarted:
		p.Hint = "to wait for it and take it while it is on: spaces extract --follow " + pageOf(id)
	case ytdlp.NoReplay:
		p.Hint = "if you hosted the Space, request your archive from X: it may have the recording although there is no replay"
	case ytdlp.NotReady:
		p.Hint = "run the same command again in some minutes"
	case ytdlp.Login:
		p.Hint = "save the cookies of a browser that is signed in to X to a file, then: spaces extract --cookies FILE " + pageOf(id)
	case ytdlp.Busy:
		p.Hint = "wait a quarter of an hour, then run the same command again"
	case ytdlp.Unreachable, ytdlp.TimedOut:
		p.Hint = "check the connection to the internet, then run the same command again"
	case ytdlp.BadOutput, ytdlp.Failed:
		p.Hint = "to see all that yt-dlp says: yt-dlp -J " + pageOf(id) + " ; an old one may need yt-dlp -U; or without it: " + byHand
	}
	return p
}

// checkFollow checks what is to be followed.
func (o *extractOptions) checkFollow(inputs []remoteInput) error {
	if !o.follow {
		return nil
	}
	if len(inputs)+len(o.paths) > 1 {
		return app.Usage("--follow takes one address: follow each Space with a command of its own")
	}
	if len(inputs) == 0 || inputs[0].Kind != remote.Space && inputs[0].Kind != remote.Playlist && inputs[0].Kind != remote.Web {
		return app.Usage("--follow is for the address of a Space or of a playlist")
	}
	return nil
}

// tell tells what happens while a recording is followed.
func (d *downloads) tell(name string) func(hls.Event) {
	a := d.app
	return func(e hls.Event) {
		d.bar.Close()
		switch e.Kind {
		case hls.Away:
			a.Warn("%s: the playlist cannot be read, trying again: %v", name, e.Err)
		case hls.Back:
			a.Say("%s: the playlist can be read again", name)
		case hls.Missed:
			a.Warn("%s: %s were no longer in the playlist when it was read: a gap in the recording", name, spell.Short(e.Lost.Seconds()))
		case hls.Restarted:
			a.Warn("%s: the server restarted its playlist; both parts are kept", name)
		case hls.GaveUp:
			if e.Err != nil {
				a.Warn("%s: the playlist can no longer be read: %v; the chunks so far are kept", name, e.Err)
			} else {
				a.Warn("%s: nothing new for %s; the chunks so far are kept", name, spell.Short(e.Waiting.Round(time.Second).Seconds()))
			}
		}
	}
}

// ask asks yt-dlp about a Space, and makes its answer the address. Of other
// addresses there is no answer.
func (d *downloads) ask(ctx context.Context, in *remoteInput) (*ytdlp.Answer, error) {
	if in.Kind != remote.Space {
		return nil, nil
	}
	if d.spaceID != "" && d.spaceID != in.SpaceID {
		return nil, app.Usage("--space %s contradicts the address of %s", d.spaceID, in.SpaceID)
	}
	answer, err := d.app.askSpace(ctx, *in, d.o.follow && !d.o.dryRun)
	if err != nil {
		return nil, err
	}
	in.Address, in.header = remote.Address{Kind: remote.Playlist, URL: answer.Playlist}, answer.Header
	return answer, nil
}

// describe says whose a recording is, as far as the user or yt-dlp did.
func (d *downloads) describe(r *replay.Replay, j *intake.Joined) error {
	j.SpaceID = d.spaceID
	answer := d.spaces[r]
	if answer == nil {
		return nil
	}
	s, ok := archive.ParseSidecar(answer.Facts)
	if !ok {
		return fmt.Errorf("what yt-dlp says of %s cannot be kept", answer.SpaceID)
	}
	j.SpaceID, j.Sidecar, j.Raw = answer.SpaceID, &s, answer.Facts
	return nil
}

// only is the error of a command that was about one Space, of which there is no
// sound: nothing else is to be told.
func (d *downloads) only(o extractOptions, inputs []remoteInput) error {
	var p *archive.Problem
	if len(o.paths) > 0 || len(inputs) != 1 || inputs[0].Kind != remote.Space || len(d.joined) != 1 || !errors.As(d.joined[0].Err, &p) {
		return nil
	}
	code := app.ExitFailed
	switch ytdlp.Cause(p.Kind) {
	case ytdlp.NotFound, ytdlp.NotStarted, ytdlp.NoReplay, ytdlp.NotReady:
		code = app.ExitNotFound
	}
	return app.Fail(code, string(p.Kind), p.Hint, fmt.Errorf("%s: %s", p.Subject, p.Message))
}
