// Package hls downloads what an HLS playlist lists: its chunks, over several
// connections, each kept when it is whole, so that an interrupted download is
// resumed by the next. The chunks are joined in order to one file; a manifest
// says where each of them is in it, and which are missing.
package hls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
)

// Options say how chunks are fetched.
type Options struct {
	// Client makes the requests: one of package guard, unless all addresses
	// are the user's own.
	Client *http.Client
	// Wire says how often a request is made, and when again.
	Wire wire.Options
	// Connections is how many requests run side by side; 0: 8. X throttles each
	// connection to a few hundred kB/s.
	Connections int
	Limits      Limits
	Trace       durable.Trace
	// Fetched, if set, is told how many of all chunks are kept, one call at a
	// time.
	Fetched func(done, of int)
}

// Limits bound what a server can make this computer store. 0 means the value
// behind the field.
type Limits struct {
	Chunk int64 // bytes of one chunk: 256 MiB
	Total int64 // bytes of all chunks: 64 GiB
	Keys  int   // different keys of a playlist: 1000
}

func (l Limits) chunk() int64 { return cmp.Or(l.Chunk, 256<<20) }
func (l Limits) total() int64 { return cmp.Or(l.Total, 64<<30) }
func (l Limits) keys() int    { return cmp.Or(l.Keys, 1000) }

// Errors that end a download. What has been kept stays.
var (
	ErrBusy     = errors.New("another program downloads into the same folder")
	ErrNoChunks = errors.New("the playlist lists no chunks")
)

// A TooLargeError says which limit is exceeded.
type TooLargeError struct{ What string }

func (e *TooLargeError) Error() string { return "more than allowed: " + e.What }

// An UnsupportedError means that chunks are encrypted in a way that needs more
// than a key's address.
type UnsupportedError struct{ Method, Format string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("the chunks are encrypted with %s (%s); only AES-128 can be decrypted", wire.Plain(e.Method, 40), wire.Plain(e.Format, 80))
}

// A localError is one of this computer's disk.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// Download fetches the chunks of a playlist into the folder work, and writes
// them to the file name in the folder out, with the manifest beside it, whose
// name ends in .json in addition. Chunks that an earlier call left in work are
// not fetched again, and are joined too if a live playlist has dropped them
// since; with nil for the playlist they are all that is joined. One that cannot
// be had is a gap of the manifest; it is an error only if none can. The caller
// removes work when it has what it wants.
func Download(ctx context.Context, o Options, m *playlist.Media, work, out *os.Root, name string) (*Manifest, error) {
	d, err := begin(o, work)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if m != nil {
		if _, _, err := d.listing.merge(m, false); err != nil {
			return nil, err
		}
	}
	return d.finish(ctx, out, name)
}

// begin locks the folder of a download, and finds out what is there.
func begin(o Options, work *os.Root) (begun *download, err error) {
	lock, err := work.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	d := &download{o: o, work: work, lock: lock, keys: newKeys(o), listing: listing{work: work, trace: o.Trace}}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	// Where the file system knows no locks, the user sees to it.
	if err := flock.Try(lock); errors.Is(err, flock.ErrHeld) {
		return nil, ErrBusy
	}
	if err := d.tidy(); err != nil {
		return nil, err
	}
	return d, d.listing.load()
}

func (d *download) close() {
	d.listing.close()
	d.lock.Close()
}

// finish fetches what is not kept yet and joins what is.
func (d *download) finish(ctx context.Context, out *os.Root, name string) (*Manifest, error) {
	if len(d.listing.entries) == 0 {
		return nil, ErrNoChunks
	}
	d.plan(&d.listing)
	// A chunk that was damaged on the disk is found when it is read.
	const rounds = 3
	for n := 1; ; n++ {
		if err := d.fetchAll(ctx); err != nil {
			return nil, err
		}
		manifest, draft, damaged, err := d.join(ctx, out, name)
		switch {
		case err != nil:
			return nil, err
		case damaged == nil:
			manifest.Ended = d.listing.ended
			return manifest, d.commit(out, name, draft, manifest)
		case n == rounds:
			return nil, fmt.Errorf("%s changes on the disk: is the disk damaged?", damaged.name)
		}
	}
}

// A download is one call of Download or Follow.
type download struct {
	o       Options
	work    *os.Root
	lock    *os.File
	keys    *keys
	listing listing

	stored    atomic.Int64 // bytes kept
	doubt     doubt
	following bool // what fails is tried again later

	mu     sync.Mutex
	items  []*item          // in the order in which they are joined
	byID   map[string]*item // those that are fetched
	all    int              // chunks
	done   int              // those that are kept
	failed int              // chunks in a row that could not be had
	missed time.Duration    // what the playlist dropped before it was read
}

// tidy removes what a killed download was writing.
func (d *download) tidy() error {
	entries, err := fs.ReadDir(d.work.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), partSuffix) {
			if err := durable.Remove(d.work, e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// fetchAll fetches what is neither kept nor known to be missing.
func (d *download) fetchAll(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p := &pool{d: d, ctx: ctx, stop: stop}
	p.add(func(it *item) bool { return it.err == nil })
	p.wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d.done == 0 {
		return d.nothing()
	}
	return nil
}

// A pool fetches items side by side, in the order in which they were added.
type pool struct {
	d    *download
	ctx  context.Context
	stop context.CancelCauseFunc

	all    sync.WaitGroup
	mu     sync.Mutex
	queue  []*item
	active int
}

// add has the items fetched that are wanted, of those that are not kept and
// not on their way already.
func (p *pool) add(wanted func(*item) bool) {
	p.d.mu.Lock()
	var todo []*item
	for _, it := range p.d.items {
		if it.of == nil && it.kept == nil && it.uri != nil && !it.busy && wanted(it) {
			it.busy = true
			todo = append(todo, it)
		}
	}
	p.d.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, todo...)
	most := min(max(cmp.Or(p.d.o.Connections, 8), 1), 64)
	for n := len(p.queue); p.active < most && n > 0; n-- {
		p.active++
		p.all.Go(p.work)
	}
}

func (p *pool) wait() { p.all.Wait() }

// work fetches until nothing is left.
func (p *pool) work() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 || p.ctx.Err() != nil {
			p.active--
			p.mu.Unlock()
			return
		}
		it := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		if err := p.d.settle(p.ctx, it); err != nil {
			p.stop(err)
		}
	}
}

// nothing is the error of a download without any chunk: that of the first that
// was tried.
func (d *download) nothing() error {
	for _, it := range d.items {
		if it.err != nil && !errors.Is(it.err, errMarked) && !errors.Is(it.err, errMissed) {
			return fmt.Errorf("none of the chunks could be downloaded: %w", it.err)
		}
	}
	for _, it := range d.items {
		if errors.Is(it.err, errMissed) {
			return fmt.Errorf("none of the chunks could be downloaded: %w", errMissed)
		}
	}
	return errMarked
}

const (
	// givesUp is after how many chunks in a row that could not be had each of
	// the others is asked for once only: the address may have expired.
	givesUp = 3
	// hopeless is after how many the download ends if none could be had.
	hopeless = 64
)

// settle fetches a chunk, or finds out that it cannot be had. An error of it
// ends the download.
func (d *download) settle(ctx context.Context, it *item) error {
	o := d.o.Wire
	d.mu.Lock()
	if d.failed >= givesUp {
		o.Tries = 1
	}
	asked := *it // whose place may change meanwhile
	d.mu.Unlock()
	kept, err := d.fetch(ctx, o, &asked)
	if err != nil && d.isFatal(ctx, err) {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	it.busy, it.err = false, nil
	it.rounds++
	it.tried = time.Now()
	if err != nil {
		it.err = err
		if d.failed++; d.failed >= hopeless && d.done == 0 && !d.following {
			return d.nothing()
		}
		return nil
	}
	it.kept = kept
	d.done++
	d.failed = 0
	if d.o.Fetched != nil {
		d.o.Fetched(d.done, d.all)
	}
	return nil
}

// isFatal reports whether an error is not one of a single chunk.
func (d *download) isFatal(ctx context.Context, err error) bool {
	var local *localError
	var refused *guard.RefusedError
	var large *TooLargeError
	var status *wire.StatusError
	switch {
	case ctx.Err() != nil, errors.As(err, &local), errors.As(err, &refused), errors.As(err, &large):
		return true
	case errors.As(err, &status):
		// It asks to come back later than anybody waits.
		return !d.following && wire.RetryableStatus(status.Status) && !wire.Retryable(err)
	}
	return false
}
