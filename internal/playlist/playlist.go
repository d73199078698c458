// Package playlist reads the playlists of HTTP Live Streaming: which chunks a
// recording consists of, where they are and how they are encrypted (RFC 8216,
// and draft-pantos-hls-rfc8216bis where it goes further). It opens no file and
// no connection.
package playlist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Bounds of what is read. A recording of ten hours in chunks of three seconds
// has 12,000 entries.
const (
	MaxBytes   = 32 << 20   // of a playlist
	maxLine    = 64 << 10   // bytes of a line
	maxEntries = 200_000    // chunks of a media playlist
	maxStreams = 2_000      // streams and renditions of a master playlist
	maxOffset  = 1 << 50    // of a byte range
	maxTotal   = 1e4 * 3600 // seconds of a playlist
)

// ErrNotPlaylist means that a text does not begin with #EXTM3U (RFC 8216,
// 4.3.1.1).
var ErrNotPlaylist = errors.New("not an HLS playlist: it does not begin with #EXTM3U")

// ErrVariables means that a playlist has variables (bis, 4.4.2.3). Their values
// may come from the address's query, which is never kept.
var ErrVariables = errors.New("playlists with variables (#EXT-X-DEFINE) are not supported")

// A SyntaxError says which line of a playlist cannot be read.
type SyntaxError struct {
	Line int // 1 is the first
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// A Playlist is one of its two kinds (RFC 8216, 4.1).
type Playlist struct {
	Master *Master // or nil
	Media  *Media  // or nil
}

// A Media playlist lists the chunks of a recording in their order.
type Media struct {
	Version       int
	Target        time.Duration // the longest chunk, rounded; 0: not told
	Sequence      int64         // number of the first chunk
	Discontinuity int64         // number of the first chunk's discontinuity
	Type          string        // "VOD", "EVENT", or empty: chunks may be taken off its beginning
	Ended         bool          // no chunk is going to be added (EXT-X-ENDLIST)
	Segments      []Segment
}

// Duration is how long all chunks take together.
func (m *Media) Duration() time.Duration {
	if len(m.Segments) == 0 {
		return 0
	}
	last := &m.Segments[len(m.Segments)-1]
	return last.Start + last.Duration
}

// A Segment is one chunk of a recording.
type Segment struct {
	Line     int // of its address, 1 is the first
	Sequence int64
	URI      *url.URL
	Range    *Range // nil: the whole resource
	Title    string
	Start    time.Duration // sum of the durations before
	Duration time.Duration
	// Time is when the first sample was recorded: as EXT-X-PROGRAM-DATE-TIME
	// says, or counted on from the last one that does. It is zero if unknown.
	Time          time.Time
	Discontinuity bool // encoding or clock may differ from those of the chunk before
	Gap           bool // the playlist says that the chunk is missing (bis, 4.4.4.7)
	Map           *Map // nil: chunks can be read without
	Key           *Key // nil: not encrypted
}

// A Range is a part of a resource.
type Range struct{ Offset, Length int64 }

// A Map is what a reader must have before it can read chunks: the headers of an
// MP4 file, or the tables of a transport stream (RFC 8216, 4.3.2.5). Chunks to
// which the same tag applies share one.
type Map struct {
	URI   *url.URL
	Range *Range // nil: the whole resource
	Key   *Key   // nil: not encrypted
}

// A Key says how chunks are encrypted (RFC 8216, 4.3.2.4). Chunks to which the
// same tag applies share one.
type Key struct {
	Method string   // "AES-128", or one that is not supported
	Format string   // "identity": the key's own 16 bytes; others are of DRM systems
	URI    *url.URL // of the key
	IV     *[16]byte
}

// Supported reports whether anybody who has the key's address can decrypt.
func (k *Key) Supported() bool { return k.Method == "AES-128" && k.Format == "identity" }

// InitVector is what decrypting a chunk begins with: what the key says, or else
// the chunk's number (RFC 8216, 5.2).
func (k *Key) InitVector(sequence int64) [16]byte {
	if k.IV != nil {
		return *k.IV
	}
	var iv [16]byte
	binary.BigEndian.PutUint64(iv[8:], uint64(sequence))
	return iv
}
