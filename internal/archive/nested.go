package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// People keep the archive in another ZIP: what Google Drive and Dropbox make of a
// folder, or a Mac of several files. An inner ZIP that is stored is read where it
// lies; one that is compressed cannot be.

// errOverlap is a member that lies where another one does.
var errOverlap = errors.New("two members overlap")

// maxNested bounds how many inner ZIPs are opened.
const maxNested = 50

// A sharedSource is a source that several archives read. The last one closes it.
type sharedSource struct {
	zipSource
	users atomic.Int32
	taken []stretch // where inner ZIPs lie that have been opened
}

// A stretch is a part of a file.
type stretch struct{ from, to int64 }

// take notes that an inner ZIP lies in a stretch, and reports whether no other
// does: else a small file could hold one ZIP many times over, each of which costs
// time and memory.
func (s *sharedSource) take(at stretch) bool {
	for _, t := range s.taken {
		if at.from < t.to && t.from < at.to {
			return false
		}
	}
	s.taken = append(s.taken, at)
	return true
}

// A section is an inner ZIP.
type section struct {
	*io.SectionReader
	of *sharedSource
}

func (s *section) Close() error {
	if s.of.users.Add(-1) > 0 {
		return nil
	}
	return s.of.zipSource.Close()
}

// nested returns the ZIPs inside z that Open would take for one.
func (z *zipContainer) nested() (list []*zip.File) {
	for l := range z.list() {
		elems, _ := splitName(l.name)
		if !l.link && !isIgnored(elems) && strings.EqualFold(path.Ext(l.name), ".zip") && len(list) < maxNested {
			list = append(list, z.zr.File[l.index])
		}
	}
	return list
}

// openNested opens the archives of X among the ZIPs inside z, the ZIP at name,
// which holds nothing else of X. It takes z over. Without any it returns none, or
// why what is there cannot be read.
func openNested(ctx context.Context, z *zipContainer, inner []*zip.File, name string) (list []*Archive, err error) {
	shared := &sharedSource{zipSource: z.f}
	shared.users.Add(1)
	defer (&section{of: shared}).Close()
	var problem *Problem
	for _, f := range inner {
		a, err := openInner(ctx, shared, f, name)
		var p *Problem
		switch {
		case err == nil:
			list = append(list, a)
		case ctx.Err() != nil:
			closeAll(list)
			return nil, ctx.Err()
		case errors.As(err, &p) && problem == nil && p.Kind != NotAnXArchive && p.Kind != EmptyArchive && p.Kind != NotAnArchive:
			problem = p
		}
	}
	switch {
	case problem != nil && len(list) == 0:
		return nil, problem
	case problem != nil:
		list[0].problems = append(list[0].problems, *problem)
	}
	return list, nil
}

func closeAll(list []*Archive) {
	for _, a := range list {
		a.Close()
	}
}

// openInner opens one ZIP inside the ZIP at outer.
func openInner(ctx context.Context, shared *sharedSource, f *zip.File, outer string) (*Archive, error) {
	elems, _ := splitName(f.Name)
	base := showName(elems[len(elems)-1])
	name := outer + "/" + base
	if p := unreadable(f); p != nil {
		p.Subject = name
		return nil, p
	}
	if f.Method != zip.Store {
		return nil, &Problem{Kind: NestedZIP, Subject: name,
			Message: "a ZIP in a ZIP that is compressed cannot be read there",
			Hint:    "unpack " + filepath.Base(outer) + " and give spaces " + base}
	}
	at, err := f.DataOffset()
	if err == nil && !shared.take(stretch{at, at + int64(f.CompressedSize64)}) {
		err = errOverlap
	}
	if err != nil {
		return nil, &Problem{Kind: DamagedMember, Subject: name, Err: err, Message: "cannot unpack it: the ZIP around it is damaged",
			Hint: "download the archive again"}
	}
	shared.users.Add(1)
	src := &section{io.NewSectionReader(shared, at, int64(f.CompressedSize64)), shared}
	a, err := newArchive(ctx, src, src.Size(), name)
	if err != nil {
		src.Close()
		return nil, err
	}
	a.within = src
	return a, nil
}

// newArchive takes over src, unless it fails.
func newArchive(ctx context.Context, src zipSource, size int64, name string) (*Archive, error) {
	c, err := openZIPSource(ctx, src, size, name)
	if err != nil {
		return nil, err
	}
	a := &Archive{path: name, kind: ArchiveZIP, size: size, src: c, scripts: map[string][]*file{}, types: map[string]*TypeSummary{}}
	return a, a.read(ctx)
}

// one returns the only one of several archives, or says that there are several.
func one(list []*Archive, outer string) (*Archive, error) {
	if len(list) == 1 {
		return list[0], nil
	}
	var names []string
	for _, a := range list {
		names = append(names, path.Base(a.path))
	}
	closeAll(list)
	return nil, &Problem{Kind: SeveralArchives, Subject: outer,
		Message: fmt.Sprintf("this ZIP contains %d archives from X: %s", len(names), strings.Join(names, ", ")),
		Hint:    "unpack it and give spaces the one that is meant"}
}
