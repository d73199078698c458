// Package extract brings what people give into a library: archives, recordings
// and playlists on disks, on servers, and behind the address of a Space. Both
// roofs go through it. It opens, downloads and takes in; it asks nobody, prints
// nothing, and names no flag: each roof has its own words for what to do next.
package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An Input is an address that is to be taken in, with what is sent to its origin
// and to no other server.
type Input struct {
	remote.Address
	Header  http.Header
	Cookies string // name of the file, or empty
}

// A Stored is a file on a server of the user's own.
type Stored struct {
	Target  publish.Target
	Name    string // of the file in the target
	Account string // whose credentials are asked for
}

// A Bar shows how one step gets on.
type Bar interface {
	stream.Progress
	Close()
}

// Options say what a roof wants and has.
type Options struct {
	Library     library.Options
	Import      intake.Options // titles, jobs, whom to ask
	SpaceID     string         // of the one address, if the user knows it
	Connections int            // for chunks of a playlist; 0: what package hls thinks best
	Follow      bool           // follow what goes on to its end
	DryRun      bool
	Wire        wire.Options
	Zone        *time.Location
	Now         func() time.Time
	// Stored opens a file on a server of the user's own.
	Stored func(*url.URL, wire.Options) (*Stored, error)
	// Hint says what to do about a problem, in the words of the roof, or "".
	Hint func(*archive.Problem) string
	// Say tells how things go, Warn what stops nothing.
	Say, Warn func(format string, args ...any)
	// Waiting is told that a Space which is to be followed has not begun.
	Waiting func(text string)
	// Bar begins the bar of the downloads.
	Bar func() Bar
	// Progress is told how reading and taking in get on.
	Progress stream.Progress
}

// An InputError says which address an error is about.
type InputError struct {
	Address string // without secrets
	Err     error
}

func (e *InputError) Error() string { return e.Address + ": " + e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// An XPageError is about an address on X that is not that of a Space.
type XPageError struct{ Address string }

func (e *XPageError) Error() string {
	return e.Address + " is a page of X, not a Space or a recording"
}

// An OtherSpaceError says that the ID which the user gave is not that of the address.
type OtherSpaceError struct{ Given, Of string }

func (e *OtherSpaceError) Error() string {
	return fmt.Sprintf("%s contradicts the address of %s", e.Given, e.Of)
}

var (
	// ErrOneSpace means that one ID was given for several recordings.
	ErrOneSpace = errors.New("the ID of a Space is for one address")
	// ErrStopped means that a download was ended; its chunks are kept.
	ErrStopped = errors.New("stopped")
	// errUnread means that a file on a server has to be read from its end.
	errUnread = errors.New("files there cannot be read in parts")
)

// A Run takes in what was given once.
type Run struct {
	o         Options
	Downloads *Downloads // playlists by address
	Saved     *Saved     // playlists on the disk
	far       *farFiles  // files on servers
	files     []Input    // to be opened by far
	imported  intake.Options
	before    *space.Person // whose library it was
}

// New begins a run.
func New(o Options) *Run {
	r := &Run{o: o, imported: o.Import}
	r.imported.DryRun, r.imported.Progress, r.imported.SpaceID = o.DryRun, o.Progress, o.SpaceID
	r.Downloads = newDownloads(&r.o)
	r.Saved = newSaved(&r.o)
	r.imported.Playlist = r.Saved.join
	r.far = &farFiles{o: &r.o}
	return r
}

// Close ends the connections.
func (r *Run) Close() {
	r.far.close()
	r.Downloads.close()
}

// Open opens the playlists among addresses, and remembers the others, which are
// of files on servers.
func (r *Run) Open(ctx context.Context, inputs []Input) error {
	for _, in := range inputs {
		switch in.Kind {
		case remote.Playlist, remote.Space:
			r.Downloads.open(ctx, in)
		case remote.XPage:
			return &XPageError{in.String()}
		default:
			r.files = append(r.files, in)
		}
	}
	return nil
}

// Join says which files that may be chunks of one recording are joined.
func (r *Run) Join(o intake.Options) { r.imported.Join = o.Join }

// OpenFar finds out what lies on servers. What is wrong with one file ends
// nothing.
func (r *Run) OpenFar(ctx context.Context) error { return r.far.openAll(ctx, r.files) }

// Download fetches the chunks of the playlists. others is how many paths are
// taken in beside them.
func (r *Run) Download(ctx context.Context, others int) error {
	r.imported.Archives, r.imported.Problems = r.far.archives, r.far.problems
	for _, in := range r.far.playlist { // told by their content
		r.Downloads.open(ctx, in)
	}
	err := r.Downloads.run(ctx, others)
	r.imported.Joined = r.Downloads.joined
	return err
}

// OpenLibrary opens the library for writing. In a dry run it only reads it, or
// returns nil if there is none; so it does where there is nothing to extract:
// what holds no Spaces leaves no library behind.
func (r *Run) OpenLibrary(ctx context.Context, paths []string) (*library.Library, error) {
	lib, err := library.Open(ctx, r.o.Library)
	if errors.Is(err, library.ErrNoLibrary) {
		lib, err = nil, nil
		probe := r.imported
		probe.DryRun, probe.Joined, probe.Problems, probe.Progress, probe.Choose, probe.SpaceID, probe.Playlist = true, nil, nil, nil, nil, "", r.Saved.probe
		sum, perr := intake.Import(ctx, nil, paths, probe, func(intake.Event) {})
		r.imported.DryRun = r.imported.DryRun || perr == nil && sum.Nothing() && len(r.far.toSave) == 0 && !r.Saved.some && !r.Downloads.any()
	}
	if !r.imported.DryRun {
		if lib != nil {
			lib.Close()
		}
		lib, err = library.OpenWrite(ctx, r.o.Library)
	}
	if err != nil || lib == nil {
		return nil, err
	}
	if !r.imported.DryRun {
		r.Saved.lib = lib
		if err := SweepUploads(lib.Dir()); err != nil {
			r.o.Warn("interrupted uploads could not be removed: %v", err)
		}
	}
	return lib, nil
}

// Writes reports whether the library that OpenLibrary returned is changed.
func (r *Run) Writes() bool { return !r.imported.DryRun }

// Import extracts everything into the library, which is nil where there is none,
// and tells emit what came of it.
func (r *Run) Import(ctx context.Context, lib *library.Library, paths []string, emit func(intake.Event)) (intake.Summary, error) {
	writes := lib != nil && r.Writes()
	if writes {
		saved, err := r.far.save(ctx, lib)
		if err != nil {
			return intake.Summary{}, err
		}
		paths, r.imported.Problems = append(paths, saved...), r.far.problems
		r.before = accountOf(lib)
	}
	sum, err := intake.Import(ctx, lib, paths, r.imported, emit)
	err = errors.Join(err, r.Saved.clean())
	if err == nil && writes {
		err = r.far.tidy(lib)
	}
	if ctx.Err() != nil {
		return sum, ctx.Err()
	}
	return sum, errors.Join(err, r.settle(ctx, lib))
}

// Fetched returns how many bytes have come of the archives on servers that are
// read in parts, and how many they have.
func (r *Run) Fetched() (bytes, of int64) { return r.far.fetched() }

// Would counts the recordings that a dry run does not download.
func (r *Run) Would() int { return r.far.would }

// accountOf is the one account whose archives are in a library, or nil.
func accountOf(lib *library.Library) *space.Person {
	o, err := consent.OwnersOf(lib)
	if err != nil {
		return nil // told to whoever publishes
	}
	return o.Account()
}

// settle notes to whom the answers in a library were given once an archive of
// another account has come in.
func (r *Run) settle(ctx context.Context, lib *library.Library) error {
	if r.before == nil {
		return nil
	}
	o, err := consent.OwnersOf(lib)
	if err != nil || o.Account() != nil {
		return nil
	}
	ledger, err := consent.Open(lib.Dir(), r.o.Library.LockWait)
	if err != nil {
		return err
	}
	defer ledger.Close()
	_, err = ledger.Settle(ctx, r.before)
	return err
}

// sweep removes downloads that nothing has been added to for long.
func (o *Options) sweep(dir string) {
	if err := replay.Sweep(dir, o.Now()); err != nil {
		o.Warn("old downloads could not be removed: %v", err)
	}
}

// problem gives a problem its hint.
func (o *Options) problem(p *archive.Problem) *archive.Problem {
	p.Hint = o.Hint(p)
	return p
}
