package bag

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An Access says who is to have a bag, and so what is in it. The words appear
// in JSON and in bag-info.txt.
type Access string

const (
	// Open is for everybody: the playable files, and what was public of the
	// Space. Nobody's id is in it, and what only the host can know neither.
	Open Access = "open"
	// Restricted is for the host and an archive that keeps a secret: the
	// originals, all that X told, and what the library noted.
	Restricted Access = "restricted"
)

// Options say what goes into a bag.
type Options struct {
	Access    Access
	Originals bool // go into an open bag too, with the timed tags in them
	// Words returns the transcript of a Space as everybody may have it, for an
	// open bag, or nil if there is none; nil: there are none.
	Words    func(s *space.Space) (*transcripts.Transcript, error)
	Version  string
	Now      time.Time
	Progress stream.Progress // is told of bytes that are read; may be nil
}

// A File is one of the payload.
type File struct {
	Name  string // below data
	Bytes int64
	from  string // path, or
	text  []byte // content
	want  string // SHA-256 that the library noted, or ""
}

// A Plan is a bag that is not written yet.
type Plan struct {
	Files   []File
	Bytes   int64
	spaces  []*space.Space
	options Options
}

// NewPlan works out what a bag of Spaces holds: a folder for each, and in a
// restricted one the notes of the archives that they came in.
func NewPlan(lib *library.Library, ids []string, o Options) (*Plan, error) {
	p := &Plan{options: o}
	var archives []string
	for _, id := range ids {
		s, err := lib.Load(id)
		if err != nil {
			return nil, err
		}
		p.spaces = append(p.spaces, s)
		if err := p.recording(lib, s); err != nil {
			return nil, err
		}
		for _, origin := range s.Provenance {
			if !slices.Contains(archives, origin.Archive) {
				archives = append(archives, origin.Archive)
			}
		}
	}
	if o.Access == Restricted {
		for _, sha := range archives {
			name := layout.ArchiveOf(sha)
			if err := p.file(lib, name, name, "", true); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// recording adds the files of a Space.
func (p *Plan) recording(lib *library.Library, s *space.Space) error {
	dir := path.Base(s.Folder)
	for i, name := range s.Files {
		if err := p.file(lib, path.Join(dir, path.Base(name)), name, s.FileSHA256[i], false); err != nil {
			return err
		}
	}
	if p.options.Access == Restricted || p.options.Originals {
		for _, q := range s.Pieces {
			for i, f := range q.Originals() {
				if i > 0 && p.options.Access == Open {
					break // the names of chunks on a server are not for everybody
				}
				name := layout.OriginalIn("", f.Name)
				if err := p.file(lib, path.Join(dir, name), path.Join(s.Folder, name), f.SHA256, false); err != nil {
					return err
				}
			}
		}
	}
	if p.options.Access == Open {
		b, err := space.Marshal(public(s))
		if err != nil {
			return err
		}
		p.add(File{Name: layout.SidecarIn(dir), Bytes: int64(len(b)), text: b})
		return p.words(dir, s)
	}
	for _, e := range s.Earlier {
		name := layout.OriginalIn("", e.Name)
		if err := p.file(lib, path.Join(dir, name), path.Join(s.Folder, name), e.SHA256, false); err != nil {
			return err
		}
	}
	if err := p.file(lib, layout.SidecarIn(dir), layout.SidecarIn(s.Folder), "", false); err != nil {
		return err
	}
	for i := range s.Pieces {
		// A folder whose name begins with a dot is easily overlooked, or left out.
		from := layout.TagsIn(s.Folder, i)
		if err := p.file(lib, path.Join(dir, "tags", path.Base(from)), from, "", true); err != nil {
			return err
		}
	}
	from := layout.TurnsIn(s.Folder)
	if err := p.file(lib, path.Join(dir, "tags", path.Base(from)), from, "", true); err != nil {
		return err
	}
	for _, in := range []func(string) string{layout.TranscriptIn, layout.CaptionsIn, layout.TextIn, layout.RawIn} {
		if err := p.file(lib, in(dir), in(s.Folder), "", true); err != nil {
			return err
		}
	}
	return nil
}

// words adds the transcript as everybody may have it, in all of its forms but
// what the engine wrote.
func (p *Plan) words(dir string, s *space.Space) error {
	if p.options.Words == nil {
		return nil
	}
	t, err := p.options.Words(s)
	if t == nil || err != nil {
		return err
	}
	b, err := space.Marshal(t)
	var vtt, text bytes.Buffer
	if err := errors.Join(err, t.WriteVTT(&vtt), t.WriteText(&text)); err != nil {
		return err
	}
	for i, content := range [...][]byte{b, vtt.Bytes(), text.Bytes()} {
		name := [...]string{layout.TranscriptIn(dir), layout.CaptionsIn(dir), layout.TextIn(dir)}[i]
		p.add(File{Name: name, Bytes: int64(len(content)), text: content})
	}
	return nil
}

// file adds a file of the library; optional ones may be missing.
func (p *Plan) file(lib *library.Library, name, from, sha string, optional bool) error {
	info, err := os.Stat(lib.Path(from))
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p.add(File{Name: name, Bytes: info.Size(), from: lib.Path(from), want: sha})
	return nil
}

// add puts a file into the plan. A % in its name is legal and is escaped, but the
// program that most archives check bags with takes the escape for the name.
func (p *Plan) add(f File) {
	f.Name = strings.ReplaceAll(f.Name, "%", "_")
	p.Files = append(p.Files, f)
	p.Bytes += f.Bytes
}

// ErrChanged means that a file of the library is not what it was when it was
// saved.
var ErrChanged = errors.New("it has changed since it was saved")

// Write makes the bag as the folder dir, and returns its Payload-Oxum. It
// compares every file with what the library noted: what has changed is not
// sealed.
func (p *Plan) Write(ctx context.Context, dir string) (oxum string, err error) {
	w, err := Create(dir)
	if err != nil {
		return "", err
	}
	defer w.Discard()
	if p.options.Progress != nil {
		p.options.Progress.Expect(p.Bytes)
	}
	for i := range p.Files {
		if err := p.put(ctx, w, &p.Files[i]); err != nil {
			return "", err
		}
	}
	return w.Oxum(), w.Commit(ctx, p.info(w))
}

func (p *Plan) put(ctx context.Context, w *Writer, f *File) error {
	var in io.Reader = bytes.NewReader(f.text)
	if f.from != "" {
		file, err := os.Open(f.from)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	sum, err := w.Add(ctx, f.Name, stream.Until(ctx, in, p.options.Progress))
	if err == nil && f.want != "" && sum.SHA256() != f.want {
		err = fmt.Errorf("%s: %w: its SHA-256 is %s, not %s", f.from, ErrChanged, sum.SHA256(), f.want)
	}
	return err
}

// info is what bag-info.txt says: the reserved fields of RFC 8493, 2.2.2, and
// below them when each recording was and what it was made from.
func (p *Plan) info(w *Writer) []Field {
	var titles, hosts []string
	for _, s := range p.spaces {
		titles = append(titles, s.Title)
		if s.Host != nil && s.Host.Handle != "" && !slices.Contains(hosts, "@"+s.Host.Handle) {
			hosts = append(hosts, "@"+s.Host.Handle)
		}
	}
	var list []Field
	if len(hosts) > 0 {
		list = append(list, Field{"Source-Organization", strings.Join(hosts, ", ") + " on X"})
	}
	list = append(list,
		Field{"External-Description", "Recordings of X Spaces: " + strings.Join(titles, "; ")},
		Field{"Bagging-Date", p.options.Now.UTC().Format("2006-01-02")},
	)
	for _, s := range p.spaces {
		list = append(list, Field{"External-Identifier", s.ID})
	}
	list = append(list,
		Field{"Bag-Size", fmt.Sprintf("%.1f MB", float64(w.bytes)/1e6)},
		Field{"Bag-Software-Agent", "spaces " + p.options.Version},
		Field{"Access", string(p.options.Access)},
	)
	for _, s := range p.spaces {
		if !s.StartedAt.IsZero() {
			list = append(list, Field{"Recording-Started", s.ID + " " + s.StartedAt.String()})
		}
		if !s.EndedAt.IsZero() {
			list = append(list, Field{"Recording-Ended", s.ID + " " + s.EndedAt.String()})
		}
		for _, q := range s.Pieces {
			list = append(list, Field{"Original-SHA256", s.ID + " " + q.SHA256})
			if sum := space.Listing(q.Archive); sum != "" {
				list = append(list, Field{"Source-Archive-Listing-SHA256", s.ID + " " + sum})
			} else if q.Archive != "" {
				list = append(list, Field{"Source-Archive-SHA256", s.ID + " " + q.Archive})
			}
		}
	}
	return list
}

// public returns what everybody may know of a Space: what its page and the
// host's post showed, and what the audio itself tells. Ids of accounts, X's
// record with the people who were invited, other tools' notes, the host's own
// and the names of private files are left out.
func public(s *space.Space) *space.Space {
	c := *s
	c.Account, c.Note, c.Record, c.Sidecar, c.Parts, c.Earlier = nil, "", nil, nil, nil, nil
	c.Unedited = nil // the title that the host has replaced, for a reason of their own
	if s.Host != nil {
		c.Host = &space.Person{Handle: s.Host.Handle}
	}
	c.Speakers = slices.Clone(s.Speakers)
	for i := range c.Speakers {
		c.Speakers[i].ID = ""
	}
	c.Pieces = slices.Clone(s.Pieces)
	for i := range c.Pieces {
		if c.Pieces[i].Archive == "" {
			c.Pieces[i].Member = "" // what the host called a file
		}
		c.Pieces[i].Playlist = nil
	}
	c.Provenance = slices.Clone(s.Provenance)
	for i := range c.Provenance {
		c.Provenance[i].Name = ""
	}
	c.Sources = make(map[string]string)
	for fact, from := range s.Sources {
		if fact != "note" {
			c.Sources[fact] = from
		}
	}
	c.Files = slices.Clone(s.Files)
	c.Relocate(path.Base(s.Folder))
	return &c
}
