package mp3

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
)

const (
	id3v2Header = 10
	id3v1Size   = 128
	apeSize     = 32 // of an APE tag's header, and of its footer
)

// id3v2Size returns the length of the ID3v2 tag that b starts with, header
// and footer included, or 0 if there is none (ID3v2.4 structure §3.1). Only
// the first ten bytes are looked at.
func id3v2Size(b []byte) int64 {
	if len(b) < id3v2Header || string(b[:3]) != "ID3" || b[3] == 0xFF || b[4] == 0xFF {
		return 0
	}
	var n int64
	for _, c := range b[6:10] {
		if c >= 0x80 {
			return 0
		}
		n = n<<7 | int64(c)
	}
	n += id3v2Header
	if b[5]&0x10 != 0 {
		n += id3v2Header
	}
	return n
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

// audioEnd returns where the tags that end the file begin: ID3v1 and its
// TAG+ extension, APEv1 and v2, Lyrics3 v1 and v2, and ID3v2 with a footer, in
// any order.
func audioEnd(r io.ReaderAt, size int64) (int64, error) {
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
