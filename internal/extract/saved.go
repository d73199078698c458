package extract

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
)

// A Saved joins the chunks of playlists that lie on a disk.
type Saved struct {
	o      *Options
	lib    *library.Library // nil in a dry run
	online map[string]bool  // the playlists whose servers may be asked
	some   bool             // a playlist was found whose chunks can be had
	works  []*replay.Work   // folders that are removed at the end
}

func newSaved(o *Options) *Saved { return &Saved{o: o, online: make(map[string]bool)} }

// Online allows to connect to the servers that a playlist names.
func (j *Saved) Online(name string) { j.online[name] = true }

// probe finds out whether there is anything to be had. It reads no chunk, and
// connects to nothing.
func (j *Saved) probe(_ context.Context, name string) (*intake.Joined, error) {
	list, err := saved.Open(name)
	j.some = j.some || j.online[name] || err == nil && list.Present > 0
	return nil, err
}

// join is an intake.Options.Playlist.
func (j *Saved) join(ctx context.Context, name string) (*intake.Joined, error) {
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
		o.Wire = j.o.Wire
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
	joined := &intake.Joined{Name: filepath.Base(name), SpaceID: j.o.SpaceID}
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
	if j.o.DryRun || j.lib == nil {
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
func (j *Saved) download(ctx context.Context, o hls.Options, list *saved.Playlist) (string, error) {
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
func (j *Saved) clean() error {
	var errs []error
	for _, w := range j.works {
		errs = append(errs, w.Remove())
	}
	j.works = nil
	return errors.Join(errs...)
}

// nothingBeside is the problem of a playlist none of whose chunks is on the
// disk.
func (j *Saved) nothingBeside(list *saved.Playlist) error {
	p := &archive.Problem{Kind: "no-chunks", Subject: list.Path}
	switch n := list.Absent + list.Elsewhere(); {
	case len(list.Hosts) > 0 && j.o.DryRun:
		p.Message = fmt.Sprintf("it leads to servers, and a dry run connects to none: %s", ServersOf(list))
	case list.Media == nil || n == 0:
		p.Message = "the playlist lists no chunks"
	default:
		p.Message = fmt.Sprintf("none of its %s is in its folder", spell.Count(n, "chunk"))
		p.Err = ErrChunksElsewhere
	}
	return j.o.problem(p)
}

// savedProblem says which playlist an error is of.
func savedProblem(name string, err error) error {
	var p *archive.Problem
	if errors.As(err, &p) || errors.Is(err, context.Canceled) {
		return err
	}
	return &archive.Problem{Kind: archive.Unreadable, Subject: path.Base(filepath.ToSlash(name)), Message: err.Error()}
}

// ErrChunksElsewhere means that no chunk of a playlist lies in its folder.
var ErrChunksElsewhere = errors.New("no chunk is in the folder of the playlist")

// ServersOf lists the servers that a playlist names and what is there.
func ServersOf(list *saved.Playlist) string {
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
		parts = append(parts, what+" on "+h.Name)
	}
	return strings.Join(parts, ", ")
}
