// Package id3 reads ID3v2 tags (versions 2.2, 2.3 and 2.4) as data: where a
// tag ends, which frames it holds and what they say. It serves tags that stand
// at the front of a file as well as tags that come between the frames of a
// stream, several a second for hours; it therefore copies nothing that it can
// hand out in place.
//
// The specifications are cited as ID3v2.2 (id3v2-00), ID3v2.3.0 and, in two
// parts, ID3v2.4.0 (id3v2.4.0-structure and -frames).
package id3

// HeaderLen is the size in bytes of a tag's header, and of its footer.
const HeaderLen = 10

// Bits of Header.Flags. Which of them a version defines differs.
const (
	flagUnsync   = 0x80 // all versions
	flagCompress = 0x40 // 2.2: the tag is compressed in a way never defined
	flagExtended = 0x40 // 2.3 and 2.4
	flagFooter   = 0x10 // 2.4
)

// Header is the head of a tag (ID3v2.4.0-structure §3.1).
type Header struct {
	Version byte // 2, 3 or 4
	Flags   byte
	Size    int // bytes between the header and the end or the footer
}

// ParseHeader reads the header in the first HeaderLen bytes of b and reports
// whether they are one. It is strict, so that it can find tags in a stream:
// the version is 2 to 4, flags that the version does not define are clear and
// each byte of the size is below 0x80.
func ParseHeader(b []byte) (Header, bool) {
	if len(b) < HeaderLen || b[0] != 'I' || b[1] != 'D' || b[2] != '3' {
		return Header{}, false
	}
	h := Header{Version: b[3], Flags: b[5]}
	var defined byte
	switch h.Version {
	case 2:
		defined = flagUnsync | flagCompress
	case 3:
		defined = flagUnsync | flagExtended | 0x20
	case 4:
		defined = flagUnsync | flagExtended | 0x20 | flagFooter
	default:
		return Header{}, false
	}
	size, safe := syncSafe(b[6:10])
	if b[4] == 0xff || h.Flags&^defined != 0 || !safe {
		return Header{}, false
	}
	h.Size = size
	return h, true
}

// Len returns the size in bytes of the whole tag: header, body and footer.
func (h Header) Len() int {
	if h.footer() {
		return HeaderLen + h.Size + HeaderLen
	}
	return HeaderLen + h.Size
}

func (h Header) footer() bool { return h.Version == 4 && h.Flags&flagFooter != 0 }

// syncSafe reads a number of four bytes with seven bits in each
// (ID3v2.4.0-structure §6.2) and reports whether the top bits are clear.
func syncSafe(b []byte) (int, bool) {
	if (b[0]|b[1]|b[2]|b[3])&0x80 != 0 {
		return 0, false
	}
	return int(b[0])<<21 | int(b[1])<<14 | int(b[2])<<7 | int(b[3]), true
}

// plain reads a big-endian number of three or four bytes.
func plain(b []byte) int {
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n
}
