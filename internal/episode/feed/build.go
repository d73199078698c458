package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Options say how a feed is built.
type Options struct {
	File string // name of the feed in its folder; "" is feed.xml
	// Site, if it is set, puts pages beside the feed, and Build the episodes'
	// files with them, so that the folder is whole: it can be looked at as it
	// lies there, and sent to the base URL as it is.
	Site Site
	// Agree, if it is set, is asked before anything is written: an error of it
	// is that of Build.
	Agree func([]*Episode) error
	// Choose, if it is set, says which episodes may stand in the feed; otherwise
	// all that are published in the show and are due.
	Choose func(*Episode) bool
	// Now is the time at which episodes that wait are due; zero is that of the
	// clock. The same files and time give the same bytes.
	Now time.Time
	// Skip, if it is set, is told what is wrong with episodes, and with clips that
	// would be soundbites; they are left out, and no page is removed. Otherwise it
	// is the error of Build.
	Skip func(*ProblemError)
	// Progress is told of bytes that are compared and copied; it may be nil.
	Progress stream.Progress
}

// A Site writes the pages of a show. It serves one Build.
type Site interface {
	// Write writes the pages of episodes, the newest first, and returns the names
	// of its files. feed is the name of the feed beside them.
	Write(ctx context.Context, library, out *os.Root, s *Show, episodes []*Episode, feed string) (names []string, err error)
	// Tidy removes what Write has written for earlier builds and not for this one.
	Tidy(out *os.Root) (gone []string, err error)
}

// The phases of building.
const (
	Comparing = "comparing"
	Copying   = "copying" // with Options.Site
)

// Phases lists the phases of building, each with about how long it takes.
func Phases() []stream.Phase {
	return []stream.Phase{{Name: Comparing, Weight: 2}, {Name: Copying, Weight: 1}}
}

// A Built says what was built.
type Built struct {
	URL      string // of the feed
	Episodes []*Episode
	Changed  bool // whether the feed differs from the one that was there
	// Files are what has to be at the show's base URL besides the feed and
	// the pages.
	Files    []Asset
	Pages    []string // of the site, by name
	Gone     []string // pages of episodes that are no more, which were removed
	Findings []Finding
	// Waiting are the episodes that enter the feed at a later time, the first one
	// first.
	Waiting []*Episode
}

// An Asset is a file that the feed links: of an episode, or the cover.
type Asset struct {
	Path string // below the library
	URL  string
	Name string
}

// Build makes the feed of a library's show in a folder, and the site if it is
// asked for. The feed itself is written last and at once: whoever fetches it
// finds all that it links to. What is the same already is not written, and
// pages of episodes that are gone are removed after all else.
func Build(ctx context.Context, library, out *os.Root, s *Show, o Options) (*Built, error) {
	if o.File == "" {
		o.File = layout.FeedFile
	}
	if !fileName().MatchString(o.File) {
		return nil, fmt.Errorf("%q cannot be part of a web address", o.File)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	waiting, err := s.Waiting(ctx, library, o.Now)
	if err != nil {
		return nil, err
	}
	if o.Choose == nil {
		o.Choose = func(e *Episode) bool { return s.Due(e, o.Now) }
	}
	stream.Enter(o.Progress, Comparing)
	skip, skipped := refuse, false
	if o.Skip != nil {
		skip = func(p *ProblemError) error {
			skipped = true
			o.Skip(p)
			return nil
		}
	}
	episodes, err := s.choose(ctx, library, o.Choose, skip, o.Progress)
	if errors.Is(err, ErrNoEpisodes) || errors.Is(err, ErrNonePublished) {
		// Of a feed that was there, subscribers must hear that its last episode
		// has gone: an empty one takes its place.
		if was, rerr := out.ReadFile(o.File); rerr == nil && s.Owns(was) {
			episodes, err = nil, nil
		}
		if err != nil && len(waiting) > 0 {
			err = &NoneDueError{s.Date(waiting[0])}
		}
	}
	if err == nil && o.Agree != nil {
		err = o.Agree(episodes)
	}
	if err != nil {
		return nil, err
	}
	text, err := s.Render(episodes, o.File, o.Site != nil)
	if err != nil {
		return nil, err
	}
	b := &Built{URL: s.URL(o.File), Episodes: episodes, Waiting: waiting}
	if s.Cover != "" {
		b.Files = append(b.Files, Asset{s.coverPath(), s.ImageURL(), s.Cover})
	}
	for _, e := range episodes {
		for _, file := range e.Files() {
			b.Files = append(b.Files, Asset{e.Path(file), s.URL(file), file})
		}
	}
	if b.Findings, err = CheckBytes(text); err != nil {
		return nil, err
	}
	durable.SweepDir(out, ".")
	if o.Site != nil {
		stream.Enter(o.Progress, Copying)
		for _, a := range b.Files {
			if err := place(ctx, library, out, a, nil, o.Progress); err != nil {
				return nil, err
			}
		}
		if b.Pages, err = o.Site.Write(ctx, library, out, s, episodes, o.File); err != nil {
			return nil, err
		}
	}
	if s.Cover != "" && o.Site == nil {
		if err := place(ctx, library, out, Asset{Path: s.coverPath(), Name: s.Cover}, nil, o.Progress); err != nil {
			return nil, err
		}
	}
	if b.Changed, err = durable.Update(out, o.File, text); err != nil || o.Site == nil || skipped {
		return b, err // the page of an episode that was left out stays
	}
	b.Gone, err = o.Site.Tidy(out)
	return b, err
}

// place puts a copy of an episode's file into the folder, unless one of the
// same size and time is there. (A link would let a change to the copy change
// the library.)
func place(ctx context.Context, library, out *os.Root, a Asset, trace durable.Trace, p stream.Progress) error {
	src, err := library.Open(a.Path)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if old, err := out.Lstat(a.Name); err == nil && old.Mode().IsRegular() && old.Size() == info.Size() && old.ModTime().Equal(info.ModTime()) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if p != nil {
		p.Expect(info.Size())
	}
	durable.Sweep(out, "."+a.Name+".partial") // what an earlier version was killed over
	o := durable.Options{Trace: trace}
	d, err := o.Create(out, a.Name)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := io.Copy(d, stream.Until(ctx, src, p)); err != nil {
		return err
	}
	d.SetModified(info.ModTime())
	if err := d.Commit(true); err != nil {
		return err
	}
	return o.SyncDir(out, path.Dir(a.Name))
}
