package unithash

// maskFLAC leaves out of a frame its number, the length of which depends on
// its value, and both CRCs (RFC 9639, 9.1 and 9.3), and clears the bit that
// says what the number counts.
func (h *Hasher) maskFLAC(frame []byte) (masked []byte, silent bool) {
	h.buf = h.buf[:0]
	const fixed, crc16 = 4, 2
	if len(frame) < fixed+1+1+crc16 {
		return append(h.buf, frame...), true
	}
	n := 1 // bytes of the coded number
	for c := frame[fixed]; c&0x80 != 0 && n < 7; c <<= 1 {
		if c&0x40 != 0 {
			n++
		}
	}
	at := fixed + n
	switch frame[2] >> 4 { // the block size, where it is not coded above
	case 6:
		at++
	case 7:
		at += 2
	}
	switch frame[2] & 0xf { // the sample rate likewise
	case 12:
		at++
	case 13, 14:
		at += 2
	}
	if at+1 > len(frame)-crc16 {
		return append(h.buf, frame...), true
	}
	h.buf = append(h.buf, frame[:fixed]...)
	h.buf[1] &^= 1
	h.buf = append(h.buf, frame[fixed+n:at]...)
	h.buf = append(h.buf, frame[at+1:len(frame)-crc16]...)
	return h.buf, false
}
