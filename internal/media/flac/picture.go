package flac

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// ErrCover means that a cover picture is neither JPEG nor PNG.
var ErrCover = errors.New("flac: the cover picture is neither JPEG nor PNG")

// Cover returns the body of a PICTURE block with the front cover (RFC 9639
// §8.8), from a whole JPEG or PNG file. Ogg has the same body as base64 in the
// comment METADATA_BLOCK_PICTURE.
func Cover(file []byte) ([]byte, error) {
	var mime string
	var decode func(io.Reader) (image.Config, error)
	switch {
	case bytes.HasPrefix(file, []byte("\xFF\xD8\xFF")):
		mime, decode = "image/jpeg", jpeg.DecodeConfig
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1A\n")):
		mime, decode = "image/png", png.DecodeConfig
	default:
		return nil, ErrCover
	}
	c, err := decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	depth, colors := depthOf(c.ColorModel)
	const front = 3
	be := binary.BigEndian
	b := be.AppendUint32(nil, front)
	b = be.AppendUint32(b, uint32(len(mime)))
	b = append(b, mime...)
	b = be.AppendUint32(b, 0) // no description
	for _, v := range []int{c.Width, c.Height, depth, colors, len(file)} {
		b = be.AppendUint32(b, uint32(v))
	}
	return append(b, file...), nil
}

// depthOf returns how many bits a pixel has and, of a picture with a palette,
// how many colours.
func depthOf(m color.Model) (bits, colors int) {
	if p, ok := m.(color.Palette); ok {
		return 8, len(p)
	}
	switch m {
	case color.GrayModel:
		return 8, 0
	case color.Gray16Model:
		return 16, 0
	case color.NRGBAModel, color.CMYKModel:
		return 32, 0
	case color.RGBA64Model:
		return 48, 0
	case color.NRGBA64Model:
		return 64, 0
	}
	return 24, 0
}
