// Package saved reads HLS playlists that lie on a disk, and finds the files
// beside them that they mean: what somebody saved with a browser or a
// downloader. It reads only below the folder of the playlist, and opens no
// connection. What the playlist says is a stranger's word.
package saved

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/playlist"
)

// Scheme is that of the addresses of files below the folder of a playlist. They
// mean something in this program only.
const Scheme = "saved"

// A Playlist is one on a disk, with what lies beside it.
type Playlist struct {
	Path string
	// Media is what it lists, each address that of a file below its folder, or
	// one of the web. Nil if the sound's own playlist is on the web.
	Media *playlist.Media
	// Stream is the address of the sound's own playlist on the web, or nil.
	Stream *url.URL
	// Present and Absent are how many chunks lie below the folder, and how many
	// lie there not and have no address of the web either.
	Present, Absent int
	// Hosts are the servers on which the rest is.
	Hosts []Host
	Bytes int64 // of all files that are used

	files  map[string]string // by address
	claims []string          // files of all streams, and their playlists
	rooted *url.URL          // the first address without server and folder that nothing was found for
}

// A Host is a server that a playlist names.
type Host struct {
	Name string // with the port, if one is told
	// Chunks is how many of them are there; Others are keys, initialization
	// sections and playlists.
	Chunks, Others int
}

// A RefusedError is an address that nothing is read from.
type RefusedError struct {
	Line int // 0: of a tag
	What string
}

func (e *RefusedError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.What)
	}
	return e.What
}

// IsHLS reports whether the beginning of a file is that of an HLS playlist, and
// not a list of songs.
func IsHLS(head []byte) bool {
	return playlist.IsPlaylist(head) && bytes.Contains(head, []byte("\n#EXT-X-"))
}

// Open reads the playlist at name, and that of the sound, if it lists streams.
func Open(name string) (*Playlist, error) {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	parsed, err := parse(f)
	if err != nil {
		return nil, err
	}
	p := &Playlist{Path: name, files: make(map[string]string)}
	d := newFolder(root)
	from := "."
	if parsed.Master != nil {
		if parsed.Media, from, err = p.sound(d, parsed.Master); err != nil || p.Stream != nil {
			return p, err
		}
	}
	return p, p.lay(d, parsed.Media, from)
}

func parse(r io.Reader) (*playlist.Playlist, error) {
	return playlist.Parse(r, nil)
}

// sound returns the media playlist of a master playlist, and the folder that it
// is in. Of several streams those count whose playlists are saved too.
func (p *Playlist) sound(d *folder, m *playlist.Master) (*playlist.Media, string, error) {
	here := &playlist.Master{}
	files := make(map[*url.URL]string)
	keep := func(u *url.URL) (bool, error) {
		name, err := d.find(u, ".")
		files[u] = name
		return name != "", err
	}
	var refused error
	for _, v := range m.Variants {
		ok, err := keep(v.URI)
		if refused = cmp.Or(refused, err); ok {
			here.Variants = append(here.Variants, v)
		}
	}
	for _, r := range m.Renditions {
		if r.URI == nil {
			here.Renditions = append(here.Renditions, r)
			continue
		}
		ok, err := keep(r.URI)
		if refused = cmp.Or(refused, err); ok {
			here.Renditions = append(here.Renditions, r)
		}
	}
	p.claim(d, slices.Collect(maps.Values(files)))
	if u := here.Sound(); u != nil {
		f, err := d.root.Open(files[u])
		if err != nil {
			return nil, "", err
		}
		defer f.Close()
		inner, err := parse(f)
		d.used = make(map[string]string) // by the other streams
		switch {
		case err != nil:
			return nil, "", fmt.Errorf("%s: %w", path.Base(files[u]), err)
		case inner.Media == nil:
			return nil, "", errors.New("the playlist of the sound lists streams instead of chunks")
		}
		return inner.Media, path.Dir(files[u]), nil
	}
	u := m.Sound()
	switch {
	case u == nil:
		return nil, "", errors.New("the playlist lists no stream with sound")
	case refused != nil:
		return nil, "", refused
	case !isWeb(u):
		return nil, "", fmt.Errorf("the playlist of the sound is not beside it: %s", label(u))
	}
	p.Stream = web(u)
	p.Hosts = []Host{{Name: p.Stream.Host, Others: 1}}
	return nil, "", nil
}

// claim notes which files the streams of a master playlist consist of, also those
// that are not taken.
func (p *Playlist) claim(d *folder, playlists []string) {
	const most = 64
	for i, name := range playlists {
		if name == "" || i == most {
			continue
		}
		p.claims = append(p.claims, name)
		f, err := d.root.Open(name)
		if err != nil {
			continue
		}
		stream := Playlist{files: make(map[string]string)}
		d.used = make(map[string]string)
		if inner, err := parse(f); err == nil && inner.Media != nil {
			_ = stream.lay(d, inner.Media, path.Dir(name)) // it is told when it is taken
			p.claims = append(p.claims, stream.Files()...)
		}
		f.Close()
	}
}

// Lay is for a media playlist that was fetched from the web: chunks of it that
// lie beside the playlist on the disk are not fetched.
func (p *Playlist) Lay(m *playlist.Media) error {
	root, err := os.OpenRoot(filepath.Dir(p.Path))
	if err != nil {
		return err
	}
	defer root.Close()
	p.Hosts = nil
	return p.lay(newFolder(root), m, ".")
}

// lay finds the files of a media playlist that lies in the folder from.
func (p *Playlist) lay(d *folder, m *playlist.Media, from string) error {
	p.Media = m
	hosts := make(map[string]*Host)
	done := make(map[*url.URL]*url.URL) // keys and maps that chunks share
	var absentOther *url.URL
	resolve := func(u *url.URL, line int) (now *url.URL, present bool, err error) {
		name, err := d.find(u, from)
		if err != nil {
			return nil, false, &RefusedError{line, err.Error()}
		}
		if name != "" {
			now = &url.URL{Scheme: Scheme, Host: "folder", Path: "/" + cleanPath(u), RawQuery: u.RawQuery}
			if p.files[now.String()] == "" {
				p.Bytes += d.size(name)
			}
			p.files[now.String()] = name
			return now, true, nil
		}
		if isWeb(u) {
			return web(u), false, nil
		}
		if p.rooted == nil && strings.HasPrefix(u.Path, "/") {
			p.rooted = u
		}
		return &url.URL{Scheme: Scheme, Host: "folder", Path: "/" + cleanPath(u), RawQuery: u.RawQuery}, false, nil
	}
	count := func(u *url.URL, chunk bool) {
		h := hosts[u.Host]
		if h == nil {
			h = &Host{Name: u.Host}
			hosts[u.Host] = h
		}
		if chunk {
			h.Chunks++
		} else {
			h.Others++
		}
	}
	other := func(u *url.URL, line int) (*url.URL, error) {
		if now := done[u]; now != nil {
			return now, nil
		}
		now, present, err := resolve(u, line)
		if err != nil {
			return nil, err
		}
		switch {
		case present:
		case now.Scheme != Scheme:
			count(now, false)
		case absentOther == nil:
			absentOther = u
		}
		done[u] = now
		return now, nil
	}
	var err error
	keys := make(map[*playlist.Key]bool)
	key := func(k *playlist.Key, line int) {
		if k != nil && !keys[k] && err == nil {
			keys[k] = true
			k.URI, err = other(k.URI, line)
		}
	}
	maps := make(map[*playlist.Map]bool)
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Map != nil && !maps[s.Map] {
			maps[s.Map] = true
			key(s.Map.Key, s.Line)
			if err == nil {
				s.Map.URI, err = other(s.Map.URI, s.Line)
			}
		}
		key(s.Key, s.Line)
		if err != nil {
			return err
		}
		if s.Gap {
			continue
		}
		var present bool
		if s.URI, present, err = resolve(s.URI, s.Line); err != nil {
			return err
		}
		switch {
		case present:
			p.Present++
		case s.URI.Scheme == Scheme:
			p.Absent++
		default:
			count(s.URI, true)
		}
	}
	for _, h := range hosts {
		p.Hosts = append(p.Hosts, *h)
	}
	slices.SortFunc(p.Hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	if p.rooted != nil && p.Present == 0 {
		return fmt.Errorf("%s %w", label(p.rooted), errOutside)
	}
	if absentOther != nil && p.Present > 0 {
		return fmt.Errorf("%s is not beside the playlist, and the chunks cannot be read without it", label(absentOther))
	}
	return nil
}

// MarkGaps marks the chunks that are not below the folder as missing.
func (p *Playlist) MarkGaps() {
	for i := range p.Media.Segments {
		s := &p.Media.Segments[i]
		if _, ok := p.File(s.URI); !ok {
			s.Gap = true
		}
	}
}

// File returns the file that an address means, below the folder of the playlist.
func (p *Playlist) File(u *url.URL) (name string, ok bool) {
	name, ok = p.files[u.String()]
	return name, ok
}

// Files lists the files that are used, and those of other streams of the same
// recording, below the folder of the playlist.
func (p *Playlist) Files() []string {
	list := slices.Clone(p.claims)
	for _, name := range p.files {
		list = append(list, name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Elsewhere is how many chunks are on the web.
func (p *Playlist) Elsewhere() (chunks int) {
	for _, h := range p.Hosts {
		chunks += h.Chunks
	}
	return chunks
}

func isWeb(u *url.URL) bool {
	return u.Host != "" && (u.Scheme == "" || strings.EqualFold(u.Scheme, "https") || strings.EqualFold(u.Scheme, "http"))
}

// web is an address without what is not sent; //host/path is taken for HTTPS.
func web(u *url.URL) *url.URL {
	c := *u
	if c.Scheme == "" {
		c.Scheme = "https"
	}
	return &c
}

// label is the last part of an address for a message: what is before it, and
// its query, may be a secret.
func label(u *url.URL) string {
	const most = 80
	name := path.Base("/" + u.Path)
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return fmt.Sprintf("%q", name)
}
