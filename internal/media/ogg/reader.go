package ogg

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged means that a file is not what the Writer of this package writes.
var ErrDamaged = errors.New("ogg: damaged file")

// EachPacket calls fn for every packet of a file with one stream, header
// packets included, and checks each page (RFC 3533 §6). The packet is valid
// during the call.
func EachPacket(r io.Reader, fn func(packet []byte) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var packet []byte
	page := make([]byte, 0, 27+255+255*255)
	for sequence := uint32(0); ; sequence++ {
		page = page[:27]
		if _, err := io.ReadFull(in, page); err == io.EOF && sequence > 0 {
			break
		} else if err != nil {
			return fmt.Errorf("%w: page %d: %w", ErrDamaged, sequence, err)
		}
		segments := int(page[26])
		page = page[:27+segments]
		if _, err := io.ReadFull(in, page[27:]); err != nil {
			return fmt.Errorf("%w: page %d: %w", ErrDamaged, sequence, err)
		}
		size := 0
		for _, s := range page[27:] {
			size += int(s)
		}
		page = page[:27+segments+size]
		if _, err := io.ReadFull(in, page[27+segments:]); err != nil {
			return fmt.Errorf("%w: page %d: %w", ErrDamaged, sequence, err)
		}
		sum := binary.LittleEndian.Uint32(page[22:])
		clear(page[22:26])
		if string(page[:4]) != "OggS" || binary.LittleEndian.Uint32(page[18:]) != sequence || crc(page) != sum {
			return fmt.Errorf("%w: page %d", ErrDamaged, sequence)
		}
		body := page[27+segments:]
		for _, s := range page[27 : 27+segments] {
			packet = append(packet, body[:s]...)
			body = body[s:]
			if s == 255 {
				continue
			}
			if err := fn(packet); err != nil {
				return err
			}
			packet = packet[:0]
		}
	}
	if len(packet) > 0 {
		return fmt.Errorf("%w: the last packet is cut", ErrDamaged)
	}
	return nil
}
