package merge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// host takes in what the host has made of a recording: clips, episodes, the
// transcript, confirmed turns, edited chapters. s is what is known of it now; here is the same, or
// nil for a recording that a dry run does not bring.
func (m *merger) host(ctx context.Context, p pair, s, here *space.Space) error {
	if here != nil {
		m.moved[p.there] = here.Folder
	}
	for _, dir := range layout.ByHost {
		if err := m.shelf(ctx, p, dir, here); err != nil {
			return err
		}
	}
	if err := m.words(ctx, p, s, here); err != nil {
		return err
	}
	if err := m.turns(p, s); err != nil {
		return err
	}
	return m.chapters(p, s, here)
}

// shelf takes in the clips or the episodes of a recording.
func (m *merger) shelf(ctx context.Context, p pair, dir string, here *space.Space) error {
	from := path.Join(p.there, dir)
	groups, broken, err := m.other.MadeIn(from)
	if err != nil {
		return err
	}
	for name, why := range broken {
		m.fail(unreadableKind, m.other.Path(path.Join(from, name)), why)
	}
	had := make(map[string]string) // by SHA-256
	if here != nil {
		list, err := m.lib.MadeOf(path.Join(here.Folder, dir))
		if err != nil {
			return err
		}
		for name, sha := range list {
			had[sha] = name
		}
	}
	for _, g := range groups {
		if path.Join(from, g.Audio) == layout.ChaptersIn(p.there) {
			continue // no episode: chapters takes it in
		}
		if err := m.group(ctx, p, dir, g, here, had); err != nil {
			if ctx.Err() != nil || library.IsFull(err) {
				return err
			}
			m.fail("not-merged", m.other.Path(path.Join(from, g.Audio)), err)
		}
	}
	return nil
}

// group takes in one clip or episode with the files that belong to it.
func (m *merger) group(ctx context.Context, p pair, dir string, g library.MadeGroup, here *space.Space, had map[string]string) error {
	from := path.Join(p.there, dir)
	where := m.other.Path(path.Join(from, g.Audio))
	kind, word := OfClip, "the clip "
	if dir == layout.Episodes {
		kind, word = OfEpisode, "the episode "
	}
	texts, named, err := m.texts(from, g)
	if err != nil {
		return err
	}
	if named {
		m.withheld(kind, p.id, word+quoted(g.Audio), where)
		return nil
	}
	if name := had[g.SHA256]; g.SHA256 != "" && name != "" {
		return m.again(p, dir, kind, word, g, here, name, texts)
	}
	if place := m.unmade[p.id+" "+g.SHA256]; g.SHA256 != "" && place != "" {
		m.conflict(Conflict{Kind: kind, Recording: p.id, Kept: Here, Other: layout.RemovedIn(place),
			Message: word + quoted(g.Audio) + " was removed in this library, so it was not taken"})
		return nil
	}
	if dir == layout.Episodes && texts[g.Record] != nil {
		if texts[g.Record], err = m.unpublished(p, g, here, texts[g.Record]); err != nil {
			return err
		}
	}
	name := g.Audio
	var list []copied
	if here != nil {
		if name, list, err = m.slot(ctx, from, path.Join(here.Folder, dir), g, texts); err != nil {
			return err
		}
		m.moved[path.Join(from, g.Audio)] = path.Join(here.Folder, dir, name)
		if len(list) == 0 {
			return nil
		}
	}
	if g.SHA256 != "" {
		if dir == layout.Clips {
			m.sum.Clips++
		} else {
			m.sum.Episodes++
		}
	}
	if name != g.Audio {
		m.conflict(Conflict{Kind: kind, Recording: p.id, Kept: Both, Other: path.Join(here.Folder, dir, name),
			Message: word + quoted(g.Audio) + " of the other library differs from the one of that name here: it is called " + quoted(name) + " now"})
	}
	if m.o.DryRun {
		return nil
	}
	for _, c := range list {
		if c.content != nil {
			err = m.lib.Write(c.to, c.content)
		} else {
			err = m.lib.Take(ctx, m.other, c.from, c.to, c.sha, stream.NoProgress{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// again looks at a clip or an episode that is here already: its record may say
// something else, and nothing is lost if it stays where it is.
func (m *merger) again(p pair, dir string, kind ConflictKind, word string, g library.MadeGroup, here *space.Space, name string, texts map[string][]byte) error {
	m.moved[path.Join(p.there, dir, g.Audio)] = path.Join(here.Folder, dir, name)
	record := strings.TrimSuffix(g.Record, g.Audio+".json")
	ours, err := m.lib.Read(path.Join(here.Folder, dir, record+name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an older program called it otherwise
	}
	if err != nil {
		return err
	}
	words, err := removed.Reworded(texts[g.Record], removed.Renamed(g.Files, g.Audio, name))
	if err != nil {
		return err
	}
	if sameRecord(ours, words) {
		return nil
	}
	m.conflict(Conflict{Kind: kind, Recording: p.id, Kept: Here, Other: m.other.Path(path.Join(p.there, dir, g.Record)),
		Message: word + quoted(name) + " is in both libraries, and what is written about it differs: that of this library was kept"})
	return nil
}

// sameRecord reports whether two records say the same, but for the place of the
// episode in feeds: that is for this library to say.
func sameRecord(a, b []byte) bool {
	var x, y map[string]any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return bytes.Equal(a, b)
	}
	for _, key := range []string{"published", "publish_at", "season", "number", "episode_type", "explicit", "guid", "shows"} {
		delete(x, key)
		delete(y, key)
	}
	p, perr := json.Marshal(x)
	q, qerr := json.Marshal(y)
	return perr == nil && qerr == nil && bytes.Equal(p, q)
}

// texts reads the JSON and the texts of a clip or an episode, and says whether
// they name somebody who was forgotten here.
func (m *merger) texts(from string, g library.MadeGroup) (texts map[string][]byte, named bool, err error) {
	texts = make(map[string][]byte)
	const most = 32 << 20
	for _, name := range g.Files {
		if m.names.names("@" + name) {
			named = true
		}
		switch path.Ext(name) {
		case ".json", ".vtt", ".srt", ".txt", ".md":
		default:
			continue
		}
		info, err := m.other.Root().Stat(path.Join(from, name))
		if err != nil {
			return nil, false, err
		}
		if info.Size() > most {
			continue
		}
		b, err := m.other.Read(path.Join(from, name))
		if err != nil {
			return nil, false, err
		}
		if path.Ext(name) == ".json" {
			texts[name] = b
			_, has := m.names.json(b)
			named = named || has
		} else {
			named = named || m.names.names(string(b))
		}
	}
	return texts, named, nil
}

// A copied file is one that is to come: as it is there, or with other words.
type copied struct {
	from, to, sha string
	content       []byte
}

// slot finds the name under which a clip or an episode comes: its own, or one with
// a number where another has that. What a killed run has left of it is gone on
// with. Nothing to copy means that all of it is here.
func (m *merger) slot(ctx context.Context, from, to string, g library.MadeGroup, texts map[string][]byte) (string, []copied, error) {
	ext := path.Ext(g.Audio)
	number := " (%d)"
	if path.Base(to) == layout.Episodes {
		number = "-%d" // its name is part of an address on the web
	}
	for n := 1; n < 10000; n++ {
		name := g.Audio
		if n > 1 {
			name = strings.TrimSuffix(g.Audio, ext) + fmt.Sprintf(number, n) + ext
		}
		names := removed.Renamed(g.Files, g.Audio, name)
		list, fits, err := m.fits(ctx, from, to, g, names, texts, n > 1)
		if err != nil || fits {
			return name, list, err
		}
	}
	return "", nil, fmt.Errorf("too many files named %s", g.Audio)
}

// fits reports whether files can have these names, and which are still to be
// copied.
func (m *merger) fits(ctx context.Context, from, to string, g library.MadeGroup, names map[string]string, texts map[string][]byte, numbered bool) ([]copied, bool, error) {
	var list []copied
	for _, was := range g.Files {
		is := names[was]
		if numbered && is == was && was != g.Record && was != g.Audio { // a cover that others share
			if sum, err := m.same(ctx, path.Join(from, was), path.Join(to, was)); err != nil {
				return nil, false, err
			} else if sum {
				continue
			}
			is = strings.TrimSuffix(was, path.Ext(was)) + strings.TrimPrefix(strings.TrimSuffix(names[g.Audio], path.Ext(g.Audio)), strings.TrimSuffix(g.Audio, path.Ext(g.Audio))) + path.Ext(was)
			names[was] = is
		}
	}
	for _, was := range g.Files {
		c := copied{from: path.Join(from, was), to: path.Join(to, names[was]), sha: g.Sums[was]}
		if b, ok := texts[was]; ok {
			b, err := removed.Reworded(b, names)
			if err != nil {
				return nil, false, err
			}
			c.content = b
			here, err := m.lib.Read(c.to)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				list = append(list, c)
			case err != nil:
				return nil, false, err
			case !bytes.Equal(here, b):
				return nil, false, nil
			}
			continue
		}
		if _, err := m.lib.Root().Lstat(c.to); errors.Is(err, fs.ErrNotExist) {
			list = append(list, c)
			continue
		}
		same, err := m.same(ctx, c.from, c.to)
		if err != nil || !same {
			return nil, false, err
		}
	}
	return list, true, nil
}

// same reports whether a file there and one here have the same bytes.
func (m *merger) same(ctx context.Context, there, here string) (bool, error) {
	b, err := m.lib.Root().Stat(here)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a, err := m.other.Root().Stat(there)
	if err != nil {
		return false, err
	}
	if a.Size() != b.Size() {
		return false, nil
	}
	x, err := m.other.Sum(ctx, there)
	if err != nil {
		return false, err
	}
	y, err := m.lib.Sum(ctx, here)
	return x == y, err
}

// unpublished is the record of an episode that comes. It does not enter a feed
// here where that would change it unasked: the other library has another show of
// that name, or this one has an episode of the Space in its feed.
func (m *merger) unpublished(p pair, g library.MadeGroup, here *space.Space, record []byte) ([]byte, error) {
	var rec episode.Record
	if err := json.Unmarshal(record, &rec); err != nil || len(rec.PublishedIn()) == 0 {
		return record, nil
	}
	changed := false
	for _, show := range rec.PublishedIn() {
		other, err := m.publishedHere(here, show)
		if err != nil {
			return nil, err
		}
		differ, err := m.showsDiffer(show)
		if err != nil {
			return nil, err
		}
		if other == "" && !differ {
			continue
		}
		why := "the libraries have different shows"
		if other != "" {
			why = "this library has " + quoted(other) + " in its feed for this Space"
		}
		m.conflict(Conflict{Kind: OfFeed, Recording: p.id, Kept: Here, Other: m.other.Path(layout.EpisodeIn(p.there, g.Record)),
			Message: "the episode " + quoted(g.Audio) + " is published in the other library and not here: " + why})
		no := false
		rec.Relist(show, episode.Relisting{Published: &no})
		changed = true
	}
	if !changed {
		return record, nil
	}
	return space.Marshal(&rec)
}

// publishedHere is the name of an episode of a Space that is published in a show of
// this library, or "".
func (m *merger) publishedHere(here *space.Space, show string) (found string, err error) {
	if here == nil {
		return "", nil
	}
	list, err := m.lib.MadeOf(path.Join(here.Folder, layout.Episodes))
	if err != nil {
		return "", err
	}
	for name := range list {
		b, err := m.lib.Read(layout.EpisodeIn(here.Folder, name+".json"))
		var r episode.Record
		if err == nil && json.Unmarshal(b, &r) == nil && r.IsPublishedIn(show) {
			found = max(found, name)
		}
	}
	return found, nil
}
