package id3

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is the first byte of frames with text (ID3v2.4.0-structure §4).
// Other values than these occur in damaged tags only; they read as UTF-8.
type encoding byte

const (
	latin1  encoding = 0
	utf16bo encoding = 1 // with a byte order mark
	utf16be encoding = 2 // without
	utf8enc encoding = 3
)

func (e encoding) wide() bool { return e == utf16bo || e == utf16be }

// split1 takes the encoding off the front of a frame.
func split1(b []byte) (encoding, []byte) {
	if len(b) == 0 {
		return latin1, nil
	}
	return encoding(b[0]), b[1:]
}

// cut splits b at its first terminator. The byte order mark of the part
// before it, if there is one, counts for the part after it too when that has
// none: some writers put one mark on the description only.
func cut(e encoding, b []byte) (before, after, mark []byte) {
	if !e.wide() {
		before, after, _ = bytes.Cut(b, []byte{0})
		return before, after, nil
	}
	n := terminator(b)
	before, after = b[:n], skip(b[n:], 2)
	if hasMark(before) {
		mark = before[:2]
	}
	return before, after, mark
}

// terminator returns the index in UTF-16 text b of the first NUL, or len(b).
func terminator(b []byte) int {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return i
		}
	}
	return len(b)
}

// lastValue cuts off what ends the last string of a frame: before 2.4 all
// from the first terminator on is to be ignored (ID3v2.3.0 §4.2), in 2.4
// terminators stand between values as well (ID3v2.4.0-frames §4.2).
func lastValue(version byte, e encoding, b []byte) []byte {
	switch {
	case version < 4 && e.wide():
		return b[:terminator(b)]
	case version < 4:
		before, _, _ := bytes.Cut(b, []byte{0})
		return before
	case e.wide():
		b = b[:len(b)&^1]
		for len(b) >= 2 && b[len(b)-1] == 0 && b[len(b)-2] == 0 {
			b = b[:len(b)-2]
		}
		return b
	}
	return bytes.TrimRight(b, "\x00")
}

// convert returns b as UTF-8: b itself if it is that already, else bytes that
// are valid until the next frame.
func (p *Parser) convert(e encoding, b, mark []byte) []byte {
	start := len(p.text)
	switch {
	case e.wide():
		p.text = appendUTF16(p.text, e, b, mark)
	case e == latin1:
		if ascii(b) {
			return b
		}
		for _, c := range b {
			p.text = utf8.AppendRune(p.text, rune(c))
		}
	default:
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
		if utf8.Valid(b) {
			return b
		}
		return bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return p.text[start:]
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func hasMark(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe)
}

// appendUTF16 appends UTF-16 text b to dst as UTF-8. Without a byte order
// mark of its own, b has the order of mark.
func appendUTF16(dst []byte, e encoding, b, mark []byte) []byte {
	if hasMark(b) {
		mark, b = b[:2], b[2:]
	}
	little := e == utf16bo && likelyLittle(b)
	if mark != nil {
		little = mark[0] == 0xff
	}
	unit := func(i int) rune {
		if i+1 >= len(b) {
			return 0
		}
		if little {
			return rune(b[i]) | rune(b[i+1])<<8
		}
		return rune(b[i])<<8 | rune(b[i+1])
	}
	for i := 0; i+1 < len(b); i += 2 {
		c := unit(i)
		if utf16.IsSurrogate(c) {
			if c = utf16.DecodeRune(c, unit(i+2)); c != utf8.RuneError {
				i += 2
			}
		}
		if i == 0 && c == 0xfeff {
			continue
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

// likelyLittle guesses the byte order of text that ought to have a mark and
// has none: in most scripts one byte of a pair is nearly always the same low
// number. Undecided, it says little-endian, as Windows programs write.
func likelyLittle(b []byte) bool {
	var even, odd int
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 {
			even++
		}
		if b[i+1] == 0 {
			odd++
		}
	}
	return odd >= even
}
