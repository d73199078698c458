// Package aiff reads PCM in AIFF and AIFF-C files (Apple Computer: Audio
// Interchange File Format, versions 1.3 and C draft 1991-08-26).
package aiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/linear"
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
	form   linear.Form
	frames int64 // samples of the file, as stated
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
	f := linear.Form{Big: true, Channels: int(be.Uint16(b)), Rate: int(min(rate, math.MaxInt32)), Valid: bits}
	switch kind {
	case "NONE", "twos":
	case "sowt":
		f.Big = false
	case "in24":
		bits = 24
	case "in32":
		bits = 32
	case "raw ":
		if bits != 8 {
			return c, fmt.Errorf("%w: unsigned PCM of %d bits", ErrCompressed, bits)
		}
		f.Kind = linear.Unsigned
	case "fl32", "FL32":
		bits, f.Kind = 32, linear.Float
	case "fl64", "FL64":
		bits, f.Kind = 64, linear.Float
	case "ulaw", "ULAW":
		bits, f.Kind = 8, linear.MuLaw
	case "alaw", "ALAW":
		bits, f.Kind = 8, linear.ALaw
	default:
		return c, fmt.Errorf("%w: %s", ErrCompressed, kindName(kind))
	}
	// A number fills bytes; its bits are the topmost of them.
	f.Bits = (bits + 7) / 8 * 8
	if _, err := f.Config(); err != nil || bits < 1 {
		return c, fmt.Errorf("AIFF of %d channels at %g Hz with %d bits: %w", f.Channels, rate, bits, ErrNoData)
	}
	c.form = f
	return c, nil
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
