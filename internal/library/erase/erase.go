// Package erase finds the names of people in what a library holds, and puts
// "forgotten" in their place.
//
// Handles are also words: guest, radio, anna. So a handle is found where it
// cannot be anything else: whole, in a field that holds handles; in a text after
// an @, or in an address on X.
package erase

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/space"
)

const (
	// Handle is what stands in the place of a handle.
	Handle = "forgotten"
	// ID is what stands in the place of an id: a number, as ids are.
	ID = "0"
)

// leastID is how many digits an id has that is looked for: shorter ones are no
// ids on X, and would be found in too many numbers.
const leastID = 6

// An Eraser finds people and takes their names out.
type Eraser struct {
	isHandle func(handle string) bool // in small letters, without @
	isID     func(id string) bool
	handles  []string // that In looks for
	ids      []string // likewise
	names    []rename
}

// A rename is a part of file names that was made of a title with a name in it.
type rename struct{ old, new string }

// New returns what finds the person of that handle and those ids.
func New(handle string, ids ...string) *Eraser {
	e := new(Eraser)
	if handle = plain(handle); handle != "" {
		e.handles = []string{handle}
	}
	for _, id := range ids {
		if len(id) >= leastID {
			e.ids = append(e.ids, id)
		}
	}
	e.isHandle = func(h string) bool { return len(e.handles) > 0 && h == e.handles[0] }
	e.isID = func(id string) bool {
		for _, mine := range e.ids {
			if id == mine {
				return true
			}
		}
		return false
	}
	return e
}

// Matching returns what finds all whom the functions know: by their handles,
// in small letters without @, and by their ids. Its In finds nobody.
func Matching(isHandle, isID func(string) bool) *Eraser {
	return &Eraser{isHandle: isHandle, isID: isID}
}

// plain is the form of a handle by which people are told apart.
func plain(s string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "@"))
}

// Rename has texts say new where they say old between the characters that part
// the words of file names: old is what file names say of a title that names the
// person, without its @.
func (e *Eraser) Rename(old, new string) {
	if old != new && old != "" {
		e.names = append(e.names, rename{old, new})
	}
}

// Field returns what a field that holds a handle, an id or nothing else says
// without the name.
func (e *Eraser) Field(s string) string {
	bare := strings.TrimPrefix(s, "@")
	if e.isHandle(plain(bare)) {
		return s[:len(s)-len(bare)] + Handle
	}
	return e.Text(s)
}

// Text returns s without the name.
func (e *Eraser) Text(s string) string {
	for _, n := range e.names {
		s = replacePart(s, n.old, n.new)
	}
	if !strings.ContainsAny(s, "@%/<0123456789") {
		return s
	}
	var out strings.Builder
	last := 0 // up to which s is in out
	for i := 0; i < len(s); {
		if !letter(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && letter(s[end]) {
			end++
		}
		from := i
		if strings.HasSuffix(s[:i], "%") && end-i > 2 && s[i:i+2] == "40" {
			from = i + 2 // an @ as addresses write it
		}
		switch word := s[from:end]; {
		case (from > i || mentions(s, i, end)) && e.isHandle(strings.ToLower(word)):
			out.WriteString(s[last:from])
			out.WriteString(Handle)
			last = end
		case len(word) >= leastID && digits(word) && e.isID(word):
			out.WriteString(s[last:from])
			out.WriteString(ID)
			last = end
		}
		i = end
	}
	if last == 0 {
		return s
	}
	out.WriteString(s[last:])
	return out.String()
}

// mentions reports whether the word s[start:end] can be a handle and nothing
// else: it stands after an @ that does not belong to an e-mail address, in an
// address on X, or alone in a voice span of WebVTT.
func mentions(s string, start, end int) bool {
	before := s[:start]
	if rest, ok := strings.CutSuffix(before, "@"); ok {
		return rest == "" || !letter(rest[len(rest)-1]) || strings.HasSuffix(rest, "%40")
	}
	if strings.HasSuffix(before, "/") {
		low := strings.ToLower(before[max(0, start-len("twitter.com/")-1):])
		for _, site := range [...]string{"x.com/", "twitter.com/"} {
			if rest, ok := strings.CutSuffix(low, site); ok {
				return rest == "" || !letter(rest[len(rest)-1]) && rest[len(rest)-1] != '-'
			}
		}
	}
	return end < len(s) && s[end] == '>' && strings.HasSuffix(strings.ToLower(before), "<v ")
}

// replacePart replaces a part of file names where it stands between what cannot
// belong to it.
func replacePart(s, old, new string) string {
	if len(s) < len(old) || !strings.Contains(s, old) {
		return s
	}
	alone := !strings.Contains(old, " ") // one word: only as a whole name
	var out strings.Builder
	for {
		i := strings.Index(s, old)
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		before, after := out.String()+s[:i], s[i+len(old):]
		fits := (before == "" || !letter(before[len(before)-1])) && (after == "" || !letter(after[0]))
		if alone {
			fits = strings.HasSuffix(before, "/") && (strings.HasPrefix(after, ".") || strings.HasPrefix(after, " ("))
		}
		out.WriteString(s[:i])
		if fits {
			out.WriteString(new)
		} else {
			out.WriteString(old)
		}
		s = after
	}
}

// handleKeys are the keys of JSON objects whose values are handles: ours, and
// those of the sidecars that other programs write. They are compared without
// case, "_" and "-".
var handleKeys = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		"handle": true, "handles": true, "host": true, "hosts": true, "cohost": true, "cohosts": true, "speaker": true, "speakers": true,
		"mentions": true, "missing": true, "consentmissing": true, "stage": true, "participants": true, "guests": true,
		"username": true, "screenname": true, "twitterscreenname": true, "userscreenname": true, "uploader": true, "uploaderid": true,
		"creator": true, "account": true, "artist": true, "albumartist": true, "unnamed": true,
	}
})

func isHandleKey(key string) bool {
	return handleKeys()[strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))]
}

// JSON returns JSON, or JSON Lines, with the name taken out of its strings,
// the keys left out, and numbers. All else stays as it is, to the byte.
func (e *Eraser) JSON(b []byte) []byte {
	var out bytes.Buffer
	key := ""          // of the value that comes
	var outer []string // keys of the objects and lists around it
	for len(b) > 0 {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			i = len(b)
		}
		for _, c := range b[:i] {
			switch c {
			case '{', '[':
				outer = append(outer, key)
				if c == '{' {
					key = ""
				}
			case '}', ']':
				key = ""
				if n := len(outer); n > 0 {
					key, outer = outer[n-1], outer[:n-1]
				}
			}
		}
		out.WriteString(e.numbers(string(b[:i])))
		b = b[i:]
		n := stringLength(b)
		if text := b[:n]; bytes.HasPrefix(bytes.TrimLeft(b[n:], " \t\r\n"), []byte(":")) {
			out.Write(text)
			key = ""
			json.Unmarshal(text, &key)
		} else {
			out.Write(e.quoted(text, isHandleKey(key)))
		}
		b = b[n:]
	}
	return out.Bytes()
}

// numbers takes the ids out of what stands between the strings of JSON.
func (e *Eraser) numbers(s string) string {
	if !strings.ContainsAny(s, "123456789") {
		return s
	}
	return e.Text(s)
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

// quoted is Text for a JSON string, or Field.
func (e *Eraser) quoted(b []byte, field bool) []byte {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return b
	}
	text := ""
	if field {
		text = e.Field(s)
	} else {
		text = e.Text(s)
	}
	if text == s {
		return b
	}
	line, err := space.Line(text)
	if err != nil {
		return b
	}
	return bytes.TrimSuffix(line, []byte("\n"))
}

// letter reports whether a byte can be a part of a handle.
func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }
