// Package archive reads what X sends to the owner of an account: the account
// archive, as a ZIP or unzipped. It knows the files of its data folder, finds
// the Spaces audio among its members and the facts about Spaces in its
// scripts. It never writes, never evaluates a script, and no name in an
// archive ever becomes a path.
//
// Archives are damaged, re-packed and edited. Whatever is odd about one member
// or record is told as a Problem, and the rest is read.
package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var errNotRegular = errors.New("not a regular file")

// An Archive is one opened ZIP or folder. Its methods may be called from
// several goroutines at once.
type Archive struct {
	path     string
	kind     PathKind
	size     int64 // of the ZIP; 0 of a folder
	src      container
	scripts  map[string][]*file // by stem, in the order of their parts
	media    []Member
	types    map[string]*TypeSummary // by the name that the listing gives
	manifest Manifest
	account  Account
	problems []Problem
	strays   int         // members looked into
	inner    []*zip.File // the ZIPs in one that is not X's
	within   *section    // the bytes of a ZIP that lies in another; else nil
	listing  string      // SHA-256 of a ZIP's list of members
	far      *Far        // of a ZIP on a server; else nil
	records  remembered[recordsRead]
	posts    remembered[PostFacts]
}

// A Member is one file of Spaces audio.
type Member struct {
	// Name is the file's name as listed, made safe to show. It is not a path.
	Name string
	// SpaceID and Piece are what the name says. SpaceID is empty where it says
	// nothing.
	SpaceID string
	Piece   int
	// Copy counts the members that claim to be the same piece of the same
	// Space and differ: 0 for the first, 1 for the next.
	Copy       int
	Size       int64
	CRC32      uint32 // if HasCRC
	HasCRC     bool
	Compressed bool
	Modified   time.Time
	// Problem says why the member cannot be read, or is nil. Open returns it.
	Problem *Problem

	file  *file
	elems []string // of its name, below the folder of Spaces audio
}

// Open returns the bytes of the member. The reader never yields more than
// Size bytes. It fails with a *Problem (TooBig, CutMember, BadCRC,
// DamagedMember, Gone, …), for a wrong checksum at the very end.
func (m *Member) Open(ctx context.Context) (io.ReadCloser, error) { return m.file.Open(ctx) }

// Open opens the archive at path: a ZIP, an unzipped one, a folder around that
// or its data folder, or the one archive that is stored in the ZIP at path. It
// reads the list of members, the manifest and the account; nothing else until it
// is asked for. An error is a *Problem (its Kind says what path is instead), or
// that of ctx.
func Open(ctx context.Context, path string) (*Archive, error) {
	list, err := OpenAll(ctx, path)
	if err != nil {
		return nil, err
	}
	return one(list, path)
}

// OpenAll opens the archive at path, or all archives that are stored in the ZIP at
// path. There is at least one of them. Errors are those of Open.
func OpenAll(ctx context.Context, path string) ([]*Archive, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileProblem(err, path)
	}
	a := &Archive{path: path, scripts: map[string][]*file{}, types: map[string]*TypeSummary{}}
	if info.IsDir() {
		a.kind = ArchiveFolder
		a.src, err = openFolder(path)
		if err != nil {
			return nil, fileProblem(err, path)
		}
	} else {
		a.kind = ArchiveZIP
		if a.src, a.size, err = openZIPFile(ctx, path); err != nil {
			return nil, err
		}
	}
	err = a.read(ctx)
	if err == nil {
		return []*Archive{a}, nil
	}
	if z, ok := a.src.(*zipContainer); ok && len(a.inner) > 0 {
		list, nestedErr := openNested(ctx, z, a.inner, path)
		if len(list) > 0 || nestedErr != nil {
			return list, nestedErr
		}
		return nil, err
	}
	a.src.Close()
	return nil, err
}

// openZIPFile opens the ZIP at path, or says what is there instead.
func openZIPFile(ctx context.Context, path string) (container, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fileProblem(err, path)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = &Problem{Kind: NotAnArchive, Subject: path, Message: "not a regular file or a folder"}
	case info.Size() == 0:
		err = &Problem{Kind: EmptyFile, Subject: path, Message: "the file is empty (0 bytes)",
			Hint: "download the archive again"}
	}
	if err == nil {
		var src container
		if src, err = openZIPSource(ctx, f, info.Size(), path); err == nil {
			return src, info.Size(), nil
		}
	}
	f.Close()
	var p *Problem
	if errors.As(err, &p) || ctx.Err() != nil {
		return nil, 0, err
	}
	return nil, 0, fileProblem(err, path)
}

// openZIPSource takes over src, unless it fails, or says what it is instead.
func openZIPSource(ctx context.Context, src zipSource, size int64, path string) (container, error) {
	z, err := openZIP(src, size)
	switch {
	case err == nil:
		return z, nil
	case errors.Is(err, errBigDirectory):
		return nil, &Problem{Kind: TooMany, Subject: path, Err: err,
			Message: fmt.Sprintf("the ZIP lists too much for an archive from X (more than %d members or %s)", maxMembers, byteCount(maxDirectory)),
			Hint:    "download the archive again, or unpack it and give spaces its data folder"}
	}
	return nil, explainZIP(ctx, src, size, path, err)
}

// read takes stock of the members, and reads what says whose they are.
func (a *Archive) read(ctx context.Context) error {
	count := a.takeStock()
	nothing := len(a.scripts) == 0 && len(a.media) == 0
	if z, ok := a.src.(*zipContainer); ok && nothing {
		a.inner = z.nested()
	}
	if z, ok := a.src.(*zipContainer); ok {
		a.listing = z.listing(a.size)
	}
	a.src.release()
	if nothing {
		return a.notOurs(count)
	}
	warn := Warn(func(p Problem) { a.problems = append(a.problems, p) })
	if err := a.readManifest(ctx, warn); err != nil {
		return err
	}
	if err := a.readAccount(ctx, warn); err != nil {
		return err
	}
	if a.manifest.Partial {
		a.problems = append(a.problems, Problem{Kind: PartialArchive, Subject: a.path,
			Message: "X split this archive; this is one of several parts",
			Hint:    "download all parts and give spaces all of them"})
	}
	return nil
}

// notOurs says that none of the count members is one that X writes.
func (a *Archive) notOurs(count int) *Problem {
	p := &Problem{Kind: NotAnXArchive, Subject: a.path,
		Hint: "give spaces the ZIP that X sent (twitter-….zip), its unpacked folder, or audio files"}
	what := "ZIP"
	if a.kind == ArchiveFolder {
		what = "folder"
		if zips, _ := fs.Glob(os.DirFS(a.path), "*.zip"); len(zips) > 0 {
			p.Hint = "the folder contains ZIP files: give spaces those"
		} else if lists, _ := fs.Glob(os.DirFS(a.path), "*.m3u8*"); len(lists) > 0 {
			p.Hint = "the folder contains a playlist without its chunks; to download them, give spaces the playlist: " + filepath.Join(a.path, lists[0])
		}
	} else if count == 0 {
		return &Problem{Kind: EmptyArchive, Subject: a.path, Message: "the ZIP is empty",
			Hint: "download the archive again"}
	}
	p.Message = "this " + what + " is not an account archive from X: it has no data folder with X's files"
	return p
}

// Close closes the archive. Members that are open can no longer be read.
func (a *Archive) Close() error { return a.src.Close() }

// Path returns the path that the archive was opened by.
func (a *Archive) Path() string { return a.path }

// Kind returns ArchiveZIP or ArchiveFolder.
func (a *Archive) Kind() PathKind { return a.kind }

// Size returns the bytes of the ZIP file; of a folder, those of its files that
// are read.
func (a *Archive) Size() int64 {
	if a.kind == ArchiveZIP {
		return a.size
	}
	var n int64
	for _, t := range a.types {
		n += t.Bytes
	}
	return n
}

// Media returns the Spaces audio that the archive lists, ordered by Space,
// piece and copy; members that name no Space come last.
func (a *Archive) Media() []Member { return slices.Clone(a.media) }

// Problems returns what Open found wrong: with members, the manifest and the
// account.
func (a *Archive) Problems() []Problem { return slices.Clone(a.problems) }

// sortMedia puts the members in order, drops those that are the same bytes
// again, and numbers the copies.
func (a *Archive) sortMedia(warn Warn) {
	slices.SortStableFunc(a.media, func(x, y Member) int {
		if (x.SpaceID == "") != (y.SpaceID == "") {
			return -strings.Compare(x.SpaceID, y.SpaceID)
		}
		return cmp.Or(
			cmp.Compare(x.SpaceID, y.SpaceID),
			cmp.Compare(x.Piece, y.Piece),
			cmp.Compare(len(x.file.name), len(y.file.name)), // " (1)" after the original
			cmp.Compare(x.file.name, y.file.name),
		)
	})
	kept := a.media[:0]
	for _, m := range a.media {
		same := false
		if m.SpaceID != "" {
			for i := len(kept) - 1; i >= 0 && kept[i].SpaceID == m.SpaceID && kept[i].Piece == m.Piece; i-- {
				m.Copy++
				same = same || m.HasCRC && kept[i].CRC32 == m.CRC32 && kept[i].Size == m.Size
			}
		}
		switch {
		case same:
			warn.problem(DuplicateMember, m.Name, "the archive contains this file twice under different names; only one copy is used")
			continue
		case m.Copy > 0:
			warn.problem(DuplicateMember, m.Name, "two members are named as piece %d of Space %s; both are used", m.Piece, m.SpaceID)
		}
		kept = append(kept, m)
	}
	clear(a.media[len(kept):])
	a.media = kept
}
