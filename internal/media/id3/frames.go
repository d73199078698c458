package id3

import (
	"bytes"
	"sync"
)

// A Frame is one frame of a tag.
type Frame struct {
	// ID is the four-character id. Frames of version 2.2 appear under the id
	// that later versions gave them ("TT2" as "TIT2"), if there is one.
	ID string
	// Name is the description of a TXXX, WXXX, COMM or USLT frame and the
	// owner of a PRIV or UFID frame, as UTF-8; otherwise it is empty.
	Name string
	// Value is the text of a text, link or comment frame as UTF-8 without
	// terminator, and the bytes of any other frame. Several values of one
	// text frame (version 2.4) stay separated by NUL. It is valid during the
	// call only.
	Value []byte
}

// Frames calls fn for each frame of tag, a whole tag that begins with its
// header. It passes over frames that are compressed or encrypted, and ends at
// the first place where no frame can be made out: what follows padding or
// damage is not looked at. An error of fn ends the walk and is returned.
func Frames(tag []byte, fn func(Frame) error) error {
	var p Parser
	return p.Frames(tag, fn)
}

// A Parser reads tag after tag of one stream. It remembers the names it has
// seen and reuses its buffer, so that further tags of the same kind cost no
// allocation. The zero value is ready to use.
type Parser struct {
	names map[string]string
	text  []byte // converted text of the frame at hand
	body  []byte // the frame at hand without unsynchronisation
}

// Frames is like the function Frames.
func (p *Parser) Frames(tag []byte, fn func(Frame) error) error {
	h, ok := ParseHeader(tag)
	if !ok || h.Version == 2 && h.Flags&flagCompress != 0 {
		return nil
	}
	w := walker{version: h.Version, rest: tag[HeaderLen:min(len(tag), HeaderLen+h.Size)]}
	unsync := h.Flags&flagUnsync != 0
	if unsync && h.Version < 4 {
		// Up to 2.3 the whole tag is unsynchronised, sizes count what comes
		// out (ID3v2.3.0 §5); in 2.4 each frame is, sizes count what goes in.
		w.rest, unsync = resync(nil, w.rest), false
	}
	if h.Version > 2 && h.Flags&flagExtended != 0 {
		w.skipExtended()
	}
	for {
		raw, ok := w.next()
		if !ok {
			return nil
		}
		f, ok := p.decode(h.Version, raw, unsync)
		if !ok {
			continue
		}
		if err := fn(f); err != nil {
			return err
		}
	}
}

// A rawFrame is a frame whose content is not yet looked at.
type rawFrame struct {
	id    []byte // of three or four characters
	flags byte   // format flags, the second byte
	body  []byte
}

// A walker steps from frame to frame.
type walker struct {
	version byte
	rest    []byte
}

// skipExtended skips the extended header. Its size includes itself and is
// sync-safe in 2.4 (ID3v2.4.0-structure §3.2), excludes the size field and is
// plain in 2.3 (ID3v2.3.0 §3.2).
func (w *walker) skipExtended() {
	n := len(w.rest)
	if n >= 4 {
		if w.version == 4 {
			n, _ = syncSafe(w.rest)
			n = max(n, 6)
		} else {
			n = 4 + plain(w.rest[:4])
		}
	}
	w.rest = w.rest[min(n, len(w.rest)):]
}

// next returns the frame at the front of w.rest and steps over it.
func (w *walker) next() (rawFrame, bool) {
	head, idLen := 10, 4
	if w.version == 2 {
		head, idLen = 6, 3
	}
	b := w.rest
	if len(b) < head || !validID(b[:idLen]) {
		return rawFrame{}, false
	}
	f := rawFrame{id: b[:idLen]}
	size := 0
	if w.version == 2 {
		size = plain(b[3:6])
	} else {
		f.flags = b[9]
		size = frameSize(b, w.version == 4)
	}
	if size < 0 || size > len(b)-head {
		return rawFrame{}, false
	}
	f.body, w.rest = b[head:head+size], b[head+size:]
	return f, true
}

// frameSize returns the size of the body of the frame whose header begins b,
// or -1. Version 2.4 made sizes sync-safe (ID3v2.4.0-structure §4), yet many
// writers of 2.4 tags, X's among them, store plain ones, and some of 2.3 the
// reverse. So the size is the one that leads to a place where a frame can end;
// if both do or neither does, the one that the version demands.
func frameSize(b []byte, safe bool) int {
	first := plain(b[4:8])
	second, ok := syncSafe(b[4:8])
	if !ok || first == second {
		return first
	}
	if safe {
		first, second = second, first
	}
	if !endsAt(b, 10+first) && endsAt(b, 10+second) {
		return second
	}
	return first
}

// endsAt reports whether a frame may end at b[n:]: at the end of the tag, or
// before padding or another frame that fits.
func endsAt(b []byte, n int) bool {
	if n > len(b) {
		return false
	}
	b = b[n:]
	if len(b) < 10 || b[0] == 0 {
		return len(bytes.TrimLeft(b, "\x00")) == 0
	}
	if !validID(b[:4]) {
		return false
	}
	size, ok := syncSafe(b[4:8])
	return ok && size <= len(b)-10 || plain(b[4:8]) <= len(b)-10
}

// validID reports whether b consists of the characters of frame ids.
func validID(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// decode makes a Frame of f, or reports that it cannot be read.
func (p *Parser) decode(version byte, f rawFrame, unsync bool) (Frame, bool) {
	body := f.body
	switch version {
	case 3: // ID3v2.3.0 §3.3.1: compression, encryption, grouping
		if f.flags&0xc0 != 0 {
			return Frame{}, false
		}
		if f.flags&0x20 != 0 {
			body = skip(body, 1)
		}
	case 4: // ID3v2.4.0-structure §4.1.2
		if f.flags&0x0c != 0 {
			return Frame{}, false
		}
		if f.flags&0x40 != 0 { // grouping identity
			body = skip(body, 1)
		}
		if f.flags&0x01 != 0 { // data length indicator
			body = skip(body, 4)
		}
		if unsync || f.flags&0x02 != 0 {
			p.body = resync(p.body[:0], body)
			body = p.body
		}
	}
	out := Frame{ID: p.id(f.id), Value: body}
	p.text = p.text[:0]
	switch {
	case out.ID == "TXXX":
		var name []byte
		enc, text := split1(body)
		name, text, bom := cut(enc, text)
		out.Name = p.intern(p.convert(enc, name, bom))
		out.Value = p.convert(enc, lastValue(version, enc, text), bom)
	case out.ID == "WXXX":
		enc, text := split1(body)
		name, link, bom := cut(enc, text)
		out.Name = p.intern(p.convert(enc, name, bom))
		out.Value = p.convert(latin1, lastValue(2, latin1, link), nil)
	case out.ID == "COMM" || out.ID == "USLT":
		enc, text := split1(body)
		name, text, bom := cut(enc, skip(text, 3)) // after the language
		out.Name = p.intern(p.convert(enc, name, bom))
		out.Value = p.convert(enc, lastValue(version, enc, text), bom)
	case out.ID == "PRIV" || out.ID == "UFID":
		name, data, _ := cut(latin1, body)
		out.Name = p.intern(p.convert(latin1, name, nil))
		out.Value = data
	case out.ID[0] == 'T':
		enc, text := split1(body)
		out.Value = p.convert(enc, lastValue(version, enc, text), nil)
	case out.ID[0] == 'W':
		out.Value = p.convert(latin1, lastValue(2, latin1, body), nil)
	}
	return out, true
}

// id returns the id as a string, in its four-character form.
func (p *Parser) id(b []byte) string {
	if len(b) == 3 {
		if id, ok := successors()[string(b)]; ok {
			return id
		}
	}
	return p.intern(b)
}

// successors maps ids of version 2.2 to those of the same frames in 2.3.
var successors = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"TT1": "TIT1", "TT2": "TIT2", "TT3": "TIT3", "TP1": "TPE1", "TP2": "TPE2",
		"TAL": "TALB", "TYE": "TYER", "TDA": "TDAT", "TRK": "TRCK", "TCO": "TCON",
		"TLE": "TLEN", "TSS": "TSSE", "TEN": "TENC", "TXX": "TXXX", "WXX": "WXXX",
		"COM": "COMM", "ULT": "USLT", "UFI": "UFID", "PIC": "APIC", "GEO": "GEOB",
	}
})

// maxNames bounds how many names a Parser remembers, lest a hostile stream
// with ever new ones fill the memory.
const maxNames = 256

// intern returns b as a string, the same one each time.
func (p *Parser) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := p.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if p.names == nil {
		p.names = make(map[string]string)
	}
	if len(p.names) < maxNames && len(s) <= maxNames {
		p.names[s] = s
	}
	return s
}

// resync appends b to dst without the zero bytes that unsynchronisation put
// after each 0xff (ID3v2.4.0-structure §6.1).
func resync(dst, b []byte) []byte {
	for {
		i := bytes.Index(b, []byte{0xff, 0})
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i+1]...)
		b = b[i+2:]
	}
}

// skip returns b without its first n bytes.
func skip(b []byte, n int) []byte { return b[min(n, len(b)):] }
