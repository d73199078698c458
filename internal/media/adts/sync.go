package adts

import (
	"bytes"
	"encoding/binary"

	"github.com/spaces-cli/spaces/internal/media/id3"
)

// ends reports whether a frame or tag may end at b[n:], in a run with the
// header bits f: if the file ends there, or a header with these bits or a tag
// begins there. Of a last header that is cut, its beginning suffices.
func ends(b []byte, n int, f uint32) bool {
	if n > len(b) {
		return false
	}
	b = b[n:]
	if len(b) >= HeaderLen {
		if fixed(b) == f {
			return true
		}
		if b[0] != 'I' {
			return false
		}
		if len(b) >= id3.HeaderLen {
			_, ok := id3.ParseHeader(b)
			return ok
		}
	}
	return startsLike(b, f) || bytes.HasPrefix(b, []byte("ID3")[:min(3, len(b))])
}

// startsLike reports whether b, shorter than a header, is the beginning of
// one with the bits f.
func startsLike(b []byte, f uint32) bool {
	var want, mask [4]byte
	binary.BigEndian.PutUint32(want[:], f)
	binary.BigEndian.PutUint32(mask[:], fixedMask)
	for i, c := range b[:min(len(b), 4)] {
		if c&mask[i] != want[i] {
			return false
		}
	}
	return len(b) < HeaderLen
}

// sync is what is known about places that can be trusted: there is none from
// where the search began up to offset at, and whether there is one at at.
// Searches begin further and further on, so no byte is searched twice.
type sync struct {
	at    int64
	found bool
}

// sync returns the first place in [from, limit) that can be trusted, else
// limit: a tag, or a frame that something sound follows, whatever the
// parameters of the run. What follows the limit must be in memory for the
// length of a frame and a header.
func (r *Reader) sync(from, limit int64) int64 {
	if r.known.at < from {
		r.known = sync{at: from}
	}
	if !r.known.found && r.known.at < limit {
		b := r.w.from(r.known.at)
		n := int(limit - r.known.at)
		i := nextSync(b, n)
		r.known = sync{at: r.known.at + int64(i), found: i < n}
	}
	return min(r.known.at, limit)
}

// nextSync returns the index of the first tag or frame in b[:n] that can be
// trusted, or n.
func nextSync(b []byte, n int) int {
	// Step by step, so that a hit of one kind does not cost a search for the
	// other up to n.
	const stride = 1024
	for i := 0; i < n; i += stride {
		end := min(i+stride, n)
		frame := nextFrame(b, i, end)
		if hit := nextTag(b, i, frame); hit < end {
			return hit
		}
	}
	return n
}

// nextFrame returns the index of the first frame in b[i:n] that something
// sound follows, or n.
func nextFrame(b []byte, i, n int) int {
	for ; i < n; i++ {
		k := bytes.IndexByte(b[i:n], 0xff)
		if k < 0 {
			break
		}
		i += k
		if h, err := ParseHeader(b[i:]); err == nil && ends(b[i:], h.Length, fixed(b[i:])) {
			return i
		}
	}
	return n
}

// nextTag returns the index of the first tag in b[i:n], or n.
func nextTag(b []byte, i, n int) int {
	for ; i < n; i++ {
		k := bytes.Index(b[i:min(n+2, len(b))], []byte("ID3"))
		if k < 0 {
			break
		}
		i += k
		if _, ok := id3.ParseHeader(b[i:]); ok {
			return i
		}
	}
	return n
}
