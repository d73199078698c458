// Package w64 reads PCM, µ-law and A-law in Sony's Wave64 files (Sony Pictures
// Digital: Wave64 File Format), which are WAV files with sizes of 64 bits.
package w64

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

var (
	// ErrNotW64 means that a file is not a Wave64 file.
	ErrNotW64 = errors.New("not a Wave64 file")
	// ErrNoData means that a file has no fmt chunk, or no data chunk.
	ErrNoData = errors.New("Wave64 file without audio")
)

// The ids of chunks are GUIDs that begin with the letters of WAV's.
const (
	riff = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
	rest = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
	wave = "wave" + rest
)

const (
	guid        = 16
	chunkHeader = guid + 8
	fileHeader  = chunkHeader + guid
	maxChunks   = 1000
)

// A Reader walks through the samples of a Wave64 file. It is a track.Reader.
type Reader struct{ *linear.Reader }

// NewReader returns a Reader of the size bytes in r. The error is ErrNotW64,
// ErrNoData or wav.ErrCompressed, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	if size < fileHeader {
		return nil, ErrNotW64
	}
	var head [fileHeader]byte
	if err := linear.ReadFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:guid]) != riff || string(head[chunkHeader:]) != wave {
		return nil, ErrNotW64
	}
	t := track.Track{Format: track.W64, Bytes: size}
	var form linear.Form
	var frames int64 // of the fact chunk
	off := int64(fileHeader)
	for range maxChunks {
		if size-off < chunkHeader {
			break
		}
		var b [chunkHeader]byte
		if err := linear.ReadFull(r, b[:], off); err != nil {
			return nil, err
		}
		body := off + chunkHeader
		stated := binary.LittleEndian.Uint64(b[guid:]) // the header included
		length := int64(min(stated, math.MaxInt64/2)) - chunkHeader
		switch string(b[:guid]) {
		case "fmt " + rest:
			const longest = 4096
			config := make([]byte, min(max(length, 0), longest, size-body))
			if err := linear.ReadFull(r, config, body); err != nil {
				return nil, err
			}
			var err error
			if form, err = parseFormat(config); err != nil {
				return nil, err
			}
		case "fact" + rest:
			var count [8]byte
			if length >= int64(len(count)) && size-body >= int64(len(count)) {
				if err := linear.ReadFull(r, count[:], body); err != nil {
					return nil, err
				}
				frames = int64(binary.LittleEndian.Uint64(count[:]) & (1<<56 - 1))
			}
		case "data" + rest:
			if form.Rate == 0 {
				return nil, ErrNoData
			}
			if length <= 0 && size > body { // never filled in
				t.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: off})
				length = size - body
			}
			length = unpadded(length, size-body, frames, int64(form.Align()))
			samples, err := linear.Of(r, t, form, body, length)
			if err != nil {
				return nil, err
			}
			return &Reader{samples}, nil
		}
		if length < 0 || length > size-body {
			break
		}
		off = body + (length+7)&^7
	}
	return nil, ErrNoData
}

// unpadded returns how many bytes of a data chunk are samples: some programs count
// what fills it up to 8 bytes.
func unpadded(length, there, frames, align int64) int64 {
	const filled = 8
	length = max(length, 0)
	if length%filled != 0 || length > there {
		return length
	}
	if frames > 0 && frames < length && frames*align < length && length-frames*align < filled {
		return frames * align
	}
	if rest := length % align; rest < filled {
		length -= rest
	}
	return length
}

// parseFormat reads the body of a fmt chunk, which is WAV's.
func parseFormat(b []byte) (linear.Form, error) {
	const aLaw, muLaw, whole = 6, 7, 16
	le := binary.LittleEndian
	if len(b) >= whole && (le.Uint16(b) == aLaw || le.Uint16(b) == muLaw) && le.Uint16(b[14:]) == 8 {
		f := linear.Form{Kind: linear.MuLaw, Bits: 8, Channels: int(le.Uint16(b[2:])), Rate: int(min(le.Uint32(b[4:]), math.MaxInt32))}
		if le.Uint16(b) == aLaw {
			f.Kind = linear.ALaw
		}
		_, err := f.Config()
		return f, err
	}
	w, err := wav.ParseFormat(b)
	if err != nil {
		return linear.Form{}, fmt.Errorf("Wave64: %w", err)
	}
	f := linear.Form{Bits: w.Bits, Valid: w.ValidBits, Channels: w.Channels, Rate: w.SampleRate}
	switch {
	case w.Float:
		f.Kind = linear.Float
	case w.Bits == 8:
		f.Kind = linear.Unsigned
	}
	_, err = f.Config()
	return f, err
}
