package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
	"github.com/spaces-cli/spaces/internal/remote/replay"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A farFile is a file on a server that is to be taken in.
type farFile struct {
	in      remoteInput
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

// farFiles are those of one command.
type farFiles struct {
	app      *App
	progress stream.Progress
	open     []*farFile
	archives []*archive.Archive
	toSave   []*farFile // that have to be on the disk to be read
	playlist []remoteInput
	problems []archive.Problem
	saved    []string // folders in the library
	would    int      // recordings that a dry run does not download
}

// openFar finds out what lies at the addresses. Archives are opened; what is
// wrong with one of them ends nothing.
func (a *App) openFar(ctx context.Context, inputs []remoteInput, dryRun bool, p stream.Progress) (*farFiles, error) {
	far := &farFiles{app: a, progress: p}
	for _, in := range inputs {
		err := far.add(ctx, in, dryRun)
		var problem *archive.Problem
		switch {
		case ctx.Err() != nil:
			far.Close()
			return nil, ctx.Err()
		case errors.As(err, &problem):
			far.problems = append(far.problems, *problem)
		case err != nil:
			far.Close()
			return nil, err
		}
	}
	return far, nil
}

// Close ends the connections.
func (far *farFiles) Close() {
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

func (far *farFiles) add(ctx context.Context, in remoteInput, dryRun bool) error {
	f, err := far.app.farFile(in)
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
		return f.problem(err)
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
		return f.problem(&ranges.Error{Kind: ranges.WebPage, What: "the server sent " + what.Words + " in the place of a file"})
	case what.ZIP && f.reader != nil:
		ar, err := archive.OpenFar(ctx, f.bytes(far.progress))
		if err == nil {
			f.archive = true
			far.archives = append(far.archives, ar)
		}
		return err
	case !what.ZIP && !what.Audio:
		return &archive.Problem{Kind: archive.NotAnArchive, Subject: in.String(), Message: "this is " + what.Words + ", not an archive from X or a recording"}
	case dryRun && what.Audio:
		far.would++
		far.app.Say("%s is a recording of %s: it would be downloaded", f.name, f.size())
		return nil
	case dryRun:
		return &archive.Problem{Kind: "needs-download", Subject: in.String(), Hint: "run the command without --dry-run",
			Message: "the server sends files only as a whole: all of it (" + f.size() + ") would have to be downloaded to see what is in it"}
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

func (f *farFile) bytes(p stream.Progress) archive.Far {
	return archive.Far{
		Bytes: f.reader, Expect: f.reader.Expect, Size: f.reader.Size(), Name: f.name, From: f.in.URL.Scheme + "://" + f.in.URL.Host,
		ETag: f.object.ETag, Progress: p,
		Explain: func(err error) *archive.Problem {
			var away *ranges.Error
			if !errors.As(err, &away) {
				return nil
			}
			return f.problem(away)
		},
	}
}

// farFile prepares to read what lies at an address; nothing is connected to.
func (a *App) farFile(in remoteInput) (*farFile, error) {
	f := &farFile{in: in, close: func() {}, options: ranges.Options{Wire: a.WireOptions(0)}}
	if in.Kind != remote.Stored {
		password, _ := in.URL.User.Password()
		f.options.Wire.Redact = wire.NewRedactor(append(remote.Secrets(in.header), password)...)
		client, err := guard.Client(in.URL, guard.Options{Wire: f.options.Wire, Header: in.header})
		if err != nil {
			return nil, app.Usage("%s: %w", in.Address, err)
		}
		u := *in.URL
		u.User = nil
		f.source, f.close = &ranges.HTTP{Client: client, URL: &u}, client.CloseIdleConnections
		return f, nil
	}
	t, name, err := a.storedAt(in.URL)
	if err != nil {
		return nil, err
	}
	f.account = t.Account()
	target, err := a.OpenTarget(t, f.options.Wire)
	if err != nil {
		return nil, err
	}
	ranged, ok := target.(publish.Ranged)
	if !ok {
		target.Close()
		return nil, app.Usage("%s: files there cannot be read in parts", in.Address)
	}
	if in.URL.Scheme == "sftp" {
		f.options.Requests = 4 // all on one connection
	}
	f.source, f.close = ranged.Source(name), func() { target.Close() }
	return f, nil
}

// storedAt returns the target that a file belongs to, and its name there: of the
// settings that which goes farthest down, or else the folder that it lies in.
func (a *App) storedAt(u *url.URL) (t *named.Target, name string, err error) {
	list, err := a.Targets().List()
	if err != nil {
		return nil, "", app.AuthError(err)
	}
	best := ""
	for _, s := range list {
		at, err := url.Parse(s.URL)
		if err != nil || s.Err != nil || at.Scheme != u.Scheme || !strings.EqualFold(at.Host, u.Host) || at.User.String() != u.User.String() && u.User != nil {
			continue
		}
		folder := strings.TrimSuffix(at.Path, "/") + "/"
		if rest, ok := strings.CutPrefix(u.Path, folder); ok && rest != "" && (best == "" || len(rest) < len(name)) {
			best, name = s.Target, rest
		}
	}
	if best == "" {
		dir := *u
		dir.Path, name = path.Split(u.Path)
		dir.RawPath = ""
		best = dir.String()
	}
	t, err = a.Target(best)
	if err == nil && u.RawQuery != "" {
		err = app.Hinted(app.Usage("%s: the address has a ?", remote.Address{Kind: remote.Stored, URL: u}), "if it is part of a name, write %3F")
	}
	return t, name, err
}

// problem says why a file on a server cannot be read, and what to do.
func (f *farFile) problem(err error) *archive.Problem {
	away := new(ranges.Error)
	if !errors.As(err, &away) {
		away = &ranges.Error{Kind: ranges.Unreachable, What: err.Error()}
	}
	p := &archive.Problem{Kind: archive.ProblemKind(away.Kind), Subject: f.in.String(), Message: away.What, Err: away, Away: true}
	const again = "run the same command again: what is saved is not fetched again"
	login := "store the credentials: spaces target login " + f.account
	if f.account == "" {
		login = "use the cookies or the header of a browser that is signed in there: --cookies FILE or --header @FILE"
	}
	switch away.Kind {
	case ranges.NotFound:
		p.Hint = "check the address"
	case ranges.Expired:
		p.Hint = "get a new link and run the command with it: what is saved is not fetched again"
	case ranges.Changed:
		p.Hint = again
	case ranges.Password, ranges.Denied:
		p.Hint = login
	case ranges.WebPage:
		p.Hint = "open the address in a browser to see what it asks for; " + login
	case ranges.Untrusted:
		p.Hint = "check that it is your server: spaces help topic uploading"
		if f.in.URL.Scheme == "sftp" {
			p.Hint = "compare the key with the server's, and connect once with: " + sshCommand(f.in.URL)
		}
	case ranges.Unreachable:
		p.Hint = "check the network connection, and " + again
	}
	if away.Host != "" && away.Kind != ranges.Refused {
		p.Message += " (after a redirect to " + away.Host + ")"
	}
	return p
}

// sshCommand is what a terminal logs in to the server of an address with.
func sshCommand(u *url.URL) string {
	words := []string{"ssh"}
	if port := u.Port(); port != "" && port != "22" {
		words = append(words, "-p", port)
	}
	host := u.Hostname()
	if name := u.User.Username(); name != "" {
		host = name + "@" + host
	}
	return strings.Join(append(words, app.Quoted(host)), " ")
}

// save downloads into the library what cannot be read where it lies, and returns
// the paths. What an interrupted run has left is gone on with.
func (far *farFiles) save(ctx context.Context, lib *library.Library) (paths []string, err error) {
	if len(far.toSave) > 0 {
		if err := replay.Sweep(lib.Dir(), far.app.Now()); err != nil {
			far.app.Warn("old downloads could not be removed: %v", err)
		}
	}
	for _, f := range far.toSave {
		if f.reader == nil {
			far.app.Say("The server sends files only as a whole: downloading all of %s (%s)", f.name, f.size())
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
		return &archive.Problem{Kind: "disk-full", Subject: f.in.String(),
			Message: fmt.Sprintf("it has %s, and the disk with the library has room for %s", f.size(), spell.Size(max(0, free-spare))),
			Hint:    "free some space, or use --library with a folder on another disk"}
	}
	err = ranges.Save(ctx, f.source, f.options, f.object, f.reader, root, f.savedName(), far.progress)
	var away *ranges.Error
	if errors.As(err, &away) {
		return f.problem(away)
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
