package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"path"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// maxPlayables bounds how many files a recording may fall into because its
// parameters change.
const maxPlayables = 16

// A playable is one file that plays everywhere: all units of one
// configuration, joined without re-encoding.
type playable struct {
	config track.Config
	name   string // file name
	sha256 string
	sizes  track.Sizes
	bytes  int64 // of its units
	// lengths are those of the units.
	lengths track.Lengths
	edits   []mp4.Edit
	total   int64 // samples, heard or not
	// encoder is the program that coded the units of the first piece, if it
	// names it.
	encoder string
}

// playables plans the files of a recording: one for each configuration, in
// the order in which they first occur. It fills in the timeline's share in
// them through file and unit, indexed like tl.Runs: which file a run went to
// and at which unit it begins there.
func playables(tl *timeline.Timeline, pieces []*landed) (files []*playable, file []int, unit []int64, err error) {
	at := make(map[track.Config]int)
	for _, r := range tl.Runs {
		i, ok := at[r.Config]
		if !ok {
			i = len(files)
			if i == maxPlayables {
				return nil, nil, nil, fmt.Errorf("its audio parameters change to more than %d different ones", maxPlayables)
			}
			at[r.Config] = i
			files = append(files, &playable{
				config: r.Config, encoder: pieces[r.Piece].track.Encoder,
				lengths: track.Lengths{Usual: r.UnitSamples},
			})
		}
		f := files[i]
		file = append(file, i)
		unit = append(unit, int64(len(f.sizes)))
		sizes := pieces[r.Piece].sizes[r.FirstUnit : r.FirstUnit+r.Units]
		f.sizes = append(f.sizes, sizes...)
		f.bytes += sizes.Sum()
		in := pieces[r.Piece]
		f.lengths.AddFrom(&in.lengths[r.Source()], r.FirstUnit-in.track.Runs[r.Source()].FirstUnit, r.Units)
		f.edit(f.total+r.Skip, r.Samples)
		f.total += r.Skip + r.Samples + r.Trim
	}
	return files, file, unit, nil
}

// edit adds a stretch that is heard, as a part of the one before if it
// adjoins.
func (f *playable) edit(start, samples int64) {
	if samples <= 0 {
		return
	}
	if n := len(f.edits); n > 0 && f.edits[n-1].Start+f.edits[n-1].Samples == start {
		f.edits[n-1].Samples += samples
		return
	}
	f.edits = append(f.edits, mp4.Edit{Start: start, Samples: samples})
}

// ext is the extension of the container that codec c is handed out in.
func ext(c track.Codec) (string, error) {
	f, ok := format.Native(c)
	if !ok {
		return "", fmt.Errorf("no playable file can be made of %s audio without re-encoding it", c)
	}
	return f.Ext(), nil
}

// newUnitWriter starts a file that holds the units of f.
func (f *playable) newUnitWriter(w io.Writer, t tags.Tags) (format.UnitWriter, error) {
	kind, _ := format.Native(f.config.Codec)
	return kind.NewUnitWriter(w, &format.Units{
		Config: f.config, Sizes: f.sizes, Lengths: f.lengths, Samples: f.total, Edits: f.edits, Encoder: f.encoder, Tags: t,
	})
}

// write makes the file f of the recording in dir from the originals there,
// number n of its playable files, with its packet index and sound index, and
// reads it back. If the units are what does not suit, the error is an
// *unplayableError.
func (im *importer) write(ctx context.Context, dir string, n int, f *playable, tags tags.Tags, pieces []*landed, flushes *flushes) error {
	name := path.Join(dir, f.name)
	w, err := im.lib.disk.create(name)
	if err != nil {
		return err
	}
	sum, crc := sha256.New(), crc32.New(castagnoli)
	index := newSoundIndex(f.config)
	disk := &writeKeeper{w: w}
	err = guard(func() error { return im.copyUnits(ctx, dir, f, tags, pieces, index, io.MultiWriter(disk, sum, crc)) })
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
	if err := im.lib.readBack(ctx, name, crc.Sum32()); err != nil {
		return err
	}
	if err := im.lib.writeSoundIndex(dir, n, index); err != nil {
		return err
	}
	return im.lib.writeIndex(dir, f)
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

func (im *importer) copyUnits(ctx context.Context, dir string, f *playable, tags tags.Tags, pieces []*landed, index *unithash.Builder, w io.Writer) error {
	out, err := f.newUnitWriter(w, tags)
	if err != nil {
		return err
	}
	if index != nil {
		out = indexedWriter{out, index}
	}
	for _, p := range pieces {
		if err := im.copyPiece(ctx, path.Join(dir, "original", p.Name), f.config, p, out); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return out.Close()
}

// copyPiece copies those units of one original that are of configuration c.
func (im *importer) copyPiece(ctx context.Context, name string, c track.Config, p *landed, out format.UnitWriter) error {
	src, err := im.lib.disk.root.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	rd, err := media.Open(&readerAt{ctx, src}, p.Bytes, track.Options{})
	if err != nil {
		return err
	}
	var u track.Packet
	for n := int64(0); ; {
		if err := rd.Next(&u); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if n++; n > p.drop && p.track.Runs[u.Run].Config == c {
			if err := out.WriteUnit(u.Data); err != nil {
				return err
			}
		}
	}
}

// castagnoli is the CRC-32C, which processors compute at the speed of memory.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readBack reads a file that has just been written and compares its CRC-32C.
func (l *Library) readBack(ctx context.Context, name string, want uint32) error {
	f, err := l.disk.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	crc := crc32.New(castagnoli)
	in := &source{ctx: ctx, r: f, progress: noProgress{}}
	if _, err := io.CopyBuffer(onlyWriter{crc}, in, make([]byte, 256<<10)); err != nil {
		return err
	}
	if in.err != nil {
		return in.err
	}
	if got := crc.Sum32(); got != want {
		return fmt.Errorf("%s: read back differently from what was written (CRC-32C %08x, not %08x): is the disk failing?", l.Path(name), got, want)
	}
	return nil
}

// onlyWriter hides all but Write.
type onlyWriter struct{ io.Writer }

// writeIndex keeps the packet index of a playable file.
func (l *Library) writeIndex(dir string, f *playable) error {
	w, err := l.disk.create(path.Join(dir, ".spaces", f.sha256+".idx"))
	if err != nil {
		return err
	}
	if err := writeIndex(w, f.config, f.sizes, &f.lengths); err != nil {
		w.Discard()
		return err
	}
	return w.Commit()
}

// writeIndex writes the packet index of units of a configuration. It lists their
// lengths only where these do not follow from the configuration: programs of
// before 2027 do not read such an index.
func writeIndex(w io.Writer, c track.Config, sizes track.Sizes, lengths *track.Lengths) error {
	if c.Codec != track.PCM && c.Codec != track.FLAC {
		return track.WriteIndex(w, sizes, c.SampleRate, c.UnitSamples)
	}
	for _, n := range sizes {
		if n > track.MaxUnitSize {
			return track.WriteListing(w, sizes, lengths, c.SampleRate)
		}
	}
	if !lengths.Even() || lengths.Usual != c.UnitSamples || c.Codec == track.FLAC && !toldLength(c, lengths.Total()) {
		return track.WriteListing(w, sizes, lengths, c.SampleRate)
	}
	return track.WriteIndex(w, sizes, c.SampleRate, c.UnitSamples)
}

// toldLength reports whether a STREAMINFO block says how many samples there
// are, which tells how long the last frame is.
func toldLength(c track.Config, samples int64) bool {
	info, err := flac.ParseStreamInfo([]byte(c.Specific))
	return err == nil && info.Samples == samples
}

// tagsOf are the tags that a recording's files carry. They say nothing of
// when or by which version the file was made.
func tagsOf(r *space.Recording) tags.Tags {
	t := tags.Tags{Title: r.Title, Album: "X Spaces", Comment: "Space " + r.ID}
	if r.Host != nil {
		t.Artist = r.Host.Handle
	}
	if !r.StartedAt.IsZero() {
		t.Date = r.StartedAt.UTC().Format("2006-01-02")
	}
	return t
}
