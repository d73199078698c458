package erase

import (
	"bytes"
	"encoding/binary"
)

// In reports whether bytes of any kind have the name in them, in UTF-8 or in
// UTF-16: after an @, in an address on X, as a JSON string, or as all that a tag
// for artists says.
func (e *Eraser) In(b []byte) bool {
	for _, n := range e.names {
		if replacePart(string(b), n.old, n.new) != string(b) {
			return true
		}
	}
	low := small(b)
	for _, id := range e.ids {
		if e.at(low, []byte(id), func(int, int) bool { return true }) || wideAt(low, id, true) {
			return true
		}
	}
	for _, h := range e.handles {
		names := func(start, end int) bool {
			return inText(low[:start], end-start) && mentions(string(low[max(0, start-160):min(len(low), end+1)]), min(start, 160), min(start, 160)+end-start) ||
				isEscaped(low[:start]) || inText(low[:start], end-start) && isQuoted(low, start, end) || isArtist(low, start, end)
		}
		if e.at(low, []byte(h), names) || len(h) > 1 && wideAt(low, h, false) {
			return true
		}
	}
	return false
}

// Longest is the most bytes that a name found by In has, with what stands before
// and after it: whoever looks at a file piece by piece lets these overlap by as
// much.
func (e *Eraser) Longest() int {
	longest := 0
	for _, word := range append(append([]string{}, e.handles...), e.ids...) {
		longest = max(longest, len(word))
	}
	for _, n := range e.names {
		longest = max(longest, len(n.old))
	}
	const around = 320
	return 2*longest + around
}

// small returns b with small ASCII letters.
func small(b []byte) []byte {
	low := bytes.Clone(b)
	for i, c := range low {
		if 'A' <= c && c <= 'Z' {
			low[i] = c + 'a' - 'A'
		}
	}
	return low
}

// at reports whether b has a word, with nothing before and after it that could
// belong to it, of which fits says that it is the name.
func (e *Eraser) at(b, word []byte, fits func(start, end int) bool) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if !goesOn(b[end:]) && (start == 0 || !letter(b[start-1]) || isEscaped(b[:start])) && fits(start, end) {
			return true
		}
		from = start + 1
	}
}

// wideAt looks for a word in UTF-16, of which the order of bytes does not
// matter: the zeros lie between its letters. A handle needs an @ before it, or
// the byte order mark of a tag that says nothing else.
func wideAt(b []byte, word string, alone bool) bool {
	w := []byte(word[:1])
	for _, c := range []byte(word[1:]) {
		w = append(w, 0, c)
	}
	for from := 0; ; {
		i := bytes.Index(b[from:], w)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(w)
		before, after := b[:start], b[end:]
		goes := len(after) > 2 && after[0] == 0 && letter(after[1]) && after[2] == 0
		if n := len(before); n > 0 && before[n-1] == 0 && n > 1 && before[n-2] != 0 {
			before = before[:n-1] // big-endian: the zero is the first half of the word
		}
		n := len(before)
		came := n > 1 && letter(before[n-1]) || n > 1 && letter(before[n-2]) && before[n-1] == 0
		mention := n > 0 && (before[n-1] == '@' || n > 1 && before[n-1] == 0 && before[n-2] == '@')
		marked := n > 1 && (before[n-1] == 0xfe && before[n-2] == 0xff || before[n-1] == 0xff && before[n-2] == 0xfe) &&
			n >= 13 && isArtistFrame(before[n-13:n-9])
		if !goes && (mention || !came && (alone || marked)) {
			return true
		}
		from = start + 1
	}
}

// inText reports whether an @ and a word of so many letters are likely to be
// text, by what stands before them: in sound, an @ and two letters turn up by
// chance.
func inText(before []byte, letters int) bool {
	if letters > 3 {
		return true
	}
	for _, c := range before[max(0, len(before)-9):] {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// goesOn reports whether a word goes on in b. In tags a letter may be the
// first byte of what comes next.
func goesOn(b []byte) bool {
	return len(b) > 0 && letter(b[0]) && !isComment(b) && !isFrame(b)
}

// isComment reports whether b begins with a Vorbis comment: four bytes of
// length, the least first, a name, "=".
func isComment(b []byte) bool {
	if len(b) < 4 || b[1] != 0 || b[2] != 0 || b[3] != 0 || len(b) < 4+int(b[0]) {
		return false
	}
	name, _, ok := bytes.Cut(b[4:4+int(b[0])], []byte("="))
	return ok && !bytes.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '}' })
}

// isFrame reports whether b begins with an ID3 frame of less than 16 MB: four
// letters, four bytes of length, two of flags that nobody sets.
func isFrame(b []byte) bool {
	return len(b) >= 10 && letter(b[1]) && letter(b[2]) && letter(b[3]) && b[4] == 0 && b[8] == 0 && b[9] == 0
}

// isEscaped reports whether b ends in an @ as addresses on the web write it.
func isEscaped(b []byte) bool { return bytes.HasSuffix(b, []byte("%40")) }

// isQuoted reports whether a word is all that a JSON string says.
func isQuoted(b []byte, start, end int) bool {
	return start > 0 && b[start-1] == '"' && end < len(b) && b[end] == '"'
}

// isArtist reports whether a word is all that a tag for artists says: ARTIST=
// in Vorbis comments, TPE1 to TPE4 in ID3, ©ART and aART in MP4.
func isArtist(b []byte, start, end int) bool {
	before, length := b[:start], end-start
	if i := bytes.LastIndexByte(before, '='); i >= 0 && i == start-1 && bytes.HasSuffix(before[:i], []byte("artist")) {
		for _, name := range [...]string{"artist", "albumartist"} {
			at := i - len(name) - 4
			if at >= 0 && bytes.HasSuffix(before[:i], []byte(name)) && int(binary.LittleEndian.Uint32(b[at:])) == len(name)+1+length {
				return true
			}
		}
		return false
	}
	if n := len(before); n >= 11 && isArtistFrame(before[n-11:n-7]) {
		return int(before[n-4]) == length+1 || int(before[n-4]) == length+2
	}
	// size, name, size, "data", type, locale
	if n := len(before); n >= 20 && bytes.Equal(before[n-12:n-8], []byte("data")) {
		name := before[n-20 : n-16]
		return (bytes.Equal(name, []byte("\xa9art")) || bytes.Equal(name, []byte("aart"))) &&
			int(binary.BigEndian.Uint32(before[n-16:])) == 16+length
	}
	return false
}

// isArtistFrame reports whether a name is that of an ID3 frame with people.
func isArtistFrame(name []byte) bool {
	return bytes.HasPrefix(name, []byte("tpe")) && name[3] >= '1' && name[3] <= '4'
}
