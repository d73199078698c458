package gate

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media"
)

// isWords reports whether a plain file is a text, and no picture.
func isWords(ctx context.Context, r io.ReaderAt, size int64) (bool, error) {
	return isText(ctx, io.NewSectionReader(r, 0, size))
}

// isPlain reports whether a file is known to hold no sound: it is a text, a
// JPEG or a PNG picture, and nothing besides. Whatever is not known to is taken
// for sound.
func isPlain(ctx context.Context, r io.ReaderAt, size int64) (bool, error) {
	for _, is := range []func(context.Context, *io.SectionReader) (bool, error){isJPEG, isPNG, isText} {
		if ok, err := is(ctx, io.NewSectionReader(r, 0, size)); ok || err != nil {
			if ok {
				ok, err = noFrames(r, size)
			}
			return ok, err
		}
	}
	return false, nil
}

// noFrames reports whether no frames of sound follow on one another where a
// player looks for them: one that takes a picture for MP3 plays what lies in
// its blocks.
func noFrames(r io.ReaderAt, size int64) (bool, error) {
	head := make([]byte, min(size, media.SniffLen))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return !media.Sniff(head[:n], size).Sound(), nil
}

// maxUnspaced is how many bytes of letters, digits and the like a text has in a
// row at most: more of them are other data in the disguise of a text (Base64).
const maxUnspaced = 8 << 10

// isText reports whether all of a file is UTF-8 without control characters.
func isText(ctx context.Context, s *io.SectionReader) (bool, error) {
	in := bufio.NewReaderSize(s, 64<<10)
	run := 0
	for n := 0; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		c, size, err := in.ReadRune()
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		case c == utf8.RuneError && size == 1, c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f', c == 0x7f:
			return false, nil
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/', c == '-', c == '_', c == '=', c == '\n', c == '\r':
			if run++; run > maxUnspaced {
				return false, nil
			}
		default:
			run = 0
		}
	}
}

// isPNG reports whether a file is a PNG that ends where the picture does
// (PNG 3rd edition, 5.2 and 5.3).
func isPNG(_ context.Context, s *io.SectionReader) (bool, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(s, head); err != nil || string(head) != "\x89PNG\r\n\x1a\n" {
		return false, short(err)
	}
	for at := int64(8); ; {
		if _, err := s.ReadAt(head, at); err != nil {
			return false, short(err)
		}
		length := int64(binary.BigEndian.Uint32(head))
		at += 12 + length
		switch kind := string(head[4:]); {
		case kind == "IEND":
			return length == 0 && at == s.Size(), nil
		case kind == "IDAT" || kind == "IHDR" || kind == "PLTE":
		case length > maxAside: // of what no picture needs
			return false, nil
		}
		if at > s.Size() {
			return false, nil
		}
	}
}

// maxAside is how many bytes a block beside the picture may have: colour
// profiles, thumbnails and notes are smaller, recordings larger.
const maxAside = 64 << 10

// isJPEG reports whether a file is a JPEG that ends where the picture does
// (ITU-T T.81, B.1.1).
func isJPEG(ctx context.Context, s *io.SectionReader) (bool, error) {
	in := bufio.NewReaderSize(s, 64<<10)
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || head != [2]byte{0xff, 0xd8} {
		return false, short(err)
	}
	aside := 0
	for {
		marker, err := nextMarker(ctx, in)
		if err != nil {
			return false, short(err)
		}
		if marker == 0xd9 { // EOI
			_, err := in.ReadByte()
			return err == io.EOF, short(err)
		}
		if marker >= 0xd0 && marker <= 0xd7 || marker == 0x01 {
			continue // RSTn and TEM have no length
		}
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return false, short(err)
		}
		n := int(binary.BigEndian.Uint16(head[:])) - 2
		if n < 0 {
			return false, nil
		}
		if marker >= 0xe0 && marker <= 0xef || marker == 0xfe { // APPn and COM
			if aside += n; aside > 4*maxAside {
				return false, nil
			}
		}
		if _, err := in.Discard(n); err != nil {
			return false, short(err)
		}
	}
}

// nextMarker skips entropy-coded data, of which there is none between most
// segments, up to the next marker.
func nextMarker(ctx context.Context, in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		if n%(1<<20) == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		c, err := in.ReadByte()
		if err != nil || c != 0xff {
			if err != nil {
				return 0, err
			}
			continue
		}
		for c == 0xff && err == nil { // fill
			c, err = in.ReadByte()
		}
		if err != nil || c != 0 {
			return c, err
		}
	}
}

// short is the error of reading that is not only the end of the file.
func short(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
