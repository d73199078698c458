package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A farFile is a file on a server that is to be taken in.
type farFile struct {
	in      Input
	name    string // of the file
	source  ranges.Source
	options ranges.Options
	object  ranges.Object
	reader  *ranges.Reader // nil: the server sends the file only as a whole
	head    []byte
	archive bool   // it is one, read in parts
	account string // whose credentials are asked for: a target, or ""
	close   func()
}

// farFiles are those of one run.
type farFiles struct {
	o        *Options
	open     []*farFile
	archives []*archive.Archive
	toSave   []*farFile // that have to be on the disk to be read
	playlist []Input
	problems []archive.Problem
	saved    []string // folders in the library
	would    int      // recordings that a dry run does not download
}

// openAll finds out what lies at the addresses. Archives are opened; what is
// wrong with one of them ends nothing.
func (far *farFiles) openAll(ctx context.Context, inputs []Input) error {
	for _, in := range inputs {
		err := far.add(ctx, in)
		var problem *archive.Problem
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &problem):
			far.problems = append(far.problems, *problem)
		case err != nil:
			return err
		}
	}
	return nil
}

// close ends the connections.
func (far *farFiles) close() {
	for _, ar := range far.archives {
		ar.Close()
	}
	for _, f := range far.open {
		f.close()
	}
}

// fetched returns how many bytes have come of the archives that are read in
// parts, and how many they have.
func (far *farFiles) fetched() (bytes, of int64) {
	for _, f := range far.open {
		if f.archive {
			bytes, of = bytes+f.reader.Fetched(), of+f.reader.Size()
		}
	}
	return bytes, of
}

func (far *farFiles) add(ctx context.Context, in Input) error {
	f, err := far.file(in)
	if err != nil {
		return err
	}
	far.open = append(far.open, f)
	f.reader, err = ranges.Open(ctx, f.source, f.options)
	var whole *ranges.NoRangesError
	switch {
	case errors.As(err, &whole):
		f.object, f.head = whole.Object, whole.Head
	case err != nil:
		return far.problem(f, err)
	default:
		f.object, f.head = f.reader.Object(), f.reader.Head()
	}
	f.name = f.fileName()
	what := archive.Look(f.head)
	switch {
	case what.Playlist:
		far.playlist = append(far.playlist, in)
		return nil
	case what.Page:
		return far.problem(f, &ranges.Error{Kind: ranges.WebPage, What: "the server sent " + what.Words + " in the place of a file"})
	case what.ZIP && f.reader != nil:
		ar, err := archive.OpenFar(ctx, far.bytes(f))
		if err == nil {
			f.archive = true
			far.archives = append(far.archives, ar)
		}
		return err
	case !what.ZIP && !what.Audio:
		return &archive.Problem{Kind: archive.NotAnArchive, Subject: in.String(), Message: "this is " + what.Words + ", not an archive from X or a recording"}
	case far.o.DryRun && what.Audio:
		far.would++
		far.o.Say("%s is a recording of %s: it would be downloaded", f.name, f.size())
		return nil
	case far.o.DryRun:
		return far.o.problem(&archive.Problem{Kind: NeedsDownload, Subject: in.String(),
			Message: "the server sends files only as a whole: all of it (" + f.size() + ") would have to be downloaded to see what is in it"})
	}
	far.toSave = append(far.toSave, f)
	return nil
}

func (f *farFile) size() string {
	if f.object.Size < 0 {
		return "unknown size"
	}
	return spell.Size(f.object.Size)
}

// fileName is how the file is called: by its server, or by its address.
func (f *farFile) fileName() string {
	for _, name := range []string{f.object.Name, f.in.Name()} {
		if name != "" {
			return name
		}
	}
	return "download"
}

func (far *farFiles) bytes(f *farFile) archive.Far {
	return archive.Far{
		Bytes: f.reader, Expect: f.reader.Expect, Size: f.reader.Size(), Name: f.name, From: f.in.URL.Scheme + "://" + f.in.URL.Host,
		ETag: f.object.ETag, Progress: far.o.Progress,
		Explain: func(err error) *archive.Problem {
			var away *ranges.Error
			if !errors.As(err, &away) {
				return nil
			}
			return far.problem(f, away)
		},
	}
}

// file prepares to read what lies at an address; nothing is connected to.
func (far *farFiles) file(in Input) (*farFile, error) {
	f := &farFile{in: in, close: func() {}, options: ranges.Options{Wire: far.o.Wire}}
	if in.Kind != remote.Stored {
		password, _ := in.URL.User.Password()
		f.options.Wire.Redact = wire.NewRedactor(append(remote.Secrets(in.Header), password)...)
		client, err := guard.Client(in.URL, guard.Options{Wire: f.options.Wire, Header: in.Header})
		if err != nil {
			return nil, &InputError{in.String(), err}
		}
		u := *in.URL
		u.User = nil
		f.source, f.close = &ranges.HTTP{Client: client, URL: &u}, client.CloseIdleConnections
		return f, nil
	}
	t, err := far.o.Stored(in.URL, f.options.Wire)
	if err != nil {
		return nil, err
	}
	f.account = t.Account
	ranged, ok := t.Target.(publish.Ranged)
	if !ok {
		t.Target.Close()
		return nil, &InputError{in.String(), errUnread}
	}
	if in.URL.Scheme == "sftp" {
		f.options.Requests = 4 // all on one connection
	}
	f.source, f.close = ranged.Source(t.Name), func() { t.Target.Close() }
	return f, nil
}

// A FarError says why a file on a server cannot be read.
type FarError struct {
	Err     *ranges.Error
	URL     *url.URL
	Account string // whose credentials are asked for, or ""
}

func (e *FarError) Error() string { return e.Err.Error() }
func (e *FarError) Unwrap() error { return e.Err }

// Kinds of problems that have no package of their own.
const (
	NeedsDownload = archive.ProblemKind("needs-download") // a dry run cannot look at it
	DiskFull      = archive.ProblemKind("disk-full")
)

// problem says why a file on a server cannot be read.
func (far *farFiles) problem(f *farFile, err error) *archive.Problem {
	away := new(ranges.Error)
	if !errors.As(err, &away) {
		away = &ranges.Error{Kind: ranges.Unreachable, What: err.Error()}
	}
	p := &archive.Problem{Kind: archive.ProblemKind(away.Kind), Subject: f.in.String(), Message: away.What, Err: &FarError{away, f.in.URL, f.account}, Away: true}
	if away.Host != "" && away.Kind != ranges.Refused {
		p.Message += " (after a redirect to " + away.Host + ")"
	}
	return far.o.problem(p)
}

// save downloads into the library what cannot be read where it lies, and returns
// the paths. What an interrupted run has left is gone on with.
func (far *farFiles) save(ctx context.Context, lib *library.Library) (paths []string, err error) {
	if len(far.toSave) > 0 {
		far.o.sweep(lib.Dir())
	}
	for _, f := range far.toSave {
		if f.reader == nil {
			far.o.Say("The server sends files only as a whole: downloading all of %s (%s)", f.name, f.size())
		}
		dir := layout.DownloadOf(f.key())
		err := far.saveIn(ctx, lib, f, dir)
		var problem *archive.Problem
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &problem):
			far.problems = append(far.problems, *problem)
		case err != nil:
			return nil, err
		default:
			far.saved = append(far.saved, dir)
			paths = append(paths, lib.Path(path.Join(dir, f.savedName())))
		}
	}
	return paths, nil
}

// key is the same for the same address; nothing can be read from it. The query
// does not count: a new link has another one.
func (f *farFile) key() string {
	u := f.in.URL
	sum := sha256.Sum256([]byte(u.Scheme + "://" + u.Host + u.Path))
	return "file-" + hex.EncodeToString(sum[:8])
}

func (f *farFile) savedName() string {
	if name := layout.OriginalName(f.name); name != "" {
		return name
	}
	return "download"
}

// spare is how much room stays on the disk beside what is downloaded.
const spare = 64 << 20

func (far *farFiles) saveIn(ctx context.Context, lib *library.Library, f *farFile, dir string) error {
	if err := lib.Root().MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := lib.Root().OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	free := disk.Of(lib.Path("")).Free
	if free >= 0 {
		f.options.Most = max(1, free-spare)
	}
	if free >= 0 && f.object.Size >= 0 && free-spare < f.object.Size-ranges.Saved(root, f.savedName()) {
		return far.o.problem(&archive.Problem{Kind: DiskFull, Subject: f.in.String(),
			Message: fmt.Sprintf("it has %s, and the disk with the library has room for %s", f.size(), spell.Size(max(0, free-spare)))})
	}
	err = ranges.Save(ctx, f.source, f.options, f.object, f.reader, root, f.savedName(), far.o.Progress)
	var away *ranges.Error
	if errors.As(err, &away) {
		return far.problem(f, away)
	}
	return err
}

// tidy removes what was downloaded, when it has been taken in.
func (far *farFiles) tidy(lib *library.Library) error {
	var errs []error
	for _, dir := range far.saved {
		errs = append(errs, durable.RemoveAll(lib.Root(), dir))
	}
	if entries, err := os.ReadDir(lib.Path(layout.Downloads)); err == nil && len(entries) == 0 {
		errs = append(errs, durable.Remove(lib.Root(), layout.Downloads))
	}
	return errors.Join(errs...)
}
