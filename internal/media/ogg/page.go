// Package ogg reads the sound of Ogg files, and writes files of Opus (RFC 3533,
// the container; RFC 7845, how Opus stands in it; RFC 9639 §10.1, how FLAC does).
package ogg

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// Header flags of a page (RFC 3533 §6).
const (
	flagContinued = 1 // its first packet began on the page before
	flagFirst     = 2
	flagLast      = 4
)

// maxSegments is how many lacing values a page has at most.
const maxSegments = 255

// noPosition is the granule position of a page on which no packet ends.
const noPosition = ^uint64(0)

// crcTable is that of the polynomial 0x04C11DB7, most significant bit first.
var crcTable = sync.OnceValue(func() *[256]uint32 {
	var t [256]uint32
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			c = c<<1 ^ c>>31*0x04C11DB7
		}
		t[i] = c
	}
	return &t
})

func crc(b []byte) uint32 { return crcOn(0, b) }

// crcOn continues a CRC over b.
func crcOn(c uint32, b []byte) uint32 {
	table := crcTable()
	for _, v := range b {
		c = c<<8 ^ table[byte(c>>24)^v]
	}
	return c
}

// pages writes the pages of one logical stream.
type pages struct {
	w        io.Writer
	serial   uint32
	sequence uint32
	buf      []byte
}

// write writes a page of these lacing values and their content.
func (p *pages) write(flags byte, position uint64, lacing, content []byte) error {
	if len(lacing) > maxSegments {
		return errors.New("ogg: too many segments for a page")
	}
	le := binary.LittleEndian
	b := append(p.buf[:0], "OggS"...)
	b = append(b, 0, flags)
	b = le.AppendUint64(b, position)
	b = le.AppendUint32(b, p.serial)
	b = le.AppendUint32(b, p.sequence)
	b = append(b, 0, 0, 0, 0, byte(len(lacing)))
	b = append(b, lacing...)
	b = append(b, content...)
	le.PutUint32(b[22:], crc(b))
	p.buf = b
	p.sequence++
	_, err := p.w.Write(b)
	return err
}

// writePacket writes a packet on pages of its own.
func (p *pages) writePacket(flags byte, position uint64, packet []byte) error {
	lacing := appendLacing(nil, len(packet))
	for len(lacing) > maxSegments {
		const n = maxSegments * 255
		if err := p.write(flags, noPosition, lacing[:maxSegments], packet[:n]); err != nil {
			return err
		}
		lacing, packet = lacing[maxSegments:], packet[n:]
		flags = flags&^flagFirst | flagContinued
	}
	return p.write(flags, position, lacing, packet)
}

// appendLacing appends the lacing values of a packet of n bytes.
func appendLacing(b []byte, n int) []byte {
	for ; n >= 255; n -= 255 {
		b = append(b, 255)
	}
	return append(b, byte(n))
}
