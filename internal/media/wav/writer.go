package wav

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Writer writes a WAVE file unit by unit.
type Writer struct {
	w    *bufio.Writer
	left int64 // bytes of sound still to come
	pad  bool
}

// NewWriter begins a WAVE file of so many samples in configuration c, as a
// Reader of this package tells it.
func NewWriter(w io.Writer, c track.Config, samples int64) (*Writer, error) {
	head, err := Header(c, samples)
	if err != nil {
		return nil, err
	}
	f, err := ParseFormat([]byte(c.Specific))
	if err != nil {
		return nil, err
	}
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), left: samples * int64(f.BlockAlign())}
	wr.pad = wr.left%2 != 0 // chunks have even lengths
	_, err = wr.w.Write(head)
	return wr, err
}

// WriteUnit writes samples, interleaved as the format says.
func (w *Writer) WriteUnit(data []byte) error {
	if w.left -= int64(len(data)); w.left < 0 {
		return fmt.Errorf("wav: %d bytes more than planned", -w.left)
	}
	_, err := w.w.Write(data)
	return err
}

// Close ends the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.left != 0 {
		return errors.New("wav: fewer samples were written than planned")
	}
	if w.pad {
		w.w.WriteByte(0)
	}
	return w.w.Flush()
}
