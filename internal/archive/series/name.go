package series

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A group is what the names of one series have in common.
type group struct{ stem, tail, ext string }

// A name is what the name of a file tells.
type name struct {
	group
	number int64
	time   time.Time
	isMap  bool
}

// form splits a name into stem, extension and what may follow: the query of the
// address it came from, as wget keeps it (on Windows with @), or a browser that
// replaces what file names cannot hold.
var form = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(.+?)(?: ?\(\d+\))?\.(aac|adts|ts|mp3|mp4|m4a|m4s|m4f|cmfa|cmfi)(?:(?:[?@_]|%3F)[\w.~%=&+@-]*)?(?: ?\(\d+\))?$`)
})

// xName is how X names chunks: the time in nanoseconds, and a number.
var xName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(chunk)_(\d{1,19})_(\d{1,18})_a$`) })

// numbered finds the last number of a stem.
var numbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*?)(\d{1,18})([^\d]*)$`) })

// mapName is how packagers name initialization sections.
var mapName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^a-z])(init|header|map)([^a-z]|$)`)
})

// FromX reports whether the name is one that X gives a chunk.
func FromX(file string) bool {
	m := form().FindStringSubmatch(file)
	return m != nil && xName().MatchString(m[1])
}

// PlainName is a name without the mark of a second download and without query.
func PlainName(file string) string {
	if m := form().FindStringSubmatch(file); m != nil {
		return m[1] + "." + strings.ToLower(m[2])
	}
	return file
}

func parseName(file string) (n name, ok bool) {
	m := form().FindStringSubmatch(file)
	if m == nil || strings.HasPrefix(file, ".") {
		return n, false
	}
	stem := m[1]
	n.ext = "." + strings.ToLower(m[2])
	if x := xName().FindStringSubmatch(stem); x != nil {
		ns, err := strconv.ParseInt(x[2], 10, 64)
		if err == nil && ns < math.MaxInt64 && time.Unix(0, ns).Year() > 2019 {
			n.time = time.Unix(0, ns).UTC()
		}
		n.number, _ = strconv.ParseInt(x[3], 10, 64) // at most 18 digits
		n.stem = strings.ToLower(x[1])
		return n, true
	}
	if mapName().MatchString(stem) || n.ext == ".cmfi" {
		n.isMap = true
		return n, true
	}
	d := numbered().FindStringSubmatch(stem)
	if d == nil {
		return n, false
	}
	n.number, _ = strconv.ParseInt(d[2], 10, 64)
	n.stem, n.tail = d[1], d[3]
	return n, true
}

// chunkWords are those with which packagers name chunks.
var chunkWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^a-z])(seg|segs|segment|segments|chunk|chunks|frag|fragment|media|filesequence|sequence|stream|hls|index|playlist|part)([^a-z]|$)`)
})

// namedAsChunks reports whether the names are those that packagers give: a bare
// number, or one of their words.
func (s *Chunks) namedAsChunks() bool {
	return strings.Trim(s.Stem, " -_.") == "" || chunkWords().MatchString(s.Stem)
}
