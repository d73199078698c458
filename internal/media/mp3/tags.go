package mp3

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	id3v2Header = id3.HeaderLen
	id3v1Size   = 128
	apeSize     = 32 // of an APE tag's header, and of its footer
)

// maxTag is how much of an ID3v2 tag is read. Text is short; pictures, which
// may be not, come last as a rule.
const maxTag = 1 << 20

// id3v2Size returns the length of the ID3v2 tag that b starts with, header
// and footer included, or 0 if there is none.
func id3v2Size(b []byte) int64 {
	h, ok := id3.ParseHeader(b)
	if !ok {
		return 0
	}
	return int64(h.Len())
}

// apeHeaderSize returns the length of the APE tag that b starts with, or 0.
func apeHeaderSize(b []byte) int64 {
	if len(b) < apeSize || string(b[:8]) != "APETAGEX" {
		return 0
	}
	return apeSize + int64(binary.LittleEndian.Uint32(b[12:]))
}

// tagSize returns the length of the tag that b starts with, or 0.
func tagSize(b []byte) int64 {
	if len(b) > 0 && b[0] == 0xFF { // a frame, nearly always
		return 0
	}
	if n := id3v2Size(b); n > 0 {
		return n
	}
	return apeHeaderSize(b)
}

// isID3v1 reports whether b starts with an ID3v1 tag that another tag or
// frame follows: files put one behind the other keep theirs.
func isID3v1(b []byte) bool {
	if len(b) < id3v1Size+id3v2Header || string(b[:3]) != "TAG" {
		return false
	}
	next := b[id3v1Size:]
	if tagSize(next) > 0 {
		return true
	}
	_, err := ParseHeader(next)
	return err == nil
}

// AudioEnd returns where the tags that end the file begin: ID3v1 and its
// TAG+ extension, APEv1 and v2, Lyrics3 v1 and v2, and ID3v2 with a footer, in
// any order.
func AudioEnd(r io.ReaderAt, size int64) (int64, error) {
	end := size
	for {
		n, err := lastTag(r, end)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return end, nil
		}
		end -= n
	}
}

// lastTag returns the length of the tag that ends at end, or 0.
func lastTag(r io.ReaderAt, end int64) (int64, error) {
	b := make([]byte, min(end, id3v1Size))
	if _, err := r.ReadAt(b, end-int64(len(b))); err != nil && err != io.EOF {
		return 0, err
	}
	var n int64
	switch {
	case len(b) == id3v1Size && string(b[:3]) == "TAG":
		n = id3v1Size
		const plus = 227
		head := make([]byte, 4)
		if end >= id3v1Size+plus {
			if _, err := r.ReadAt(head, end-id3v1Size-plus); err != nil {
				return 0, err
			}
			if string(head) == "TAG+" {
				n += plus
			}
		}
	case endsWith(b, apeSize, "APETAGEX"):
		foot := b[len(b)-apeSize:]
		n = int64(binary.LittleEndian.Uint32(foot[12:])) // items and footer
		if binary.LittleEndian.Uint32(foot[20:])>>31 != 0 {
			n += apeSize // the header, which the size leaves out
		}
	case endsWith(b, 9, "LYRICS200"):
		if len(b) < 15 {
			return 0, nil
		}
		digits := string(b[len(b)-15 : len(b)-9])
		size, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return 0, nil
		}
		n = int64(size) + 15
	case endsWith(b, 9, "LYRICSEND"):
		return lyrics3v1Size(r, end)
	case endsWith(b, id3v2Header, "3DI"):
		head := append([]byte("ID3"), b[len(b)-id3v2Header+3:]...)
		n = id3v2Size(head)
	}
	if n > end {
		return 0, nil
	}
	return n, nil
}

// endsWith reports whether the last n bytes of b begin with mark.
func endsWith(b []byte, n int, mark string) bool {
	return len(b) >= n && string(b[len(b)-n:][:len(mark)]) == mark
}

// lyrics3v1Size looks for the start of the Lyrics3 v1 block that ends at end.
// The block states no length but is 5100 bytes long at most.
func lyrics3v1Size(r io.ReaderAt, end int64) (int64, error) {
	const begin = "LYRICSBEGIN"
	b := make([]byte, min(end, 5100+int64(len(begin)+len("LYRICSEND"))))
	if _, err := r.ReadAt(b, end-int64(len(b))); err != nil && err != io.EOF {
		return 0, err
	}
	i := bytes.LastIndex(b, []byte(begin))
	if i < 0 {
		return 0, nil
	}
	return int64(len(b) - i), nil
}

// readTag reads the ID3v2 tag of n bytes that begins here. The first one tells
// of the whole file; its PRIV frames, and all frames of those between the
// frames of sound, are events.
func (r *Reader) readTag(n int64) error {
	tag := make([]byte, min(n, maxTag))
	if _, err := r.in.ReadAt(tag, r.in.Pos); err != nil && err != io.EOF {
		return err
	}
	standing := len(r.track.Runs) == 0
	if standing && r.track.Tags == nil {
		r.track.Tags = id3.Tags(tag)
	}
	if r.opts.OnEvent == nil {
		return nil
	}
	return r.id3.Frames(tag, func(f id3.Frame) error {
		if !standing || f.ID == "PRIV" {
			r.events = append(r.events, track.Event{Offset: r.in.Pos, ID: f.ID, Name: f.Name, Value: bytes.Clone(f.Value)})
		}
		return nil
	})
}

// sendEvents hands on the events that wait for the next frame to be known,
// which belongs to the run with index run.
func (r *Reader) sendEvents(run int) error {
	for i := range r.events {
		e := &r.events[i]
		e.Unit, e.Run = r.track.Units(), run
		if run < len(r.track.Runs) {
			e.Sample = r.track.Runs[run].Samples
		}
		if err := r.opts.OnEvent(e); err != nil {
			return err
		}
	}
	r.events = r.events[:0]
	return nil
}
