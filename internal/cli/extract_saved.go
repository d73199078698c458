package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/playlist/saved"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/folder"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A savedJoiner joins the chunks of playlists that lie on a disk.
type savedJoiner struct {
	app    *App
	dryRun bool
	space  string           // the ID that the user gave, or empty
	lib    *library.Library // nil in a dry run
	online map[string]bool  // the playlists whose servers may be asked
	some   bool             // a playlist was found whose chunks can be had
	works  []*replay.Work   // folders that are removed at the end
}

// askPlaylists asks before anything connects because of a playlist on a disk:
// it names the servers, and how many chunks are there. It reports whether to go
// on.
func (a *App) askPlaylists(ctx context.Context, o extractOptions, j *savedJoiner) (bool, error) {
	for _, p := range o.paths {
		var names []string
		if info, err := os.Stat(p); err != nil {
			continue // told when it is read
		} else if !info.IsDir() {
			names = []string{p}
		} else if survey, err := archive.LookThrough(ctx, p); err == nil {
			for _, f := range survey.Found {
				names = append(names, f.Path)
			}
		}
		for _, name := range names {
			kind, _, err := archive.DetectFile(name)
			if err != nil || kind != archive.PlaylistFile {
				continue
			}
			list, err := saved.Open(name)
			if err != nil || len(list.Hosts) == 0 || o.dryRun {
				continue
			}
			if yes, err := a.askServers(ctx, o, list); err != nil {
				return false, err
			} else if yes {
				j.online[name] = true
			} else if list.Present == 0 {
				a.Say("Nothing was extracted from %s", terminal.Safe(a.Shorten(name)))
				return false, nil
			}
		}
	}
	return true, nil
}

// askServers asks about one playlist.
func (a *App) askServers(ctx context.Context, o extractOptions, list *saved.Playlist) (bool, error) {
	if o.online != nil {
		return *o.online, nil
	}
	where := serversOf(list)
	if !a.InTTY || a.Settings.JSON {
		hint := "use --online to download from there"
		if list.Present > 0 {
			hint += fmt.Sprintf(", or --online=false to take only the %s beside it", spell.Count(list.Present, "chunk"))
		}
		return false, app.Hinted(app.Usage("%s leads to servers: %s; cannot ask: standard input is not a terminal", a.Shorten(list.Path), where), hint)
	}
	fmt.Fprintf(a.Err, "%s leads to servers: %s.\n", terminal.Safe(a.Shorten(list.Path)), where)
	if list.Present > 0 {
		fmt.Fprintf(a.Err, "The other %s beside it.\n", are(list.Present, "chunk is", "chunks are"))
	}
	return a.Confirm(ctx, "Connect to them and download?")
}

// serversOf lists the servers that a playlist names and what is there.
func serversOf(list *saved.Playlist) string {
	const most = 5
	var parts []string
	for i, h := range list.Hosts {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(list.Hosts)-most))
			break
		}
		what := spell.Count(h.Chunks, "chunk")
		switch {
		case list.Stream != nil:
			what = "the playlist of the sound"
		case h.Chunks == 0:
			what = spell.Count(h.Others, "key or map")
		}
		parts = append(parts, what+" on "+terminal.Safe(h.Name))
	}
	return strings.Join(parts, ", ")
}

// probe finds out whether there is anything to be had. It reads no chunk, and
// connects to nothing.
func (j *savedJoiner) probe(_ context.Context, name string) (*intake.Joined, error) {
	list, err := saved.Open(name)
	j.some = j.some || j.online[name] || err == nil && list.Present > 0
	return nil, err
}

// join is an intake.Options.Playlist.
func (j *savedJoiner) join(ctx context.Context, name string) (*intake.Joined, error) {
	list, err := saved.Open(name)
	if err != nil {
		return nil, savedProblem(name, err)
	}
	online := j.online[name]
	if !online && list.Present == 0 {
		return nil, j.nothingBeside(list)
	}
	o := hls.Options{Wire: wire.Options{Backoff: time.Millisecond}}
	var web *http.Client
	if online {
		o.Wire = j.app.WireOptions(0)
		if web, err = guard.Strangers(guard.Options{Wire: o.Wire}); err != nil {
			return nil, err
		}
		defer web.CloseIdleConnections()
		if list.Stream != nil {
			o.Client = web
			media, err := hls.Open(ctx, o, list.Stream)
			if err == nil {
				err = list.Lay(media)
			}
			if err != nil {
				return nil, savedProblem(name, err)
			}
		}
	}
	joined := &intake.Joined{Name: filepath.Base(name), SpaceID: j.space}
	if full, err := filepath.Abs(name); err == nil {
		joined.Named = []string{filepath.Base(full), filepath.Base(filepath.Dir(full))}
	}
	side, err := archive.ReadSidecar(name)
	switch {
	case err == nil:
		joined.Sidecar = &side
		joined.Raw, _ = os.ReadFile(side.Path)
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	if j.dryRun || j.lib == nil {
		list.MarkGaps()
		joined.Listed = hls.Listed(list.Media)
		return joined, nil
	}
	client, closeFolder, err := folder.Client(list, web)
	if err != nil {
		return nil, err
	}
	defer closeFolder()
	o.Client = client
	joined.Path, err = j.download(ctx, o, list)
	return joined, err
}

// download joins the chunks in a folder of the library, and returns where.
func (j *savedJoiner) download(ctx context.Context, o hls.Options, list *saved.Playlist) (string, error) {
	full, err := filepath.Abs(list.Path)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte("saved\n" + full))
	w, err := replay.NewWork(j.lib.Dir(), hex.EncodeToString(key[:16]))
	if err != nil {
		return "", err
	}
	j.works = append(j.works, w)
	if _, err := hls.Download(ctx, o, list.Media, w.Root(), w.Root(), layout.Joined); err != nil {
		return "", savedProblem(list.Path, err)
	}
	return w.Path(), nil
}

// clean removes what was joined: the library has its own copy by now, and the
// chunks are still beside the playlist.
func (j *savedJoiner) clean() error {
	var errs []error
	for _, w := range j.works {
		errs = append(errs, w.Remove())
	}
	j.works = nil
	return errors.Join(errs...)
}

// nothingBeside is the problem of a playlist none of whose chunks is on the
// disk.
func (j *savedJoiner) nothingBeside(list *saved.Playlist) error {
	p := &archive.Problem{Kind: "no-chunks", Subject: list.Path}
	switch n := list.Absent + list.Elsewhere(); {
	case len(list.Hosts) > 0 && j.dryRun:
		p.Message = fmt.Sprintf("it leads to servers, and a dry run connects to none: %s", serversOf(list))
	case list.Media == nil || n == 0:
		p.Message = "the playlist lists no chunks"
	default:
		p.Message = fmt.Sprintf("none of its %s is in its folder", spell.Count(n, "chunk"))
		p.Hint = "give the address that the playlist came from, or save the chunks into the same folder"
	}
	return p
}

// savedProblem says which playlist an error is of.
func savedProblem(name string, err error) error {
	var p *archive.Problem
	if errors.As(err, &p) || errors.Is(err, context.Canceled) {
		return err
	}
	return &archive.Problem{Kind: archive.Unreadable, Subject: path.Base(filepath.ToSlash(name)), Message: err.Error()}
}
