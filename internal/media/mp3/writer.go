package mp3

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Plan says what a file will hold, before its first frame is written.
type Plan struct {
	Tag   []byte      // an ID3v2 tag, or nothing
	Sizes track.Sizes // of the frames
	// Skip and Trim are the samples of a decoder's output that are not to be
	// heard, as in a track.Run: at the start those of the encoder's and the
	// decoder's delay, at the end the padding. Up to 4095 of each.
	Skip, Trim int64
	// Encoder, LowPass and MusicCRC are those of Info, if they are known. A file
	// can only name encoders whose delay players believe: see encoderField.
	Encoder  string
	LowPass  int
	MusicCRC uint16
}

// A Writer joins whole frames to a file of exact length: it puts a tag and an
// Info frame before them. The frames must be of one configuration.
type Writer struct {
	w    *bufio.Writer
	plan Plan
	n    int // frames written
}

// NewWriter begins a file. The tag goes out at once, the Info frame with the
// first frame, whose header it takes after.
func NewWriter(w io.Writer, p Plan) (*Writer, error) {
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), plan: p}
	_, err := wr.w.Write(p.Tag)
	return wr, err
}

// WriteUnit writes the next frame.
func (w *Writer) WriteUnit(frame []byte) error {
	if w.n >= len(w.plan.Sizes) || len(frame) != int(w.plan.Sizes[w.n]) {
		return fmt.Errorf("mp3: frame %d has %d bytes: not as planned", w.n, len(frame))
	}
	if w.n == 0 {
		if err := w.writeInfo(frame); err != nil {
			return err
		}
	}
	w.n++
	_, err := w.w.Write(frame)
	return err
}

func (w *Writer) writeInfo(frame []byte) error {
	h, err := ParseHeader(frame)
	if err != nil {
		return err
	}
	info := Info{Frames: int64(len(w.plan.Sizes)), Bytes: w.plan.Sizes.Sum(), TOC: w.toc(), VBR: w.varies(),
		Encoder: w.plan.Encoder, LowPass: w.plan.LowPass, MusicCRC: w.plan.MusicCRC}
	if w.plan.Skip >= DecoderDelay {
		info.Gapless = true
		info.Delay = int(min(w.plan.Skip-DecoderDelay, 0xFFF))
		info.Padding = int(min(w.plan.Trim+DecoderDelay, 0xFFF))
	}
	b, err := InfoFrame(h, info)
	if err != nil {
		return err
	}
	_, err = w.w.Write(b)
	return err
}

// varies reports whether the frames differ in size by more than the padding
// slot of a constant bit rate.
func (w *Writer) varies() bool {
	lo, hi := w.plan.Sizes[0], w.plan.Sizes[0]
	for _, s := range w.plan.Sizes {
		lo, hi = min(lo, s), max(hi, s)
	}
	return hi-lo > 1
}

// toc says how much of the file has gone by at each percent of its frames.
func (w *Writer) toc() *[100]byte {
	var toc [100]byte
	total := max(1, w.plan.Sizes.Sum())
	var sum int64
	frame := 0
	for i := range toc {
		for ; frame < i*len(w.plan.Sizes)/100; frame++ {
			sum += int64(w.plan.Sizes[frame])
		}
		toc[i] = byte(min(255, 256*sum/total))
	}
	return &toc
}

// Close ends the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.n != len(w.plan.Sizes) {
		return errors.New("mp3: fewer frames were written than planned")
	}
	return w.w.Flush()
}
