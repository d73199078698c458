// Package items knows which files an upload consists of: of a recording, its
// originals, clips, an episode, a feed with its pages; what they are called
// there, of which type they are, and in which order they are sent.
package items

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A Part is a file of the library that is to be sent.
type Part struct {
	Item   *publish.Item
	SHA256 string   // by its record; empty if that has none
	Holds  gate.Use // by its record
}

// Recording returns the playable files of a Space.
func Recording(root *os.Root, sp *space.Space) ([]Part, error) {
	if len(sp.Files) == 0 || len(sp.FileSHA256) != len(sp.Files) {
		return nil, fmt.Errorf("%w: %s", library.ErrNoAudio, sp.ID)
	}
	var list []Part
	for i, file := range sp.Files {
		name := sp.ID
		if i > 0 {
			name += fmt.Sprintf("-%d", i+1)
		}
		it := kept(root, publish.Recording, name+path.Ext(file), file, sp.ID, metaOf(&sp.Recording))
		list = append(list, Part{it, sp.FileSHA256[i], gate.Use{Recording: sp.ID}})
	}
	return list, nil
}

// Originals returns the originals of a Space, as X had them.
func Originals(root *os.Root, sp *space.Space) ([]Part, error) {
	if len(sp.Pieces) == 0 {
		return nil, fmt.Errorf("%w: %s", library.ErrNoAudio, sp.ID)
	}
	var list []Part
	for _, p := range sp.Pieces {
		it := kept(root, publish.Original, layout.OriginalIn(sp.ID, plainName(p.Name)), layout.OriginalIn(sp.Folder, p.Name), sp.ID, metaOf(&sp.Recording))
		list = append(list, Part{it, p.SHA256, gate.Use{Recording: sp.ID}})
	}
	return list, nil
}

// Clips returns the clips of a Space, or a *NoneError, and the records of clips that
// cannot be read: nobody knows who is heard in those.
func Clips(lib *library.Library, sp *space.Space) ([]Part, []*clip.BrokenError, error) {
	clips, broken, err := clip.List(lib.Root(), sp.Folder)
	if err != nil {
		return nil, nil, err
	}
	if len(clips)+len(broken) == 0 {
		return nil, nil, &NoneError{sp.ID, publish.Clip}
	}
	var list []Part
	for _, c := range clips {
		m := metaOf(&sp.Recording)
		m.Title = cmp.Or(c.Settings.Title, m.Title)
		it := kept(lib.Root(), publish.Clip, layout.ClipIn(sp.ID, plainName(c.File)), layout.ClipIn(sp.Folder, c.File), sp.ID, m)
		list = append(list, Part{it, c.SHA256, gate.OfClip(&c)})
	}
	return list, broken, nil
}

// Episode returns the files of an episode under the names by which a feed calls
// them, the audio first. show may be nil.
func Episode(root *os.Root, e *feed.Episode, show *feed.Show) []Part {
	m := publish.Meta{Title: e.Title, Description: e.Description, Date: e.Date.Time}
	if e.Host != nil {
		m.Creator = e.Host.Handle
	}
	if show != nil {
		m.Language, m.Creator = show.Language, cmp.Or(show.Author, m.Creator)
	}
	var list []Part
	for i, file := range e.Files() {
		kind, sum := publish.Extra, e.SidecarSHA256(file)
		if i == 0 {
			kind, sum = publish.Episode, e.SHA256
		}
		it := kept(root, kind, file, e.Path(file), e.ID, m)
		if i == 0 {
			it.Type = cmp.Or(e.Type, it.Type)
		}
		list = append(list, Part{it, sum, gate.OfEpisode(&e.Record)})
	}
	return list
}

// Feed returns the pages of a show and its feed, in the order in which whoever
// reads one of them finds what it links: pictures, pages, the feed, and the first
// page.
func Feed(root *os.Root, show *feed.Show, pages []string, text []byte) []*publish.Item {
	var pictures, linked, first []*publish.Item
	for _, p := range pages {
		file := path.Join(show.Folder(), p)
		it := &publish.Item{Name: p, File: file, Kind: publish.Page, Type: Type(p), Replace: true, Last: true, Open: publish.OpenFile(root, file)}
		switch {
		case p == site.Index:
			first = append(first, it)
		case path.Ext(p) == ".xml": // the list of the pages
			first = append([]*publish.Item{it}, first...)
		case path.Ext(p) == ".html":
			linked = append(linked, it)
		default:
			pictures = append(pictures, it)
		}
	}
	it := &publish.Item{Name: layout.FeedFile, File: path.Join(show.Folder(), layout.FeedFile), Kind: publish.Feed, Type: "application/rss+xml",
		Replace: true, Last: true, Open: publish.Bytes(layout.FeedFile, text)}
	return slices.Concat(pictures, linked, []*publish.Item{it}, first)
}

// SiteClips returns the clips that can be heard on the pages of a show.
func SiteClips(root *os.Root, show *feed.Show, episodes []*feed.Episode) ([]Part, error) {
	dir, err := root.OpenRoot(show.Folder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	clips, err := site.Clips(dir, show.GUID, episodes)
	var list []Part
	for _, c := range clips {
		m := publish.Meta{Title: cmp.Or(c.Settings.Title, c.Episode.Title), Date: c.Episode.Date.Time, Language: show.Language, Creator: show.Author}
		it := kept(root, publish.Clip, c.Name, c.Path, c.Episode.ID, m)
		it.Replace = true
		list = append(list, Part{it, c.SHA256, gate.OfClip(&c.Provenance)})
	}
	return list, err
}

// HasPages reports whether the show has pages: by its settings, or because some
// lie beside its feed. Those of a show that has been told to have none do not count.
func HasPages(root *os.Root, show *feed.Show) bool {
	if show.NoSite {
		return false
	}
	_, err := root.Stat(path.Join(show.Folder(), site.Index))
	return show.Site || err == nil
}

// Pages lists the files of the site that lie beside the feed, of these episodes
// of a show.
func Pages(root *os.Root, show *feed.Show, episodes []*feed.Episode) ([]string, error) {
	dir, err := root.OpenRoot(show.Folder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return site.Files(dir, show.GUID, episodes)
}

// kept is a file of the library.
func kept(root *os.Root, kind publish.Kind, name, file, id string, m publish.Meta) *publish.Item {
	return &publish.Item{Name: name, File: file, Kind: kind, Space: id, Type: Type(name), Meta: m, Open: publish.OpenFile(root, file)}
}

// plainName is the name of a file of ours for the web.
func plainName(file string) string { return cmp.Or(episode.PlainName(file), "file"+path.Ext(file)) }

// metaOf is what targets may say of a recording.
func metaOf(r *space.Recording) publish.Meta {
	m := publish.Meta{Title: r.Title, Date: r.StartedAt.Time, Subjects: r.Hashtags}
	if r.Host != nil {
		m.Creator = r.Host.Handle
	}
	return m
}

// Type is the media type of a file by its name. What the system knows is not
// asked: it would differ from one computer to the next.
func Type(name string) string {
	types := map[string]string{
		".json": "application/json", ".vtt": "text/vtt", ".srt": "application/x-subrip", ".txt": "text/plain; charset=utf-8",
		".md": "text/markdown; charset=utf-8", ".html": "text/html; charset=utf-8", ".xml": "application/xml", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".zip": "application/zip", ".pdf": "application/pdf",
	}
	ext := strings.ToLower(path.Ext(name))
	return cmp.Or(types[ext], format.MediaType(ext), "application/octet-stream")
}
