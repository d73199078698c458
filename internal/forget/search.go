package forget

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// A search is a Plan in the making.
type search struct {
	*Plan
	ctx   context.Context
	all   []*space.Space
	owner map[string]string       // id of the recording by its folder
	kept  map[string]*space.Space // removed Spaces, by their place
	parts []removed.Item          // clips and episodes that were removed
	list  []file                  // of the library
	in    map[string][]file       // the same by their folder
	known map[string]bool         // files that were looked at
	// places are those in layout.Removed of which all goes.
	places map[string]bool
	spoke  map[string]*transcripts.Erasure // where the person may speak, by the recording
	plays  map[string]bool                 // recordings of which an episode stays
}

// A file is one of the library's, by its name below it.
type file struct {
	name  string
	bytes int64
}

func (s *search) add(it Item) { s.Items = append(s.Items, it) }

// people loads what there is, and finds the ids of the person.
func (s *search) people() error {
	err := s.lib.Files(s.ctx, func(name string, info fs.FileInfo) error {
		f := file{name, info.Size()}
		s.list = append(s.list, f)
		s.in[path.Dir(name)] = append(s.in[path.Dir(name)], f)
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.loadRemoved(); err != nil {
		return err
	}
	learn := func(r *space.Recording) {
		for _, id := range idsOf(r, s.Handle) {
			if !slices.Contains(s.ids, id) {
				s.ids = append(s.ids, id)
			}
		}
	}
	for _, sp := range s.kept {
		learn(&sp.Recording)
	}
	for row, err := range s.lib.Catalog().List(s.ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		sp, err := s.lib.Load(row.ID)
		if err != nil {
			return err
		}
		s.all = append(s.all, sp)
		s.owner[sp.Folder] = sp.ID
		learn(&sp.Recording)
	}
	s.eraser = erase.New(s.Handle, s.ids...)
	for _, sp := range s.all {
		s.renames(&sp.Recording)
	}
	for _, sp := range s.kept {
		s.renames(&sp.Recording)
	}
	return nil
}

// renames tells the eraser which names of folders and files were made of a title
// with the person in it: they have no @.
func (s *search) renames(r *space.Recording) {
	title := s.eraser.Text(r.Title)
	if title == r.Title {
		return
	}
	was, is := layout.Names(r), *r
	is.Title = title
	for i, name := range layout.Names(&is) {
		s.eraser.Rename(was[i], name)
	}
}

// idsOf are those that a recording tells of a person.
func idsOf(r *space.Recording, handle string) []string {
	var ids []string
	add := func(p *space.Person) {
		if p != nil && consent.Handle(p.Handle) == handle && p.ID != "" {
			ids = append(ids, p.ID)
		}
	}
	add(r.Host)
	add(r.Account)
	for _, sp := range r.Speakers {
		add(&space.Person{ID: sp.ID, Handle: sp.Handle})
	}
	return ids
}

// onStage reports whether a person could speak in a recording.
func onStage(r *space.Recording, turns *space.Turns, handle string) bool {
	if r.Host != nil && consent.Handle(r.Host.Handle) == handle {
		return true
	}
	if slices.ContainsFunc(r.Speakers, func(sp space.Speaker) bool { return consent.Handle(sp.Handle) == handle }) {
		return true
	}
	return turns != nil && slices.ContainsFunc(turns.Turns, func(t space.Turn) bool { return consent.Handle(t.Handle) == handle })
}

// recordings looks at each recording and what was made of it.
func (s *search) recordings() error {
	for _, sp := range s.all {
		stage, err := s.recording(sp)
		if err != nil {
			return err
		}
		if stage {
			s.stage = append(s.stage, sp.ID)
		}
	}
	return nil
}

// recording looks at a recording and what was made of it, and reports whether
// the person was on stage. Of one that was removed, files to play that name the
// person go: they are made again when it is brought back.
func (s *search) recording(sp *space.Space) (stage bool, err error) {
	if err := s.ctx.Err(); err != nil {
		return false, err
	}
	turns, err := s.lib.TurnsOf(sp)
	if err != nil {
		return false, err
	}
	stage = onStage(&sp.Recording, turns, s.Handle)
	use := consent.Use{Recording: &sp.Recording, Turns: turns}
	gone := stage && s.choice.Originals
	voice := stage && use.Hears(s.Handle)
	if stage {
		if err := s.originals(sp, voice, gone); err != nil {
			return stage, err
		}
	}
	for _, name := range sp.Files {
		if !s.exists(name) {
			continue
		}
		named, err := s.names(name)
		if err != nil {
			return stage, err
		}
		f := fate(named && s.choice.Names, Rewritten)
		if gone || f == Rewritten && isAside(name) {
			f = Removed
		}
		s.found(Item{Kind: Recording, Recording: sp.ID, Name: name, Voice: voice, Named: named, Fate: f})
	}
	if s.spoke[sp.ID], err = s.words(sp, use, gone); err != nil {
		return stage, err
	}
	return stage, errors.Join(s.clips(sp, use, gone), s.episodes(sp, use, gone))
}

// originals lists those of a recording in which the person was on stage: the
// tags between their frames name everybody who was.
func (s *search) originals(sp *space.Space, voice, gone bool) error {
	add := func(name string, size int64) {
		s.found(Item{Kind: Original, Recording: sp.ID, Name: layout.OriginalIn(sp.Folder, name), Bytes: size, Voice: voice, Named: true, Fate: fate(gone, Removed)})
	}
	for _, p := range sp.Pieces {
		for _, f := range p.Originals() {
			add(f.Name, f.Bytes)
		}
	}
	for _, e := range sp.Earlier {
		add(e.Name, e.Bytes)
	}
	return nil
}

// found adds an item if the person is heard or named in it. A file that is
// heard and named is one item.
func (s *search) found(it Item) {
	s.known[it.Name] = true
	if !it.Voice && !it.Named {
		return
	}
	if it.Bytes == 0 {
		it.Bytes = s.size(it.Name)
	}
	s.add(it)
}

func (s *search) size(name string) int64 {
	f, err := s.lib.OpenFile(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// clips looks at the clips of a recording.
func (s *search) clips(sp *space.Space, use consent.Use, gone bool) error {
	list, broken, err := clips.List(s.lib.Root(), sp.Folder)
	if err != nil {
		return err
	}
	for _, b := range broken { // it may play any of the recording
		name := layout.ClipIn(sp.Folder, b.File)
		beside := []string{name + ".json", strings.TrimSuffix(name, path.Ext(name)) + ".srt"}
		if err := s.made(Item{Kind: Clip, Recording: sp.ID, Name: name}, beside, use, gone, s.choice.Clips); err != nil {
			return err
		}
	}
	for _, c := range list {
		if c.File != path.Base(c.File) {
			continue // written by nobody of us
		}
		use.Parts = playedBy(&c)
		name := layout.ClipIn(sp.Folder, c.File)
		beside := []string{name + ".json", strings.TrimSuffix(name, path.Ext(name)) + ".srt"}
		if err := s.made(Item{Kind: Clip, Recording: sp.ID, Name: name, Bytes: c.Bytes, sha: c.SHA256}, beside, use, gone, s.choice.Clips); err != nil {
			return err
		}
	}
	return nil
}

// playedBy are the stretches of a recording that a clip plays.
func playedBy(c *clips.Provenance) []space.Stretch {
	var out []space.Stretch
	for _, o := range c.Omitted {
		out = append(out, space.Stretch{Start: o.Start, End: o.Start + o.Seconds})
	}
	return consent.Without([]space.Stretch{{Start: c.At, End: c.At + c.Length}}, out)
}

// episodes looks at the episodes of a recording, of all formats.
func (s *search) episodes(sp *space.Space, use consent.Use, gone bool) error {
	dir := path.Join(sp.Folder, layout.Episodes)
	for _, f := range s.in[dir] {
		if path.Ext(f.name) != ".json" || f.bytes > maxText {
			continue
		}
		b, err := s.small(f.name)
		if err != nil {
			return err
		}
		var r episode.Record
		if json.Unmarshal(b, &r) != nil {
			if err := s.unrecorded(sp, dir, f.name, use, gone); err != nil {
				return err
			}
			continue
		}
		if r.ID != sp.ID || r.File == "" || r.File != path.Base(r.File) {
			continue
		}
		use.Parts = playedIn(&r)
		beside := []string{f.name}
		for _, name := range slices.Concat(r.Transcripts, []string{r.ChapterFile, r.ChapterDraft, r.Cover, r.Notes}) {
			if name != "" && name == path.Base(name) {
				beside = append(beside, path.Join(dir, name))
			}
		}
		it := Item{Kind: Episode, Recording: sp.ID, Name: path.Join(dir, r.File), Bytes: r.Bytes, sha: r.SHA256}
		if it.Voice, err = s.around(&r); err != nil {
			return err
		}
		if err := s.made(it, beside, use, gone, s.choice.Episodes); err != nil {
			return err
		}
	}
	return nil
}

// unrecorded looks at the episodes that a record is of which cannot be read: they
// may play any of the recording.
func (s *search) unrecorded(sp *space.Space, dir, record string, use consent.Use, gone bool) error {
	use.Parts = nil
	stem := strings.TrimSuffix(record, ".json") // talk.m4a, or of earlier programs talk
	for _, f := range s.in[dir] {
		if _, sound := format.Of(f.name, format.All()); !sound || f.name != stem && strings.TrimSuffix(f.name, path.Ext(f.name)) != stem {
			continue
		}
		if err := s.made(Item{Kind: Episode, Recording: sp.ID, Name: f.name, Bytes: f.bytes}, []string{record}, use, gone, s.choice.Episodes); err != nil {
			return err
		}
	}
	return nil
}

// around reports whether the person is heard in the intro or the outro of an episode.
func (s *search) around(r *episode.Record) (bool, error) {
	for _, a := range []*episode.Added{r.Intro, r.Outro} {
		if a == nil {
			continue
		}
		for _, h := range a.Heard {
			sp := s.spaceOf(h.ID)
			if sp == nil {
				continue
			}
			turns, err := s.lib.TurnsOf(sp)
			if err != nil {
				return false, err
			}
			use := consent.Use{Recording: &sp.Recording, Turns: turns, Parts: h.Parts}
			if onStage(use.Recording, turns, s.Handle) && use.Hears(s.Handle) {
				return true, nil
			}
		}
	}
	return false, nil
}

// playedIn are the stretches of a recording that an episode plays.
func playedIn(r *episode.Record) []space.Stretch {
	var list []space.Stretch
	for _, k := range r.Kept {
		list = append(list, space.Stretch{Start: k.Start, End: k.Start + k.Seconds})
	}
	return list
}

// made adds what was made of a recording, with what stands beside it.
func (s *search) made(it Item, beside []string, use consent.Use, gone, chosen bool) error {
	if !s.exists(it.Name) {
		return nil
	}
	for _, name := range beside {
		if s.exists(name) {
			it.beside = append(it.beside, name)
		}
	}
	it.Voice = it.Voice || use.Hears(s.Handle) || hasWords(it.Name, it.beside) && near(s.spoke[it.Recording], use.Parts)
	var err error
	if it.Named, err = s.names(it.Name); err != nil {
		return err
	}
	if path.Ext(it.Name) == ".mp4" && it.Voice {
		it.Named = true // it may show who speaks
	}
	it.Fate = fate(gone || it.Voice && chosen || it.Named && s.choice.Names, Removed)
	s.found(it)
	s.plays[it.Recording] = s.plays[it.Recording] || it.Kind == Episode && it.Fate != Removed
	for _, name := range it.beside {
		if it.Fate == Removed {
			s.known[name] = true
		} else {
			s.shared[name] = true
		}
	}
	return nil
}

func (s *search) exists(name string) bool {
	f, err := s.lib.OpenFile(name)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// files looks for the name in all other files, and for copies of what goes.
func (s *search) files() error {
	gone := make(map[int64][]*Item)
	var more []Item
	for i, it := range s.Items {
		if it.sha != "" && it.Fate == Removed {
			gone[it.Bytes] = append(gone[it.Bytes], &s.Items[i])
		}
	}
	pages := s.pages()
	for _, f := range s.list {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		page, _ := layout.BesideFeed(f.name)
		if it, ok := pages[page]; ok {
			more = append(more, Item{Kind: Copy, Recording: it.Recording, Name: f.name, Bytes: f.bytes, Voice: true, Named: it.Named, Fate: Removed})
			continue
		}
		if s.known[f.name] && !s.shared[f.name] || s.leaves(f.name) || layout.IsIndex(f.name) {
			continue // the catalogue is made anew in any case
		}
		if it, err := s.copied(f, gone[f.bytes]); it != nil || err != nil {
			if err != nil {
				return err
			}
			more = append(more, *it)
			continue
		}
		named, err := s.names(f.name)
		if err != nil {
			return err
		}
		if named {
			more = append(more, Item{Kind: File, Name: f.name, Bytes: f.bytes, Named: true, Fate: fate(s.choice.Names && isText(f.name), Rewritten)})
		}
	}
	s.Items = append(s.Items, more...)
	return nil
}

// copied returns an item if a file beside the feed is a copy of what goes.
func (s *search) copied(f file, gone []*Item) (*Item, error) {
	if _, beside := layout.BesideFeed(f.name); !beside {
		return nil, nil
	}
	for _, it := range gone {
		if same, err := s.same(f.name, it.sha); same || err != nil {
			return &Item{Kind: Copy, Recording: it.Recording, Name: f.name, Bytes: f.bytes, Voice: it.Voice, Named: it.Named, Fate: Removed}, err
		}
	}
	return nil, nil
}

// leaves reports whether a file goes with its folder, or is an original: these
// are not looked into.
func (s *search) leaves(name string) bool {
	parts := strings.SplitN(name, "/", 5)
	switch {
	case parts[0] == layout.Removed && len(parts) > 2:
		return parts[2] == layout.Original || s.places[parts[1]]
	case parts[0] == layout.Removed && len(parts) == 2:
		place, ok := layout.RecordOfRemoved(parts[1])
		return ok && s.places[place]
	case parts[0] == layout.Recordings && len(parts) > 3:
		id := s.owner[path.Join(parts[:3]...)]
		return id != "" && (parts[3] == layout.Original || s.choice.Originals && slices.Contains(s.stage, id))
	}
	return false
}

// names reports whether a file has the name in its own name, folders left out,
// or in its content.
func (p *Plan) names(name string) (bool, error) {
	if base := path.Base(name); p.eraser.Text(base) != base {
		return true, nil
	}
	if isText(name) {
		b, err := p.small(name)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil && string(p.unnamed(name, b)) != string(b), err
	}
	f, err := p.lib.OpenFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	overlap := p.eraser.Longest()
	buf := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, buf[kept:])
		if p.eraser.In(buf[:kept+n]) {
			return true, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(buf, buf[len(buf)-overlap:])
	}
}
