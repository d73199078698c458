package flac

import (
	"bufio"
	"encoding/binary"
	"errors"
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
// of this package tells it.
func NewWriter(w io.Writer, c track.Config, frames int, comments []Comment) (*Writer, error) {
	if _, err := ParseStreamInfo([]byte(c.Specific)); err != nil {
		return nil, err
	}
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), left: frames}
	head := append([]byte("fLaC"), 0, 0, 0, streamInfoSize) // STREAMINFO, not the last block (§8.1)
	head = append(head, c.Specific[:streamInfoSize]...)
	body := vorbisComment(comments)
	head = append(head, 0x80|4, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	head = append(head, body...)
	_, err := wr.w.Write(head)
	return wr, err
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
