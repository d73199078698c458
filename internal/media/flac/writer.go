package flac

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Comment is a field of a Vorbis comment block, "TITLE" and its value
// (RFC 9639 §8.6).
type Comment struct{ Name, Value string }

// A Writer joins the frames of one FLAC file again, with comments of its own.
type Writer struct {
	w    *bufio.Writer
	left int // frames still to come
}

// NewWriter begins a file of so many frames in configuration c, as a Reader
// of this package tells it. Pictures are bodies of PICTURE blocks, such as
// Cover makes.
func NewWriter(w io.Writer, c track.Config, frames int, comments []Comment, pictures ...[]byte) (*Writer, error) {
	if _, err := ParseStreamInfo([]byte(c.Specific)); err != nil {
		return nil, err
	}
	const streamInfo, comment, picture = 0, 4, 6
	head, err := appendBlock([]byte("fLaC"), streamInfo, false, []byte(c.Specific[:streamInfoSize]))
	if err != nil {
		return nil, err
	}
	if head, err = appendBlock(head, comment, len(pictures) == 0, vorbisComment(comments)); err != nil {
		return nil, err
	}
	for i, p := range pictures {
		if head, err = appendBlock(head, picture, i == len(pictures)-1, p); err != nil {
			return nil, err
		}
	}
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), left: frames}
	_, err = wr.w.Write(head)
	return wr, err
}

// appendBlock appends a metadata block (§8.1).
func appendBlock(b []byte, kind byte, last bool, body []byte) ([]byte, error) {
	if len(body) >= 1<<24 {
		return nil, fmt.Errorf("flac: a metadata block of %d bytes is too long; it can have 16 MiB", len(body))
	}
	if last {
		kind |= 0x80
	}
	b = append(b, kind, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	return append(b, body...), nil
}

func vorbisComment(comments []Comment) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0) // no vendor string
	b = le.AppendUint32(b, uint32(len(comments)))
	for _, c := range comments {
		field := c.Name + "=" + c.Value
		b = le.AppendUint32(b, uint32(len(field)))
		b = append(b, field...)
	}
	return b
}

// WriteUnit writes the next frame.
func (w *Writer) WriteUnit(frame []byte) error {
	if w.left--; w.left < 0 {
		return errors.New("flac: more frames than planned")
	}
	_, err := w.w.Write(frame)
	return err
}

// Close ends the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.left != 0 {
		return errors.New("flac: fewer frames were written than planned")
	}
	return w.w.Flush()
}
