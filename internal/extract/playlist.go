package extract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
)

// Downloads are the playlists that one run takes in.
type Downloads struct {
	o       *Options
	replays []*replay.Replay
	works   []*replay.Work
	joined  []intake.Joined
	spaces  map[*replay.Replay]*ytdlp.Answer
}

func newDownloads(o *Options) *Downloads {
	return &Downloads{o: o, spaces: make(map[*replay.Replay]*ytdlp.Answer)}
}

func (d *Downloads) close() {
	for _, r := range d.replays {
		r.Close()
	}
	for _, w := range d.works {
		w.Close()
	}
}

// open reads a playlist: that of an address, or the one that yt-dlp names for a
// Space. What is wrong with it is told with the rest.
func (d *Downloads) open(ctx context.Context, in Input) {
	answer, err := d.ask(ctx, &in)
	if err != nil {
		d.joined = append(d.joined, intake.Joined{Name: in.String(), Err: err})
		return
	}
	o := replay.Options{Header: in.Header, Public: answer != nil, Connections: d.o.Connections, Library: d.o.Library.Dir}
	if d.o.Follow && !d.o.DryRun {
		o.Following = &hls.Following{Told: d.tell(in.Name())}
	}
	r, err := replay.Open(ctx, in.Address, o)
	if err != nil {
		d.joined = append(d.joined, intake.Joined{Name: in.Name(), Err: d.o.playlistProblem(in.Name(), err)})
		return
	}
	if gone := r.Gone(); gone != nil {
		d.o.Warn("%s: the playlist can no longer be read; what was downloaded before is kept: %v", in.Name(), gone)
	}
	d.replays = append(d.replays, r)
	if answer != nil {
		d.spaces[r] = answer
	}
}

// any reports whether there is something to be taken in.
func (d *Downloads) any() bool {
	for _, j := range d.joined {
		if j.Err == nil {
			return true
		}
	}
	return false
}

// run downloads what the library does not have yet. In a dry run the playlists
// are all that is read.
func (d *Downloads) run(ctx context.Context, others int) error {
	if len(d.replays) == 0 {
		return nil
	}
	if d.o.SpaceID != "" && len(d.replays)+others > 1 {
		return ErrOneSpace
	}
	if d.o.DryRun {
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
	lib, err := library.OpenWrite(ctx, d.o.Library)
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
		if s == nil || d.o.SpaceID != "" && d.o.SpaceID != s.ID {
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
	d.o.sweep(dir)
	if err := lib.Close(); err != nil {
		return err
	}
	for _, r := range todo {
		j, err := d.download(ctx, dir, r)
		switch {
		case ctx.Err() != nil:
			return ErrStopped
		case err != nil:
			j = intake.Joined{Name: r.Address.Name(), Err: d.o.playlistProblem(r.Address.Name(), err)}
		}
		d.joined = append(d.joined, j)
	}
	return nil
}

// download fetches what is missing of a replay. The folder of its chunks is
// removed when the recording is in the library; that of a playlist without an
// end stays, because a server drops what was listed once.
func (d *Downloads) download(ctx context.Context, dir string, r *replay.Replay) (intake.Joined, error) {
	w, err := replay.NewWork(dir, r.Key)
	if err != nil {
		return intake.Joined{}, err
	}
	d.works = append(d.works, w)
	if err := d.restore(ctx, r, w); err != nil {
		return intake.Joined{}, err
	}
	bar := d.o.Bar()
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
			d.o.Warn("the downloaded chunks could not be removed: %v", err)
		}
	}
	return j, d.describe(r, &j)
}

// restore takes the chunks that the library has.
func (d *Downloads) restore(ctx context.Context, r *replay.Replay, w *replay.Work) error {
	lib, err := library.Open(ctx, d.o.Library)
	if err != nil {
		return err
	}
	defer lib.Close()
	return r.Restore(ctx, lib, w)
}

// Kinds of problems with playlists.
const (
	Protected   = archive.ProblemKind("protected")
	Refused     = archive.ProblemKind("refused")
	Denied      = archive.ProblemKind("denied")
	Expired     = archive.ProblemKind("expired")
	Unreachable = archive.ProblemKind("unreachable")
)

// playlistProblem puts what is wrong with a playlist or its chunks into words. Of
// the address it has the name only.
func (o *Options) playlistProblem(name string, err error) *archive.Problem {
	p := &archive.Problem{Kind: "download-failed", Subject: name, Message: err.Error(), Err: err}
	var status *wire.StatusError
	var refused *guard.RefusedError
	var drm *hls.UnsupportedError
	var large *hls.TooLargeError
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.As(err, &drm):
		p.Kind, p.Message = Protected, fmt.Sprintf("the recording is protected (%s): only AES-128 with an open key can be decrypted", wire.Plain(drm.Method, 40))
	case errors.As(err, &refused):
		p.Kind = Refused
	case errors.As(err, &large):
		p.Kind = "too-large"
	case errors.Is(err, playlist.ErrNotPlaylist):
		p.Kind, p.Message = "not-a-playlist", "the server sent something else than a playlist"
		if strings.Contains(err.Error(), "web page") {
			p.Message = "the server sent a web page instead of a playlist"
		}
	case errors.Is(err, hls.ErrNoChunks):
		p.Kind, p.Message = "no-chunks", "the playlist lists no chunks: the recording has not begun, or X no longer keeps it"
	case errors.Is(err, hls.ErrBusy):
		p.Kind, p.Message = "busy", "another program downloads this playlist"
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized:
		p.Kind, p.Message = Denied, "the server asks for a login (HTTP 401)"
	case errors.As(err, &status) && (status.Status == http.StatusForbidden || status.Status == http.StatusNotFound || status.Status == http.StatusGone):
		p.Kind, p.Message = Expired, fmt.Sprintf("the address has expired, or nothing is there any more (HTTP %d)", status.Status)
	case errors.As(err, &dns) && dns.IsNotFound:
		p.Kind, p.Message = Unreachable, "unknown host "+wire.Plain(dns.Name, 100)
	case errors.As(err, &network):
		p.Kind, p.Message = Unreachable, "the server cannot be reached: "+network.Error()
	case errors.Is(err, os.ErrPermission), library.IsFull(err):
		p.Kind = "not-saved"
	}
	return o.problem(p)
}
