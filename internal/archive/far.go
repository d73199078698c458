package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Far is a ZIP that lies on a server, where every byte that is read has to
// travel.
type Far struct {
	Bytes io.ReaderAt
	// Expect, if set, says that bytes are going to be read in order; done, that
	// they are needed no more.
	Expect func(off, length int64) (done func())
	Size   int64
	Name   string // of the file
	From   string // the server, without anything that may be a secret
	ETag   string // of the file there, or ""
	// Explain says what an error of Bytes means, or returns nil if it is none of
	// its own.
	Explain  func(error) *Problem
	Progress stream.Progress // of the scripts; may be nil
}

const (
	// maxFarNames bounds how many members of a far archive have their names
	// compared with those that stand before them: each costs a request.
	maxFarNames = 250
	descriptor  = 24 // bytes of a data descriptor with Zip64 (APPNOTE.TXT 4.3.9)
)

// OpenFar is Open for a ZIP on a server. What its scripts say is read once and
// remembered.
func OpenFar(ctx context.Context, far Far) (*Archive, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := openZIP(farSource{far.Bytes}, far.Size)
	if err != nil {
		return nil, far.explain(err)
	}
	z := c.(*zipContainer)
	z.far = &far
	a := &Archive{path: far.Name, kind: ArchiveZIP, size: far.Size, src: c, far: &far, scripts: map[string][]*file{}, types: map[string]*TypeSummary{}}
	if err := a.read(ctx); err != nil {
		if p := far.Explain(err); p != nil {
			p.Subject = far.Name
			return nil, p
		}
		return nil, err
	}
	for i := range a.problems {
		if a.problems[i].Away {
			return nil, &a.problems[i] // whose it is may be missing
		}
	}
	return a, nil
}

// farSource is closed by whoever opened it.
type farSource struct{ io.ReaderAt }

func (farSource) Close() error { return nil }

// explain says what is wrong with a file that archive/zip refuses with err.
// Nothing looks through it for what is there of a download: that would travel.
func (far *Far) explain(err error) error {
	if p := far.Explain(err); p != nil {
		p.Subject = far.Name
		return p
	}
	head := make([]byte, min(headSize, far.Size))
	if _, readErr := far.Bytes.ReadAt(head, 0); readErr != nil && readErr != io.EOF {
		if p := far.Explain(readErr); p != nil {
			p.Subject = far.Name
			return p
		}
	}
	p := &Problem{Subject: far.Name, Err: err}
	switch what := sniff(head); {
	case errors.Is(err, errBigDirectory):
		p.Kind = TooMany
		p.Message = fmt.Sprintf("the ZIP lists too much for an archive from X (more than %d members or %s)", maxMembers, byteCount(maxDirectory))
	case far.Size == 0:
		p.Kind, p.Message = EmptyFile, "the file is empty (0 bytes)"
	case hasDirectoryEnd(far.Bytes, far.Size):
		p.Kind, p.Message = DamagedZIP, "the ZIP is damaged: its list of members cannot be read"
	case !what.zip || what.hint != "":
		p.Kind, p.Message = NotAnArchive, "this is "+what.words+", not an archive from X"
	default:
		p.Kind = IncompleteDownload
		p.Message = fmt.Sprintf("the ZIP on the server is incomplete (%s): the list of members at its end is missing", byteCount(far.Size))
		p.Hint = "store the whole archive there, or give spaces another copy"
	}
	return p
}

// Far returns the server that the archive is read from, without anything that may
// be a secret, and its ETag there. Of one on this computer from is empty.
func (a *Archive) Far() (from, etag string) {
	if a.far == nil {
		return "", ""
	}
	return a.far.From, a.far.ETag
}

// IsFar reports whether the archive lies on a server.
func (a *Archive) IsFar() bool { return a.far != nil }

// Listing returns the SHA-256 of a ZIP's list of members, in hexadecimal: of a
// line "<size> <CRC-32> <name>\n" for each, in their order, and one with the
// size of the ZIP. A ZIP of which only parts are read is known by it.
func (a *Archive) Listing() string { return a.listing }

func (z *zipContainer) listing(size int64) string {
	h := sha256.New()
	for _, f := range z.zr.File {
		fmt.Fprintf(h, "%d %08x %s\n", f.UncompressedSize64, f.CRC32, f.Name)
	}
	fmt.Fprintf(h, "%d\n", size)
	return hex.EncodeToString(h.Sum(nil))
}

// expecting makes what opens a member say first that all of it is going to be
// read.
func (far *Far) expecting(f *zip.File, open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	if far.Expect == nil {
		return open
	}
	return func() (io.ReadCloser, error) {
		off, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		length := int64(f.CompressedSize64)
		if f.Flags&flagDescriptor != 0 {
			length += descriptor
		}
		done := far.Expect(off, length)
		r, err := open()
		if err != nil {
			done()
			return nil, err
		}
		return &expected{r, done}, nil
	}
}

type expected struct {
	io.ReadCloser
	done func()
}

func (e *expected) Close() error {
	err := e.ReadCloser.Close()
	e.done()
	return err
}

// A Content says what a file is, by its first bytes.
type Content struct {
	Words    string // "a web page (HTML)"
	ZIP      bool
	Audio    bool
	Playlist bool
	Page     bool // a web page
}

// Look says what a file is whose first bytes are head.
func Look(head []byte) Content {
	c := sniff(head[:min(len(head), headSize)])
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	audio := c.audio || !c.zip && !c.other && media.Sniff(head, -1).Sound() // as in DetectFile
	return Content{Words: c.words, ZIP: c.zip, Audio: audio, Playlist: bytes.HasPrefix(text, []byte("#EXTM3U")), Page: strings.Contains(c.words, "HTML")}
}

// A remembered keeps what has been read of a far archive, and what was odd about it.
type remembered[T any] struct {
	mu       sync.Mutex
	known    bool
	what     T
	problems []Problem
}

// recall returns what read has returned at first.
func (m *remembered[T]) recall(a *Archive, warn Warn, read func(Warn) (T, error)) (T, error) {
	if a.far == nil {
		return read(warn)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known {
		var problems []Problem
		what, err := read(func(p Problem) { problems = append(problems, p) })
		if err != nil {
			return what, err
		}
		if broken := slices.IndexFunc(problems, func(p Problem) bool { return p.Away }); broken >= 0 {
			return what, &problems[broken] // half of it may be missing: nothing is known
		}
		m.what, m.problems, m.known = what, problems, true
	}
	if warn != nil {
		for _, p := range m.problems {
			warn(p)
		}
	}
	return m.what, nil
}
