package id3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// ErrCover means that a cover picture is neither JPEG nor PNG.
var ErrCover = errors.New("id3: the cover picture is neither JPEG nor PNG")

// maxTag is the size of the largest tag: four bytes of seven bits
// (ID3v2.3 §3.1).
const maxTag = 1<<28 - 1

// A Tag is a tag to be written. The same Tag always gives the same bytes.
type Tag struct {
	// Version is 3 or 4; 0 means 3, the one that every player reads.
	Version byte
	// Frames are text frames (their Value, as UTF-8), TXXX (Name is the
	// description), WXXX (likewise, Value is the address), COMM and USLT
	// (likewise, language und) and others, whose Value is written as it is.
	// The date is given as TDRC, "2021-06-14" or "2021-06-14T18:00:00"; in 2.3,
	// which has no such frame, it becomes TYER, TDAT and TIME, as far as it
	// goes. Several values of one frame are parted by NUL in 2.4 and by a
	// slash in 2.3.
	Frames []Frame
	// Chapters are in order and do not overlap.
	Chapters []Chapter
	// Padding is how many bytes are left free at the end, for programs that
	// edit tags in place.
	Padding int
}

// Append appends the tag to b and returns the longer slice. Nothing in it is
// unsynchronised: players skip a tag by its size, and many read tags that are
// wrongly. It fails if something does not fit into a tag.
func (t *Tag) Append(b []byte) ([]byte, error) {
	w := writer{version: t.Version}
	switch t.Version {
	case 0:
		w.version = 3
	case 3, 4:
	default:
		return nil, fmt.Errorf("id3: cannot write version 2.%d", t.Version)
	}
	for _, f := range t.Frames {
		if len(f.ID) != 4 || !validID([]byte(f.ID)) {
			return nil, fmt.Errorf("id3: cannot write a frame %q", f.ID)
		}
	}
	if err := checkChapters(t.Chapters); err != nil {
		return nil, err
	}
	if t.Padding < 0 || t.Padding > maxTag {
		return nil, fmt.Errorf("id3: cannot write %d bytes of padding", t.Padding)
	}
	start := len(b)
	b = w.tag(b, t.Frames, t.Chapters, t.Padding)
	if n := len(b) - start - HeaderLen; n > maxTag {
		return nil, fmt.Errorf("id3: the tag would be %d bytes long (at most %d)", n, maxTag)
	}
	return b, nil
}

// Cover returns an APIC frame with the front cover (ID3v2.3 §4.15). The error
// is ErrCover if image is neither JPEG nor PNG.
func Cover(image []byte) (Frame, error) {
	kind := ""
	switch {
	case bytes.HasPrefix(image, []byte("\xFF\xD8\xFF")):
		kind = "image/jpeg"
	case bytes.HasPrefix(image, []byte("\x89PNG\r\n\x1A\n")):
		kind = "image/png"
	default:
		return Frame{}, ErrCover
	}
	// Text encoding, MIME type, picture type 3 (front), no description.
	head := "\x00" + kind + "\x00\x03\x00"
	return Frame{ID: "APIC", Value: append([]byte(head), image...)}, nil
}

// A writer appends tags of one version.
type writer struct{ version byte }

func (w *writer) tag(b []byte, frames []Frame, chapters []Chapter, padding int) []byte {
	start := len(b)
	b = append(b, 'I', 'D', '3', w.version, 0, 0, 0, 0, 0, 0)
	for _, f := range frames {
		if f.ID == "TDRC" && w.version == 3 {
			b = w.date(b, string(f.Value))
		} else {
			b = w.frame(b, f.ID, func(b []byte) []byte { return w.body(b, f) })
		}
	}
	b = w.chapters(b, chapters)
	b = append(b, make([]byte, padding)...)
	putSafe(b[start+6:], len(b)-start-HeaderLen)
	return b
}

// frame appends a frame with what body appends.
func (w *writer) frame(b []byte, id string, body func([]byte) []byte) []byte {
	at := len(b)
	b = append(b, id...)
	b = append(b, 0, 0, 0, 0, 0, 0) // size, flags
	b = body(b)
	size := len(b) - at - 10
	if w.version == 4 { // ID3v2.4.0-structure §4
		putSafe(b[at+4:], size)
	} else {
		binary.BigEndian.PutUint32(b[at+4:], uint32(size))
	}
	return b
}

// putSafe puts n into four bytes of seven bits (ID3v2.3 §3.1).
func putSafe(b []byte, n int) {
	for i := range 4 {
		b[3-i] = byte(n>>(7*i)) & 0x7F
	}
}

// date appends the frames that say in 2.3 what TDRC says in 2.4: the year,
// DDMM and HHMM (ID3v2.3 §4.2.1).
func (w *writer) date(b []byte, date string) []byte {
	add := func(id, text string) {
		b = w.frame(b, id, func(b []byte) []byte { return w.text(append(b, 0), text, latin1, false) })
	}
	if len(date) >= len("2021") {
		add("TYER", date[:4])
	}
	if len(date) >= len("2021-06-14") {
		add("TDAT", date[8:10]+date[5:7])
	}
	if len(date) >= len("2021-06-14T18:00") {
		add("TIME", date[11:13]+date[14:16])
	}
	return b
}

// body appends the body of a frame.
func (w *writer) body(b []byte, f Frame) []byte {
	text := string(f.Value)
	switch {
	case f.ID == "COMM" || f.ID == "USLT":
		e := w.encoding(f.Name, text)
		b = append(b, byte(e), 'u', 'n', 'd')
		b = w.text(b, f.Name, e, true)
		return w.text(b, text, e, false)
	case f.ID == "TXXX":
		e := w.encoding(f.Name, text)
		b = w.text(append(b, byte(e)), f.Name, e, true)
		return w.text(b, text, e, false)
	case f.ID == "WXXX": // an address is ISO-8859-1 (ID3v2.3 §4.3.2)
		e := w.encoding(f.Name)
		b = w.text(append(b, byte(e)), f.Name, e, true)
		return w.text(b, text, latin1, false)
	case f.ID[0] == 'T':
		if w.version == 3 { // one value only, yet several names (§4.2.1, TPE1)
			text = strings.ReplaceAll(text, "\x00", "/")
		}
		e := w.encoding(text)
		return w.text(append(b, byte(e)), text, e, false)
	}
	return append(b, f.Value...)
}

// encoding returns that of a frame with these texts: in 2.3 ISO-8859-1 where
// that holds them, and UTF-16 with a byte order mark where not (ID3v2.3 §3.3);
// in 2.4 UTF-8, which came with it (ID3v2.4.0-structure §4).
func (w *writer) encoding(texts ...string) encoding {
	if w.version == 4 {
		return utf8enc
	}
	for _, s := range texts {
		for _, r := range s {
			if r > 0xFF {
				return utf16bo
			}
		}
	}
	return latin1
}

func (w *writer) text(b []byte, s string, e encoding, terminate bool) []byte {
	switch e {
	case latin1:
		for _, r := range s {
			if r > 0xFF {
				r = '?'
			}
			b = append(b, byte(r))
		}
	case utf8enc:
		b = append(b, strings.ToValidUTF8(s, "\uFFFD")...)
	default:
		b = append(b, 0xFF, 0xFE)
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		if terminate {
			b = append(b, 0)
		}
	}
	if terminate {
		b = append(b, 0)
	}
	return b
}
