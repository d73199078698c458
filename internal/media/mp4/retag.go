package mp4

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/tags"
)

// ErrLayout means that a file is not laid out as a Writer does it.
var ErrLayout = errors.New("mp4: not a file that this program wrote")

// Retag copies the file src of size bytes to dst with other tags and another
// cover. All else stays, chapters too: the result is, byte for byte, what a Writer makes of
// the same units with the new tags. The error is ErrLayout if src was not made
// by a Writer.
func Retag(dst io.Writer, src io.ReaderAt, size int64, tags tags.Tags, cover []byte) error {
	w := &window{r: src, size: size, ahead: headerAhead}
	old, err := w.layout()
	if err != nil {
		return err
	}
	b := &builder{}
	c := &copier{w: w}
	b.copyOf(c, old.ftyp)
	b.box("moov", func() {
		for _, part := range old.parts {
			b.copyOf(c, part)
		}
		err = b.userData(&tags, cover, old.chapters)
	})
	if err == nil {
		err = b.err
	}
	if err != nil {
		return err
	}
	n := old.mdat.end - old.mdat.body
	start, free := mediaStart(b.size(), n)
	c.offsets, c.shift = old.offsets, start-old.mdat.body
	out := bufio.NewWriterSize(dst, 64<<10)
	if err := b.writeTo(out); err != nil {
		return err
	}
	if err := writeFree(out, free); err != nil {
		return err
	}
	if _, err := out.Write(mediaHeader(n)); err != nil {
		return err
	}
	// What stands behind the media moves with it.
	if _, err := io.Copy(out, io.NewSectionReader(src, old.mdat.body, size-old.mdat.body)); err != nil {
		return err
	}
	return out.Flush()
}

// A layout is where the parts of a file that we wrote lie.
type layout struct {
	ftyp, mdat box
	parts      []box  // what moov contains, but for the tags
	offsets    []box  // the chunk offset boxes in them, in file order
	chapters   []byte // the chpl box, or nothing
}

// maxParts bounds how many boxes moov may contain: a header, the tags and a
// few tracks.
const maxParts = 16

// layout finds the parts of a file: ftyp, moov, free, mdat, one more mdat if
// it has chapters, and nothing else.
func (w *window) layout() (l layout, err error) {
	var top [4]box
	pos := int64(0)
	for i, kind := range [...]string{"ftyp", "moov", "free", "mdat"} {
		b, ok, err := w.box(pos, w.size)
		if err != nil {
			return l, err
		}
		if !ok || !b.is(kind) || b.cut {
			return l, ErrLayout
		}
		top[i], pos = b, b.end
	}
	text := pos != w.size
	if text {
		b, ok, err := w.box(pos, w.size)
		if err != nil {
			return l, err
		}
		if !ok || !b.is("mdat") || b.cut || b.end != w.size {
			return l, ErrLayout
		}
	}
	l.ftyp, l.mdat = top[0], top[3]
	moov := top[1]
	media := 1 // tracks that share the first mdat
	for pos := moov.body; pos < moov.end; {
		b, ok, err := w.box(pos, moov.end)
		if err != nil {
			return l, err
		}
		if !ok || b.cut || len(l.parts) == maxParts {
			return l, ErrLayout
		}
		pos = b.end
		if b.is("udta") {
			if l.chapters, err = w.readChapterList(b); err != nil {
				return l, err
			}
			continue
		}
		l.parts = append(l.parts, b)
		if !b.is("trak") {
			continue
		}
		minf, err := w.path(b.body, b.end, "mdia", "minf")
		if err != nil {
			return l, err
		}
		pictures, err := w.child("vmhd", minf.body, minf.end)
		if err != nil {
			return l, err
		}
		if pictures.exists() {
			media = 2
		}
		stbl, err := w.child("stbl", minf.body, minf.end)
		if err != nil {
			return l, err
		}
		for _, kind := range []string{"stco", "co64"} {
			offsets, err := w.child(kind, stbl.body, stbl.end)
			if err != nil {
				return l, err
			}
			if offsets.exists() {
				l.offsets = append(l.offsets, offsets)
			}
		}
	}
	if text != (len(l.offsets) > media) {
		return l, ErrLayout // the text of the chapters is cut off
	}
	return l, nil
}

// A copier copies parts of a file whose media is to be shift bytes further
// back, and corrects its chunk offsets.
type copier struct {
	w       *window
	offsets []box
	shift   int64
}

// copyOf appends a copy of the box src.
func (b *builder) copyOf(c *copier, src box) {
	b.table(src.end-src.start, func(w *bufio.Writer) error { return c.copy(w, src) })
}

func (c *copier) copy(w *bufio.Writer, src box) error {
	pos := src.start
	for _, o := range c.offsets {
		if o.start < src.start || o.end > src.end {
			continue
		}
		if err := c.copyBytes(w, pos, min(o.body+8, o.end)); err != nil {
			return err
		}
		if err := c.copyOffsets(w, o); err != nil {
			return err
		}
		pos = o.end
	}
	return c.copyBytes(w, pos, src.end)
}

func (c *copier) copyBytes(w *bufio.Writer, from, to int64) error {
	_, err := io.Copy(w, io.NewSectionReader(c.w.r, from, to-from))
	return err
}

// copyOffsets copies the entries of a chunk offset box (§8.7.5).
func (c *copier) copyOffsets(w *bufio.Writer, o box) error {
	width := 4
	if o.is("co64") {
		width = 8
	}
	list, err := c.w.table(o, 8, width)
	if err != nil {
		return err
	}
	if list.lost != 0 || list.first+list.n*int64(width) != o.end {
		return ErrLayout
	}
	var out []byte
	for i := range list.n {
		b, err := list.at(i)
		if err != nil {
			return err
		}
		if width == 8 {
			out = binary.BigEndian.AppendUint64(out[:0], binary.BigEndian.Uint64(b)+uint64(c.shift))
		} else {
			at := int64(binary.BigEndian.Uint32(b)) + c.shift
			if at < 0 || at > math.MaxUint32 {
				return errors.New("mp4: the tags move the media beyond 4 GiB, where its index does not reach")
			}
			out = binary.BigEndian.AppendUint32(out[:0], uint32(at))
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}
