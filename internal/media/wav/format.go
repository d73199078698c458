// Package wav reads and writes PCM in RIFF/WAVE files, and in RF64 and BW64
// files, which are the same beyond 4 GiB (EBU Tech 3306, ITU-R BS.2088).
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrNotWAV means that a file is no RIFF/WAVE, RF64 or BW64 file.
	ErrNotWAV = errors.New("not a WAV file")
	// ErrNoData means that a file has no fmt chunk, or no data chunk after it.
	ErrNoData = errors.New("WAV file without audio")
	// ErrCompressed means that the audio is not linear PCM.
	ErrCompressed = errors.New("compressed audio in WAV is not supported")
)

// Format tags (RFC 2361).
const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagExtensible = 0xFFFE
)

// A Format is what a fmt chunk says (WAVEFORMATEX and WAVEFORMATEXTENSIBLE of
// Microsoft's mmreg.h).
type Format struct {
	Float      bool // IEEE 754 numbers, not integers
	Channels   int
	SampleRate int // samples per second
	Bits       int // of each channel's number as stored: 8, 16, 24, 32 or 64
	// ValidBits of Bits, the topmost, carry sound; the rest are 0.
	ValidBits int
}

// maxChannels is more than any recording has, and small enough for a unit of
// all of them to be held in memory.
const maxChannels = 255

// BlockAlign returns the number of bytes of one sample of all channels.
func (f Format) BlockAlign() int { return f.Channels * f.Bits / 8 }

// ParseFormat reads the body of a fmt chunk, such as Config.Specific of PCM.
// Integers of 8 bits are unsigned, all others signed; all are little-endian.
func ParseFormat(body []byte) (Format, error) {
	if len(body) < 16 {
		return Format{}, fmt.Errorf("fmt chunk of %d bytes: %w", len(body), ErrNoData)
	}
	tag := binary.LittleEndian.Uint16(body)
	f := Format{
		Channels:   int(binary.LittleEndian.Uint16(body[2:])),
		SampleRate: int(binary.LittleEndian.Uint32(body[4:])),
		Bits:       int(binary.LittleEndian.Uint16(body[14:])),
	}
	align := int(binary.LittleEndian.Uint16(body[12:]))
	f.ValidBits = f.Bits
	if tag == tagExtensible && len(body) >= 40 {
		// The sub-format's GUID begins with the tag that it stands for.
		tag = binary.LittleEndian.Uint16(body[24:])
		if v := int(binary.LittleEndian.Uint16(body[18:])); v > 0 && v < f.Bits {
			f.ValidBits = v
		}
	}
	f.Float = tag == tagFloat
	switch {
	case tag != tagPCM && tag != tagFloat:
		return Format{}, fmt.Errorf("%w: format tag %#04x (%s)", ErrCompressed, tag, tagName(tag))
	case f.Channels == 0 || f.Channels > maxChannels || f.SampleRate == 0 || f.SampleRate > 1<<30:
		return Format{}, fmt.Errorf("WAV of %d channels at %d Hz: %w", f.Channels, f.SampleRate, ErrNoData)
	}
	// Up to 8 × n bits are stored in n bytes; block_align tells if in more.
	f.Bits = (f.Bits + 7) / 8 * 8
	if align > 0 && align%f.Channels == 0 && !f.Float {
		f.Bits = max(f.Bits, align/f.Channels*8)
	}
	switch {
	case f.Float && (f.Bits == 32 || f.Bits == 64):
	case !f.Float && (f.Bits == 8 || f.Bits == 16 || f.Bits == 24 || f.Bits == 32):
	default:
		return Format{}, fmt.Errorf("WAV with samples of %d bits is not supported", f.Bits)
	}
	return f, nil
}

func tagName(tag uint16) string {
	switch tag {
	case 0x0002:
		return "Microsoft ADPCM"
	case 0x0006:
		return "A-law"
	case 0x0007:
		return "µ-law"
	case 0x0011:
		return "IMA ADPCM"
	case 0x0031:
		return "GSM 6.10"
	case 0x0050:
		return "MPEG audio Layer I or II"
	case 0x0055:
		return "MP3"
	case 0x00FF:
		return "AAC"
	}
	return "unknown"
}

// Config returns the track.Config of PCM of this format.
func (f Format) Config() track.Config {
	return f.config(string(f.body()))
}

func (f Format) config(specific string) track.Config {
	return track.Config{
		Codec:       track.PCM,
		SampleRate:  f.SampleRate,
		Channels:    f.Channels,
		UnitSamples: track.PCMUnit,
		Specific:    specific,
	}
}

// body returns the body of a fmt chunk: the short form where it is enough.
func (f Format) body() []byte {
	tag := uint16(tagPCM)
	if f.Float {
		tag = tagFloat
	}
	valid := f.ValidBits
	if valid == 0 {
		valid = f.Bits
	}
	extensible := f.Channels > 2 || valid != f.Bits || !f.Float && f.Bits > 16
	le := binary.LittleEndian
	var b []byte
	if extensible {
		b = le.AppendUint16(b, tagExtensible)
	} else {
		b = le.AppendUint16(b, tag)
	}
	b = le.AppendUint16(b, uint16(f.Channels))
	b = le.AppendUint32(b, uint32(f.SampleRate))
	b = le.AppendUint32(b, uint32(f.SampleRate*f.BlockAlign()))
	b = le.AppendUint16(b, uint16(f.BlockAlign()))
	b = le.AppendUint16(b, uint16(f.Bits))
	if extensible {
		b = le.AppendUint16(b, 22) // cbSize
		b = le.AppendUint16(b, uint16(valid))
		b = le.AppendUint32(b, 0) // speaker positions: not told
		b = le.AppendUint16(b, tag)
		b = append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"...) // KSDATAFORMAT_SUBTYPE
	}
	return b
}

// Header returns what a file of the PCM that c describes starts with, up to
// the first sample: samples × block align bytes of data follow, and one byte
// of 0 if that is an odd number. It is RIFF where the file stays below 4 GiB,
// else RF64.
func Header(c track.Config, samples int64) ([]byte, error) {
	f, err := ParseFormat([]byte(c.Specific))
	if err != nil {
		return nil, err
	}
	if c.Codec != track.PCM || samples < 0 {
		return nil, fmt.Errorf("a WAV file cannot hold %d samples of %s", samples, c)
	}
	le := binary.LittleEndian
	size := samples * int64(f.BlockAlign())
	if size/int64(f.BlockAlign()) != samples || size > 1<<62 {
		return nil, fmt.Errorf("a WAV file cannot hold %d samples of %s", samples, c)
	}
	total := 4 + 8 + int64(len(c.Specific)+len(c.Specific)%2) + 8 + size + size%2
	id, riffSize, dataSize := "RIFF", uint32(total), uint32(size)
	var ds64 []byte
	if total > 0xFFFFFFFF {
		const body = 28
		total += 8 + body
		id, riffSize, dataSize = "RF64", 0xFFFFFFFF, 0xFFFFFFFF
		ds64 = append(ds64, "ds64"...)
		ds64 = le.AppendUint32(ds64, body)
		ds64 = le.AppendUint64(ds64, uint64(total))
		ds64 = le.AppendUint64(ds64, uint64(size))
		ds64 = le.AppendUint64(ds64, uint64(samples))
		ds64 = le.AppendUint32(ds64, 0) // entries for further chunks
	}
	b := le.AppendUint32([]byte(id), riffSize)
	b = append(b, "WAVE"...)
	b = append(b, ds64...)
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, uint32(len(c.Specific)))
	b = append(b, c.Specific...)
	if len(c.Specific)%2 != 0 {
		b = append(b, 0)
	}
	b = append(b, "data"...)
	return le.AppendUint32(b, dataSize), nil
}

// A CompressedError says that the audio of a file is not linear PCM, and where it
// is. It wraps ErrCompressed.
type CompressedError struct {
	MuLaw, ALaw          bool // 8 bits that stand for 14 or 13 (ITU-T G.711)
	MPEG                 bool // frames of MPEG audio Layer I or II
	MP3                  bool // frames of MPEG Layer III, one behind the other
	Channels, SampleRate int
	Start, Size          int64 // of the data in the file
	Tags                 map[string]string
	err                  error
}

func (e *CompressedError) Error() string { return e.err.Error() }
func (e *CompressedError) Unwrap() error { return e.err }

// newCompressed reads a fmt chunk that ParseFormat does not take.
func newCompressed(body []byte, err error) *CompressedError {
	const muLaw, aLaw, mpeg, mp3, eight = 0x07, 0x06, 0x50, 0x55, 8
	le := binary.LittleEndian
	e := &CompressedError{Channels: int(le.Uint16(body[2:])), SampleRate: int(min(le.Uint32(body[4:]), 1<<30)), err: err}
	e.MPEG, e.MP3 = le.Uint16(body) == mpeg, le.Uint16(body) == mp3
	if le.Uint16(body[14:]) == eight {
		e.MuLaw, e.ALaw = le.Uint16(body) == muLaw, le.Uint16(body) == aLaw
	}
	return e
}
