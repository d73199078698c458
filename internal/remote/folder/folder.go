// Package folder hands the files of a saved playlist to the downloader as a web
// server would, so that byte ranges, keys and maps are the same for both. It
// serves the files that package saved found, and nothing else.
package folder

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/playlist/saved"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

var errOffline = errors.New("it is on a server, and nothing is downloaded")

// notBeside is why a chunk is a gap.
type notBeside struct{}

func (notBeside) Error() string        { return "it is not beside the playlist" }
func (notBeside) Is(target error) bool { return target == wire.ErrNotExist }

// Client returns a client for the addresses of a saved playlist. Those of the
// web go to web, which is one of package guard; without it they are refused.
// Whoever has the client closes the folder when it is no longer used.
func Client(p *saved.Playlist, web *http.Client) (client *http.Client, closeFolder func() error, err error) {
	root, err := os.OpenRoot(filepath.Dir(p.Path))
	if err != nil {
		return nil, nil, err
	}
	t := &transport{playlist: p, files: http.NewFileTransportFS(root.FS())}
	client = &http.Client{Transport: t}
	if web != nil {
		t.web, client.CheckRedirect = web.Transport, web.CheckRedirect
	}
	return client, root.Close, nil
}

type transport struct {
	playlist *saved.Playlist
	files    http.RoundTripper
	web      http.RoundTripper // or nil
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.EqualFold(r.URL.Scheme, saved.Scheme) {
		if t.web == nil {
			return nil, wire.Permanent(errOffline)
		}
		return t.web.RoundTrip(r)
	}
	name, ok := t.playlist.File(r.URL)
	if !ok {
		return nil, wire.Permanent(notBeside{})
	}
	at := r.Clone(r.Context())
	at.URL = &url.URL{Path: "/" + name}
	return t.files.RoundTrip(at)
}
