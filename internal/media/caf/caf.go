// Package caf reads Apple's Core Audio Format (Apple Core Audio Format
// Specification 1.0), in which iPhones and Macs record: PCM, µ-law, A-law, Apple
// Lossless, AAC, Opus and MP3.
package caf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/within"
)

var (
	// ErrNotCAF means that a file is not a CAF file.
	ErrNotCAF = errors.New("not a Core Audio file")
	// ErrNoData means that a file does not say what it holds, or holds nothing.
	ErrNoData = errors.New("a Core Audio file without audio")
	// ErrCodec means that the sound is coded in a way that this package does not
	// know.
	ErrCodec = errors.New("unsupported audio coding")
	// ErrNoTable means that nothing tells where the packets begin: a recorder
	// writes that last.
	ErrNoTable = errors.New("the packet table is missing: the recording was not finished")
)

const (
	fileHeader  = 8
	chunkHeader = 12
	descSize    = 32
	editCount   = 4 // at the start of a data chunk
	maxChunks   = 1000
	maxCookie   = 64 << 10
	maxInfo     = 1 << 20
)

// A Reader walks through the access units of a CAF file. It is a track.Reader.
type Reader struct {
	track.Reader
	codec track.Codec
}

// Codec says how the sound is coded.
func (r *Reader) Codec() track.Codec { return r.codec }

// A chunk is one of the file's.
type chunk struct{ body, size int64 }

// A description is what the desc chunk says.
type description struct {
	rate     float64
	format   string
	flags    uint32
	bytes    int64 // of a packet; 0 where they differ
	frames   int64 // of a packet; 0 where they differ
	channels int
	bits     int
}

// A file is what is read before the sound.
type file struct {
	src         io.ReaderAt
	desc        description
	data, table chunk
	cookie      []byte
	track       track.Track
}

// NewReader returns a Reader of the size bytes in r. The error is ErrNotCAF,
// ErrNoData, ErrCodec or ErrNoTable, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, opts track.Options) (*Reader, error) {
	f := &file{src: r, track: track.Track{Format: track.CAF, Bytes: size}}
	var head [fileHeader]byte
	if size < fileHeader {
		return nil, ErrNotCAF
	}
	if err := linear.ReadFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:4]) != "caff" {
		return nil, ErrNotCAF
	}
	if err := f.chunks(); err != nil {
		return nil, err
	}
	if f.desc.format == "" || f.data.body == 0 {
		return nil, ErrNoData
	}
	return f.open(opts)
}

// chunks walks through the chunks of the file as far as they lead.
func (f *file) chunks() error {
	size := f.track.Bytes
	off := int64(fileHeader)
	for range maxChunks {
		if size-off < chunkHeader {
			break
		}
		var b [chunkHeader]byte
		if err := linear.ReadFull(f.src, b[:], off); err != nil {
			return err
		}
		kind, body := string(b[:4]), off+chunkHeader
		length := int64(binary.BigEndian.Uint64(b[4:]))
		if kind == "data" && f.data.body == 0 {
			// −1 stands for all that follows.
			if length < editCount && size-body > editCount {
				if length != -1 {
					f.track.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: off})
				}
				length = size - body
			}
			f.data = chunk{min(body+editCount, size), max(0, length-editCount)}
		}
		if length < 0 || length > size-body {
			break
		}
		if err := f.chunk(kind, chunk{body, length}); err != nil {
			return err
		}
		off = body + length
	}
	return nil
}

func (f *file) chunk(kind string, c chunk) error {
	var longest int64
	switch kind {
	case "desc":
		longest = descSize
	case "kuki":
		longest = maxCookie
	case "info":
		longest = maxInfo
	case "pakt":
		f.table = c
		return nil
	default:
		return nil
	}
	b := make([]byte, min(c.size, longest))
	if err := linear.ReadFull(f.src, b, c.body); err != nil {
		return err
	}
	switch kind {
	case "desc":
		if len(b) < descSize {
			return nil
		}
		be := binary.BigEndian
		f.desc = description{
			rate: math.Float64frombits(be.Uint64(b)), format: string(b[8:12]), flags: be.Uint32(b[12:]),
			bytes: int64(be.Uint32(b[16:])), frames: int64(be.Uint32(b[20:])),
			channels: int(min(be.Uint32(b[24:]), math.MaxInt32)), bits: int(min(be.Uint32(b[28:]), math.MaxInt32)),
		}
	case "kuki":
		f.cookie = b
	case "info":
		f.info(b)
	}
	return nil
}

// info reads pairs of a key and a value, each with a zero behind it.
func (f *file) info(b []byte) {
	names := map[string]string{"title": "title", "artist": "artist", "album": "album", "recorded date": "date", "year": "date", "date": "date", "comments": "comment", "comment": "comment"}
	b = b[min(len(b), 4):]
	for len(b) > 0 {
		var key, value []byte
		key, b, _ = bytes.Cut(b, []byte{0})
		value, b, _ = bytes.Cut(b, []byte{0})
		name := names[string(key)]
		if name == "" || len(value) == 0 {
			continue
		}
		if f.track.Tags == nil {
			f.track.Tags = make(map[string]string)
		}
		f.track.Tags[name] = string(bytes.ToValidUTF8(value, []byte("\uFFFD")))
	}
}

// open makes the Reader for the coding.
func (f *file) open(opts track.Options) (*Reader, error) {
	switch f.desc.format {
	case "lpcm", "ulaw", "alaw":
		form, err := f.desc.form()
		if err != nil {
			return nil, err
		}
		r, err := linear.Of(f.src, f.track, form, f.data.body, f.data.size)
		return &Reader{r, track.PCM}, err
	case ".mp3":
		there := min(f.data.size, f.track.Bytes-f.data.body)
		s := within.Join(f.src, []within.Piece{{Off: f.data.body, Size: there}})
		r, err := within.Of(s, f.track, opts, func(opts track.Options) (track.Reader, error) {
			r, err := mp3.NewReader(s, s.Size(), opts)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrNoData, err)
			}
			return r, nil
		})
		return &Reader{r, track.MP3}, err
	}
	return f.packets()
}

// form says how PCM is stored.
func (d *description) form() (f linear.Form, err error) {
	const float, little = 1, 2
	if !(d.rate >= 1 && d.rate <= 1<<24) {
		return f, fmt.Errorf("%w: %g Hz", ErrNoData, d.rate)
	}
	f = linear.Form{Bits: (d.bits + 7) / 8 * 8, Valid: d.bits, Big: d.flags&little == 0, Channels: d.channels, Rate: int(d.rate + 0.5)}
	switch {
	case d.format == "ulaw":
		f.Kind, f.Bits = linear.MuLaw, 8
	case d.format == "alaw":
		f.Kind, f.Bits = linear.ALaw, 8
	case d.flags&float != 0:
		f.Kind = linear.Float
	}
	if _, err := f.Config(); err != nil {
		return f, fmt.Errorf("%w: %w", ErrNoData, err)
	}
	if d.bytes != 0 && d.bytes != int64(f.Align())*max(1, d.frames) {
		return f, fmt.Errorf("%w: PCM of %d bits in packets of %d bytes", ErrCodec, d.bits, d.bytes)
	}
	return f, nil
}
