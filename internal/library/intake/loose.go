package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dhowden/tag"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
)

// looseItems makes items of recordings that come without an archive: files,
// folders of files, folders of HLS chunks.
func (im *importer) looseItems(ctx context.Context, found []archive.Found) ([]*item, error) {
	l := looseBuilder{im: im, byID: map[string]*item{}}
	for _, f := range found {
		err := guard(func() error {
			if f.Kind == archive.ChunkFolder {
				return im.joinSeries(f)
			}
			return l.addFile(ctx, f.Path)
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			im.fail(err, f.Path)
		}
	}
	return l.list, nil
}

type looseBuilder struct {
	im   *importer
	byID map[string]*item
	list []*item
}

// idInName finds a Space id in the names that other tools give: X's ids have
// 13 characters and begin with 1.
var idInName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^0-9A-Za-z])(1[0-9A-Za-z]{12})(?:$|[^0-9A-Za-z])`)
})

// pieceInName finds the number of a piece right behind the id, at the end of
// the name.
var pieceInName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^0-9A-Za-z])(1[0-9A-Za-z]{12})[-_](\d{1,3})(?: ?\(\d+\))?\.[0-9A-Za-z]+$`)
})

func (l *looseBuilder) addFile(ctx context.Context, name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	o := original{member: filepath.Base(name), size: info.Size(), open: func(context.Context) (io.ReadCloser, error) { return os.Open(name) }}
	id, piece, ok := archive.ParseMediaName(o.member)
	o.piece = piece
	if !ok {
		id = ""
		if m := idInName().FindStringSubmatch(o.member); m != nil {
			id = m[1]
			if m := pieceInName().FindStringSubmatch(o.member); m != nil && m[1] == id {
				o.piece, _ = strconv.Atoi(m[2]) // at most three digits
			}
		}
	}
	it, err := l.take(ctx, name, id, o)
	if err != nil {
		return err
	}
	if it.fileTitle == "" {
		it.fileTitle = titleTag(name)
	}
	if it.nameTitle == "" {
		it.nameTitle = title.InName(o.member, it.id)
	}
	return nil
}

// titleTag returns the title that an .mp3 or .m4a has in its tags, or "".
func titleTag(name string) (title string) {
	f, err := os.Open(name)
	if err != nil {
		return "" // told when it is read in earnest
	}
	defer f.Close()
	// Damaged tags make the library panic. They are not worth a recording.
	defer func() {
		if recover() != nil {
			title = ""
		}
	}()
	switch format, _, err := tag.Identify(f); {
	case err != nil, format != tag.ID3v2_2 && format != tag.ID3v2_3 && format != tag.ID3v2_4 && format != tag.MP4:
		return ""
	}
	m, err := tag.ReadFrom(f)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(m.Title(), "\uFFFD")
}

// take adds an original to the item of its Space. id is what its name says,
// or empty.
func (l *looseBuilder) take(ctx context.Context, name, id string, o original) (*item, error) {
	source := space.FromName
	side, raw, err := readSidecar(name)
	if err != nil {
		l.im.fail(err, name)
	}
	if side != nil && space.ValidID(side.SpaceID) {
		id, source = side.SpaceID, space.FromSidecar
	}
	if id == "" {
		if id, err = contentID(ctx, o.open); err != nil {
			return nil, err
		}
		source = space.FromContent
	}
	it := l.byID[id]
	if it == nil {
		it = &item{id: id, idSource: source, title: l.im.opts.Titles[id], startedAt: l.im.opts.StartedAt}
		l.byID[id] = it
		l.list = append(l.list, it)
	}
	if side != nil {
		it.sidecar, it.raw = side, raw
	}
	it.add(o)
	slices.SortStableFunc(it.originals, func(x, y original) int { return cmp.Compare(x.piece, y.piece) })
	return it, nil
}

// maxRawSidecar is the largest sidecar that is kept word for word.
const maxRawSidecar = 1 << 20

func readSidecar(name string) (*archive.Sidecar, json.RawMessage, error) {
	s, err := archive.ReadSidecar(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	raw, err := os.ReadFile(s.Path)
	if err != nil || len(raw) > maxRawSidecar || !json.Valid(raw) {
		raw = nil // what it says has been read
	}
	return &s, raw, nil
}
