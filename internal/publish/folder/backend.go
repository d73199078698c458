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
	return publish.Backend{Name: "folder", Schemes: []string{"file"}, New: func() publish.Settings { return new(settings) }}
}

type settings struct{}

func (*settings) Questions(*url.URL) []publish.Question { return nil }

func (*settings) Open(o *publish.Opening) (publish.Target, error) {
	dir := filepath.FromSlash(o.URL.Path)
	if vol := strings.TrimPrefix(dir, string(filepath.Separator)); filepath.VolumeName(vol) != "" {
		dir = vol // file:///C:/…
	}
	if o.URL.Host != "" && o.URL.Host != "localhost" || !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%s does not name a folder on this computer: write file:///media/disk/folder, with three slashes", o.URL)
	}
	return New(filepath.Clean(dir)), nil
}
