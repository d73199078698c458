package ytd

// outcome says how the scan of an element ended.
type outcome uint8

const (
	whole   outcome = iota // pos is behind the element
	broken                 // its brackets do not match
	cut                    // the source ended inside it
	tooLong                // MaxElement bytes, and no end
	tooDeep                // more than MaxDepth brackets open
)

// Bytes at which the scan has to look up.
var (
	stopsString = set("\"\\\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f" +
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f")
	stopsOutside = set("\"{}[]\x00") // inside a bracket, outside of strings
	stopsScalar  = set(" \t\r\n,]}") // what ends a number or a word
)

func set(bytes string) (s [256]bool) {
	for i := range len(bytes) {
		s[bytes[i]] = true
	}
	return s
}

// scan moves pos behind the element that begins at start.
//
// A closing bracket that does not match the last open one closes those above
// its own as well, and a line end closes a string (RFC 8259 §7 allows none
// inside): so what an element lacks is lost with the element, not with the
// file.
func (r *Reader) scan() outcome {
	r.pos = r.start
	switch r.buf[r.pos] {
	case '{', '[':
	case '"':
		r.pos++
		_, o := r.scanString()
		return o
	default:
		return r.scanScalar()
	}
	depth := 0
	result := whole
	for {
		b, i := r.buf[:r.end], r.pos
		for i < len(b) && !stopsOutside[b[i]] {
			i++
		}
		r.pos = i
		if i == len(b) {
			if o := r.need(); o != whole {
				return o
			}
			continue
		}
		r.pos++
		switch c := b[i]; c {
		case 0:
			r.control = true
		case '"':
			closed, o := r.scanString()
			if o != whole {
				return o
			}
			if !closed {
				result = broken
			}
		case '{', '[':
			if depth == MaxDepth {
				r.pos--
				return tooDeep
			}
			r.stack[depth] = c
			depth++
		default:
			open := depth - 1
			for open >= 0 && r.stack[open] != c-2 { // '[' + 2 == ']', '{' + 2 == '}'
				open--
			}
			if open < depth-1 {
				result = broken
			}
			switch {
			case open == 0:
				return result
			case open > 0:
				depth = open
			case c == ']' && r.endsHere():
				r.pos--
				return broken
			}
		}
	}
}

// scanString moves behind the string whose opening quote has been read, and
// reports whether it had a closing one.
func (r *Reader) scanString() (closed bool, o outcome) {
	for {
		b, i := r.buf[:r.end], r.pos
		for i < len(b) && !stopsString[b[i]] {
			i++
		}
		r.pos = i
		if i == len(b) {
			if o := r.need(); o != whole {
				return false, o
			}
			continue
		}
		r.pos++
		switch b[i] {
		case '"':
			return true, whole
		case '\\':
			r.escaped = true
			if r.pos == r.end {
				if o := r.need(); o != whole {
					return false, o
				}
			}
			if r.buf[r.pos] != '\n' && r.buf[r.pos] != '\r' {
				if r.buf[r.pos] < ' ' {
					r.control = true
				}
				r.pos++
			}
		case '\n':
			return false, whole
		default:
			r.control = true
		}
	}
}

// scanScalar moves behind a number or a word. Anything between commas counts
// as one, so that it makes progress on any byte.
func (r *Reader) scanScalar() outcome {
	r.pos++
	for {
		for ; r.pos < r.end; r.pos++ {
			if stopsScalar[r.buf[r.pos]] {
				return whole
			}
		}
		if o := r.need(); o != whole {
			return o
		}
	}
}

// need reads on for the scan of an element that has not ended yet.
func (r *Reader) need() outcome {
	switch {
	case r.more():
		return whole
	case r.end > MaxElement:
		return tooLong
	default:
		return cut
	}
}

// endsHere reports whether nothing but a semicolon follows at pos: then the
// bracket before it closes the whole array.
func (r *Reader) endsHere() bool {
	for {
		for i := r.pos; i < r.end; i++ {
			switch r.buf[i] {
			case ' ', '\t', '\r', '\n', 0:
			case ';':
				return true
			default:
				return false
			}
		}
		if !r.more() {
			return true
		}
	}
}

// skip moves behind the element that begins at start without keeping it. It
// only counts brackets; there is nothing left to be right about.
func (r *Reader) skip() {
	r.pos = r.start
	depth, inString := 0, false
	for {
		for ; r.pos < r.end; r.pos++ {
			c := r.buf[r.pos]
			if depth == 0 && !inString && (c == ',' || c == ']') {
				return
			}
			switch {
			case inString && c == '\\':
				r.start = r.pos // keeps the back-slash with what it escapes
				if r.pos+1 == r.end && !r.more() {
					r.damage.Cut = true
					return
				}
				r.pos++
			case inString:
				inString = c != '"' && c != '\n'
			case c == '"':
				inString = true
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				depth--
			default:
				continue
			}
			if depth <= 0 && !inString {
				r.pos++
				return
			}
		}
		r.start = r.pos
		if !r.more() {
			r.damage.Cut = true
			r.state = atEnd
			return
		}
	}
}
