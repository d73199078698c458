package archive

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Match finds the id of a Space in the name of the member and of the folders
// between it and the folder of Spaces audio: one that known accepts, however
// the rest of the name is made up (<id>-0.ts, <id>/0.ts, space_<id>_0.aac). The
// piece is the first number behind the id, or -1 if there is none.
func (m *Member) Match(known func(id string) bool) (id string, piece int, ok bool) {
	at := m.Stem()
	at = at[max(0, len(at)-maxMatched):]
	for i := 0; i < len(at); {
		n := alnumPrefix(at[i:])
		for j := i; j+minID <= i+n; j++ {
			for size := min(maxID, i+n-j); size >= minID; size-- {
				if known(at[j : j+size]) {
					return at[j : j+size], pieceNumber(at[j+size:]), true
				}
			}
		}
		i += n + 1
	}
	return "", 0, false
}

// Stem returns the name of the member without its extension and without what
// marks a copy of it.
func (m *Member) Stem() string {
	name := strings.Join(m.elems, "/")
	return copySuffix().ReplaceAllString(strings.TrimSuffix(name, path.Ext(name)), "")
}

const (
	minID, maxID = 10, 16 // letters of a Space id
	maxMatched   = 512    // bytes of a name in which an id is looked for
)

// copySuffix is what browsers and file managers append to the name of a
// second copy.
var copySuffix = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?: ?\(\d{1,3}\)| - copy(?: \(\d{1,3}\))?)$`)
})

// pieceNumber returns the first number in s that stands by itself, or -1.
func pieceNumber(s string) int {
	const digits = 6
	for i := 0; i < len(s); {
		n := alnumPrefix(s[i:])
		if v, err := strconv.Atoi(s[i : i+n]); err == nil && n <= digits {
			return v
		}
		i += n + 1
	}
	return -1
}

// LooksLikeX reports whether id has the shape that X's own ids have had so far:
// 13 letters and digits, the first of them 1.
func LooksLikeX(id string) bool {
	return len(id) == 13 && id[0] == '1' && alnumPrefix(id) == len(id)
}
