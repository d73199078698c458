// Package ytd reads the scripts that X puts into an account archive: one
// JavaScript statement `window.YTD.<name>.part<N> = [ … ]` whose right side is
// JSON. It hands out the elements of that array one by one as bytes and holds
// one element in memory at a time. Nothing is ever evaluated.
//
// Owners edit these files and disks damage them. So the assignment may be
// missing (bare JSON), a byte order mark, UTF-16, CRLF and a closing semicolon
// are accepted, and an element that is broken, too long or too deep costs that
// element only. What was wrong is counted in Damage.
package ytd

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Bounds of one element. What exceeds them is skipped and counted.
const (
	MaxElement = 8 << 20 // bytes
	MaxDepth   = 512     // nested arrays and objects
)

const (
	bufferSize = 64 << 10
	// maxPrefix bounds what may stand before the JSON.
	maxPrefix = 4 << 10
	// maxResyncs bounds how often a broken element is searched for the start
	// of the next one, so that no text costs more than this many readings.
	maxResyncs = 64
)

// ErrNoJSON means that the text is neither JSON nor a script that assigns it.
var ErrNoJSON = errors.New("neither JSON nor a script that assigns JSON")

// Damage counts what was wrong with a text.
type Damage struct {
	Broken  int // elements left out because their brackets do not match
	TooLong int // elements left out because of MaxElement
	TooDeep int // elements left out because of MaxDepth
	// Cut says that the text ends before its JSON does.
	Cut bool
	// Replaced says that something that is no text (invalid UTF-8, half a
	// surrogate pair, a control character) stands as U+FFFD or as a space.
	Replaced bool
}

// A Reader splits one script into its elements.
type Reader struct {
	src    io.Reader
	srcErr error
	wide   bool // the source is UTF-16

	// buf[start:pos] is the part of the element that has been scanned,
	// buf[pos:end] has been read and not yet scanned.
	buf             []byte
	start, pos, end int

	state   state
	key     []byte // the first key of the first element, with its quotes
	resyncs int
	stack   [MaxDepth]byte // the brackets open in the current element

	control bool // the element holds control characters inside strings
	escaped bool // the element holds back-slashes
	damage  Damage
}

type state uint8

const (
	atStart state = iota
	inArray
	atObject // the text is a single object
	atEnd
)

// NewReader returns a Reader of the script in r.
func NewReader(r io.Reader) *Reader {
	return &Reader{src: r, buf: make([]byte, bufferSize)}
}

// Damage returns what has been found wrong so far; after io.EOF, all of it.
func (r *Reader) Damage() Damage { return r.damage }

// Next returns the bytes of the next element, valid until the next call. A
// text whose JSON is an object has that object as its only element. The bytes
// are valid UTF-8 and their brackets match; whether they are JSON is for the
// caller to find out. At the end it returns io.EOF; ErrNoJSON when there is
// nothing of the kind; any other error is one of the source, and comes after
// all elements that were complete before it.
func (r *Reader) Next() ([]byte, error) {
	if r.state == atStart {
		if err := r.begin(); err != nil {
			r.state = atEnd
			return nil, err
		}
	}
	for r.state != atEnd {
		if !r.findElement() {
			break
		}
		if r.state == atObject {
			r.state = atEnd
		}
		if e := r.element(); e != nil {
			return e, nil
		}
	}
	r.state = atEnd
	if r.srcErr != nil && r.srcErr != io.EOF {
		return nil, r.srcErr
	}
	return nil, io.EOF
}

// begin reads the byte order mark and the assignment.
func (r *Reader) begin() error {
	for r.end < 3 && r.more() {
	}
	head := r.buf[:r.end]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		r.pos = 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		r.wide = true
		bom := unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
		src := io.MultiReader(bytes.NewReader(bytes.Clone(head)), &rest{r.src, r.srcErr})
		r.src, r.srcErr = transform.NewReader(src, bom.NewDecoder()), nil
		r.end = 0
	}
	r.start = r.pos

	// The prefix cannot hold a bracket or a brace: they would be the JSON.
	for {
		for ; r.pos < r.end; r.pos++ {
			switch c := r.buf[r.pos]; {
			case c == '[' || c == '{':
				if !isPrefix(r.buf[r.start:r.pos]) {
					return ErrNoJSON
				}
				r.state = atObject
				if c == '[' {
					r.state = inArray
					r.pos++
				}
				r.start = r.pos
				return nil
			case r.pos-r.start > maxPrefix:
				return ErrNoJSON
			}
		}
		if !r.more() {
			if r.srcErr != io.EOF {
				return r.srcErr
			}
			return ErrNoJSON
		}
	}
}

// isPrefix reports whether p is the beginning of an assignment, or nothing at all.
func isPrefix(p []byte) bool {
	p = bytes.Trim(p, " \t\r\n\x00")
	return len(p) == 0 || p[len(p)-1] == '='
}

// findElement moves to the first byte of the next element. At the end of the
// array it reports false.
func (r *Reader) findElement() bool {
	for {
		for ; r.pos < r.end; r.pos++ {
			switch c := r.buf[r.pos]; c {
			case ' ', '\t', '\r', '\n', ',':
			case ']':
				return false
			default:
				// Zeros are what a crash leaves at the end of a file.
				if c != 0 {
					r.start = r.pos
					return true
				}
				r.damage.Replaced = true
			}
		}
		r.start = r.pos
		if !r.more() {
			r.damage.Cut = true
			return false
		}
	}
}

// element reads the element that begins at start. It returns nil when there
// is nothing in it to hand out.
func (r *Reader) element() []byte {
	r.control, r.escaped = false, false
	switch r.scan() {
	case whole:
		e := r.buf[r.start:r.pos]
		if r.key == nil {
			r.key = firstKey(e)
		}
		if len(e) > MaxElement { // the buffer is a little larger
			r.damage.TooLong++
			return nil
		}
		return r.clean(e)
	case broken:
		r.damage.Broken++
		r.resync()
	case cut:
		// Either the file was cut, or a bracket that got lost has made one
		// element of all that follows it.
		if !r.resync() {
			r.damage.Cut = true
			r.state = atEnd
		} else {
			r.damage.Broken++
		}
	case tooLong:
		r.damage.TooLong++
		if !r.resync() {
			r.skip()
		}
	case tooDeep:
		r.damage.TooDeep++
		r.skip()
	}
	return nil
}

// resync looks in the element that failed for the start of another one, and
// goes back to it. X wraps each element in an object of one key, the same
// throughout a file; that mark is what it goes by.
func (r *Reader) resync() bool {
	failed := r.buf[r.start:r.pos]
	key := r.key
	if key == nil {
		key = firstKey(failed)
	}
	if key == nil || r.resyncs >= maxResyncs || r.state != inArray {
		return false
	}
	i := nextWithKey(failed, key)
	if i < 0 {
		return false
	}
	r.resyncs++
	r.start += i
	r.pos = r.start
	return true
}

// firstKey returns the first key of the object e with its quotes, or nil.
func firstKey(e []byte) []byte {
	if len(e) == 0 || e[0] != '{' {
		return nil
	}
	e = bytes.TrimLeft(e[1:], " \t\r\n")
	if len(e) == 0 || e[0] != '"' {
		return nil
	}
	n := bytes.IndexByte(e[1:], '"')
	if n <= 0 || n > 100 {
		return nil
	}
	return bytes.Clone(e[:n+2])
}

// nextWithKey returns where in b, not at its start, an object begins whose
// first key is key, or -1.
func nextWithKey(b, key []byte) int {
	for i := 1; i < len(b); {
		n := bytes.Index(b[i:], key)
		if n < 0 {
			break
		}
		before := bytes.TrimRight(b[:i+n], " \t\r\n")
		if n := len(before); n > 1 && before[n-1] == '{' {
			return n - 1
		}
		i += n + len(key)
	}
	return -1
}

// more reads on. It keeps what belongs to the element, and moves it to the
// front of the buffer to make room. It reports false at the end of the source
// and when the element has grown to MaxElement.
func (r *Reader) more() bool {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.pos -= r.start
		r.end -= r.start
		r.start = 0
	}
	if r.srcErr != nil || r.end > MaxElement {
		return false
	}
	if r.end == len(r.buf) {
		larger := make([]byte, min(2*len(r.buf), MaxElement+bufferSize))
		copy(larger, r.buf)
		r.buf = larger
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.srcErr = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	r.srcErr = io.ErrNoProgress
	return false
}

// clean makes text of e.
func (r *Reader) clean(e []byte) []byte {
	if r.control {
		r.damage.Replaced = true
		for i, c := range e {
			if c < ' ' {
				e[i] = ' '
			}
		}
	}
	if !utf8.Valid(e) {
		r.damage.Replaced = true
		e = bytes.ToValidUTF8(e, []byte("\uFFFD"))
	}
	if r.escaped && !r.damage.Replaced {
		r.damage.Replaced = hasLoneSurrogate(e)
	}
	if r.wide && !r.damage.Replaced {
		// The decoder of UTF-16 replaces without a word.
		r.damage.Replaced = bytes.Contains(e, []byte("\uFFFD"))
	}
	return e
}

// hasLoneSurrogate reports whether e has an escape for half of a UTF-16
// surrogate pair, which encoding/json reads as U+FFFD.
func hasLoneSurrogate(e []byte) bool {
	for {
		n := bytes.IndexByte(e, '\\')
		if n < 0 || n+6 > len(e) {
			return false
		}
		e = e[n:]
		switch surrogate(e) {
		case 0:
			e = e[2:]
		case highSurrogate:
			if surrogate(e[6:]) != lowSurrogate {
				return true
			}
			e = e[12:]
		case lowSurrogate:
			return true
		}
	}
}

const (
	highSurrogate = 1
	lowSurrogate  = 2
)

// surrogate returns which half of a pair the escape at the start of e stands
// for, or 0.
func surrogate(e []byte) int {
	if len(e) < 6 || e[0] != '\\' || e[1] != 'u' || e[2]|0x20 != 'd' {
		return 0
	}
	switch c := e[3] | 0x20; {
	case e[3] == '8', e[3] == '9', c == 'a', c == 'b':
		return highSurrogate
	case c >= 'c' && c <= 'f':
		return lowSurrogate
	}
	return 0
}

// rest is a reader that has been read from: err is what that ended with.
type rest struct {
	r   io.Reader
	err error
}

func (f *rest) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.r.Read(p)
}
