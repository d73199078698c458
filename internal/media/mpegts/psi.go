package mpegts

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Stream types (ISO/IEC 13818-1, table 2-34) that are told apart here.
const (
	typePrivate  = 0x06 // private data in PES packets
	typeADTS     = 0x0F
	typeLATM     = 0x11
	typeMetadata = 0x15 // metadata in PES packets
)

func isVideoType(t byte) bool {
	switch t {
	case 0x01, 0x02, 0x10, 0x1B, 0x1E, 0x20, 0x21, 0x24, 0x33, 0x42, 0xD1, 0xEA:
		return true
	}
	return false
}

// isAudio reports whether a stream is sound: MPEG audio, AAC, AC-3, DTS, and
// what Blu-ray knows. Private data is sound too unless its descriptors name a
// text: Opus, AC-3 and DTS come as such, and players try what they are not told.
func isAudio(t byte, descriptors []byte) bool {
	switch t {
	case 0x03, 0x04, typeADTS, typeLATM, 0x1C, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0x8A:
		return true
	case typePrivate:
		return !isText(descriptors)
	}
	return false
}

// isText reports whether a private stream's descriptors name teletext (ETSI EN
// 300 468, 6.2.43), subtitles (6.2.41), or metadata as KLV or ID3 (ISO/IEC
// 13818-1, 2.6.8).
func isText(descriptors []byte) bool {
	for b := descriptors; len(b) >= 2; {
		n := 2 + int(b[1])
		if n > len(b) {
			return false
		}
		switch {
		case b[0] == 0x56, b[0] == 0x59:
			return true
		case b[0] == 0x05 && (bytes.HasPrefix(b[2:n], []byte("KLVA")) || bytes.HasPrefix(b[2:n], []byte("ID3 "))):
			return true
		}
		b = b[n:]
	}
	return false
}

// noPID is no packet identifier: those have 13 bits.
const noPID = 0x2000

// psi gathers from the program specific information (ISO/IEC 13818-1, 2.4.4)
// which streams there are.
type psi struct {
	pat  section
	pmts []pmt

	audio    int // PID of the first AAC stream, or noPID
	metadata int // PID of the first stream of timed ID3, or noPID
	video    bool
	sounds   []int  // PIDs of all streams of sound
	types    []byte // all stream types seen
}

type pmt struct {
	pid int
	section
}

// maxPrograms bounds how many programs of a stream are looked at.
const maxPrograms = 64

// packet looks at a packet that carries the payload given.
func (p *psi) packet(pid int, start bool, payload []byte) {
	if pid == 0 {
		p.pat.add(start, payload, p.program)
		return
	}
	for i := range p.pmts {
		if p.pmts[i].pid == pid {
			p.pmts[i].add(start, payload, p.streams)
			return
		}
	}
}

// program reads a program association section (2.4.4.3).
func (p *psi) program(b []byte) {
	if b[0] != 0 {
		return
	}
	var listed []int
	for b := b[8 : len(b)-4]; len(b) >= 4; b = b[4:] {
		pid := int(binary.BigEndian.Uint16(b[2:]) & 0x1FFF)
		if b[0]|b[1] == 0 { // program 0 is the network's
			continue
		}
		listed = append(listed, pid)
		known := slices.ContainsFunc(p.pmts, func(m pmt) bool { return m.pid == pid })
		if !known && len(p.pmts) < maxPrograms {
			p.pmts = append(p.pmts, pmt{pid: pid})
		}
	}
	// In a joined file another stream may follow, with programs of its own. A
	// table of several sections tells of a part of them, and one that is not
	// valid yet of none.
	if whole := b[6] == 0 && b[7] == 0; whole && b[5]&1 != 0 && len(listed) > 0 {
		p.pmts = slices.DeleteFunc(p.pmts, func(m pmt) bool { return !slices.Contains(listed, m.pid) })
	}
}

// streams reads a program map section (2.4.4.8).
func (p *psi) streams(b []byte) {
	if b[0] != 2 || len(b) < 16 {
		return
	}
	info := int(binary.BigEndian.Uint16(b[10:]) & 0x0FFF)
	b = b[12 : len(b)-4]
	if info > len(b) {
		return
	}
	audio, metadata, keep := noPID, noPID, false
	for b = b[info:]; len(b) >= 5; {
		kind := b[0]
		pid := int(binary.BigEndian.Uint16(b[1:]) & 0x1FFF)
		n := 5 + int(binary.BigEndian.Uint16(b[3:])&0x0FFF)
		if n > len(b) {
			break
		}
		if isAudio(kind, b[5:n]) && len(p.sounds) < maxPrograms && !slices.Contains(p.sounds, pid) {
			p.sounds = append(p.sounds, pid)
		}
		switch {
		case kind == typeADTS:
			keep = keep || pid == p.audio
			if audio == noPID {
				audio = pid
			}
		case kind == typeMetadata && metadata == noPID && isID3(b[5:n]):
			metadata = pid
		case isVideoType(kind):
			p.video = true
		}
		if !bytes.Contains(p.types, b[:1]) {
			p.types = append(p.types, kind)
		}
		b = b[n:]
	}
	// Joined files may change their PIDs on the way; another program does not
	// take the place of the first.
	if audio != noPID && !keep && (p.audio == noPID || len(p.pmts) == 1) {
		p.audio, p.metadata = audio, metadata
	}
	if keep && metadata != noPID {
		p.metadata = metadata
	}
}

// isID3 reports whether a stream's descriptors hold a metadata_descriptor
// (2.6.60) that names ID3 as its format, as Apple's "Timed Metadata for HTTP
// Live Streaming" lays down.
func isID3(descriptors []byte) bool {
	const metadataDescriptor = 0x26
	for b := descriptors; len(b) >= 2; {
		n := 2 + int(b[1])
		if n > len(b) {
			return false
		}
		if b[0] == metadataDescriptor && bytes.Contains(b[2:n], []byte("ID3 ")) {
			return true
		}
		b = b[n:]
	}
	return false
}

// A section puts one PSI section after the other together (2.4.4.1).
type section struct {
	buf []byte
}

const maxSection = 3 + 1021

// add takes the payload of a packet, in which a section starts if start is
// set, and calls done for each whole section without error.
func (s *section) add(start bool, payload []byte, done func([]byte)) {
	if start {
		if len(payload) == 0 || 1+int(payload[0]) > len(payload) {
			s.buf = s.buf[:0]
			return
		}
		n := 1 + int(payload[0]) // pointer_field
		if len(s.buf) > 0 {
			s.buf = append(s.buf, payload[1:n]...)
			s.flush(done)
		}
		s.buf = append(s.buf[:0], payload[n:]...)
	} else if len(s.buf) > 0 {
		s.buf = append(s.buf, payload...)
	}
	s.flush(done)
}

// flush calls done for what is complete.
func (s *section) flush(done func([]byte)) {
	for len(s.buf) >= 3 && s.buf[0] != 0xFF {
		n := 3 + int(binary.BigEndian.Uint16(s.buf[1:])&0x0FFF)
		if n > maxSection {
			break
		}
		if len(s.buf) < n {
			return
		}
		if n >= 12 && crc32(s.buf[:n]) == 0 {
			done(s.buf[:n])
		}
		s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	}
	if len(s.buf) >= 3 {
		s.buf = s.buf[:0] // stuffing, or nothing that has a length
	}
}

// crc32 is that of ISO/IEC 13818-1, annex A; over a section with its CRC it
// is 0.
func crc32(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
