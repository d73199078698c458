package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/archive/series"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A Joined is a file that was joined from the chunks of an HLS playlist, with
// its manifest beside it.
type Joined struct {
	Path     string // of the file
	Manifest string // path of its manifest; "" is beside the file
	Name     string // of the playlist: the last part of its address or path, without the query
	Host     string // of the server; "" for a playlist on a disk
	Key      string // the same for the same address, and nothing to be read from it
	// Series is the chunks, if they are a folder's and were not joined to a file.
	Series *series.Chunks
	// Listed is what the playlist alone tells, for a dry run: nothing else is read
	// then.
	Listed *manifest.Manifest
	// Err, if set, is why there is no file.
	Err error
	// SpaceID says which Space it is, if somebody knows. Sidecar is what a tool
	// knows of it, and Raw the words of that.
	SpaceID string
	Sidecar *archive.Sidecar
	Raw     []byte
	// Named are names that may tell an id and a title: of the playlist, of its
	// folder.
	Named []string
	// Kept, if set, is told that the file is in the library, or a better one.
	Kept func(id string)
}

// chunks is what an original has besides that was joined from chunks.
type chunks struct {
	*manifest.Manifest
	text []byte // of the manifest
	host string
	key  string
}

// read reads what is to be known of it before its Space is.
func (j *Joined) read(ctx context.Context) (*original, error) {
	if j.Series != nil {
		return readSeries(ctx, j)
	}
	return readJoined(j)
}

// readJoined reads what is to be known of a joined file before its Space is.
func readJoined(j *Joined) (*original, error) {
	name := j.Manifest
	if name == "" {
		name = layout.ManifestOf(j.Path)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, text, err := readManifest(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	info, err := os.Stat(j.Path)
	if err != nil {
		return nil, err
	}
	if info.Size() != m.Length {
		return nil, fmt.Errorf("%s has %d bytes, but its manifest says %d", j.Path, info.Size(), m.Length)
	}
	return &original{
		member: j.Name, size: m.Length, chunks: &chunks{m, text, j.Host, j.Key},
		open: func(context.Context) (io.ReadCloser, error) { return os.Open(j.Path) },
	}, nil
}

// extension is that of a piece which was joined from chunks called so: what they
// are is told by their content.
func (c *chunks) extension() string {
	for _, k := range c.Chunks {
		switch ext := path.Ext(layout.OriginalName(k.Name)); ext {
		case ".aac", ".ts", ".mp4", ".m4s", ".m4a", ".mp3":
			return ext
		}
	}
	return ".aac"
}

// stamp finds the time in the names that X gives to chunks.
var stamp = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^chunk_(\d{19})_\d{1,18}_a\.(aac|ts)$`)
})

// started is when the first chunk began, by its name; zero if that is missing or
// says nothing.
func (c *chunks) started() time.Time {
	for _, k := range c.Chunks {
		if k.Map {
			continue
		}
		if m := stamp().FindStringSubmatch(k.Name); m != nil && k.Start == 0 {
			ns, err := strconv.ParseInt(m[1], 10, 64)
			if t := time.Unix(0, ns); err == nil && t.Year() > 2019 {
				return t
			}
		}
		break
	}
	return time.Time{}
}

// describe fills in what the sidecar says of a piece that was joined from
// chunks.
func (c *chunks) describe(p *piece) {
	missing, lost := c.Missing()
	p.Playlist = &space.Playlist{
		Host: c.host, Key: c.key, Ended: c.Ended, Chunks: c.Real(), MissingChunks: missing, MissingSeconds: space.Seconds(lost),
		Manifest: c.file(p.Name),
	}
	if missing == 0 {
		return
	}
	if p.Damage == nil {
		p.Damage = &space.Damage{Kinds: map[string]int{}}
	}
	p.Damage.Places += int64(missing)
	p.Damage.Kinds[missingChunk] = missing
	p.Damage.LostSeconds = space.Seconds(p.Damage.LostSeconds + lost)
}

// missingChunk is the kind of damage that a recording has of whose playlist a
// chunk could not be had.
const missingChunk = "missing-chunk"

func (c *chunks) file(piece string) space.File {
	h := newSums(io.Discard)
	h.Write(c.text)
	return space.File{Name: layout.ManifestOf(piece), Bytes: int64(len(c.text)), SHA256: h.sha()}
}

// stage writes the manifest beside its piece.
func (c *chunks) stage(g *library.Stage, piece string) error {
	w, err := g.Create(layout.OriginalIn("", layout.ManifestOf(piece)))
	if err != nil {
		return err
	}
	if _, err := w.Write(c.text); err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

// clock is the piece as the timeline takes it.
func (p *piece) clock() timeline.Piece {
	t := p.tags.Piece(p.Track)
	t.Lengths = p.Lengths
	if p.chunks != nil {
		p.chunks.Lay(&t, p.MarkUnits, hydra.NTPEpoch)
	}
	return t
}

// byPlaylist reports whether the time of a recording is that of its playlist:
// the audio has no clock that tells it.
func (a *audio) byPlaylist() bool {
	p := a.pieces[0]
	return p.chunks != nil && len(p.tags.Anchors) == 0
}

// ofLibrary is what an original in the library has besides that was joined from
// chunks. It is nil for others, and for those whose manifest is missing or damaged:
// verify tells.
func ofLibrary(lib *library.Library, folder string, p *space.Piece) *chunks {
	if p.Playlist == nil {
		return nil
	}
	f, err := lib.OpenFile(layout.OriginalIn(folder, p.Playlist.Manifest.Name))
	if err != nil {
		return nil
	}
	defer f.Close()
	m, text, err := readManifest(f)
	if err != nil {
		return nil
	}
	return &chunks{m, text, p.Playlist.Host, p.Playlist.Key}
}

// readManifest reads a manifest, and returns its text too.
func readManifest(r io.Reader) (*manifest.Manifest, []byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, manifest.MaxBytes+1))
	if err != nil {
		return nil, nil, err
	}
	m, err := manifest.Read(bytes.NewReader(text))
	return m, text, err
}

// ManifestOf reads the manifest of a piece in the library.
func ManifestOf(lib *library.Library, s *space.Space, piece int) (*manifest.Manifest, error) {
	c := ofLibrary(lib, s.Folder, &s.Pieces[piece])
	if c == nil {
		return nil, fs.ErrNotExist
	}
	return c.Manifest, nil
}

// joinedItems makes items of files that were joined from chunks.
func (im *importer) joinedItems(ctx context.Context) ([]*item, error) {
	var list []*item
	for i := range im.opts.Joined {
		j := &im.opts.Joined[i]
		var it *item
		err := guard(func() (err error) {
			it, err = im.joinedItem(ctx, j)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, errSkipped):
		case err != nil:
			im.fail(err, j.Name)
		default:
			list = append(list, it)
		}
	}
	return list, nil
}

func (im *importer) joinedItem(ctx context.Context, j *Joined) (*item, error) {
	if j.Err != nil {
		return nil, j.Err
	}
	if im.opts.DryRun {
		return im.listedItem(ctx, j)
	}
	o, err := j.read(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the downloaded file has been deleted: %s", filepath.Base(j.Path))
	}
	if err != nil {
		return nil, err
	}
	it := &item{startedAt: im.opts.StartedAt, named: o.chunks.started(), sidecar: j.Sidecar, raw: j.Raw, kept: j.Kept, parts: seriesParts(j.Series)}
	if it.id, it.idSource, err = im.whose(ctx, j, o); err != nil {
		return nil, err
	}
	it.title = im.opts.Titles[it.id]
	for _, name := range j.Named {
		it.nameTitle = cmp.Or(it.nameTitle, title.InName(name, it.id))
	}
	it.add(*o)
	im.warnChunks(j, o.chunks.Manifest)
	return it, nil
}

// listedItem is a joined file in a dry run. Its id is known only if somebody said
// it, or the library has a recording that came from the same address.
func (im *importer) listedItem(ctx context.Context, j *Joined) (*item, error) {
	c := &chunks{j.Listed, nil, j.Host, j.Key}
	it := &item{id: j.SpaceID, startedAt: im.opts.StartedAt, named: c.started(), sidecar: j.Sidecar, raw: j.Raw, listed: j.Listed, parts: seriesParts(j.Series)}
	if it.id == "" && j.Sidecar != nil && space.ValidID(j.Sidecar.SpaceID) {
		it.id = j.Sidecar.SpaceID
	}
	if it.id == "" {
		var err error
		if it.id, err = im.withKey(ctx, j.Key); err != nil {
			return nil, err
		}
	}
	it.title = im.opts.Titles[it.id]
	it.add(original{member: j.Name, chunks: c})
	im.warnChunks(j, j.Listed)
	return it, nil
}

// NotEnded is the kind of problem that a playlist has which does not say that the
// recording is complete.
const NotEnded archive.ProblemKind = "not-ended"

// warnChunks tells of what is missing of a playlist's recording.
func (im *importer) warnChunks(j *Joined, m *manifest.Manifest) {
	if n, lost := m.Missing(); n > 0 {
		why := make(map[string]int)
		for _, g := range m.Gaps {
			why[g.Reason]++
		}
		p := archive.Problem{Kind: "missing-chunks", Subject: j.Name,
			Message: fmt.Sprintf("%d of %d chunks missing (%s): each is a gap in the recording", n, n+m.Real(), spell.Short(lost))}
		switch {
		case why["marked"] == len(m.Gaps):
			p.Message += "; the playlist itself says so"
		case j.Host == "":
			p.Hint = "put the missing chunks into the same folder and run the same command again"
		case why["denied"]+why["not-found"] > 0:
			p.Hint = "the address may have expired: run the command again with a new one; only missing chunks are downloaded"
		default:
			p.Hint = "run the same command again: it tries to get the missing chunks"
		}
		// What a server did not give is something that could not be saved.
		im.problem(p, j.Host != "" && why["marked"] < len(m.Gaps))
	}
	if !m.Ended {
		im.warn(archive.Problem{Kind: NotEnded, Subject: j.Name,
			Message: "the playlist does not say that the recording has ended: it is taken as far as it goes",
			Hint:    "if the Space goes on, run the same command again later; it replaces the recording by the longer one"})
	}
}

// names are those that an original has in its folder.
func (o *original) names() []string {
	if o.chunks == nil {
		return []string{o.name}
	}
	return []string{o.name, layout.ManifestOf(o.name)}
}

// sameChunks reports whether an original has the manifest of a piece. Where one
// of them was not joined from chunks, the bytes are what counts.
func (o *original) sameChunks(p *space.Piece) bool {
	if o.chunks == nil || p.Playlist == nil {
		return true
	}
	return o.chunks.file(o.name).SHA256 == p.Playlist.Manifest.SHA256
}

// completes reports whether all that is new about a recording is that its
// playlist has ended.
func (a *audio) completes(known *space.Space) bool {
	return len(a.pieces) == 1 && len(known.Pieces) == 1 && a.pieces[0].SHA256 == known.Pieces[0].SHA256 &&
		a.pieces[0].chunks != nil && a.pieces[0].chunks.Ended && known.Pieces[0].Playlist != nil && !known.Pieces[0].Playlist.Ended
}

// errSkipped means that what is wrong has been told.
var errSkipped = errors.New("skipped")
