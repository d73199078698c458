// Package aiff reads PCM in AIFF and AIFF-C files (Apple Computer: Audio
// Interchange File Format, versions 1.3 and C draft 1991-08-26).
package aiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/wav"
)

var (
	// ErrNotAIFF means that a file is not an AIFF or AIFF-C file.
	ErrNotAIFF = errors.New("not an AIFF file")
	// ErrNoData means that a file has no COMM chunk that makes sense, or no SSND
	// chunk.
	ErrNoData = errors.New("AIFF file without audio")
	// ErrCompressed means that the audio is not linear PCM.
	ErrCompressed = errors.New("compressed audio in AIFF-C is not supported")
)

// A common is what the COMM chunk says.
type common struct {
	format wav.Format
	frames int64 // samples of the file, as stated
	// How numbers are stored: big-endian ones are turned, signed ones of 8 bits
	// made unsigned, as WAV has them.
	big, signed8 bool
}

// parseCommon reads the body of a COMM chunk.
func parseCommon(b []byte, compressed bool) (c common, err error) {
	const plain = 18
	if len(b) < plain {
		return c, ErrNoData
	}
	be := binary.BigEndian
	bits := int(be.Uint16(b[6:]))
	rate := extended(b[8:])
	kind := "NONE"
	if compressed && len(b) >= plain+4 {
		kind = string(b[plain : plain+4])
	}
	c.frames = int64(be.Uint32(b[2:]))
	c.big = true
	f := wav.Format{Channels: int(be.Uint16(b)), SampleRate: int(rate), ValidBits: bits}
	switch kind {
	case "NONE", "twos":
	case "sowt":
		c.big = false
	case "in24":
		bits = 24
	case "in32":
		bits = 32
	case "raw ":
		if bits != 8 {
			return c, fmt.Errorf("%w: unsigned PCM of %d bits", ErrCompressed, bits)
		}
	case "fl32", "FL32":
		bits, f.Float = 32, true
	case "fl64", "FL64":
		bits, f.Float = 64, true
	default:
		return c, fmt.Errorf("%w: %s", ErrCompressed, kindName(kind))
	}
	// A number fills bytes; its bits are the topmost of them.
	f.Bits = (bits + 7) / 8 * 8
	if f.ValidBits > f.Bits || f.ValidBits < 1 || f.Float {
		f.ValidBits = f.Bits
	}
	c.signed8 = f.Bits == 8 && kind != "raw "
	if rate < 1 || rate > 1<<24 || bits < 1 || bits > 64 {
		return c, fmt.Errorf("AIFF of %d channels at %g Hz with %d bits: %w", f.Channels, rate, bits, ErrNoData)
	}
	// The configuration is that of WAV, whose decoder plays it.
	if _, err := wav.ParseFormat([]byte(f.Config().Specific)); err != nil {
		return c, fmt.Errorf("AIFF of %d channels at %d Hz with %d bits: %w", f.Channels, f.SampleRate, bits, ErrNoData)
	}
	c.format = f
	return c, nil
}

// convert turns numbers into those of WAV.
func (c *common) convert(b []byte) {
	size := c.format.Bits / 8
	switch {
	case c.signed8:
		for i := range b {
			b[i] ^= 0x80
		}
	case !c.big:
	case size == 2:
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	case size > 2:
		for ; len(b) >= size; b = b[size:] {
			for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
				b[i], b[j] = b[j], b[i]
			}
		}
	}
}

// extended reads an extended number of IEEE 754 with 80 bits; what is not a
// positive number is 0.
func extended(b []byte) float64 {
	const bias, mantissa = 16383, 63
	exponent := int(binary.BigEndian.Uint16(b))
	if exponent&0x8000 != 0 || exponent == 0x7FFF {
		return 0
	}
	return math.Ldexp(float64(binary.BigEndian.Uint64(b[2:])), exponent-bias-mantissa)
}

// kindName returns what people call a compression.
func kindName(kind string) string {
	switch strings.ToLower(kind) {
	case "ulaw":
		return "µ-law"
	case "alaw":
		return "A-law"
	case "ima4":
		return "IMA ADPCM"
	case "mac3", "mac6":
		return "MACE"
	case "gsm ":
		return "GSM 6.10"
	case "g722", "g726", "g728":
		return "G." + kind[1:]
	case "qdmc", "qdm2":
		return "QDesign Music"
	case "qclp":
		return "Qualcomm PureVoice"
	case "alac":
		return "Apple Lossless (ALAC)"
	}
	return fmt.Sprintf("%q", kind)
}

// readFull fills b from off.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the source is shorter than its size says
	}
	return err
}
