package unithash

// maskFLAC leaves out of a frame its number, the length of which depends on
// its value, and both CRCs (RFC 9639, 9.1 and 9.3), and clears the bit that
// says what the number counts. A frame is silent if its first channel is a
// constant and there is no room for more than that in the others.
func (h *Hasher) maskFLAC(frame []byte) (masked []byte, silent bool) {
	h.buf = h.buf[:0]
	const fixed, crc16 = 4, 2
	if len(frame) < fixed+1+1+crc16 {
		return append(h.buf, frame...), false
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
	if at+1 >= len(frame)-crc16 {
		return append(h.buf, frame...), false
	}
	channels := 2 // left and side, side and right, mid and side
	if code := int(frame[3] >> 4); code < 8 {
		channels = code + 1
	}
	h.buf = append(h.buf, frame[:fixed]...)
	h.buf[1] &^= 1
	h.buf = append(h.buf, frame[fixed+n:at]...)
	body := frame[at+1 : len(frame)-crc16]
	h.buf = append(h.buf, body...)
	const kindMask = 0x7e // of a subframe header (9.2.1); 0 is a constant
	const constant = 1 + 4
	return h.buf, body[0]&kindMask == 0 && len(body) <= channels*constant
}
