// Package manifest says what a file consists of that was joined from the chunks
// of an HLS playlist: where each of them is in it, which are missing, and where
// one recording ends and another begins.
package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is that of the form.
const Version = 1

// MaxBytes bounds what is read of one. A recording of ten hours in chunks of
// three seconds has 12,000 chunks of some 300 bytes.
const MaxBytes = 128 << 20

// A Manifest says what a joined file consists of. It holds no addresses: their
// queries, and what was sent to get them, may be secrets.
type Manifest struct {
	Version int     `json:"version"`
	Ended   bool    `json:"ended"`  // the playlist said that it is complete
	Length  int64   `json:"length"` // of the file
	SHA256  string  `json:"sha256"`
	Seconds float64 `json:"duration_s"` // of all chunks and gaps, as the playlist says
	Chunks  []Chunk `json:"chunks"`
	Gaps    []Gap   `json:"gaps"`
}

// A Chunk is a part of the file.
type Chunk struct {
	Name     string     `json:"name"` // the last part of its address, without the query
	Map      bool       `json:"map,omitempty"`
	Sequence int64      `json:"sequence"` // of a map: that of the chunk after it
	Run      int        `json:"run"`      // another one begins at a discontinuity, and with another map
	Offset   int64      `json:"offset"`
	Length   int64      `json:"length"`
	SHA256   string     `json:"sha256"`
	Source   *Source    `json:"encrypted,omitempty"`
	Range    *ByteRange `json:"range,omitempty"`
	Start    float64    `json:"start_s"`
	Seconds  float64    `json:"duration_s"`
	Time     *time.Time `json:"time,omitempty"`
}

// A Source is an encrypted chunk as it was sent.
type Source struct {
	Length int64  `json:"length"`
	SHA256 string `json:"sha256"`
}

// A ByteRange is the part of a resource that a chunk was.
type ByteRange struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

// A Gap is a chunk that is missing in the file, or several that a live playlist
// listed and dropped while nobody looked.
type Gap struct {
	Name     string     `json:"name"`
	Map      bool       `json:"map,omitempty"` // chunks after it can hardly be read
	Sequence int64      `json:"sequence"`
	Chunks   int64      `json:"chunks,omitempty"` // how many, if they were never seen
	Run      int        `json:"run"`
	Offset   int64      `json:"offset"` // where it would be
	Start    float64    `json:"start_s"`
	Seconds  float64    `json:"duration_s"`
	Time     *time.Time `json:"time,omitempty"`
	Reason   string     `json:"reason"` // "marked", "missed", "not-found", "denied", "encrypted", "failed"
	Detail   string     `json:"detail"`
}

// Read reads a manifest and checks that it can be one: chunks follow each other
// without a byte between them, and nothing is negative.
func Read(r io.Reader) (*Manifest, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	b, err := io.ReadAll(limited)
	if err != nil {
		return nil, err
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("the manifest is larger than %d MiB", MaxBytes>>20)
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, err
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.Version != Version {
		return fmt.Errorf("the manifest has version %d, not %d", m.Version, Version)
	}
	at := int64(0)
	for _, c := range m.Chunks {
		if c.Offset != at || c.Length <= 0 || c.Length > m.Length-at || c.Seconds < 0 {
			return fmt.Errorf("the chunk at %d does not follow the one before", c.Offset)
		}
		if !isHash(c.SHA256) || c.Source != nil && !isHash(c.Source.SHA256) {
			return fmt.Errorf("the chunk at %d has no hash", c.Offset)
		}
		at += c.Length
	}
	if at != m.Length {
		return errors.New("the chunks are not as long as the file")
	}
	for _, g := range m.Gaps {
		if g.Offset < 0 || g.Offset > m.Length || !(g.Seconds >= 0) {
			return fmt.Errorf("chunk %d is missing at a place that the file does not have", g.Sequence)
		}
	}
	return nil
}

func isHash(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

// Missing returns how many chunks are missing, and how long they are.
func (m *Manifest) Missing() (chunks int, seconds float64) {
	for _, g := range m.Gaps {
		if !g.Map {
			chunks += int(max(1, g.Chunks))
			seconds += g.Seconds
		}
	}
	return chunks, seconds
}

// Real returns how many chunks the file has, without the maps.
func (m *Manifest) Real() int {
	n := 0
	for _, c := range m.Chunks {
		if !c.Map {
			n++
		}
	}
	return n
}
