package cover

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation reads how a camera was held from the EXIF data of a JPEG file (CIPA
// DC-008 §4.6.5, tag 274): 1 is upright, and 0 that nothing is said.
func orientation(file []byte) int {
	if !bytes.HasPrefix(file, []byte("\xFF\xD8")) {
		return 0
	}
	for at := 2; at+4 <= len(file) && file[at] == 0xFF; {
		marker, size := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		if marker == 0xDA || size < 2 || at+2+size > len(file) { // the scan begins
			return 0
		}
		if body := file[at+4 : at+2+size]; marker == 0xE1 {
			if tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok {
				return tagOrientation(tiff)
			}
		}
		at += 2 + size
	}
	return 0
}

// tagOrientation looks the tag up in the first directory of TIFF data.
func tagOrientation(b []byte) int {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 0
	}
	if len(b) < 8 {
		return 0
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 0
	}
	const entry = 12
	for i, n := int64(0), int64(order.Uint16(b[at:])); i < n; i++ {
		e := at + 2 + i*entry
		if e+entry > int64(len(b)) {
			return 0
		}
		if order.Uint16(b[e:]) != 0x0112 {
			continue
		}
		if v := int(order.Uint16(b[e+8:])); v >= 1 && v <= 8 {
			return v
		}
		return 0
	}
	return 0
}

// upright turns and mirrors a square picture as its orientation asks.
func upright(m *image.NRGBA, orientation int) *image.NRGBA {
	if orientation <= 1 {
		return m
	}
	n := m.Rect.Dx()
	out := image.NewNRGBA(m.Rect)
	for y := range n {
		for x := range n {
			u, v := x, y // in the picture as it is stored
			if orientation >= 5 {
				u, v = y, x
			}
			switch orientation {
			case 2, 7, 8:
				u = n - 1 - u
			case 3:
				u, v = n-1-u, n-1-v
			case 4, 6:
				v = n - 1 - v
			}
			if orientation == 7 {
				v = n - 1 - v
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(u, v):][:4])
		}
	}
	return out
}
