package unithash

import "github.com/spaces-cli/spaces/internal/media/mp3"

// maskMP3 clears, in a whole frame, the CRC, the header bits private,
// copyright, original and emphasis (ISO/IEC 11172-3, 2.4.2.3), and every
// global_gain (2.4.2.7). A frame without main data of its own for any granule
// is silent.
func (h *Hasher) maskMP3(frame []byte) (masked []byte, silent bool) {
	h.buf = append(h.buf[:0], frame...)
	b := h.buf
	head, err := mp3.ParseHeader(b)
	if err != nil {
		return b, false
	}
	b[2] &^= 1   // private_bit
	b[3] &^= 0xf // copyright, original, emphasis
	at := mp3.HeaderSize
	if head.Protected {
		if len(b) < at+2 {
			return b, false
		}
		clear(b[at : at+2])
		at += 2
	}
	// The side information ends in a part for each channel of each granule.
	parts, width, side := 2*head.Channels(), 59, 32
	if head.Channels() == 1 {
		side = 17
	}
	if head.Version != mp3.MPEG1 {
		parts, width, side = head.Channels(), 63, 17
		if head.Channels() == 1 {
			side = 9
		}
	}
	if len(b) < at+side {
		return b, false
	}
	silent = true
	first := 8*(at+side) - parts*width
	for i := range parts {
		const lengthBits, bigValuesBits = 12, 9 // part2_3_length and big_values come before global_gain
		part := first + i*width
		for k := part; k < part+lengthBits; k++ {
			silent = silent && b[k>>3]&(0x80>>(k&7)) == 0
		}
		clearBits(b, part+lengthBits+bigValuesBits, 8)
	}
	return b, silent
}
