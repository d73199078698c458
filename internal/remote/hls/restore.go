package hls

import (
	"context"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/stream"
)

// Restore puts the chunks of a playlist that a file holds which was joined
// before into the folder of a download, so that only those are fetched that were
// missing. Their bytes are checked, as those of all chunks are, when they are
// joined again. It returns how many there are.
func Restore(ctx context.Context, o Options, m *playlist.Media, work *os.Root, have *Manifest, file io.ReaderAt) (int, error) {
	d, err := begin(o, work)
	if err != nil {
		return 0, err
	}
	defer d.close()
	type place struct {
		isMap    bool
		sequence int64
	}
	at := make(map[place]*Chunk)
	for i := range have.Chunks {
		c := &have.Chunks[i]
		at[place{c.Map, c.Sequence}] = c
	}
	restored := 0
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Map != nil {
			r := newResource("map", s.Map.URI, s.Map.Range, s.Map.Key)
			if err := d.restore(ctx, r, at[place{true, s.Sequence}], file); err != nil {
				return restored, err
			}
		}
		c := at[place{false, s.Sequence}]
		if c == nil || c.Seconds != s.Duration.Seconds() {
			continue
		}
		r := newResource("", s.URI, s.Range, s.Key)
		r.ID = chunkID(s, 0)
		if err := d.restore(ctx, r, c, file); err != nil {
			return restored, err
		}
		restored++
	}
	return restored, nil
}

// restore keeps a chunk of a joined file, if it is the one that is listed and
// not there yet.
func (d *download) restore(ctx context.Context, r resource, c *Chunk, file io.ReaderAt) error {
	if c == nil || c.Name != r.Name || (c.Source != nil) != r.Encrypted || findKept(d.work, r.ID, r.Encrypted) != nil {
		return nil
	}
	if part := byteRange(r.Range); (part == nil) != (c.Range == nil) || part != nil && *part != *c.Range {
		return nil
	}
	p, err := d.create(r.ID)
	if err != nil {
		return err
	}
	defer p.discard()
	if _, err := io.Copy(p, stream.Until(ctx, io.NewSectionReader(file, c.Offset, c.Length), nil)); err != nil {
		return err
	}
	return p.keep(&kept{ID: r.ID, Length: c.Length, SHA256: c.SHA256, Encrypted: c.Source})
}
