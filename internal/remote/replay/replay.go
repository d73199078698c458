// Package replay brings a recording from the address of its playlist to what a
// library takes in. Its chunks lie in a folder of the library until the
// recording is there, so that a download that was interrupted is resumed.
package replay

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
)

// Options say how a playlist and its chunks are fetched.
type Options struct {
	Header      http.Header // for the server that the user named, and no other
	Public      bool        // the address may not be private, because the user did not name it
	Connections int         // 0: what package hls thinks best
	Trace       durable.Trace
	// Following, if set, says how a playlist that grows is followed to its end.
	Following *hls.Following
	// Library is the folder in which an earlier run may have left chunks; "" if
	// there is none.
	Library string
	// Retried, if set, is told of each request that is going to be made again.
	Retried func(err error, wait time.Duration)
}

// A Replay is a playlist that has been read.
type Replay struct {
	Address remote.Address
	Media   *playlist.Media
	Key     string // the same for the same address
	HLS     hls.Options

	following *hls.Following
	gone      error // why the playlist cannot be read
}

// Open reads the playlist at an address.
func Open(ctx context.Context, at remote.Address, o Options) (*Replay, error) {
	w := wire.Options{Retried: o.Retried, Redact: wire.NewRedactor(remote.Secrets(o.Header)...)}
	client, err := guard.Client(at.URL, guard.Options{Wire: w, Header: o.Header, Public: o.Public})
	if err != nil {
		return nil, err
	}
	r := &Replay{
		Address: at, Key: hls.Folder(at.URL),
		HLS: hls.Options{Client: client, Wire: w, Connections: o.Connections, Trace: o.Trace},
	}
	// An address that has expired is a daily thing: whoever gave it is not to wait
	// for long.
	quick := r.HLS
	quick.Wire.Tries = 3
	r.Media, err = hls.Open(ctx, quick, at.URL)
	if err == nil && len(r.Media.Segments) == 0 && o.Following == nil {
		err = hls.ErrNoChunks
	}
	switch {
	case err != nil && ctx.Err() == nil && o.Library != "" && hls.HasListing(filepath.Join(o.Library, layout.DownloadOf(r.Key))):
		r.Media = new(playlist.Media)
		if r.following = o.Following; r.following == nil {
			r.gone = err
		} // else it may come back
	case err != nil:
		r.Close()
		return nil, err
	case !r.Media.Ended:
		r.following = o.Following
	}
	return r, nil
}

// Close lets go of the connections.
func (r *Replay) Close() { r.HLS.Client.CloseIdleConnections() }

// Host is the server that the address names.
func (r *Replay) Host() string { return strings.ToLower(r.Address.URL.Hostname()) }

// Gone says why the playlist cannot be read, if an earlier run has left chunks of
// it, which are all that is taken then; else it is nil.
func (r *Replay) Gone() error { return r.gone }

// Listed is what the playlist alone tells: a manifest without bytes.
func (r *Replay) Listed() *manifest.Manifest { return hls.Listed(r.Media) }

// Joined is what a library takes in of the replay: with no more than the
// playlist, which is enough for a dry run.
func (r *Replay) Joined() intake.Joined {
	return intake.Joined{Name: r.Address.Name(), Host: r.Host(), Key: r.Key, Listed: r.Listed()}
}

// Known returns the recording that came from the same address, if the playlist
// lists what its manifest has and there is nothing to be gained by downloading
// it again; else nil. Chunks that were missing are worth another try.
func (r *Replay) Known(ctx context.Context, lib *library.Library) (*space.Space, error) {
	if r.following != nil || r.gone != nil {
		return nil, nil
	}
	s, err := intake.OfPlaylist(ctx, lib, r.Key)
	if s == nil || err != nil || len(s.Pieces) != 1 {
		return nil, err
	}
	m, err := intake.ManifestOf(lib, s, 0)
	if err != nil || !hls.Lists(r.Media, m) {
		return nil, nil
	}
	return s, nil
}

// Restore puts the chunks that a library has of the replay into the folder of its
// download.
func (r *Replay) Restore(ctx context.Context, lib *library.Library, w *Work) error {
	if r.Media == nil {
		return nil
	}
	s, err := intake.OfPlaylist(ctx, lib, r.Key)
	if s == nil || err != nil || len(s.Pieces) != 1 {
		return err
	}
	m, err := intake.ManifestOf(lib, s, 0)
	if err != nil {
		return nil // verify tells; all of it is downloaded
	}
	f, err := lib.Root().Open(layout.OriginalIn(s.Folder, s.Pieces[0].Name))
	if err != nil {
		return nil
	}
	defer f.Close()
	_, err = hls.Restore(ctx, r.HLS, r.Media, w.work, m, f)
	return err
}

// OfLibrary is what a library takes in of a replay that it has: its own files.
func (r *Replay) OfLibrary(lib *library.Library, s *space.Space) intake.Joined {
	j := r.Joined()
	j.Path = lib.Path(layout.OriginalIn(s.Folder, s.Pieces[0].Name))
	j.Manifest = lib.Path(layout.OriginalIn(s.Folder, s.Pieces[0].Playlist.Manifest.Name))
	return j
}

// A Work is the folder in a library in which a replay is downloaded.
type Work struct {
	root *os.Root // of the library
	work *os.Root
	name string
}

// NewWork makes the folder, or finds the one that an earlier run left.
func NewWork(library, key string) (*Work, error) {
	root, err := os.OpenRoot(library)
	if err != nil {
		return nil, err
	}
	w := &Work{root: root, name: layout.DownloadOf(key)}
	if err = root.MkdirAll(w.name, 0o700); err == nil {
		w.work, err = root.OpenRoot(w.name)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return w, nil
}

// Drop removes the folder of a replay that the library has, which a killed run
// left. That of a playlist without an end stays.
func (r *Replay) Drop(lib *library.Library) error {
	if _, err := lib.Root().Stat(layout.DownloadOf(r.Key)); errors.Is(err, fs.ErrNotExist) || !r.Media.Ended {
		return nil
	}
	w, err := NewWork(lib.Dir(), r.Key)
	if err != nil {
		return err
	}
	return w.Remove()
}

// Root is the folder.
func (w *Work) Root() *os.Root { return w.work }

// Path is where a joined file lies in the folder.
func (w *Work) Path() string { return filepath.Join(w.work.Name(), layout.Joined) }

// Close lets go of the folder, which stays for the next run.
func (w *Work) Close() {
	w.work.Close()
	w.root.Close()
}

// Keep removes what was joined and keeps the chunks: of a recording that has not
// ended, the next run needs them, since a live playlist drops its oldest.
func (w *Work) Keep() error {
	err := w.work.Remove(layout.Joined)
	if err == nil {
		err = w.work.Remove(layout.ManifestOf(layout.Joined))
	}
	w.Close()
	return err
}

// keepFor is how long chunks are kept of a recording that has not ended.
const keepFor = 30 * 24 * time.Hour

// Sweep removes the folders of downloads that nothing has been added to for
// long.
func Sweep(library string, now time.Time) error {
	root, err := os.OpenRoot(library)
	if err != nil {
		return err
	}
	defer root.Close()
	list, err := fs.ReadDir(root.FS(), layout.Downloads)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, e := range list {
		if info, ierr := e.Info(); ierr == nil && e.IsDir() && now.Sub(info.ModTime()) > keepFor {
			err = errors.Join(err, durable.RemoveAll(root, layout.DownloadOf(e.Name())))
		}
	}
	root.Remove(layout.Downloads) // succeeds when it is empty
	return err
}

// Remove removes the folder, when its recording is in the library.
func (w *Work) Remove() error {
	w.work.Close()
	err := durable.RemoveAll(w.root, w.name)
	if err == nil {
		w.root.Remove(layout.Downloads) // succeeds when it is empty
	}
	w.root.Close()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Download fetches the chunks that are not in the folder yet, and joins all. If
// the playlist is to be followed, that goes on to its end.
func (r *Replay) Download(ctx context.Context, w *Work, fetched func(done, of int)) (intake.Joined, *manifest.Manifest, error) {
	o := r.HLS
	o.Fetched = fetched
	var m *manifest.Manifest
	var err error
	switch {
	case r.following != nil:
		m, err = hls.Follow(ctx, o, *r.following, r.Address.URL, w.work, w.work, layout.Joined)
	case r.gone != nil:
		m, err = hls.Download(ctx, o, nil, w.work, w.work, layout.Joined)
	default:
		m, err = hls.Download(ctx, o, r.Media, w.work, w.work, layout.Joined)
	}
	if err != nil {
		return intake.Joined{}, nil, err
	}
	j := r.Joined()
	j.Path = w.Path()
	return j, m, nil
}
