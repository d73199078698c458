package aiff

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	formHeader  = 12
	chunkHeader = 8
	soundHeader = 8 // offset and block size, at the start of an SSND chunk
	// maxChunks bounds how many chunks are walked through.
	maxChunks = 1000
	maxText   = 64 << 10
)

// A Reader walks through the samples of an AIFF file in units of track.PCMUnit
// samples, the last of which may be shorter. It is a track.Reader. Numbers come
// as WAV stores them: little-endian, those of 8 bits unsigned.
//
// Sizes are written last, so that a recorder which was killed leaves wrong
// ones. The Reader takes what is there, and notes the difference as damage.
type Reader struct{ *linear.Reader }

// A file is what is read before the samples.
type file struct {
	src    io.ReaderAt
	common common
	align  int64
	track  track.Track
}

// A chunk is one of the file's (EA IFF 85).
type chunk struct {
	id   string
	body int64
	size int64 // as stated
}

// end returns where the next chunk begins: chunks are padded to even lengths.
func (c chunk) end() int64 { return c.body + c.size + c.size%2 }

func (c chunk) valid() bool {
	return strings.IndexFunc(c.id, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// NewReader returns a Reader of the size bytes in r. The error is ErrNotAIFF,
// ErrNoData or ErrCompressed, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	a := &file{src: r, track: track.Track{Format: track.AIFF, Bytes: size}}
	if size < formHeader {
		return nil, ErrNotAIFF
	}
	var head [formHeader]byte
	if err := linear.ReadFull(r, head[:], 0); err != nil {
		return nil, err
	}
	kind := string(head[8:])
	if string(head[:4]) != "FORM" || kind != "AIFF" && kind != "AIFC" {
		return nil, ErrNotAIFF
	}
	sound, last, err := a.chunks(kind == "AIFC")
	if err != nil {
		return nil, err
	}
	if a.align == 0 || sound.id == "" {
		return nil, ErrNoData
	}
	samples, err := a.measure(sound, last)
	return &Reader{samples}, err
}

// chunks walks through the chunks of the file as far as they lead. It returns
// the one with the samples, and where the last one that is believed ends.
func (r *file) chunks(compressed bool) (sound chunk, last int64, err error) {
	size := r.track.Bytes
	last = formHeader
	for range maxChunks {
		if size-last < chunkHeader {
			break
		}
		var b [chunkHeader]byte
		if err := linear.ReadFull(r.src, b[:], last); err != nil {
			return sound, 0, err
		}
		c := chunk{string(b[:4]), last + chunkHeader, int64(binary.BigEndian.Uint32(b[4:]))}
		if c.id == "SSND" && sound.id == "" {
			sound = c
		}
		if !c.valid() || c.size > size-c.body {
			break
		}
		last = c.end()
		if err := r.chunk(c, compressed); err != nil {
			return sound, 0, err
		}
	}
	return sound, last, nil
}

func (r *file) chunk(c chunk, compressed bool) error {
	names := map[string]string{"NAME": "title", "AUTH": "artist", "ANNO": "comment"}
	name := names[c.id]
	if c.id != "COMM" && name == "" {
		return nil
	}
	b := make([]byte, min(c.size, maxText))
	if err := linear.ReadFull(r.src, b, c.body); err != nil {
		return err
	}
	if name != "" {
		if value := decodeText(b); value != "" {
			if r.track.Tags == nil {
				r.track.Tags = make(map[string]string)
			}
			r.track.Tags[name] = value
		}
		return nil
	}
	common, err := parseCommon(b, compressed)
	if err != nil {
		return err
	}
	r.common, r.align = common, int64(common.form.Align())
	return nil
}

// measure settles where the samples are and what is damaged.
func (r *file) measure(sound chunk, last int64) (*linear.Reader, error) {
	size := r.track.Bytes
	start := sound.body + soundHeader
	if size < start {
		samples, err := linear.Of(r.src, r.track, r.common.form, size, 0)
		if err == nil {
			samples.Later(track.Damage{Kind: track.CutEnd, Offset: size})
		}
		return samples, err
	}
	var b [soundHeader]byte
	if err := linear.ReadFull(r.src, b[:], sound.body); err != nil {
		return nil, err
	}
	there := size - start
	offset := int64(binary.BigEndian.Uint32(b[:]))
	if offset > min(there, max(0, sound.size-soundHeader)) {
		r.badIndex(sound)
		offset = 0
	}
	start, there = start+offset, there-offset
	length := max(0, sound.size-soundHeader-offset)
	stated := r.common.frames * r.align
	believed := last >= size-1 // the chunks lead to the end of the file
	switch {
	case sound.size < soundHeader || length == 0 && there > 0 || !believed && sound.size <= size-sound.body:
		length = there // never filled in, or damaged
		r.badIndex(sound)
	case length > there: // cut off
	case stated > 0 && stated < length && length-stated < r.align:
		length = stated // padding in the chunk
	case stated != length:
		r.badIndex(sound)
	}
	return linear.Of(r.src, r.track, r.common.form, start, length)
}

// badIndex notes that what the file says of its length is wrong.
func (r *file) badIndex(sound chunk) {
	r.track.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: sound.body - chunkHeader})
}

// decodeText returns text that is UTF-8, as some write it now, or else taken for
// Latin-1.
func decodeText(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	if !utf8.ValidString(text) {
		runes := make([]rune, len(text))
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		text = string(runes)
	}
	return strings.TrimSpace(text)
}
