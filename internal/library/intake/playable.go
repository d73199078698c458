package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
	"github.com/spaces-cli/spaces/internal/stream"
)

// maxPlayables bounds how many files a recording may fall into because its
// parameters change.
const maxPlayables = 16

// An output is a playable file that is being made.
type output struct {
	playable.File
	name   string // of the file
	sha256 string
	bytes  int64 // of its units
}

// playables plans the files of a recording: one for each configuration, in
// the order in which they first occur. It fills in the timeline's share in
// them through file and unit, indexed like tl.Runs: which file a run went to
// and at which unit it begins there.
func playables(tl *timeline.Timeline, pieces []*piece) (files []*output, file []int, unit []int64, err error) {
	at := make(map[track.Config]int)
	for _, r := range tl.Runs {
		i, ok := at[r.Config]
		if !ok {
			i = len(files)
			if i == maxPlayables {
				return nil, nil, nil, fmt.Errorf("its audio parameters change more than %d times", maxPlayables)
			}
			at[r.Config] = i
			files = append(files, &output{File: playable.File{
				Config: r.Config, Encoder: pieces[r.Piece].Track.Encoder,
				Lengths: track.Lengths{Usual: r.Usual()},
			}})
		}
		f := files[i]
		file = append(file, i)
		unit = append(unit, int64(len(f.Sizes)))
		sizes := pieces[r.Piece].Sizes[r.FirstUnit : r.FirstUnit+r.Units]
		f.Sizes = append(f.Sizes, sizes...)
		f.bytes += sizes.Sum()
		in := pieces[r.Piece]
		f.Lengths.AddFrom(&in.Lengths[r.Source()], r.FirstUnit-in.Track.Runs[r.Source()].FirstUnit, r.Units)
		f.Hear(f.Total+r.Skip, r.Samples)
		f.Total += r.Skip + r.Samples + r.Trim
	}
	return files, file, unit, nil
}

// write makes the file f of the recording in dir from the originals there,
// number n of its playable files, with its packet index and sound index, and
// reads it back. If the units are what does not suit, the error is an
// *unplayableError.
func (im *importer) write(ctx context.Context, g *library.Stage, n int, f *output, tags tags.Tags, pieces []*piece, work *work, flushes *flushes) error {
	w, err := g.Create(f.name)
	if err != nil {
		return err
	}
	sum, crc := sha256.New(), crc32.New(castagnoli())
	index := newSoundIndex(f.Config)
	disk := &writeKeeper{w: w}
	err = guard(func() error {
		return im.copyUnits(ctx, g, f, tags, pieces, work, index, io.MultiWriter(disk, sum, crc))
	})
	switch {
	case disk.err != nil:
		err = disk.err
	case err != nil && ctx.Err() == nil:
		err = &unplayableError{err}
	case err == nil:
		err = w.Flush()
	}
	if err != nil {
		w.Discard()
		return err
	}
	flushes.start(w.Commit)
	f.sha256 = hex.EncodeToString(sum.Sum(nil))
	if err := g.ReadBack(ctx, f.name, crc.Sum32()); err != nil {
		return err
	}
	if index != nil {
		if err := g.WriteSoundIndex(n, index.Index()); err != nil {
			return err
		}
	}
	return g.WriteIndex(&f.File, f.sha256)
}

// writeKeeper remembers the error of a writer, so that it can be told from
// those of whoever writes to it.
type writeKeeper struct {
	w   io.Writer
	err error
}

func (k *writeKeeper) Write(p []byte) (int, error) {
	n := 0
	err := guard(func() (err error) {
		n, err = k.w.Write(p)
		return err
	})
	if err != nil {
		k.err = err
	}
	return n, err
}

func (im *importer) copyUnits(ctx context.Context, g *library.Stage, f *output, tags tags.Tags, pieces []*piece, work *work, index *unithash.Builder, w io.Writer) error {
	out, err := f.NewWriter(w, tags)
	if err != nil {
		return err
	}
	if index != nil {
		out = indexedWriter{out, index}
	}
	for _, p := range pieces {
		if err := im.copyPiece(ctx, g, layout.OriginalIn("", p.Name), f.Config, p, work, out); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return out.Close()
}

// copyPiece copies those units of one original that are of configuration c.
func (im *importer) copyPiece(ctx context.Context, g *library.Stage, name string, c track.Config, p *piece, work *work, out format.UnitWriter) error {
	src, err := g.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	rd, err := media.Open(&stream.ReaderAt{Context: ctx, File: src}, p.Bytes, track.Options{})
	if err != nil {
		return err
	}
	const often = 1 << 20
	done := 0
	defer func() { work.Add(int64(done)) }()
	var u track.Packet
	for n := int64(0); ; {
		if err := rd.Next(&u); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if done += len(u.Data); done >= often {
			work.Add(int64(done))
			done = 0
		}
		if n++; n > p.drop && p.Track.Runs[u.Run].Config == c {
			if err := out.WriteUnit(u.Data); err != nil {
				return err
			}
		}
	}
}

// castagnoli is the CRC-32C, which processors compute at the speed of memory.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// An indexedWriter passes units on to the writer of a file and takes them into
// its sound index.
type indexedWriter struct {
	format.UnitWriter
	index *unithash.Builder
}

func (w indexedWriter) WriteUnit(data []byte) error {
	w.index.Add(data)
	return w.UnitWriter.WriteUnit(data)
}

// newSoundIndex returns a builder for units of c, or nil if they cannot be told
// by their content.
func newSoundIndex(c track.Config) *unithash.Builder {
	b, err := unithash.NewBuilder(c)
	if err != nil {
		return nil
	}
	return b
}
