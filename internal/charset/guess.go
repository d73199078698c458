package charset

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// guess finds the encoding of text that has no byte order mark. It knows those
// that recognizers, editors and spreadsheets still write unasked and that can be
// told by their bytes: what else is not UTF-8 is refused, because a wrong guess
// would be published.
func guess(b []byte) (string, error) {
	if bytes.IndexByte(b, 0) >= 0 {
		return wider(b), nil
	}
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) {
		return ISO2022JP, nil
	}
	bad := firstInvalid(b)
	switch {
	case bad < 0:
		return UTF8, nil
	case damaged(b):
		return "", &Error{Line: line(b[:bad]), Byte: b[bad], Encoding: UTF8}
	case isJapanese(b, japanese.ShiftJIS):
		return ShiftJIS, nil
	case isJapanese(b, japanese.EUCJP):
		return EUCJP, nil
	case isWestern(b):
		return Windows1252, nil
	}
	return "", &Error{Line: line(b[:bad]), Byte: b[bad], Encoding: UTF8, Unknown: true}
}

// wider returns which UTF-16 text with zero bytes is. The characters of
// times, numbers and line ends are ASCII in any language: one of their two
// bytes is zero.
func wider(b []byte) string {
	var little, big int
	for i := 0; i+1 < len(b); i += 2 {
		switch {
		case b[i+1] == 0 && b[i] < utf8.RuneSelf && b[i] != 0:
			little++
		case b[i] == 0 && b[i+1] < utf8.RuneSelf && b[i+1] != 0:
			big++
		}
	}
	if big > little {
		return UTF16BE
	}
	return UTF16LE
}

// damaged reports whether text is UTF-8 but for few bytes. In other encodings,
// what looks like a character of UTF-8 is rare.
func damaged(b []byte) bool {
	var good, bad int
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good >= 3*bad
}

// isJapanese reports whether text is Japanese in an encoding: all of it can be
// decoded, and much of what is not ASCII is kana, which every sentence of
// Japanese has (JIS X 0208, rows 4 and 5, and the punctuation of row 1).
func isJapanese(b []byte, e encoding.Encoding) bool {
	text, err := e.NewDecoder().Bytes(b)
	if err != nil || firstUndefined(text) >= 0 {
		return false
	}
	var kana, all int
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			continue
		case 0x3001 <= r && r <= 0x3002, 0x3041 <= r && r <= 0x30fc:
			kana++
		}
		all++
	}
	return kana >= 2 && kana*3 >= all
}

// isWestern reports whether text is of a language of western Europe in
// Windows-1252. The encodings of other scripts use the same bytes: there most letters
// would be accented, symbols would stand inside words and capitals behind small
// letters.
func isWestern(b []byte) bool {
	var letters, accented, wrong int
	var count [256]int // of each accented letter
	run := 0           // accented letters one after the other
	for i, c := range b {
		prev, next := byte(0), byte(0)
		if i > 0 {
			prev = b[i-1]
		}
		if i+1 < len(b) {
			next = b[i+1]
		}
		switch {
		case c < utf8.RuneSelf:
			run = 0
			if isLetter(c) {
				letters++
			}
		case isLetter(c):
			letters++
			accented++
			count[c]++
			ordinal := c == 0xaa || c == 0xba // ª º end a word
			if run++; run > 2 || isCapital(c) && 'a' <= prev && prev <= 'z' || ordinal && isLetter(next) {
				wrong++
			}
		case bytes.IndexByte(undefined, c) >= 0:
			return false
		default:
			run = 0
			// ’ ‘ · – — and the soft hyphen stand between letters.
			if isLetter(prev) && (isLetter(next) || c == 0x82 || c == 0x84) && bytes.IndexByte(inWords, c) < 0 {
				wrong++
			}
		}
	}
	if accented*2 > letters || wrong*20 > accented {
		return false
	}
	share := func(set string) bool {
		n := 0
		for i := range len(set) {
			n += count[set[i]]
		}
		return n*30 > accented
	}
	for _, pair := range strangers {
		if share(pair[0]) && share(pair[1]) {
			return false
		}
	}
	return true
}

// strangers are letters that no language of western Europe has both of. They are
// together where another code page of Windows is read as this one.
var strangers = [...][2]string{
	{"\xf8", "\xec\xf2\xf9\xe8"},         // ø and ìòùè: Czech in 1250 (ř, ě, ň, ů, č)
	{"\xf5\xfb", "\xf6\xfc"},             // õû and öü: Hungarian in 1250 (ő, ű)
	{"\xf0\xfe", "\xe7\xfc\xe3\xeb\xe8"}, // ðþ and çüãëè: Turkish in 1254, Romanian in 1250, Lithuanian in 1257
}

var (
	undefined = []byte{0x81, 0x8d, 0x8f, 0x90, 0x9d}
	inWords   = []byte{0x85, 0x91, 0x92, 0x96, 0x97, 0xa0, 0xad, 0xb7}
)

// isLetter reports whether a byte is a letter of Windows-1252.
func isLetter(c byte) bool {
	switch {
	case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == 0x8a, c == 0x8c, c == 0x8e, c == 0x9a, c == 0x9c, c == 0x9e, c == 0x9f, c == 0xaa, c == 0xba:
		return true
	}
	return c >= 0xc0 && c != 0xd7 && c != 0xf7
}

// isCapital reports whether an accented letter of Windows-1252 is a capital.
func isCapital(c byte) bool {
	return 0xc0 <= c && c <= 0xde || c == 0x8a || c == 0x8c || c == 0x8e || c == 0x9f
}
