package mpegts

import "encoding/binary"

// pesHeader is the length of a PES header up to PES_header_data_length.
const pesHeader = 9

// A pes takes the PES packets of one stream apart (ISO/IEC 13818-1, 2.4.3.6).
// The zero value waits for the first; until then it takes payload for the
// rest of a PES packet that began before.
type pes struct {
	head [pesHeader + 5]byte // up to the presentation time stamp
	have int                 // bytes of head
	skip int                 // bytes of the header still to come
	left int                 // bytes of the packet still to come, or unbounded

	state pesState
	id    byte  // stream_id
	pts   int64 // presentation time of this PES packet in 90 kHz, or −1
}

type pesState int

const (
	inData pesState = iota
	inHead
	inBad // until the next PES packet starts
)

const unbounded = 1 << 30

// add takes the payload of a transport packet, in which a PES packet starts
// if start is set, and returns the part of it that is the stream's own.
func (p *pes) add(start bool, payload []byte) []byte {
	if start {
		p.state, p.have, p.skip, p.left, p.pts = inHead, 0, 0, unbounded, -1
	} else if p.left == 0 && p.have == 0 {
		p.left = unbounded // the zero value
	}
	switch p.state {
	case inBad:
		return nil
	case inHead:
		payload = p.readHead(payload)
		if p.state != inData {
			return nil
		}
	}
	n := min(len(payload), p.left)
	if p.left < unbounded {
		p.left -= n
	}
	return payload[:n]
}

// readHead reads as much of the header as b has and returns the rest of b.
func (p *pes) readHead(b []byte) []byte {
	if p.have < pesHeader {
		n := copy(p.head[p.have:pesHeader], b)
		p.have += n
		b = b[n:]
		if p.have < pesHeader {
			return nil
		}
		h := p.head
		if h[0]|h[1] != 0 || h[2] != 1 || !hasHeader(h[3]) || h[6]&0xC0 != 0x80 {
			p.state = inBad
			return nil
		}
		p.id, p.skip = h[3], int(h[8])
		if length := int(binary.BigEndian.Uint16(h[4:])); length > 0 {
			p.left = max(0, length-3-p.skip)
		}
	}
	n := min(p.skip, len(b))
	p.have += copy(p.head[p.have:], b[:n])
	p.skip -= n
	if p.skip > 0 {
		return nil
	}
	p.state = inData
	if p.head[7]&0x80 != 0 && p.have == len(p.head) {
		p.pts = timestamp(p.head[pesHeader:])
	}
	return b[n:]
}

// gap says that packets of the stream are missing here: the length of the PES
// packet is no longer worth anything.
func (p *pes) gap() {
	if p.state == inHead {
		p.state = inBad
	}
	p.left, p.have = unbounded, pesHeader
}

// whole reports whether the PES packet at hand states its length and is
// complete.
func (p *pes) whole() bool { return p.state == inData && p.left == 0 && p.have > 0 }

// hasHeader reports whether PES packets of a stream_id have the long header
// (ISO/IEC 13818-1, 2.4.3.7).
func hasHeader(id byte) bool {
	switch id {
	case 0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF:
		return false
	}
	return id >= 0xBC
}

// timestamp reads a PTS or DTS: 33 bits with marker bits between.
func timestamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}
