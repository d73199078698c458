package saved

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
)

// A folder is that of a playlist. All access goes through an os.Root, so that
// no link leads out of it.
type folder struct {
	root  *os.Root
	names map[string]map[string]bool // what is in each folder below
	used  map[string]string          // the address that a file was found for
}

func newFolder(root *os.Root) *folder {
	return &folder{root: root, names: make(map[string]map[string]bool), used: make(map[string]string)}
}

var (
	errScheme  = errors.New("playlists on a disk may name files beside them and addresses of the web only")
	errOutside = errors.New("leads out of the folder of the playlist")
)

// find returns the file that an address means which stands in a playlist in the
// folder from, "" if there is none. An address of the web means a file too that
// has its last part as a name and lies beside the playlist. The error is that an
// address must not be followed.
func (d *folder) find(u *url.URL, from string) (name string, err error) {
	if u.Scheme != "" && !isWeb(u) || u.Opaque != "" {
		return "", fmt.Errorf("%w, not %s", errScheme, shortScheme(u.Scheme)+":")
	}
	base := path.Base("/" + u.Path)
	inside := !isWeb(u) && !strings.HasPrefix(u.Path, "/")
	if inside {
		for _, n := range candidates(u) {
			if n = path.Join(from, path.Dir(u.Path), n); d.has(n, u) {
				return n, nil
			}
		}
	}
	if base != "/" && base != "." && base != ".." {
		for _, dir := range []string{from, "."} {
			for _, n := range candidates(u) {
				if n = path.Join(dir, n); d.has(n, u) {
					return n, nil
				}
			}
		}
	}
	if !isWeb(u) && !strings.HasPrefix(u.Path, "/") && !within(u, from) {
		return "", fmt.Errorf("%s %w", label(u), errOutside)
	}
	return "", nil
}

// within reports whether a path stays below the folder of the playlist.
func within(u *url.URL, from string) bool {
	return !strings.ContainsAny(u.Path, "\\\x00") && fs.ValidPath(path.Join(from, u.Path))
}

// candidates are the names that a file of an address may have: with the query,
// as wget keeps it and browsers rewrite it, or without.
func candidates(u *url.URL) []string {
	base := path.Base("/" + u.Path)
	var list []string
	if u.RawQuery != "" {
		for _, mark := range []string{"?", "_", "@", "%3F", "-"} {
			list = append(list, base+mark+u.RawQuery)
		}
	}
	list = append(list, base)
	if raw := path.Base("/" + u.EscapedPath()); raw != base {
		list = append(list, raw)
	}
	return list
}

// has reports whether a file is there. One whose name does not tell which of
// two addresses it came from is that of the first.
func (d *folder) has(name string, u *url.URL) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00:") {
		return false
	}
	dir := path.Dir(name)
	if d.names[dir] == nil {
		d.names[dir] = make(map[string]bool)
		entries, err := fs.ReadDir(d.root.FS(), dir)
		for _, e := range entries {
			d.names[dir][e.Name()] = err == nil
		}
	}
	if !d.names[dir][path.Base(name)] {
		return false
	}
	info, err := d.root.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	address := u.String()
	if was, ok := d.used[name]; ok && was != address {
		return false
	}
	d.used[name] = address
	return true
}

func (d *folder) size(name string) int64 {
	info, err := d.root.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// cleanPath is the path of an address as that of a file.
func cleanPath(u *url.URL) string { return strings.TrimPrefix(path.Clean("/"+u.Path), "/") }

func shortScheme(s string) string {
	const most = 20
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
