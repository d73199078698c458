package folder

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Backend is that of folders: file:///path.
func Backend() publish.Backend {
	return publish.Backend{
		Name: "folder", About: "folder of a disk or network drive", Schemes: []string{"file"},
		Asked: []publish.Question{{Key: "folder", Text: "Folder"}},
		URL:   address,
		New:   func() publish.Settings { return new(settings) },
	}
}

func address(answers map[string]string, home string) (*url.URL, error) {
	dir := (&publish.Opening{Home: home}).Path(answers["folder"])
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return URL(dir), nil
}

// URL is that of a folder, by its absolute path.
func URL(dir string) *url.URL {
	p := filepath.ToSlash(dir)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/…
	}
	return &url.URL{Scheme: "file", Path: p}
}

type settings struct{}

func (*settings) Questions(*url.URL) []publish.Question { return nil }

func (*settings) Open(o *publish.Opening) (publish.Target, error) {
	dir := filepath.FromSlash(o.URL.Path)
	if vol := strings.TrimPrefix(dir, string(filepath.Separator)); filepath.VolumeName(vol) != "" {
		dir = vol // file:///C:/…
	}
	if o.URL.Host != "" && o.URL.Host != "localhost" || !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%s is not a folder on this computer (try file:///media/disk/folder, with three slashes)", o.URL)
	}
	return New(filepath.Clean(dir)), nil
}
