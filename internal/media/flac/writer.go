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

// A Plan says what a file will hold, before its first frame is written.
type Plan struct {
	Config   track.Config  // of the frames, as a Reader of this package tells it
	Sizes    track.Sizes   // of the frames
	Lengths  track.Lengths // of the frames
	Comments []Comment
	Pictures [][]byte // bodies of PICTURE blocks, such as Cover makes
}

// streamInfo returns the STREAMINFO block of the file: that of the source, with
// what would not be so of these frames corrected, and its MD5 left out if they
// are other frames than those it is of.
func (p *Plan) streamInfo() ([]byte, error) {
	s, err := ParseStreamInfo([]byte(p.Config.Specific))
	if err != nil {
		return nil, err
	}
	const mostSamples = 1<<36 - 1
	total := p.Lengths.Total()
	if s.Samples != total {
		s.MD5 = [16]byte{}
		if s.Samples = total; total > mostSamples {
			s.Samples = 0 // not known, says §8.2
		}
	}
	if lo, hi := p.Lengths.Range(); hi > s.MaxBlock || len(p.Sizes) > 1 && lo < s.MinBlock {
		s.MinBlock, s.MaxBlock = max(leastBlock, min(lo, s.MinBlock)), max(leastBlock, hi)
	}
	for _, n := range p.Sizes {
		if s.MaxFrame > 0 && int(n) > s.MaxFrame || int(n) < s.MinFrame {
			s.MinFrame, s.MaxFrame = 0, 0 // not known
			break
		}
	}
	return s.append(nil), nil
}

// NewWriter begins a file.
func NewWriter(w io.Writer, p Plan) (*Writer, error) {
	info, err := p.streamInfo()
	if err != nil {
		return nil, err
	}
	const streamInfo, comment, picture = 0, 4, 6
	head, err := appendBlock([]byte("fLaC"), streamInfo, false, info)
	if err != nil {
		return nil, err
	}
	if head, err = appendBlock(head, comment, len(p.Pictures) == 0, vorbisComment(p.Comments)); err != nil {
		return nil, err
	}
	for i, pic := range p.Pictures {
		if head, err = appendBlock(head, picture, i == len(p.Pictures)-1, pic); err != nil {
			return nil, err
		}
	}
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), left: len(p.Sizes)}
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
