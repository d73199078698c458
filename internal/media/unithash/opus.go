package unithash

// maskOpus leaves nothing out of a packet. One is silent in which nothing was sent
// (DTX), or one frame of CELT that says so of itself: with the first symbol, of
// which the probability is 2^-15 (RFC 6716 §4.3, Table 56).
func (h *Hasher) maskOpus(packet []byte) (masked []byte, silent bool) {
	const header, celt = 1, 0x80
	if len(packet) <= header+1 {
		return packet, true
	}
	alone := packet[0]&3 == 0
	return packet, alone && packet[0]&celt != 0 && packet[1] == 0xFF && packet[2] >= 0xFE
}

// maskStreams leaves nothing out of a packet of several streams.
func (h *Hasher) maskStreams(packet []byte) (masked []byte, silent bool) { return packet, false }
