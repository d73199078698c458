// Package intake takes things into a library: archives, loose recordings, folders
// of chunks. It finds which Space each belongs to, copies and reads the originals
// in one pass, joins them, makes the playable files, and collects what is known.
// The library keeps them.
package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/series"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Options tune an import. The zero value imports everything, using one
// job.
type Options struct {
	Titles    map[string]string // by Space id, given by the host
	StartedAt time.Time         // given by the host, for loose recordings without a clock
	Jobs      int               // Spaces read at the same time
	DryRun    bool              // tell what would be done, from the listing alone
	Joined    []Joined          // files that were joined from the chunks of playlists
	// Playlist, if set, joins the chunks of a playlist on a disk.
	Playlist func(ctx context.Context, name string) (*Joined, error)
	Progress stream.Progress
	// Choose, if set, is asked which Space a recording is that may be several; ""
	// is none of them.
	Choose func(context.Context, Question) (id string, err error)
	// SpaceID says which Space the one folder of chunks is, if somebody knows.
	SpaceID string
	// Join is asked whether files that may be the chunks of one recording are
	// joined; without it they are taken one by one, and this is told.
	Join func(*series.Chunks) bool
	// Archives are open already, and taken in before those at the paths. Whoever
	// opened them closes them.
	Archives []*archive.Archive
	// Problems are told first: what could not be opened.
	Problems []archive.Problem
}

// An Event is one thing that an import has to tell: exactly one of its
// pointers is set.
type Event struct {
	Recording *space.Recording
	Action    Action // with Recording
	// Kept says that originals of Recording are in the library that cannot be
	// played.
	Kept bool
	// Better says that the library has a better copy of Recording than the one
	// that was offered, and keeps it.
	Better bool
	// Was says when and how Recording was removed, with the action Removed.
	Was *removed.Item

	Problem *archive.Problem
	// Failed says that something could not be saved: because of Problem, or
	// of Recording.
	Failed bool

	Archive *space.Archive // before the recordings of an archive
}

// A Summary counts what an import did.
type Summary struct {
	Added, Updated, Unchanged, Failed int
	NoAudio, NoRecord                 int // of those that did not fail
	// Of those without a record, how many the clock in the audio dates, and how
	// many nothing does.
	ByClock, Undated int
	// Better counts those of which the library has, and keeps, a better copy
	// than the one that was offered.
	Better   int
	Removed  int   // left as the host removed them
	Bytes    int64 // of original audio saved or found saved
	Seconds  float64
	Archives []space.Archive
	Problems int // that cost something
}

// Nothing reports whether there was nothing to keep: no recording, no record
// of one, and no post that links one.
func (s Summary) Nothing() bool {
	linked := slices.ContainsFunc(s.Archives, func(a space.Archive) bool { return len(a.Links) > 0 })
	return s.Added+s.Updated+s.Unchanged+s.Removed == 0 && !linked
}

type importer struct {
	lib      *library.Library
	opts     Options
	progress stream.Progress
	emit     func(Event)
	summary  Summary
	withhold *forgottenFilter
	removed  map[string]*removed.Item // Spaces that the host removed, by id
	away     map[string]bool          // what was said of servers
	fetched  []*library.Stage         // what has been fetched from servers before it is taken in
}

// Import takes archives (ZIPs, folders) and loose recordings into the
// library. It tells emit what it finds and does, one event after the other,
// the recordings of an archive newest first. What is wrong with one input or
// one Space never stops the rest; the error is for what does: a library that
// cannot be written, or ctx. In a dry run the library may be nil, or open for
// reading only.
func Import(ctx context.Context, lib *library.Library, paths []string, o Options, emit func(Event)) (Summary, error) {
	im := &importer{lib: lib, opts: o, progress: o.Progress, emit: emit}
	if im.progress == nil {
		im.progress = stream.NoProgress{}
	}
	var err error
	if im.withhold, err = newForgottenFilter(im.lib); err != nil {
		return im.summary, err
	}
	if err := im.loadRemoved(); err != nil {
		return im.summary, err
	}
	for _, p := range o.Problems {
		im.problem(p, true)
	}
	var archives []*archive.Archive
	defer func() {
		for _, a := range archives {
			a.Close()
		}
	}()
	var loose []archive.Found
	for _, p := range paths {
		for _, f := range im.expand(ctx, p) {
			err := guard(func() error {
				switch {
				case f.Kind == archive.AudioFile, f.Kind == archive.ChunkFolder:
					loose = append(loose, f)
					return nil
				case f.Kind == archive.PlaylistFile && im.opts.Playlist != nil:
					j, err := im.opts.Playlist(ctx, f.Path)
					if err == nil && j != nil {
						im.opts.Joined = append(slices.Clip(im.opts.Joined), *j)
					}
					return err
				}
				list, err := archive.OpenAll(ctx, f.Path)
				archives = append(archives, list...)
				return err
			})
			if ctx.Err() != nil {
				return im.summary, ctx.Err()
			}
			if err != nil {
				im.fail(err, f.Path)
			}
		}
	}
	for _, set := range archive.Group(slices.Concat(o.Archives, archives)) {
		if err := im.importSet(ctx, set); err != nil {
			return im.summary, err
		}
	}
	items, err := im.looseItems(ctx, loose)
	if err == nil {
		err = im.importItems(ctx, items)
	}
	if err == nil { // what the library has by now tells whose they are
		items, err = im.joinedItems(ctx)
	}
	for err == nil && len(items) > 0 {
		var once []*item
		once, items = oneOfEach(items)
		err = im.importItems(ctx, once)
	}
	return im.summary, err
}

// oneOfEach returns the first item of each Space, and the others. A playlist and
// its master playlist are the same recording: two items are never written to one
// folder at the same time.
func oneOfEach(items []*item) (once, others []*item) {
	seen := make(map[string]bool)
	for _, it := range items {
		if it.id != "" && seen[it.id] {
			others = append(others, it)
			continue
		}
		seen[it.id] = true
		once = append(once, it)
	}
	return once, others
}

// loadRemoved finds out which Spaces the host removed.
func (im *importer) loadRemoved() error {
	im.removed = make(map[string]*removed.Item)
	if im.lib == nil {
		return nil
	}
	list, err := im.lib.Removed()
	if err != nil {
		return err
	}
	for _, it := range slices.Backward(list) { // the latest stays
		if it.Kind == removed.Space {
			im.removed[it.ID] = &it
		}
	}
	return nil
}

// expand returns what is to be taken in from a path: of a folder all that it
// and the folders in it hold. What is not looked into is told.
func (im *importer) expand(ctx context.Context, p string) (found []archive.Found) {
	err := guard(func() error {
		kind, err := archive.Detect(p)
		if err != nil {
			return err
		}
		if info, serr := os.Stat(p); serr != nil || !info.IsDir() {
			found = []archive.Found{{Path: p, Kind: kind}}
			return nil
		}
		survey, err := archive.LookThrough(ctx, p)
		if err != nil {
			return err
		}
		for _, problem := range survey.Problems {
			im.problem(problem, true)
		}
		for _, f := range survey.Found {
			found = append(found, im.joinOrNot(f)...)
		}
		if len(found) == 0 && len(survey.Problems) == 0 {
			found = []archive.Found{{Path: p, Kind: kind}} // opening it says what it is
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		im.fail(err, p)
	}
	return found
}

// MaybeChunks is the kind of the note that files may be chunks of one recording.
const MaybeChunks archive.ProblemKind = "maybe-chunks"

// joinOrNot returns a folder of chunks, or its files where it is in doubt that
// they are of one recording and nobody says so.
func (im *importer) joinOrNot(f archive.Found) []archive.Found {
	if f.Series == nil || f.Series.Doubt == "" || im.opts.Join != nil && im.opts.Join(f.Series) {
		return []archive.Found{f}
	}
	if im.opts.Join == nil {
		im.warn(archive.Problem{Kind: MaybeChunks, Subject: f.Path,
			Message: fmt.Sprintf("%s may be the chunks of one recording; %s, so each was taken as a recording of its own", f.Series, f.Series.Doubt)})
	}
	return f.Apart()
}

// fail tells of something that could not be taken in.
func (im *importer) fail(err error, subject string) {
	p := new(archive.Problem)
	if !errors.As(err, &p) {
		p = &archive.Problem{Kind: archive.Unreadable, Subject: subject, Message: err.Error()}
	}
	im.problem(*p, true)
}

func (im *importer) problem(p archive.Problem, failed bool) {
	if p.Away { // what ends one member ends all of them
		if im.away[p.Message] {
			return
		}
		if im.away == nil {
			im.away = make(map[string]bool)
		}
		im.away[p.Message] = true
	}
	if failed {
		im.summary.Problems++
	}
	im.emit(Event{Problem: &p, Failed: failed})
}

// warn tells of something odd that cost nothing.
func (im *importer) warn(p archive.Problem) { im.problem(p, false) }

// An origin is an archive that items come from. Its hash is being computed
// while they are read.
type origin struct {
	name string
	made time.Time
	far  bool // it lies on a server
	done chan struct{}
	sum  string
	err  error
}

func newOrigin(ctx context.Context, a *archive.Archive, p stream.Progress) *origin {
	o := &origin{name: filepath.Base(a.Path()), made: a.Manifest().Generated, far: a.IsFar(), done: make(chan struct{})}
	if o.far {
		o.sum = space.ListingKey(a.Listing())
		close(o.done)
		return o
	}
	go func() {
		defer close(o.done)
		o.sum, o.err = a.Hash(ctx, p)
	}()
	return o
}

// key is what the archive is known by.
func (o *origin) key(ctx context.Context) (string, error) {
	select {
	case <-o.done:
		return o.sum, o.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// importSet imports the parts of one archive together: a record may lie in
// one part and its audio in another. A part that cannot be read is told, and
// the others are taken in.
func (im *importer) importSet(ctx context.Context, set archive.Set) error {
	ctx, cancel := context.WithCancel(ctx)
	b := newItemBuilder(im)
	var origins []*origin
	defer func() {
		cancel()
		for _, o := range origins {
			<-o.done // the archive is closed after this
		}
		for _, g := range im.fetched {
			g.Discard()
		}
		im.fetched = nil
	}()
	var held []*space.Archive
	for _, a := range set.Archives {
		var o *origin
		if !im.opts.DryRun {
			o = newOrigin(ctx, a, im.progress)
			origins = append(origins, o)
		}
		h := archiveFacts(a)
		if err := guard(func() error { return b.read(ctx, a, o, h) }); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			im.fail(err, a.Path())
		}
		held = append(held, h)
	}
	if err := b.assign(ctx); err != nil {
		return err
	}
	for _, h := range held {
		b.onlyLinked(h)
	}
	if set.Missing {
		im.warn(archive.Problem{
			Kind: archive.PartialArchive, Subject: filepath.Base(set.Archives[0].Path()),
			Message: "X split this archive, and the other parts are missing",
			Hint:    "download the other parts and give them all in one command",
		})
	}
	for _, h := range held {
		if err := im.withhold.archive(h); err != nil {
			return err
		}
		im.summary.Archives = append(im.summary.Archives, *h)
		im.emit(Event{Archive: h})
	}
	items, err := b.items(ctx)
	if err == nil {
		err = im.nameReplays(ctx, items)
	}
	if err != nil {
		return err
	}
	if err := im.importItems(ctx, items); err != nil || im.opts.DryRun {
		return err
	}
	for i, o := range origins {
		key, err := o.key(ctx)
		if err == nil {
			if !o.far {
				held[i].SHA256 = key
			}
			im.summary.Archives[len(im.summary.Archives)-len(held)+i].SHA256 = held[i].SHA256
			err = guard(func() error { return im.lib.KeepArchive(held[i]) })
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && im.lib.Probe(ctx) != nil:
			return err
		case err != nil:
			im.fail(fmt.Errorf("the list of its contents could not be saved, so its Spaces do not name it as their source: %w", err), held[i].Name)
		}
	}
	return nil
}

// bytesOf returns how many bytes taking in an item reads. Of what lies on a
// server only the way here counts.
func (im *importer) bytesOf(it *item) (n int64) {
	for _, o := range it.originals {
		n += 2 * o.size
		if o.far() {
			n -= o.size
		}
	}
	return n
}

// importItems takes in items, several at a time, and tells of them in their order.
func (im *importer) importItems(ctx context.Context, items []*item) error {
	for _, it := range items {
		im.withhold.item(it)
		it.work = newWork(im.progress, im.bytesOf(it))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]chan *outcome, len(items))
	for i := range results {
		results[i] = make(chan *outcome, 1)
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, im.opts.Jobs) {
		workers.Go(func() {
			for i := range next {
				out, err := im.one(ctx, items[i])
				if err != nil {
					cancel(err)
				}
				results[i] <- out
			}
		})
	}
	workers.Go(func() {
		defer close(next)
		for i := range items {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	defer workers.Wait()
	for i, it := range items {
		select {
		case out := <-results[i]:
			if ctx.Err() == nil || out != nil && out.action != Failed {
				im.report(it, out)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// report emits what became of an item and counts it.
func (im *importer) report(it *item, out *outcome) {
	for _, p := range out.problems {
		failed := out.failed && p.Kind != "kept-better"
		im.problem(p, failed)
	}
	s := &im.summary
	switch out.action {
	case Added:
		s.Added++
	case Updated:
		s.Updated++
	case Unchanged:
		s.Unchanged++
	case Removed:
		s.Removed++
		im.emit(Event{Recording: &out.space.Recording, Action: Removed, Was: im.removed[it.id]})
		return
	default:
		s.Failed++
		im.emit(Event{Recording: &im.describe(nil, it, nil).Recording, Action: Failed, Failed: true})
		return
	}
	r := &out.space.Recording
	switch r.State {
	case space.NoAudio:
		s.NoAudio++
	case space.NoRecord:
		s.NoRecord++
		switch {
		case r.StartedAt.IsZero():
			s.Undated++
		case out.space.Sources["started_at"] == space.FromClock:
			s.ByClock++
		}
	}
	if out.better {
		s.Better++
	}
	if it.kept != nil && !out.failed {
		it.kept(r.ID)
	}
	for _, p := range r.Pieces {
		s.Bytes += p.Bytes
	}
	if r.Duration != nil {
		s.Seconds += *r.Duration
	}
	im.emit(Event{Recording: r, Action: out.action, Failed: out.failed, Kept: len(out.kept) > 0, Better: out.better})
}
