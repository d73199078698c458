package hls

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/stream"
)

// What a joined file consists of.
type (
	Manifest  = manifest.Manifest
	Chunk     = manifest.Chunk
	Source    = manifest.Source
	ByteRange = manifest.ByteRange
	Gap       = manifest.Gap
)

// join writes the kept chunks one after the other. It returns the first whose
// bytes are not those that were kept, and forgets it.
func (d *download) join(ctx context.Context, out *os.Root, name string) (m *Manifest, written *durable.File, damaged *item, err error) {
	draft, err := durable.Options{Trace: d.o.Trace}.Create(out, name)
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() {
		if m == nil {
			draft.Discard()
		}
	}()
	all := sha256.New()
	buf := bufio.NewWriterSize(draft, 256<<10)
	result := &Manifest{Version: manifest.Version, Chunks: []Chunk{}, Gaps: []Gap{}}
	for _, it := range d.items {
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, err
		}
		from := it.source()
		if end := it.start + it.duration; end.Seconds() > result.Seconds {
			result.Seconds = end.Seconds()
		}
		if from.kept == nil {
			result.Gaps = append(result.Gaps, it.gap(from.err, result.Length))
			continue
		}
		whole, err := d.copyKept(ctx, io.MultiWriter(buf, all), from)
		if err != nil {
			return nil, nil, nil, err
		}
		if !whole {
			d.stored.Add(-from.kept.Length)
			from.kept, from.err = nil, nil
			d.done--
			if from.uri == nil {
				from.err = errMissed
			}
			err := durable.Remove(d.work, from.id+keptSuffix)
			return nil, nil, from, err
		}
		result.Chunks = append(result.Chunks, it.chunk(from.kept, result.Length))
		result.Length += from.kept.Length
	}
	if err := buf.Flush(); err != nil {
		return nil, nil, nil, err
	}
	result.SHA256 = sum(all.Sum(nil))
	return result, draft, nil, nil
}

// copyKept copies a kept chunk, and reports whether its bytes are whole. What
// has been written of one that is not is thrown away with all before it.
func (d *download) copyKept(ctx context.Context, w io.Writer, it *item) (whole bool, err error) {
	f, err := d.work.Open(it.id + keptSuffix)
	if err != nil {
		return false, err
	}
	defer f.Close()
	own := sha256.New()
	part := io.NewSectionReader(f, headSize, it.kept.Length)
	n, err := io.Copy(io.MultiWriter(w, own), stream.Until(ctx, part, nil))
	return n == it.kept.Length && sum(own.Sum(nil)) == it.kept.SHA256, err
}

// commit gives the file and its manifest their names: the manifest last, so
// that there is none without its file.
func (d *download) commit(out *os.Root, name string, draft *durable.File, m *Manifest) error {
	if err := draft.Commit(true); err != nil {
		draft.Discard()
		return err
	}
	o := durable.Options{Trace: d.o.Trace}
	if err := o.SyncDir(out, path.Dir(name)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return o.WriteFile(out, name+".json", append(text, '\n'))
}

func (it *item) chunk(k *kept, offset int64) Chunk {
	return Chunk{
		Name: it.name, Map: it.isMap, Sequence: it.sequence, Run: it.run, Offset: offset, Length: k.Length, SHA256: k.SHA256,
		Source: k.Encrypted, Range: byteRange(it.part), Start: it.start.Seconds(), Seconds: it.duration.Seconds(), Time: known(it.time),
	}
}

func (it *item) gap(err error, offset int64) Gap {
	g := Gap{
		Name: it.name, Map: it.isMap, Sequence: it.sequence, Chunks: it.count, Run: it.run, Offset: offset,
		Start: it.start.Seconds(), Seconds: it.duration.Seconds(), Time: known(it.time),
		Reason: "failed", Detail: err.Error(),
	}
	switch {
	case errors.Is(err, errMarked):
		g.Reason = "marked"
	case errors.Is(err, errMissed):
		g.Reason = "missed"
	case errors.Is(err, wire.ErrNotExist):
		g.Reason = "not-found"
	case errors.Is(err, wire.ErrDenied):
		g.Reason = "denied"
	case errors.Is(err, errEncrypted), errors.Is(err, errKey):
		g.Reason = "encrypted"
	}
	return g
}

func byteRange(r *playlist.Range) *ByteRange {
	if r == nil {
		return nil
	}
	return &ByteRange{Offset: r.Offset, Length: r.Length}
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
