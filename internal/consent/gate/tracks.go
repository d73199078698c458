package gate

import (
	"encoding/binary"
	"io"
)

// soundTracks counts the tracks of sound in an MP4 or QuickTime file, of which
// only one is compared; of other files it says 0.
func soundTracks(r io.ReaderAt, size int64) int {
	n := 0
	boxes(r, 0, size, 0, &n)
	return n
}

// maxBoxes is how many boxes are looked at on one level.
const maxBoxes = 10_000

// boxes walks down to the handlers of tracks (ISO/IEC 14496-12, 4.2, 8.4.3).
func boxes(r io.ReaderAt, at, end int64, depth int, sounds *int) {
	head := make([]byte, 16)
	for n := 0; at+8 <= end && n < maxBoxes; n++ {
		if _, err := r.ReadAt(head[:8], at); err != nil {
			return
		}
		length, body := int64(binary.BigEndian.Uint32(head)), at+8
		kind := string(head[4:8])
		switch length {
		case 0:
			length = end - at
		case 1:
			if _, err := r.ReadAt(head, at); err != nil {
				return
			}
			length, body = int64(binary.BigEndian.Uint64(head[8:])), at+16
		}
		if length < body-at || length > end-at {
			return
		}
		switch {
		case depth == 0 && kind == "moov", depth == 1 && kind == "trak", depth == 2 && kind == "mdia":
			boxes(r, body, at+length, depth+1, sounds)
		case depth == 3 && kind == "hdlr" && length >= body-at+12:
			if _, err := r.ReadAt(head[:12], body); err == nil && string(head[8:12]) == "soun" {
				*sounds++
			}
		}
		at += length
	}
}
