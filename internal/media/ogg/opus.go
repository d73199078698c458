package ogg

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/opus"
)

// OpusRate is the rate in which positions of Opus count, whatever went into
// the encoder (RFC 7845 §4).
const OpusRate = 48000

// maxPacket is more than a packet of Opus can be (RFC 6716 §3.4), and small
// enough for a page to hold it whole.
const maxPacket = 61440

// pageSamples is how much sound is collected to a page: RFC 7845 §4 asks for
// one second or less.
const pageSamples = OpusRate

// MaxPreSkip is how many samples before those to be played a file can hold.
const MaxPreSkip = 0xFFFF

// A Comment is a field of the comment header, "TITLE" and its value.
type Comment struct{ Name, Value string }

// An Opus says all of a file but its packets.
type Opus struct {
	// Head is that of packets which are written as they are, of which gain and
	// channels are taken; the zero Head says that there is no gain.
	Head     opus.Head
	Channels int // 1 or 2, without a Head
	// PreSkip is how many samples of the decoder's output are not to be
	// played: the encoder's look-ahead.
	PreSkip   int
	InputRate int   // of the sound before it was encoded, for information
	Samples   int64 // to be played, at OpusRate
	Vendor    string
	Comments  []Comment
}

// A Writer writes an Opus file packet by packet.
type Writer struct {
	buf     *bufio.Writer
	pages   pages
	end     int64 // position of the last sample to be played
	total   int64 // samples of all packets so far
	on      int64 // of those on the page
	lacing  []byte
	content []byte
}

// NewWriter writes the two header packets. The same Opus and packets always
// give the same bytes.
func NewWriter(w io.Writer, o Opus) (*Writer, error) {
	if o.Head.Channels == 0 {
		o.Head = opus.Head{Channels: o.Channels}
	}
	if o.Head.Channels < 1 || o.Head.Channels > 2 && o.Head.Family == 0 || o.PreSkip < 0 || o.PreSkip > MaxPreSkip || o.Samples < 0 {
		return nil, fmt.Errorf("ogg: cannot write Opus of %d channels and %d samples", o.Channels, o.Samples)
	}
	wr := &Writer{buf: bufio.NewWriterSize(w, 64<<10), end: int64(o.PreSkip) + o.Samples}
	wr.pages = pages{w: wr.buf, serial: 1}
	le := binary.LittleEndian
	// RFC 7845 §5.1: version 1, mapping family 0 unless the packets have another.
	head := append([]byte("OpusHead"), 1, byte(o.Head.Channels))
	head = le.AppendUint16(head, uint16(o.PreSkip))
	head = le.AppendUint32(head, uint32(o.InputRate))
	head = le.AppendUint16(head, uint16(o.Head.Gain))
	head = append(head, byte(o.Head.Family))
	if table := 19; len(o.Head.Bytes) > table {
		head = append(head, o.Head.Bytes[table:]...)
	}
	if err := wr.pages.writePacket(flagFirst, 0, head); err != nil {
		return nil, err
	}
	// §5.2
	tags := append([]byte("OpusTags"), le.AppendUint32(nil, uint32(len(o.Vendor)))...)
	tags = append(tags, o.Vendor...)
	tags = le.AppendUint32(tags, uint32(len(o.Comments)))
	for _, c := range o.Comments {
		field := c.Name + "=" + c.Value
		tags = le.AppendUint32(tags, uint32(len(field)))
		tags = append(tags, field...)
	}
	return wr, wr.pages.writePacket(0, 0, tags)
}

// WritePacket writes the next packet, which lasts so many samples at OpusRate.
func (w *Writer) WritePacket(packet []byte, samples int) error {
	if len(packet) == 0 || len(packet) > maxPacket || samples < 1 {
		return fmt.Errorf("ogg: cannot write an Opus packet of %d bytes", len(packet))
	}
	need := len(packet)/255 + 1
	if len(w.lacing)+need > maxSegments || w.on+int64(samples) > pageSamples {
		if err := w.flush(0); err != nil {
			return err
		}
	}
	w.lacing = appendLacing(w.lacing, len(packet))
	w.content = append(w.content, packet...)
	w.on += int64(samples)
	w.total += int64(samples)
	return nil
}

// flush writes the page that has been collected. Its position is the end of
// its last packet; that of the last page says where the sound ends (§4.4).
func (w *Writer) flush(flags byte) error {
	if len(w.lacing) == 0 {
		return nil
	}
	position := w.total
	if flags&flagLast != 0 {
		position = w.end
	}
	err := w.pages.write(flags, uint64(position), w.lacing, w.content)
	w.lacing, w.content, w.on = w.lacing[:0], w.content[:0], 0
	return err
}

// Close ends the file. It does not close the underlying writer. It fails if
// the packets do not last as long as was said.
func (w *Writer) Close() error {
	if w.total < w.end || w.on == 0 || w.total-w.on >= w.end {
		return errors.New("ogg: the packets do not last as long as planned")
	}
	if err := w.flush(flagLast); err != nil {
		return err
	}
	return w.buf.Flush()
}
