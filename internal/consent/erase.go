package consent

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// An Eraser finds the name of a person in what a library holds, and puts
// "forgotten" in its place. Names are words: ann is not found in annabel.
type Eraser struct {
	handle string   // as Handle writes it
	ids    []string // of the person on X
}

// noID is what stands in the place of an id: a number, as ids are.
const noID = "0"

// leastID is how many digits an id has that is looked for: shorter ones are no
// ids on X, and would be found in too many numbers.
const leastID = 6

// NewEraser returns what finds the person of that handle and those ids.
func NewEraser(handle string, ids ...string) *Eraser {
	e := &Eraser{handle: Handle(handle)}
	for _, id := range ids {
		if len(id) >= leastID {
			e.ids = append(e.ids, id)
		}
	}
	return e
}

// Text returns s without the name.
func (e *Eraser) Text(s string) string {
	s = replaceWord(s, e.handle, nobody)
	for _, id := range e.ids {
		s = replaceWord(s, id, noID)
	}
	return s
}

// JSON returns JSON, or JSON Lines, with the name taken out of its strings,
// the keys left out, and numbers. All else stays as it is, to the byte.
func (e *Eraser) JSON(b []byte) []byte {
	var out bytes.Buffer
	for len(b) > 0 {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			i = len(b)
		}
		for _, id := range e.ids {
			if bytes.Contains(b[:i], []byte(id)) {
				b = append([]byte(replaceWord(string(b[:i]), id, noID)), b[i:]...)
				if i = bytes.IndexByte(b, '"'); i < 0 {
					i = len(b)
				}
			}
		}
		out.Write(b[:i])
		b = b[i:]
		n := stringLength(b)
		if text := b[:n]; bytes.HasPrefix(bytes.TrimLeft(b[n:], " \t\r\n"), []byte(":")) {
			out.Write(text) // a key
		} else {
			out.Write(e.quoted(text))
		}
		b = b[n:]
	}
	return out.Bytes()
}

// stringLength is how many bytes the JSON string at the beginning of b has,
// quotes included.
func stringLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// quoted is Text for a JSON string.
func (e *Eraser) quoted(b []byte) []byte {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return b
	}
	text := e.Text(s)
	if text == s {
		return b
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(text) != nil {
		return b
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// In reports whether bytes of any kind have the name in them, in UTF-8 or in
// UTF-16.
func (e *Eraser) In(b []byte) bool {
	low := small(b)
	for _, word := range append([]string{e.handle}, e.ids...) {
		if word != "" && (hasWord(low, []byte(word), 1) || hasWord(low, wide(word), 2)) {
			return true
		}
	}
	return false
}

// Longest is the most bytes that a name found by In has: whoever looks at a
// file piece by piece lets these overlap by as much.
func (e *Eraser) Longest() int {
	longest := len(e.handle)
	for _, id := range e.ids {
		longest = max(longest, len(id))
	}
	const around = 160 // what stands before and after it
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

// wide is a word in UTF-16, of which the order of bytes does not matter: the
// zeros lie between its letters.
func wide(word string) []byte {
	b := []byte(word[:1])
	for _, c := range []byte(word[1:]) {
		b = append(b, 0, c)
	}
	return b
}

// hasWord reports whether b has a word, of which the characters lie step bytes
// apart, with nothing before and after it that could belong to it.
func hasWord(b, word []byte, step int) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if !goesOn(b[end:], step) && !comesFrom(b[:start], step) {
			return true
		}
		from = start + 1
	}
}

// comesFrom reports whether a word that begins after b has begun before.
func comesFrom(b []byte, step int) bool {
	n := len(b)
	if step == 2 {
		return n >= 2 && letter(b[n-2]) && b[n-1] == 0
	}
	return n > 0 && letter(b[n-1]) && !escaped(string(b[max(0, n-3):]))
}

// goesOn reports whether a word goes on in b. In tags a letter may be the
// first byte of what comes next.
func goesOn(b []byte, step int) bool {
	if step == 2 {
		return len(b) > 2 && b[0] == 0 && letter(b[1]) && b[2] == 0
	}
	if len(b) == 0 || !letter(b[0]) {
		return false
	}
	return !isComment(b) && !isFrame(b)
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

// escaped reports whether s ends in an @ as addresses on the web write it.
func escaped(s string) bool { return strings.HasSuffix(s, "%40") }

// Hears reports whether a person is heard in a use, as far as that is known:
// who was on stage and has no turns may be heard anywhere.
func (u Use) Hears(handle string) bool {
	key := Handle(handle)
	var spans []Span
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			if Handle(t.Handle) == key {
				spans = append(spans, Span{t.Start, t.End})
			}
		}
		if len(spans) > 0 || !u.Turns.Approximate {
			return len(within(joined(u.Parts, 0), spans, 0)) > 0
		}
	}
	for _, s := range u.Recording.Speakers {
		if Handle(s.Handle) == key {
			return true
		}
	}
	return isPerson(u.Recording.Host, key)
}

func isPerson(p *space.Person, key string) bool { return p != nil && Handle(p.Handle) == key }
