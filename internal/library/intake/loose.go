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
	"time"

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
				return l.addChunks(ctx, f.Path)
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

// A chunk is one file of a live stream, chunk_<unix ns>_<seq>_a.aac.
type chunk struct {
	name    string
	ns, seq int64
	size    int64
}

var chunkName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^chunk_(\d{1,19})_(\d{1,18})_a(?: ?\(\d+\))?\.(aac|ts)$`)
})

// addChunks makes one original of a folder of chunks, joined in order.
func (l *looseBuilder) addChunks(ctx context.Context, dir string) error {
	chunks, err := listChunks(dir)
	if err != nil {
		return err
	}
	o := original{member: filepath.Base(dir) + strings.ToLower(filepath.Ext(chunks[0].name))}
	var parts []space.Part
	for _, c := range chunks {
		o.size += c.size
		parts = append(parts, space.Part{Name: c.name, Bytes: c.size})
	}
	o.open = func(context.Context) (io.ReadCloser, error) { return &joined{dir: dir, rest: chunks}, nil }
	id := ""
	if m := idInName().FindStringSubmatch(filepath.Base(dir)); m != nil {
		id = m[1]
	}
	it, err := l.take(ctx, dir, id, o)
	if err != nil {
		return err
	}
	it.parts = parts
	if it.nameTitle == "" {
		it.nameTitle = title.InName(filepath.Base(dir), it.id)
	}
	if t := time.Unix(0, chunks[0].ns); t.Year() > 2019 {
		it.named = t
	}
	return nil
}

func listChunks(dir string) ([]chunk, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []chunk
	for _, e := range entries {
		m := chunkName().FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		c := chunk{name: e.Name(), size: info.Size()}
		c.ns, _ = strconv.ParseInt(m[1], 10, 64)
		c.seq, _ = strconv.ParseInt(m[2], 10, 64)
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b chunk) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.ns, b.ns), cmp.Compare(a.name, b.name))
	})
	// The same chunk twice is a download that was repeated.
	list = slices.CompactFunc(list, func(a, b chunk) bool { return a.seq == b.seq && a.ns == b.ns })
	if len(list) == 0 {
		return nil, &archive.Problem{Kind: archive.EmptyArchive, Subject: dir, Message: "the folder contains no chunks"}
	}
	return list, nil
}

// joined reads the chunks of a folder one after the other, one open at a
// time.
type joined struct {
	dir  string
	rest []chunk
	f    *os.File
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.f == nil {
			if len(j.rest) == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(filepath.Join(j.dir, j.rest[0].name))
			if err != nil {
				return 0, err
			}
			j.f, j.rest = f, j.rest[1:]
		}
		n, err := j.f.Read(p)
		if err != io.EOF {
			return n, err
		}
		j.f.Close()
		j.f = nil
		if n > 0 {
			return n, nil
		}
	}
}

func (j *joined) Close() error {
	if j.f == nil {
		return nil
	}
	return j.f.Close()
}
