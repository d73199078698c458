package mp4

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
)

// maxText bounds how much of one text tag is read.
const maxText = 64 << 10

// tagNames gives the items of an iTunes metadata list, and of QuickTime user
// data, the names that track.Track uses.
var tagNames = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"\xA9nam": "title",
		"\xA9ART": "artist",
		"\xA9alb": "album",
		"\xA9day": "date",
		"\xA9cmt": "comment",
	}
})

// Types of the value in a data box (QuickTime File Format, "Well-known
// types").
const (
	typeUTF8  = 1
	typeUTF16 = 2
	typeJPEG  = 13
	typePNG   = 14
	typeInt   = 21
)

// readUserData reads a udta box: an iTunes list in a meta box, or QuickTime's
// texts, which stand in it themselves.
func (w *window) readUserData(udta box, m *movie) error {
	for b, err := range w.boxes(udta) {
		if err != nil {
			return err
		}
		name := tagNames()[string(b.kind[:])]
		switch {
		case b.is("meta"):
			err = w.readMeta(b, m)
		case name != "" && m.tags[name] == "":
			var c []byte
			c, err = w.content(b, maxText)
			if err == nil && len(c) >= 4 { // length, language
				n := int(binary.BigEndian.Uint16(c))
				setTag(m, name, text(typeUTF8, c[4:][:min(n, len(c)-4)]))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readMeta reads the iTunes metadata list in a meta box.
func (w *window) readMeta(meta box, m *movie) error {
	pos := meta.body
	// In QuickTime a meta box has no version and flags: its first box, hdlr,
	// follows at once.
	if h, err := w.content(meta, 8); err != nil {
		return err
	} else if len(h) == 8 && string(h[4:]) != "hdlr" {
		pos += 4
	}
	ilst, err := w.child("ilst", pos, meta.end)
	if err != nil {
		return err
	}
	for b, err := range w.boxes(ilst) {
		if err != nil {
			return err
		}
		name := tagNames()[string(b.kind[:])]
		switch {
		case b.is("----"):
			err = w.readFreeForm(b, m)
		case name != "" && m.tags[name] == "":
			var v string
			v, err = w.dataText(b)
			setTag(m, name, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setTag(m *movie, name, value string) {
	if value != "" {
		m.tags[name] = value
	}
}

// dataText returns the text in the data box of a metadata item.
func (w *window) dataText(item box) (string, error) {
	data, err := w.child("data", item.body, item.end)
	if err != nil || !data.exists() {
		return "", err
	}
	c, err := w.content(data, maxText)
	if err != nil || len(c) < 8 {
		return "", err
	}
	return text(binary.BigEndian.Uint32(c)&0xFFFFFF, c[8:]), nil
}

// text decodes text of a well-known type. Untyped text is UTF-8 in practice.
func text(kind uint32, b []byte) string {
	switch kind {
	case 0, typeUTF8:
		return strings.TrimRight(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00")
	case typeUTF16:
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		return string(utf16.Decode(u))
	}
	return ""
}

// readFreeForm looks for the item iTunSMPB, with which iTunes says how much
// of a track is priming and padding: eight-digit hexadecimal fields, of which
// the second counts the priming, the third the padding and the fourth the
// samples between them.
func (w *window) readFreeForm(item box, m *movie) error {
	name, err := w.child("name", item.body, item.end)
	if err != nil || !name.exists() {
		return err
	}
	c, err := w.content(name, 4+8)
	if err != nil || len(c) < 4 || string(c[4:]) != "iTunSMPB" {
		return err
	}
	v, err := w.dataText(item)
	if err != nil {
		return err
	}
	f := strings.Fields(v)
	if len(f) < 4 {
		return nil
	}
	priming, err1 := strconv.ParseInt(f[1], 16, 64)
	samples, err2 := strconv.ParseInt(f[3], 16, 64)
	if err1 == nil && err2 == nil && priming >= 0 && samples > 0 {
		m.gapless = &Edit{Start: min(priming, maxTicks), Samples: min(samples, maxTicks)}
	}
	return nil
}
