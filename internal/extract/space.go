package extract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
	"github.com/spaces-cli/spaces/internal/spell"
)

// askSpace asks yt-dlp where the sound of a Space is. If the Space is to be
// followed, it waits for one that is only announced.
func (o *Options) askSpace(ctx context.Context, in Input, follow bool) (*ytdlp.Answer, error) {
	ask := func(ctx context.Context) (*ytdlp.Answer, error) {
		return ytdlp.Ask(ctx, ytdlp.Options{Cookies: in.Cookies}, in.SpaceID)
	}
	if !follow {
		answer, err := ask(ctx)
		switch {
		case err != nil:
			return nil, o.spaceProblem(in.SpaceID, err)
		case answer.Playlist == nil:
			return nil, o.announced(answer)
		}
		return answer, nil
	}
	var told time.Time
	answer, err := ytdlp.Await(ctx, ask, func(answer *ytdlp.Answer, _ time.Duration) {
		if told.IsZero() || !told.Equal(answer.Starts) {
			o.Waiting(in.SpaceID + ": " + o.begins(answer.Starts))
		}
		told = answer.Starts
	})
	if err != nil {
		return nil, o.spaceProblem(in.SpaceID, err)
	}
	return answer, nil
}

// begins says when a Space is to begin.
func (o *Options) begins(at time.Time) string {
	if at.IsZero() {
		return "the Space has not begun"
	}
	text := "the Space begins at " + at.In(o.Zone).Format("2 Jan 2006 15:04 MST")
	switch left := at.Sub(o.Now()); {
	case left > 48*time.Hour:
		return text
	case left > 0:
		return text + " (in " + spell.Short(left.Round(time.Minute).Seconds()) + ")"
	}
	return "the Space was to begin at " + at.In(o.Zone).Format("2 Jan 2006 15:04 MST") + " and has not"
}

// announced is what is wrong with a Space that has not begun.
func (o *Options) announced(answer *ytdlp.Answer) error {
	return o.problem(&archive.Problem{Kind: archive.ProblemKind(ytdlp.NotStarted), Subject: answer.SpaceID, Message: o.begins(answer.Starts),
		Err: &ytdlp.Error{Cause: ytdlp.NotStarted}})
}

// spaceProblem says in words why there is no sound of a Space.
func (o *Options) spaceProblem(id string, err error) error {
	var e *ytdlp.Error
	if !errors.As(err, &e) {
		return err
	}
	p := &archive.Problem{Kind: archive.ProblemKind(e.Cause), Subject: id, Message: e.Error(), Err: e}
	if e.Cause == ytdlp.Missing {
		p.Message = "yt-dlp is not installed; spaces asks it where X keeps the recording"
	}
	return o.problem(p)
}

// tell tells what happens while a recording is followed.
func (d *Downloads) tell(name string) func(hls.Event) {
	return func(e hls.Event) {
		switch e.Kind {
		case hls.Away:
			d.o.Warn("%s: the playlist cannot be read, trying again: %v", name, e.Err)
		case hls.Back:
			d.o.Say("%s: the playlist can be read again", name)
		case hls.Missed:
			d.o.Warn("%s: %s were no longer in the playlist when it was read: a gap in the recording", name, spell.Short(e.Lost.Seconds()))
		case hls.Restarted:
			d.o.Warn("%s: the server restarted its playlist; both parts are kept", name)
		case hls.GaveUp:
			if e.Err != nil {
				d.o.Warn("%s: the playlist can no longer be read: %v; the chunks so far are kept", name, e.Err)
			} else {
				d.o.Warn("%s: nothing new for %s; the chunks so far are kept", name, spell.Short(e.Waiting.Round(time.Second).Seconds()))
			}
		}
	}
}

// ask asks yt-dlp about a Space, and makes its answer the address. Of other
// addresses there is no answer.
func (d *Downloads) ask(ctx context.Context, in *Input) (*ytdlp.Answer, error) {
	if in.Kind != remote.Space {
		return nil, nil
	}
	if d.o.SpaceID != "" && d.o.SpaceID != in.SpaceID {
		return nil, &OtherSpaceError{d.o.SpaceID, in.SpaceID}
	}
	answer, err := d.o.askSpace(ctx, *in, d.o.Follow && !d.o.DryRun)
	if err != nil {
		return nil, err
	}
	in.Address, in.Header = remote.Address{Kind: remote.Playlist, URL: answer.Playlist}, answer.Header
	return answer, nil
}

// describe says whose a recording is, as far as the user or yt-dlp did.
func (d *Downloads) describe(r *replay.Replay, j *intake.Joined) error {
	j.SpaceID = d.o.SpaceID
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

// Only is the problem of a run that was about one Space of which there is no
// sound: nothing else is to be told. It is nil in other runs.
func (r *Run) Only(paths []string, inputs []Input) *archive.Problem {
	var p *archive.Problem
	d := r.Downloads
	if len(paths) > 0 || len(inputs) != 1 || inputs[0].Kind != remote.Space || len(d.joined) != 1 || !errors.As(d.joined[0].Err, &p) {
		return nil
	}
	return p
}
