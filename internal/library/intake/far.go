package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/stream"
)

// errAway ends one item: the server that its originals lie on cannot be read, as
// has been told.
var errAway = errors.New("the server cannot be read")

// isAway reports whether a source broke off for what happens on the way from a
// server.
func isAway(err error) bool {
	p := new(archive.Problem)
	return errors.As(err, &p) && p.Away
}

// sameFar reports whether an original on a server is what the library has as
// piece, without fetching it: by its size, and by its CRC-32 in the ZIP's
// directory and that of the library's copy, whose SHA-256 has been checked.
func (im *importer) sameFar(ctx context.Context, o original, known *space.Space, piece space.Piece) (bool, error) {
	if o.crc == "" || o.size != piece.Bytes {
		return false, nil
	}
	crc := piece.CRC32
	if crc == "" { // it came from somewhere that told none
		f, err := im.lib.OpenFile(layout.OriginalIn(known.Folder, piece.Name))
		if err != nil {
			return false, nil
		}
		defer f.Close()
		sum := crc32.NewIEEE()
		if _, err := io.Copy(sum, stream.Until(ctx, f, nil)); err != nil {
			return false, ctx.Err()
		}
		crc = fmt.Sprintf("%08x", sum.Sum32())
	}
	return crc == o.crc, nil
}

// idOf returns the id of audio that names no Space: it follows from the content.
// What lies on a server is looked up in the library first, and fetched once; in a
// dry run its size and CRC-32 have to do.
func (im *importer) idOf(ctx context.Context, m *audioMember) (string, error) {
	if m.held.Listing == "" {
		return contentID(ctx, m.Open)
	}
	o := original{size: m.Size, crc: crcOf(&m.Member)}
	if im.lib != nil {
		for row, err := range im.lib.Catalog().List(ctx, catalog.Query{}) {
			if err != nil {
				break // the audio tells
			}
			s, err := im.lib.Load(row.ID)
			if err != nil || len(s.Pieces) != 1 || s.Sources["id"] != space.FromContent {
				continue
			}
			if same, err := im.sameFar(ctx, o, s, s.Pieces[0]); same && err == nil {
				return s.ID, nil
			}
		}
	}
	if im.lib == nil || im.opts.DryRun {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", o.size, o.crc))
		return space.ContentID(hex.EncodeToString(sum[:])), nil
	}
	return im.fetch(ctx, m, o)
}

// fetch keeps audio on this computer until the import ends, and returns its id.
func (im *importer) fetch(ctx context.Context, m *audioMember, o original) (id string, err error) {
	g, err := im.lib.Stage(fmt.Sprintf("far-%s-%d", o.crc, o.size))
	if err != nil {
		return "", err
	}
	im.fetched = append(im.fetched, g)
	r, err := m.Open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	name := layout.OriginalIn("", "fetched")
	w, err := g.Create(name)
	if err != nil {
		return "", err
	}
	sums := newSums(w)
	_, err = io.Copy(sums, stream.Until(ctx, r, im.progress))
	if err != nil {
		w.Discard()
		return "", err
	}
	m.fetched = func(context.Context) (io.ReadCloser, error) { return g.Open(name) }
	return space.ContentID(sums.sha()), w.Commit()
}
