// Package au reads PCM, µ-law and A-law in Sun's AU files (.au, .snd), as Sun's
// manual page audio.h(3) describes them.
package au

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrNotAU means that a file is not an AU file.
	ErrNotAU = errors.New("not an AU file")
	// ErrNoData means that a file says of its sound what makes no sense.
	ErrNoData = errors.New("AU file without audio")
	// ErrCompressed means that the sound is not PCM, µ-law or A-law.
	ErrCompressed = errors.New("compressed audio in AU is not supported")
)

const (
	header = 24
	// unknownSize is what a program writes that does not go back.
	unknownSize = 0xFFFFFFFF
)

// A Reader walks through the samples of an AU file. It is a track.Reader.
type Reader struct{ *linear.Reader }

// NewReader returns a Reader of the size bytes in r. The error is ErrNotAU,
// ErrNoData or ErrCompressed, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	var b [header]byte
	if size < header {
		return nil, ErrNotAU
	}
	if err := linear.ReadFull(r, b[:], 0); err != nil {
		return nil, err
	}
	if string(b[:4]) != ".snd" {
		return nil, ErrNotAU
	}
	be := binary.BigEndian
	form := linear.Form{Big: true, Rate: int(min(be.Uint32(b[16:]), math.MaxInt32)), Channels: int(min(be.Uint32(b[20:]), math.MaxInt32))}
	switch encoding := be.Uint32(b[12:]); encoding {
	case 1:
		form.Kind, form.Bits = linear.MuLaw, 8
	case 2, 3, 4, 5:
		form.Bits = int(encoding-1) * 8
	case 6, 7:
		form.Kind, form.Bits = linear.Float, int(encoding-5)*32
	case 27:
		form.Kind, form.Bits = linear.ALaw, 8
	default:
		return nil, fmt.Errorf("%w: %s", ErrCompressed, encodingName(encoding))
	}
	if _, err := form.Config(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoData, err)
	}
	t := track.Track{Format: track.AU, Bytes: size}
	start, length := int64(be.Uint32(b[4:])), int64(be.Uint32(b[8:]))
	if start < header || start > size {
		// The annotation has at least 4 bytes.
		t.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: 4})
		start = min(header+4, size)
	}
	there := size - start
	switch {
	case length == unknownSize:
		length = there
	case length == 0 && there > 0: // never filled in
		t.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: 8})
		length = there
	}
	samples, err := linear.Of(r, t, form, start, length)
	if err != nil {
		return nil, err
	}
	if end := start + length; end < size {
		samples.Later(track.Damage{Kind: track.Junk, Offset: end, Bytes: size - end})
	}
	return &Reader{samples}, nil
}

func encodingName(encoding uint32) string {
	switch encoding {
	case 23:
		return "G.721 ADPCM"
	case 24:
		return "G.722 ADPCM"
	case 25, 26:
		return "G.723 ADPCM"
	}
	return fmt.Sprintf("encoding %d", encoding)
}
