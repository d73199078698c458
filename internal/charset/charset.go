// Package charset turns text of any encoding into UTF-8: from the encoding that
// is named, or from the one that the bytes tell. It never puts U+FFFD in the place
// of what cannot be decoded: such text is refused, with its line.
package charset

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// Names of encodings (IANA).
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	ShiftJIS    = "Shift_JIS"
	EUCJP       = "EUC-JP"
	ISO2022JP   = "ISO-2022-JP"
	Windows1252 = "windows-1252"
)

// A Text is what a file says.
type Text struct {
	Bytes    []byte // UTF-8, without a byte order mark
	Encoding string // what it was, by its name at IANA
	Found    bool   // by its bytes: nothing named it
	// Sample is the first line that has letters by which a person sees whether the
	// encoding is the right one, or empty.
	Sample string
}

// An Error says that text cannot be decoded.
type Error struct {
	Line     int
	Byte     byte   // the first that cannot be decoded
	Encoding string // that it was read as
	Unknown  bool   // no encoding was named, and none fits
}

func (e *Error) Error() string {
	switch {
	case e.Unknown:
		return fmt.Sprintf("line %d: byte %02X is not UTF-8, and the encoding of the file was not recognized", e.Line, e.Byte)
	case e.Byte == 0:
		return fmt.Sprintf("line %d: zero byte in %s text", e.Line, e.Encoding)
	}
	return fmt.Sprintf("line %d: byte %02X is not valid %s", e.Line, e.Byte, e.Encoding)
}

// A MarkError says that a file begins with the mark of another encoding than the
// one that was named.
type MarkError struct{ Mark, Named string }

func (e *MarkError) Error() string {
	return fmt.Sprintf("the file begins with the byte order mark of %s, not %s", e.Mark, e.Named)
}

// An UnknownError is the name of no encoding.
type UnknownError string

func (e UnknownError) Error() string { return fmt.Sprintf("unknown encoding %q", string(e)) }

// pages are names that neither list of encodings has: those of Windows' code
// pages.
var pages = sync.OnceValue(func() map[string]string {
	return map[string]string{"cp932": "shift_jis", "cp936": "gbk", "cp949": "euc-kr", "cp950": "big5", "utf8": "utf-8", "utf16": "utf-16"}
})

// find returns an encoding by any of its names, and the one that IANA prefers.
// "UTF-16" leaves open which of the two it is.
func find(name string) (encoding.Encoding, string, error) {
	label := strings.ToLower(strings.TrimSpace(name))
	if page, ok := pages()[label]; ok {
		label = page
	}
	if label == "utf-16" {
		return nil, "UTF-16", nil
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		if e, err = ianaindex.IANA.Encoding(label); err != nil || e == nil {
			return nil, "", UnknownError(name)
		}
	}
	if e == encoding.Replacement {
		return nil, "", UnknownError(name)
	}
	canonical, err := ianaindex.MIME.Name(e)
	if err != nil {
		canonical, err = htmlindex.Name(e)
	}
	return e, canonical, err
}

// Name returns the name of an encoding at IANA, or an UnknownError.
func Name(name string) (string, error) {
	_, canonical, err := find(name)
	return canonical, err
}

// Decode decodes text from the encoding that name has, any of its names. With
// an empty name it finds out. Then only what is surely text of that encoding is
// read: the others are an *Error.
func Decode(b []byte, name string) (*Text, error) {
	mark, rest := marked(b)
	if name == "" {
		if mark != "" {
			return as(rest, mark, false)
		}
		found, err := guess(b)
		if err != nil {
			return nil, err
		}
		return as(b, found, found != UTF8)
	}
	_, canonical, err := find(name)
	switch {
	case err != nil:
		return nil, err
	case canonical == "UTF-16" && mark == "":
		canonical = wider(b)
	case canonical == "UTF-16" && mark != UTF8:
		canonical = mark
	}
	if mark != "" && mark != canonical {
		return nil, &MarkError{mark, canonical}
	}
	return as(rest, canonical, false)
}

// marked finds the byte order mark (Unicode 23.8) and takes it off.
func marked(b []byte) (string, []byte) {
	for _, m := range []struct{ mark, name string }{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}} {
		if rest, ok := bytes.CutPrefix(b, []byte(m.mark)); ok {
			return m.name, rest
		}
	}
	return "", b
}

// as decodes text from an encoding.
func as(b []byte, name string, found bool) (*Text, error) {
	var out []byte
	var bad int // where in out something is wrong, or -1
	raw := byte(0)
	switch name {
	case UTF8:
		out, bad = b, firstInvalid(b)
		if bad >= 0 {
			raw = b[bad]
		}
	case UTF16LE, UTF16BE:
		out, raw, bad = fromUTF16(b, name == UTF16BE)
	default:
		e, _, err := find(name)
		if err != nil {
			return nil, err
		}
		if out, err = e.NewDecoder().Bytes(b); err != nil {
			return nil, err
		}
		if bad = firstUndefined(out); bad >= 0 {
			raw = byteAt(b, out[:bad], e)
		}
	}
	if bad < 0 {
		if bad = bytes.IndexByte(out, 0); bad >= 0 {
			raw = 0
		}
	}
	if bad >= 0 {
		return nil, &Error{Line: line(out[:bad]), Byte: raw, Encoding: name}
	}
	return &Text{Bytes: out, Encoding: name, Found: found, Sample: sample(out)}, nil
}

// firstInvalid finds the first byte that is not UTF-8, or -1.
func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// firstUndefined finds the first sign that text of a legacy encoding was decoded
// wrongly: what the encoding has no letter for becomes U+FFFD, or a control
// character from 80 to 9F (WHATWG Encoding), which no text has. -1 is none.
func firstUndefined(text []byte) int {
	for i, r := range string(text) {
		if r == utf8.RuneError || 0x80 <= r && r < 0xa0 {
			return i
		}
	}
	return -1
}

// byteAt returns the byte of b that the text after before was decoded from.
// Encodings have different lengths, so the text before is encoded again.
func byteAt(b, before []byte, e encoding.Encoding) byte {
	again, err := e.NewEncoder().Bytes(before)
	if err != nil || len(again) >= len(b) {
		return 0xff
	}
	return b[len(again)]
}

// fromUTF16 decodes UTF-16. bad is where in the text half a character is missing,
// and raw a byte of what stands there, or bad is -1.
func fromUTF16(b []byte, big bool) (text []byte, raw byte, bad int) {
	text = make([]byte, 0, len(b))
	unit := func(i int) rune {
		if big {
			return rune(b[i])<<8 | rune(b[i+1])
		}
		return rune(b[i+1])<<8 | rune(b[i])
	}
	for i := 0; i < len(b); i += 2 {
		if i+1 == len(b) {
			return text, b[i], len(text)
		}
		r := unit(i)
		if utf16.IsSurrogate(r) {
			half := byte(r >> 8)
			if i+3 >= len(b) {
				return text, half, len(text)
			}
			if r = utf16.DecodeRune(r, unit(i+2)); r == utf8.RuneError {
				return text, half, len(text)
			}
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, 0, -1
}

// line counts the lines that begin in text.
func line(text []byte) int {
	if n := bytes.Count(text, []byte("\n")); n > 0 {
		return n + 1
	}
	return bytes.Count(text, []byte("\r")) + 1
}

// sample finds the first line with other than ASCII, as much of it as a message
// has room for.
func sample(text []byte) string {
	at := bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	if at < 0 {
		return ""
	}
	from := bytes.LastIndexAny(text[:at], "\r\n") + 1
	s := text[from:]
	if end := bytes.IndexAny(s, "\r\n"); end >= 0 {
		s = s[:end]
	}
	const most = 40
	r := []rune(string(bytes.TrimSpace(s)))
	if len(r) <= most {
		return string(r)
	}
	if near := len([]rune(string(text[from:at]))); near > most/2 {
		from := min(near-most/2, len(r)-most)
		return "…" + string(r[from:from+most]) + "…"
	}
	return string(r[:most]) + "…"
}
