package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// downloads are the playlists that one command takes in.
type downloads struct {
	app     *App
	o       extractOptions
	spaceID string
	replays []*replay.Replay
	works   []*replay.Work
	joined  []intake.Joined
	spaces  map[*replay.Replay]*ytdlp.Answer
	bar     *terminal.Bar // of the download that is under way
}

// newDownloads checks the flags that are for playlists.
func (a *App) newDownloads(o extractOptions) (*downloads, error) {
	d := &downloads{app: a, o: o, spaces: make(map[*replay.Replay]*ytdlp.Answer)}
	if o.conns < 1 || o.conns > 64 {
		return nil, app.Usage("--connections must be between 1 and 64")
	}
	if o.spaceID != "" {
		if d.spaceID = space.PageID(o.spaceID); d.spaceID == "" && space.ValidID(o.spaceID) {
			d.spaceID = o.spaceID
		}
		if d.spaceID == "" {
			return nil, app.Usage("--space must be the ID of a Space or its address on X, not %q", o.spaceID)
		}
	}
	return d, nil
}

func (d *downloads) close() {
	for _, r := range d.replays {
		r.Close()
	}
	for _, w := range d.works {
		w.Close()
	}
}

// open reads a playlist: that of an address, or the one that yt-dlp names for a
// Space. What is wrong with it is told with the rest.
func (d *downloads) open(ctx context.Context, in remoteInput) {
	answer, err := d.ask(ctx, &in)
	if err != nil {
		d.joined = append(d.joined, intake.Joined{Name: in.String(), Err: err})
		return
	}
	o := replay.Options{Header: in.header, Public: answer != nil, Connections: d.o.conns, Library: d.app.Settings.Library}
	if d.o.follow && !d.o.dryRun {
		o.Following = &hls.Following{Told: d.tell(in.Name())}
	}
	r, err := replay.Open(ctx, in.Address, o)
	if err != nil {
		d.joined = append(d.joined, intake.Joined{Name: in.Name(), Err: playlistError(in.Name(), err)})
		return
	}
	if gone := r.Gone(); gone != nil {
		d.app.Warn("%s: the playlist can no longer be read; what was downloaded before is kept: %v", in.Name(), gone)
	}
	d.replays = append(d.replays, r)
	if answer != nil {
		d.spaces[r] = answer
	}
}

// any reports whether there is something to be taken in.
func (d *downloads) any() bool {
	for _, j := range d.joined {
		if j.Err == nil {
			return true
		}
	}
	return false
}

// run downloads what the library does not have yet. In a dry run the playlists
// are all that is read.
func (d *downloads) run(ctx context.Context, dryRun bool) error {
	if len(d.replays) == 0 {
		return nil
	}
	if d.spaceID != "" && len(d.replays)+len(d.o.paths) > 1 {
		return app.Usage("--space is for one address: give the others in commands of their own")
	}
	if dryRun {
		for _, r := range d.replays {
			j := r.Joined()
			if err := d.describe(r, &j); err != nil {
				return err
			}
			d.joined = append(d.joined, j)
		}
		return nil
	}
	// The library is not locked while chunks come in, which takes long. Its
	// folder is marked as one before anything lies in it.
	lib, err := library.OpenWrite(ctx, d.app.LibraryOptions())
	if err != nil {
		return err
	}
	var todo []*replay.Replay
	for _, r := range d.replays {
		s, err := r.Known(ctx, lib)
		if err != nil {
			lib.Close()
			return err
		}
		if s == nil || d.spaceID != "" && d.spaceID != s.ID {
			todo = append(todo, r)
			continue
		}
		if err := r.Drop(lib); err != nil {
			lib.Close()
			return err
		}
		d.joined = append(d.joined, r.OfLibrary(lib, s))
	}
	dir := lib.Dir()
	if err := replay.Sweep(dir, d.app.Now()); err != nil {
		d.app.Warn("old downloads could not be removed: %v", err)
	}
	if err := lib.Close(); err != nil {
		return err
	}
	for _, r := range todo {
		j, err := d.download(ctx, dir, r)
		switch {
		case ctx.Err() != nil:
			return app.Fail(app.ExitInterrupted, "interrupted", "run the same command again to continue: the chunks that are here are kept", errors.New("stopped"))
		case err != nil:
			j = intake.Joined{Name: r.Address.Name(), Err: playlistError(r.Address.Name(), err)}
		}
		d.joined = append(d.joined, j)
	}
	return nil
}

// download fetches what is missing of a replay. The folder of its chunks is
// removed when the recording is in the library; that of a playlist without an
// end stays, because a server drops what was listed once.
func (d *downloads) download(ctx context.Context, dir string, r *replay.Replay) (intake.Joined, error) {
	w, err := replay.NewWork(dir, r.Key)
	if err != nil {
		return intake.Joined{}, err
	}
	d.works = append(d.works, w)
	if err := d.restore(ctx, r, w); err != nil {
		return intake.Joined{}, err
	}
	bar := d.app.NewBar("downloading")
	d.bar = bar
	defer bar.Close()
	last, expected := 0, 0
	j, m, err := r.Download(ctx, w, func(done, of int) {
		bar.Expect(int64(of - expected))
		bar.Add(int64(done - last))
		last, expected = done, of
	})
	if err != nil {
		return j, err
	}
	j.Kept = func(string) {
		remove := w.Remove
		if !m.Ended {
			remove = w.Keep
		}
		if err := remove(); err != nil {
			d.app.Warn("the downloaded chunks could not be removed: %v", err)
		}
	}
	return j, d.describe(r, &j)
}

// restore takes the chunks that the library has.
func (d *downloads) restore(ctx context.Context, r *replay.Replay, w *replay.Work) error {
	lib, err := library.Open(ctx, d.app.LibraryOptions())
	if err != nil {
		return err
	}
	defer lib.Close()
	return r.Restore(ctx, lib, w)
}

// playlistError puts what is wrong with a playlist or its chunks into words. Of
// the address it has the name only.
func playlistError(name string, err error) error {
	p := &archive.Problem{Kind: "download-failed", Subject: name, Message: err.Error(), Err: err}
	var status *wire.StatusError
	var refused *guard.RefusedError
	var drm *hls.UnsupportedError
	var large *hls.TooLargeError
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.As(err, &drm):
		p.Kind, p.Message = "protected", fmt.Sprintf("the recording is protected (%s): only AES-128 with an open key can be decrypted", wire.Plain(drm.Method, 40))
		p.Hint = "such a stream plays only where its provider lets it; Spaces of X are not protected"
	case errors.As(err, &refused):
		p.Kind = "refused"
		p.Hint = "the playlist, or a redirect, names a computer that is not on the internet; give the address that a browser shows"
	case errors.As(err, &large):
		p.Kind = "too-large"
	case errors.Is(err, playlist.ErrNotPlaylist):
		p.Kind, p.Message = "not-a-playlist", "the server sent something else than a playlist"
		if strings.Contains(err.Error(), "web page") {
			p.Message = "the server sent a web page instead of a playlist"
		}
		p.Hint = freshAddress
	case errors.Is(err, hls.ErrNoChunks):
		p.Kind, p.Message = "no-chunks", "the playlist lists no chunks: the recording has not begun, or X no longer keeps it"
		p.Hint = "to wait for its beginning: run the same command with --follow"
	case errors.Is(err, hls.ErrBusy):
		p.Kind, p.Message = "busy", "another spaces command downloads this playlist"
		p.Hint = "wait until it has finished"
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized:
		p.Kind, p.Message = "denied", "the server asks for a login (HTTP 401)"
		p.Hint = "give it with --header @FILE or --cookies FILE"
	case errors.As(err, &status) && (status.Status == http.StatusForbidden || status.Status == http.StatusNotFound || status.Status == http.StatusGone):
		p.Kind, p.Message = "expired", fmt.Sprintf("the address has expired, or nothing is there any more (HTTP %d)", status.Status)
		p.Hint = freshAddress + "; chunks that are here already are not downloaded again"
	case errors.As(err, &dns) && dns.IsNotFound:
		p.Kind, p.Message = "unreachable", "unknown host "+wire.Plain(dns.Name, 100)
		p.Hint = "check the address and the network connection"
	case errors.As(err, &network):
		p.Kind, p.Message = "unreachable", "the server cannot be reached: "+network.Error()
		p.Hint = "check the network connection, and run the same command again: chunks that are here are kept"
	case errors.Is(err, os.ErrPermission), library.IsFull(err):
		p.Kind = "not-saved"
	}
	return p
}

const freshAddress = "play the Space in a browser and copy the address of the playlist again: spaces help topic getting-your-space"

// chooseSpace asks which Space a recording is.
func (a *App) chooseSpace(ctx context.Context, q intake.Question) (string, error) {
	ambiguous := &archive.Problem{Kind: "ambiguous-space", Subject: q.Name,
		Message: "by its clock it may be " + orList(q.Candidates) + "; it was not saved",
		Hint:    "say which one: --space " + q.Candidates[0].ID + "; what is downloaded is kept. To save it as a recording of its own, give the ID of its Space"}
	if !a.InTTY || a.Settings.JSON {
		return "", ambiguous
	}
	fmt.Fprintf(a.Err, "%s (%s–%s", terminal.Safe(q.Name), q.Start.In(a.Zone).Format("2 Jan 2006 15:04"), q.End.In(a.Zone).Format("15:04"))
	if len(q.People) > 0 {
		fmt.Fprintf(a.Err, ", on stage: @%s", terminal.Safe(strings.Join(q.People, ", @")))
	}
	fmt.Fprintln(a.Err, ") may be:")
	for i, s := range q.Candidates {
		host := ""
		if s.Host != nil {
			host = "  " + app.Person(s.Host)
		}
		fmt.Fprintf(a.Err, "  %d  %s  %s%s  %s\n", i+1, s.ID, s.StartedAt.In(a.Zone).Format("2 Jan 2006 15:04"), terminal.Safe(host), terminal.Safe(s.Title))
	}
	fmt.Fprintf(a.Err, "Which one? [1–%d, 0: none of them, Enter: stop] ", len(q.Candidates))
	text, err := terminal.ReadLine(ctx, a.In, a.Err)
	if err != nil {
		return "", err
	}
	n := -1
	if _, err := fmt.Sscanf(strings.TrimSpace(text), "%d", &n); err != nil || n < 0 || n > len(q.Candidates) {
		return "", ambiguous
	}
	if n == 0 {
		return "", nil
	}
	return q.Candidates[n-1].ID, nil
}

// orList names Spaces: "1ypK… or 1RDx…".
func orList(list []*space.Space) string {
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, " or ")
}
