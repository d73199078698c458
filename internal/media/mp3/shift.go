package mp3

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrRange means that a frame cannot be shifted by so many steps: a global_gain
// would leave 1 to 255. It comes wrapped.
var ErrRange = errors.New("a gain of the MP3 frame would leave its range")

// The side information of each channel of each granule (ISO/IEC 11172-3,
// 2.4.1.7; ISO/IEC 13818-3, 2.4.1.7), in bits: how long it is, and what comes
// before global_gain in it, part2_3_length and big_values.
const (
	partBits    = 59 // MPEG-1
	partBitsLSF = 63 // MPEG-2 and 2.5
	beforeGain  = 12 + 9
)

// gains returns where the global_gain of each granule and channel lies, in bits
// from the start of a whole frame, and where the side information ends, in bytes.
func gains(frame []byte) (at [4]int, n, end int, err error) {
	h, err := ParseHeader(frame)
	if err != nil {
		return at, 0, 0, err
	}
	if len(frame) != h.FrameSize() {
		return at, 0, 0, fmt.Errorf("%w: %d bytes of %d", ErrHeader, len(frame), h.FrameSize())
	}
	n, width := 2*h.Channels(), partBits
	if h.Version != MPEG1 {
		n, width = h.Channels(), partBitsLSF
	}
	end = h.sideInfoAt() + h.sideInfoSize()
	if len(frame) < end {
		return at, 0, 0, fmt.Errorf("%w: %d bytes", ErrHeader, len(frame))
	}
	for i := range n {
		at[i] = 8*end - (n-i)*width + beforeGain
	}
	return at, n, end, nil
}

// Room returns by how many steps the level of a frame can be lowered and raised,
// each 255 for one that is silent. The error is one of ParseHeader.
func Room(frame []byte) (down, up int, err error) {
	at, n, _, err := gains(frame)
	if err != nil {
		return 0, 0, err
	}
	down, up = 255, 255
	for _, at := range at[:n] {
		if g := int(byteAt(frame, at)); g != 0 {
			down, up = min(down, g-1), min(up, 255-g)
		}
	}
	return down, up, nil
}

// Shift changes the level of a whole frame by steps of 2^(1/4), 1.505 dB: it
// adds steps to the global_gain of each granule and channel (ISO/IEC 11172-3,
// 2.4.2.7). Scalefactors, subblock gains, middle and side and intensity are
// relative to it. Granules with a global_gain of 0, 316 dB below full scale, are
// those that encoders leave empty, and are left as they are. A CRC changes by
// what the fields change it: a wrong one stays wrong.
//
// Shift with -steps gives the bytes back. Where it fails the frame is unchanged;
// the error is one of ParseHeader, or wraps ErrRange.
func Shift(frame []byte, steps int) error {
	down, up, err := Room(frame)
	if err != nil {
		return err
	}
	if -steps > down || steps > up {
		return fmt.Errorf("%w: %d steps, and %d down or %d up are possible", ErrRange, steps, down, up)
	}
	at, n, end, err := gains(frame)
	if err != nil {
		return err
	}
	protected := frame[1]&1 == 0
	var before uint16
	if protected {
		before = frameCRC(frame, end)
	}
	for _, at := range at[:n] {
		if g := byteAt(frame, at); g != 0 {
			putByte(frame, at, byte(int(g)+steps))
		}
	}
	if protected {
		crc := frame[HeaderSize:]
		was := binary.BigEndian.Uint16(crc)
		binary.BigEndian.PutUint16(crc, was^before^frameCRC(frame, end))
	}
	return nil
}

// frameCRC returns the CRC of a frame whose side information ends at end:
// CRC-16 with the polynomial 0x8005 over the last two bytes of the header and
// the side information (ISO/IEC 11172-3, 2.4.3.1).
func frameCRC(frame []byte, end int) uint16 {
	crc := uint16(0xffff)
	for _, part := range [...][]byte{frame[2:HeaderSize], frame[HeaderSize+2 : end]} {
		for _, c := range part {
			crc ^= uint16(c) << 8
			for range 8 {
				if crc&0x8000 != 0 {
					crc = crc<<1 ^ 0x8005
				} else {
					crc <<= 1
				}
			}
		}
	}
	return crc
}

// byteAt returns the 8 bits of b from bit at on.
func byteAt(b []byte, at int) byte {
	return byte(binary.BigEndian.Uint16(b[at>>3:]) >> (8 - at&7))
}

// putByte writes v into b from bit at on.
func putByte(b []byte, at int, v byte) {
	w, shift := b[at>>3:], 8-at&7
	binary.BigEndian.PutUint16(w, binary.BigEndian.Uint16(w)&^(0xff<<shift)|uint16(v)<<shift)
}

// Fields of LAME's extension, in bytes from its start.
const (
	lamePeak       = 11 // largest sample: 9.23 fixed point, before LAME 3.94 a float
	lameReplayGain = 15 // two of 16 bits: radio and audiophile
	lameMusicCRC   = 32
	lameTagCRC     = 34
)

// ShiftInfo mends the Xing or Info frame of a file of which all frames are
// shifted by so many steps: peak, ReplayGain, and the CRCs of the music and of
// the frame itself, in place. musicCRC is what CRC makes of the shifted frames. A
// frame without LAME's extension has nothing to mend; one whose CRC was wrong
// gets a right one. Shifting up and back down gives the bytes back. Shifting down
// rounds the peak, so that it can come back off by some 2^-23 of full scale.
func ShiftInfo(frame []byte, steps int, musicCRC uint16) error {
	h, err := ParseHeader(frame)
	if err != nil {
		return err
	}
	at := lameAt(h, frame)
	if at == 0 {
		return nil
	}
	lame := frame[at:]
	factor := math.Pow(2, float64(steps)/4)
	if v := binary.BigEndian.Uint32(lame[lamePeak:]); v != 0 {
		binary.BigEndian.PutUint32(lame[lamePeak:], shiftPeak(v, factor))
	}
	for i := range 2 {
		field := lame[lameReplayGain+2*i:]
		binary.BigEndian.PutUint16(field, shiftReplayGain(binary.BigEndian.Uint16(field), steps))
	}
	binary.BigEndian.PutUint16(lame[lameMusicCRC:], musicCRC)
	binary.BigEndian.PutUint16(lame[lameTagCRC:], CRC(0, frame[:at+lameTagCRC]))
	return nil
}

// lameAt returns where LAME's extension begins in a Xing or Info frame, or 0
// where there is none that is whole.
func lameAt(h Header, frame []byte) int {
	for _, at := range [...]int{HeaderSize + h.sideInfoSize(), HeaderSize + 2 + h.sideInfoSize()} {
		if len(frame) < at+8 || string(frame[at:at+4]) != "Xing" && string(frame[at:at+4]) != "Info" {
			continue
		}
		flags := binary.BigEndian.Uint32(frame[at+4:])
		at += 8
		for _, part := range [...]struct {
			flag uint32
			size int
		}{{xingFrames, 4}, {xingBytes, 4}, {xingTOC, 100}, {xingQuality, 4}} {
			if flags&part.flag != 0 {
				at += part.size
			}
		}
		if len(frame) < at+lameSize {
			return 0
		}
		switch string(frame[at : at+4]) {
		case "LAME", "Lavf", "Lavc":
			return at
		}
		return 0
	}
	return 0
}

// shiftPeak multiplies the field peak, whichever kind of number it is: as fixed
// point a float of 2^-31 or more is 96 or more times full scale.
func shiftPeak(v uint32, factor float64) uint32 {
	const leastFloat = 0x30000000
	if v >= leastFloat {
		return math.Float32bits(float32(float64(math.Float32frombits(v)) * factor))
	}
	return uint32(min(leastFloat-1, math.Round(float64(v)*factor)))
}

// shiftReplayGain changes a field of ReplayGain by what shifted frames need less:
// three bits of name, 0 where there is none, three of originator, a sign, and
// nine bits of tenths of a decibel.
func shiftReplayGain(v uint16, steps int) uint16 {
	const (
		name  = 0xe000
		minus = 0x0200
		most  = 0x01ff
	)
	if v&name == 0 {
		return v
	}
	tenths := int(v & most)
	if v&minus != 0 {
		tenths = -tenths
	}
	tenths -= int(math.Round(float64(steps) * 200 * math.Log10(2) / 4))
	v &^= minus | most
	if tenths < 0 {
		v, tenths = v|minus, -tenths
	}
	return v | uint16(min(tenths, most))
}
