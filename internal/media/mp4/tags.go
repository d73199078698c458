package mp4

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/tags"
)

// maxDescription is how many bytes of a description players read from its
// item; a longer one has a second item for the whole text.
const maxDescription = 255

// ErrCover means that a cover picture is neither JPEG nor PNG.
var ErrCover = errors.New("mp4: the cover picture is neither JPEG nor PNG")

// userData appends a udta box (§8.10.1) with a metadata list, which is
// Apple's, and chapters, a whole chpl box or nothing. It appends nothing if
// there is nothing to say.
func (b *builder) userData(t *tags.Tags, cover, chapters []byte) error {
	list := &builder{}
	list.items(t)
	switch {
	case len(cover) == 0:
	case bytes.HasPrefix(cover, []byte("\xFF\xD8\xFF")):
		list.item("covr", typeJPEG, cover)
	case bytes.HasPrefix(cover, []byte("\x89PNG\r\n\x1A\n")):
		list.item("covr", typePNG, cover)
	default:
		return ErrCover
	}
	if len(list.buf) == 0 && len(chapters) == 0 {
		return nil
	}
	b.box("udta", func() {
		if len(list.buf) > 0 {
			b.fullBox("meta", 0, 0, func() { // §8.11.1
				b.handler("mdir", "appl", "")
				b.box("ilst", func() { b.bytes(list.buf) })
			})
		}
		b.bytes(chapters)
	})
	return nil
}

func (b *builder) items(t *tags.Tags) {
	b.textItem("\xA9nam", t.Title)
	b.textItem("\xA9ART", t.Artist)
	b.textItem("aART", t.AlbumArtist)
	b.textItem("\xA9alb", t.Album)
	b.textItem("\xA9gen", t.Genre)
	if n := t.TrackNumber; n > 0 && n < 1<<16 {
		b.item("trkn", 0, []byte{0, 0, byte(n >> 8), byte(n), 0, 0, 0, 0})
	}
	b.textItem("\xA9day", t.Date)
	b.textItem("\xA9cmt", t.Comment)
	b.textItem("desc", shorten(t.Description, maxDescription))
	if len(t.Description) > maxDescription {
		b.textItem("ldes", t.Description)
	}
	b.textItem("\xA9too", t.Encoder)
	for _, p := range t.Free {
		b.box("----", func() {
			b.fullBox("mean", 0, 0, func() { b.str("com.apple.iTunes") })
			b.fullBox("name", 0, 0, func() { b.str(p.Name) })
			b.data(typeUTF8, []byte(p.Value))
		})
	}
}

func (b *builder) textItem(kind, text string) {
	if text != "" {
		b.item(kind, typeUTF8, []byte(text))
	}
}

func (b *builder) item(kind string, valueType uint32, value []byte) {
	b.box(kind, func() { b.data(valueType, value) })
}

// data appends a value with its type and no locale.
func (b *builder) data(valueType uint32, value []byte) {
	b.box("data", func() {
		b.u32(valueType)
		b.u32(0)
		b.bytes(value)
	})
}

// handler appends an hdlr box (§8.4.3). QuickTime's manufacturer field is 0
// in ISO files but for the handler of iTunes tags.
func (b *builder) handler(kind, manufacturer, name string) {
	b.fullBox("hdlr", 0, 0, func() {
		b.u32(0)
		b.str(kind)
		b.str((manufacturer + "\x00\x00\x00\x00")[:4])
		b.zero(8)
		b.str(name + "\x00")
	})
}

// shorten returns s, or as many of its first characters as fit into n bytes
// with an ellipsis.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
