// Package flv reads the sound of Flash Video files: AAC and MP3 (Adobe Flash
// Video File Format Specification 10.1, Annex E).
package flv

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrNotFLV means that a file is not an FLV file.
	ErrNotFLV = errors.New("not an FLV file")
	// ErrNoAudio means that a file has no sound.
	ErrNoAudio = errors.New("no audio in the FLV file")
	// ErrCodec means that the sound is coded in a way that this package does not
	// know.
	ErrCodec = errors.New("unsupported audio coding")
)

const (
	fileHeader = 9
	tagHeader  = 11
	backLink   = 4 // the size of the tag before, behind each tag
	// maxUnit is the size of the largest tag of sound that is believed.
	maxUnit    = 1 << 20
	bufferSize = 64 << 10
)

// Types of tags (E.4.1).
const (
	tagAudio  = 8
	tagVideo  = 9
	tagScript = 18
)

// Formats of sound (E.4.2.1).
const (
	formatMP3    = 2
	formatAAC    = 10
	formatMP3At8 = 14
)

// A Reader walks through the access units of an FLV file. It is a track.Reader.
// Positions are counted from the units; timestamps are not read.
type Reader struct {
	src      io.ReaderAt
	in       *bufio.Reader
	pos      int64
	held     int    // bytes of the tag that is being read, still in in
	frames   []byte // of MP3, of the tag
	at       int64  // of frames in the file
	config   track.Config
	implicit *adts.Implicit // whether AAC-LC is HE-AAC
	refused  error          // why tags of sound were left out
	track    track.Track
	done     bool
}

// NewReader returns a Reader of the size bytes in r. It reads up to the first
// sound. The errors are ErrNotFLV, ErrNoAudio and ErrCodec, with details, and
// those of r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	// What the first units are decides whether AAC is HE-AAC from the start, and
	// whether there is any sound.
	const foreseen = 16
	first, err := newReader(r, size)
	if err != nil {
		return nil, err
	}
	var p track.Packet
	for range foreseen {
		if err = first.Next(&p); err != nil {
			break
		}
	}
	switch {
	case err != nil && err != io.EOF:
		return nil, err
	case first.track.Units() == 0 && first.refused != nil:
		return nil, first.refused
	case first.track.Units() == 0 && first.config.Codec == "":
		return nil, ErrNoAudio
	}
	f, err := newReader(r, size)
	if err != nil {
		return nil, err
	}
	f.implicit = first.implicit
	return f, nil
}

func newReader(r io.ReaderAt, size int64) (*Reader, error) {
	f := &Reader{
		src:   r,
		in:    bufio.NewReaderSize(io.NewSectionReader(r, 0, size), bufferSize),
		track: track.Track{Format: track.FLV, Bytes: size},
	}
	b, err := f.peek(fileHeader)
	if err != nil {
		return nil, err
	}
	if len(b) < fileHeader || string(b[:4]) != "FLV\x01" {
		return nil, ErrNotFLV
	}
	skip := int64(b[5])<<24 | int64(b[6])<<16 | int64(b[7])<<8 | int64(b[8])
	if skip < fileHeader || skip > size {
		skip = fileHeader
	}
	return f, f.skip(int(min(skip+backLink, size)))
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// Next puts the next access unit into p. See track.Reader.
func (r *Reader) Next(p *track.Packet) error {
	ok, err := r.next(p)
	if err == nil && !ok {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("flv: %w", err)
	}
	return nil
}

func (r *Reader) next(p *track.Packet) (ok bool, err error) {
	for !r.done {
		if len(r.frames) > 0 {
			if ok, err = r.frame(p); ok || err != nil {
				return ok, err
			}
			continue
		}
		if err := r.skip(r.held); err != nil {
			return false, err
		}
		r.held = 0
		b, err := r.peek(tagHeader)
		if err != nil {
			return false, err
		}
		if len(b) == 0 {
			r.done = true
			break
		}
		t, good := parseTag(b)
		if left := r.track.Bytes - r.pos; !good || t.size > left {
			if err := r.resync(good); err != nil {
				return false, err
			}
			continue
		}
		if ok, err = r.tag(t, p); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// A tag is what its header says.
type tag struct {
	kind byte
	size int64 // of all of it, with the link behind it
}

// parseTag reads the header of a tag. ok is false if there is none.
func parseTag(b []byte) (t tag, ok bool) {
	if len(b) < tagHeader {
		return t, false
	}
	t.kind = b[0] & 0x1F
	t.size = tagHeader + int64(b[1])<<16 + int64(b[2])<<8 + int64(b[3]) + backLink
	streamID := int(b[8]) | int(b[9]) | int(b[10])
	known := t.kind == tagAudio || t.kind == tagVideo || t.kind == tagScript
	return t, known && b[0]>>6 == 0 && streamID == 0
}

// tag goes past a tag, or reads it if it is sound.
func (r *Reader) tag(t tag, p *track.Packet) (ok bool, err error) {
	var behind [backLink + tagHeader]byte
	n, err := r.src.ReadAt(behind[:min(int64(len(behind)), backLink+r.track.Bytes-r.pos-t.size)], r.pos+t.size-backLink)
	if n < backLink {
		return false, err
	}
	if !links(behind[:n], t.size) {
		return false, r.resync(true)
	}
	r.track.Video = r.track.Video || t.kind == tagVideo
	if body := t.size - tagHeader - backLink; t.kind != tagAudio || body == 0 || body > maxUnit {
		return false, r.skip(int(t.size))
	}
	b, err := r.peek(int(t.size))
	if err != nil {
		return false, err
	}
	r.held = len(b)
	return r.audio(b[tagHeader:len(b)-backLink], p)
}

// links reports whether what is behind a tag tells its size. Some programs
// write 0 there; then a tag, or the end, has to follow.
func links(behind []byte, size int64) bool {
	n := int64(behind[0])<<24 | int64(behind[1])<<16 | int64(behind[2])<<8 | int64(behind[3])
	if n != 0 {
		return n == size-backLink
	}
	_, ok := parseTag(behind[backLink:])
	return ok || len(behind) == backLink
}

// audio reads the body of a tag of sound (E.4.2).
func (r *Reader) audio(b []byte, p *track.Packet) (ok bool, err error) {
	at := r.pos + tagHeader
	switch format := b[0] >> 4; format {
	case formatAAC:
		if len(b) < 2 {
			return false, nil
		}
		if b[1] == 0 { // the AudioSpecificConfig
			return false, r.setAAC(b[2:])
		}
		return r.aac(b[2:], at+2, p)
	case formatMP3, formatMP3At8:
		r.frames, r.at = b[1:], at+1
	default:
		if r.refused == nil {
			r.refused = fmt.Errorf("%w: %s", ErrCodec, formatName(format))
		}
		r.bad(at, len(b))
	}
	return false, nil
}

func (r *Reader) setAAC(asc []byte) error {
	config, err := adts.ParseConfig(asc)
	if err == nil && config.UnitSamples < 1 {
		err = errors.New("access units without samples")
	}
	if err != nil {
		if r.refused == nil {
			r.refused = fmt.Errorf("%w: %w", ErrCodec, err)
		}
		return nil
	}
	if r.config.Specific == config.Specific && r.config.Codec == config.Codec {
		return nil
	}
	r.config = config
	if r.implicit == nil || r.track.Units() > 0 {
		r.implicit = adts.NewImplicit(config)
	}
	return nil
}

func (r *Reader) aac(unit []byte, at int64, p *track.Packet) (ok bool, err error) {
	if len(unit) == 0 {
		return false, nil // the end of the sequence
	}
	if r.implicit == nil || r.config.Codec == track.MP3 {
		r.bad(at, len(unit))
		return false, nil
	}
	return true, r.deliver(p, r.implicit.Config(unit), at, unit)
}

// frame puts the next frame of MP3 into p. A tag has one, or several.
func (r *Reader) frame(p *track.Packet) (ok bool, err error) {
	b := r.frames
	h, err := mp3.ParseHeader(b)
	n := len(b)
	if err == nil {
		n = h.FrameSize()
	}
	if err != nil || n > len(b) {
		r.frames = nil
		r.bad(r.at, len(b))
		return false, nil
	}
	at := r.at
	r.frames, r.at = b[n:], r.at+int64(n)
	r.config = mp3.ConfigOf(h)
	return true, r.deliver(p, r.config, at, b[:n])
}

func (r *Reader) bad(at int64, n int) {
	r.track.Damage.Add(track.Damage{Kind: track.BadUnit, Offset: at, Bytes: int64(n), Unit: r.track.Units(), Lost: 1})
}

func (r *Reader) deliver(p *track.Packet, c track.Config, at int64, data []byte) error {
	run, err := r.track.AddUnit(c, c.UnitSamples, len(data))
	if err != nil {
		return err
	}
	*p = track.Packet{Offset: at, Data: data, Run: run, Samples: c.UnitSamples}
	return nil
}

// resync goes to the next tag that is linked to by what follows it, and notes
// what is between.
func (r *Reader) resync(tagged bool) error {
	const step = 16 << 10
	from := r.pos
	d := track.Damage{Kind: track.Junk, Offset: from, Unit: r.track.Units()}
	for first := 1; ; first = 0 {
		b, err := r.peek(bufferSize)
		if err != nil {
			return err
		}
		last := r.pos+int64(len(b)) == r.track.Bytes
		limit := min(step, len(b))
		for i := first; i < limit; i++ {
			t, ok := parseTag(b[i:])
			if end := int64(i) + t.size; ok && end <= int64(len(b)) && links(b[end-backLink:], t.size) {
				d.Bytes = r.pos + int64(i) - from
				r.track.Damage.Add(d)
				return r.skip(i)
			}
		}
		if err := r.skip(max(limit, min(first, len(b)))); err != nil {
			return err
		}
		if last && r.pos == r.track.Bytes {
			if d.Bytes = r.pos - from; tagged || d.Bytes < tagHeader {
				d.Kind, d.Lost = track.CutEnd, 1
			}
			r.track.Damage.Add(d)
			return nil
		}
	}
}

// peek returns the next n bytes, or fewer at the end of the file.
func (r *Reader) peek(n int) ([]byte, error) {
	if n > r.in.Size() {
		r.in = bufio.NewReaderSize(r.in, max(n, 2*r.in.Size()))
	}
	b, err := r.in.Peek(n)
	if errors.Is(err, io.EOF) {
		err = nil
		if r.pos+int64(len(b)) != r.track.Bytes {
			err = io.ErrUnexpectedEOF // the source is shorter than its size says
		}
	}
	return b, err
}

// skip goes n bytes on.
func (r *Reader) skip(n int) error {
	n, err := r.in.Discard(n)
	r.pos += int64(n)
	return err
}

// formatName returns what people call a format of sound.
func formatName(format byte) string {
	switch format {
	case 0, 3:
		return "PCM in FLV"
	case 1:
		return "Flash ADPCM"
	case 4, 5, 6:
		return "Nellymoser"
	case 7:
		return "A-law"
	case 8:
		return "µ-law"
	case 9:
		return "sound as Enhanced RTMP stores it"
	case 11:
		return "Speex"
	}
	return fmt.Sprintf("format %d", format)
}
