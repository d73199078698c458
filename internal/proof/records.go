package proof

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/made"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// each calls visit with all that the library holds or has made, as long as it
// returns true.
func (p *Prover) each(ctx context.Context, visit func(*found) bool) error {
	for row, err := range p.Library.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		s, err := p.Library.Load(row.ID)
		if err != nil && p.Skip != nil {
			p.Skip(err)
			continue
		}
		if err != nil {
			return err
		}
		list, err := p.made(s)
		if err != nil {
			return err
		}
		for _, t := range append(list, held(s)...) {
			if !visit(t) {
				return nil
			}
		}
	}
	return p.eachRecorded(visit)
}

// eachRecorded calls visit with what the library's ledger has of files that were
// written elsewhere.
func (p *Prover) eachRecorded(visit func(*found) bool) error {
	root := p.Library.Root()
	var failed error
	err := made.Entries(root, func(e *made.Entry) bool {
		t := &found{record: layout.MadeLedger, sha256: e.SHA256, noted: true, trusted: true}
		id := ""
		switch e.Kind {
		case made.Clip:
			t.kind, t.clip = Clip, new(clip.Provenance)
			failed = json.Unmarshal(e.Record, t.clip)
			id = t.clip.Recording
		case made.Episode:
			t.kind, t.episode = Episode, new(episode.Record)
			failed = json.Unmarshal(e.Record, t.episode)
			id = t.episode.ID
		default:
			return true
		}
		if failed != nil {
			failed = fmt.Errorf("%s: %w", layout.MadeLedger, failed)
			return false
		}
		t.space, failed = p.Library.Load(id)
		if errors.Is(failed, library.ErrNotFound) || errors.Is(failed, catalog.ErrNotFound) {
			failed = nil // it was removed
			return true
		}
		return failed == nil && visit(t)
	})
	return cmp.Or(err, failed)
}

// maxRecord is how large a record can be.
const maxRecord = 64 << 20

// recordBeside reads the record that lies beside a file, as episodes have one that
// were written elsewhere. It counts only if the library has the recording.
func (p *Prover) recordBeside(name string) (*found, error) {
	record := name + ".json"
	info, err := os.Stat(record)
	if err != nil || info.Size() > maxRecord {
		return nil, ErrUnknown
	}
	b, err := os.ReadFile(record)
	if err != nil {
		return nil, err
	}
	t := &found{kind: Clip, record: filepath.ToSlash(record), clip: new(clip.Provenance)}
	if json.Unmarshal(b, t.clip) != nil || t.clip.Recording == "" {
		t.kind, t.clip, t.episode = Episode, nil, new(episode.Record)
		if json.Unmarshal(b, t.episode) != nil || t.episode.ID == "" {
			return nil, ErrUnknown
		}
	}
	id := ""
	if t.clip != nil {
		t.sha256, id = t.clip.SHA256, t.clip.Recording
	} else {
		t.sha256, id = t.episode.SHA256, t.episode.ID
	}
	if t.space, err = p.Library.Load(id); errors.Is(err, library.ErrNotFound) || errors.Is(err, catalog.ErrNotFound) {
		return nil, ErrUnknown
	}
	return t, err
}

// named gives a file that the ledger tells of the name that it has now, and the
// title that its tags say, or the record beside it.
func (p *Prover) named(t *found, name string) {
	tags := tagsOf(name)
	if b, err := p.recordBeside(name); err == nil && b.sha256 == t.sha256 && b.kind == t.kind && b.space.ID == t.space.ID {
		t.record = b.record
		if tags["TITLE"] == "" && b.episode != nil {
			tags["TITLE"] = b.episode.Title
		}
	}
	if t.episode != nil {
		t.episode.File = filepath.Base(name)
		t.episode.Title = cmp.Or(tags["TITLE"], t.space.Title)
		return
	}
	t.clip.File = filepath.Base(name)
	if t.clip.Title = cmp.Or(tags["TITLE"], t.space.Title); t.clip.Title != t.space.Title {
		t.clip.Settings.Title = t.clip.Title
	}
}

// place is where the file of a record lies, below the library.
func (t *found) place() string {
	switch {
	case t.clip != nil:
		return path.Join(path.Dir(t.record), t.clip.File)
	case t.episode != nil:
		return path.Join(path.Dir(t.record), t.episode.File)
	case t.kind == Playable:
		return t.space.Files[t.piece]
	case t.piece < len(t.space.Pieces):
		return originPath(t.space, t.space.Pieces[t.piece].Name)
	}
	return originPath(t.space, t.space.Earlier[t.piece-len(t.space.Pieces)].Name)
}

// held lists the originals and playable files of a recording. Earlier
// originals are counted after the pieces.
func held(s *space.Space) []*found {
	var list []*found
	add := func(kind SubjectKind, i int, sha string) {
		list = append(list, &found{kind: kind, space: s, record: layout.SidecarIn(s.Folder), sha256: sha, piece: i})
	}
	for i, q := range s.Pieces {
		add(Original, i, q.SHA256)
	}
	for i, q := range s.Earlier {
		add(Original, len(s.Pieces)+i, q.SHA256)
	}
	for i, sha := range s.FileSHA256 {
		if i < len(s.Files) {
			add(Playable, i, sha)
		}
	}
	return list
}

func (p *Prover) skip(err error) {
	if p.Skip != nil {
		p.Skip(err)
	}
}

// made lists what was made of a recording, by the records that lie there.
func (p *Prover) made(s *space.Space) ([]*found, error) {
	dir := p.Library.Path(s.Folder)
	clips, broken, err := clip.List(p.Library.Root(), s.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, b := range broken {
		p.skip(b)
	}
	var list []*found
	for i := range clips {
		c := &clips[i]
		if c.File != path.Base(c.File) {
			continue // the folder is the host's
		}
		list = append(list, &found{kind: Clip, space: s, trusted: true, record: layout.ClipIn(s.Folder, c.File+".json"), sha256: c.SHA256, clip: c})
	}
	entries, err := os.ReadDir(filepath.Join(dir, layout.Episodes))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || filepath.Ext(e.Name()) != ".json" || !info.Mode().IsRegular() || info.Size() > maxRecord {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, layout.Episodes, e.Name()))
		if err != nil {
			return nil, err
		}
		r := new(episode.Record)
		if err := json.Unmarshal(b, r); err != nil {
			p.skip(fmt.Errorf("%s: cannot read the record: %w", path.Join(s.Folder, layout.Episodes, e.Name()), err))
			continue
		}
		if r.SHA256 == "" || r.File == "" || r.File != path.Base(r.File) {
			continue // the folder is the host's
		}
		list = append(list, &found{kind: Episode, space: s, trusted: true, record: path.Join(s.Folder, layout.Episodes, e.Name()), sha256: r.SHA256, episode: r})
	}
	return list, nil
}
