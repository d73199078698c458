package charset

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// NewReader reads text as it comes: UTF-8, or UTF-16 after a byte order mark.
// Anything else is an *Error where it stands. Nothing is detected, because that
// takes the whole text.
func NewReader(r io.Reader) io.Reader {
	return &reader{source: bufio.NewReader(r)}
}

type reader struct {
	source *bufio.Reader
	text   io.Reader // nil until the mark is read
}

func (r *reader) Read(p []byte) (int, error) {
	if r.text == nil {
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	return r.text.Read(p)
}

// begin reads the mark. No more is asked for than there is, so that lines of
// a program that runs arrive when it has written them.
func (r *reader) begin() error {
	n := 1
	first, err := r.source.Peek(1)
	for err == nil && n < 3 && isMarkBegun(first) {
		n++
		first, err = r.source.Peek(n)
	}
	if err != nil && err != io.EOF {
		return err
	}
	mark, rest := marked(first)
	if mark != "" {
		r.source.Discard(len(first) - len(rest)) // which Peek has read
	}
	if mark != UTF16LE && mark != UTF16BE {
		r.text = transform.NewReader(r.source, &strict{line: 1})
		return nil
	}
	b, err := io.ReadAll(r.source)
	if err != nil {
		return err
	}
	t, err := as(b, mark, false)
	if err != nil {
		return err
	}
	r.text = bytes.NewReader(t.Bytes)
	return nil
}

// isMarkBegun reports whether a byte order mark can begin so and has more.
func isMarkBegun(b []byte) bool {
	for _, m := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if len(b) < len(m) && m[:len(b)] == string(b) {
			return true
		}
	}
	return false
}

// strict passes UTF-8 on and counts its lines.
type strict struct{ line int }

func (s *strict) Reset() { s.line = 1 }

func (s *strict) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		n := 1
		if src[nSrc] >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRune(src[nSrc:])
			if r == utf8.RuneError && n == 1 {
				if !atEOF && !utf8.FullRune(src[nSrc:]) {
					return nSrc, nSrc, transform.ErrShortSrc
				}
				return nSrc, nSrc, &Error{Line: s.line, Byte: src[nSrc], Encoding: UTF8}
			}
		}
		if nSrc+n > len(dst) {
			return nSrc, nSrc, transform.ErrShortDst
		}
		if src[nSrc] == '\n' {
			s.line++
		}
		copy(dst[nSrc:], src[nSrc:nSrc+n])
		nSrc += n
	}
	return nSrc, nSrc, nil
}
