package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/stream"
)

// Hash returns the SHA-256 by which the archive is known, in hexadecimal. Of a
// ZIP it is that of the file. Of a folder it is that of, for each script that
// this package reads and each piece of audio, ordered by name, a line
// "<size> <name>\n" and the content. Names are those of the files alone,
// without folders, so that it does not matter which of the folders around them
// was opened. p, which may be nil, is told of the bytes.
func (a *Archive) Hash(ctx context.Context, p stream.Progress) (string, error) {
	if a.far != nil {
		return "", errNoHash
	}
	if p == nil {
		p = stream.NoProgress{}
	}
	h := sha256.New()
	if a.within != nil {
		p.Expect(a.size)
		if _, err := io.Copy(h, stream.Until(ctx, io.NewSectionReader(a.within, 0, a.size), p)); err != nil {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			return "", fileProblem(err, a.path)
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	if a.kind == ArchiveZIP {
		f, err := os.Open(a.path)
		if err != nil {
			return "", fileProblem(err, a.path)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			p.Expect(info.Size())
		}
		if _, err := io.Copy(h, stream.Until(ctx, f, p)); err != nil {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			return "", fileProblem(err, a.path)
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	}

	type named struct {
		name string
		file *file
	}
	var files []named
	add := func(f *file) {
		elems, _ := splitName(f.name)
		files = append(files, named{elems[len(elems)-1], f})
	}
	for _, scripts := range a.scripts {
		for _, f := range scripts {
			add(f)
		}
	}
	for i := range a.media {
		add(a.media[i].file)
	}
	slices.SortFunc(files, func(x, y named) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.file.name, y.file.name))
	})
	for _, n := range files {
		p.Expect(n.file.size)
	}
	for _, n := range files {
		fmt.Fprintf(h, "%d %s\n", n.file.size, n.name)
		if n.file.size == 0 {
			continue
		}
		if err := copyFile(ctx, h, n.file, p); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// errNoHash is why an archive on a server has no hash: all of it would have to
// travel.
var errNoHash = errors.New("an archive on a server has no SHA-256: only parts of it are read")

func copyFile(ctx context.Context, w io.Writer, f *file, p stream.Progress) error {
	rc, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer rc.Close()
	_, err = io.Copy(w, stream.Until(ctx, rc, p))
	return err
}
