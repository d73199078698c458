package mp3

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// DecoderDelay is how many samples a Layer III decoder's output lags behind
// its input. Encoders leave it out of the delay that they declare, so players
// skip Info.Delay + DecoderDelay samples and drop Info.Padding − DecoderDelay.
const DecoderDelay = 528 + 1

// Info is what a Xing, Info or VBRI frame tells of the file that it opens.
// Such a frame has the form of an audio frame, and an old player that does
// not know it plays silence. No standard defines it: Xing published the
// first, Fraunhofer VBRI, and LAME's "MP3 Info Tag" added delay and padding.
type Info struct {
	// VBR says that the frames' bit rates differ: the frame is named Xing and
	// not Info.
	VBR bool
	// Frames is the number of audio frames, this one not counted, or 0 if
	// that is not told.
	Frames int64
	// Bytes is the length of the audio, this frame included, or 0 if that is
	// not told.
	Bytes int64
	// TOC, if set, tells where to seek: TOC[i]/256 of Bytes have gone by when
	// i percent of the time has.
	TOC *[100]byte
	// Gapless says that Delay and Padding are known.
	Gapless bool
	// Delay is how many samples the encoder put before the sound, and Padding
	// how many after it: Frames × Samples = Delay + length + Padding. Both
	// are below 4096. Padding below DecoderDelay cannot be played exactly,
	// since a decoder runs out of frames first.
	Delay, Padding int
	// Encoder names the program, such as "LAME3.100", if it is told.
	Encoder string
	// LowPass is the frequency in Hz above which nothing is coded, to a
	// hundred, and MusicCRC what CRC makes of all frames after this one. Both
	// are 0 if they are not told.
	LowPass  int
	MusicCRC uint16
}

// The parts that a Xing header may have, in this order.
const (
	xingFrames  = 1 << iota // 4 bytes
	xingBytes               // 4 bytes
	xingTOC                 // 100 bytes
	xingQuality             // 4 bytes
)

const (
	xingSize = 4 + 4 + 4 + 4 + 100 + 4 // with all its parts
	lameSize = 36                      // LAME's extension, after it
	// shortLameSize is as much of it as ffmpeg wrote from 2012 to 2014: up to
	// the delay and padding. The frame often ended there.
	shortLameSize = 24
)

// ParseInfo reads the Info of a whole frame whose header is h. ok is false if
// it is an audio frame.
func ParseInfo(h Header, frame []byte) (info Info, ok bool) {
	// Encoders disagree whether a CRC shifts the tag.
	offsets := [...]int{HeaderSize + h.sideInfoSize(), HeaderSize + 2 + h.sideInfoSize()}
	for _, off := range offsets {
		if len(frame) < off+8 {
			continue
		}
		switch string(frame[off : off+4]) {
		case "Xing":
			return parseXing(frame[off:], true), true
		case "Info":
			return parseXing(frame[off:], false), true
		}
	}
	const vbri = HeaderSize + 32 // whatever the channels
	if len(frame) >= vbri+18 && string(frame[vbri:vbri+4]) == "VBRI" {
		b := frame[vbri:]
		return Info{
			VBR:    true,
			Bytes:  int64(binary.BigEndian.Uint32(b[10:])),
			Frames: int64(binary.BigEndian.Uint32(b[14:])),
		}, true
	}
	return Info{}, false
}

func parseXing(b []byte, vbr bool) Info {
	info := Info{VBR: vbr}
	flags := binary.BigEndian.Uint32(b[4:])
	b = b[8:]
	take := func(flag uint32, n int) []byte {
		if flags&flag == 0 || len(b) < n {
			return nil
		}
		part := b[:n]
		b = b[n:]
		return part
	}
	if p := take(xingFrames, 4); p != nil {
		info.Frames = int64(binary.BigEndian.Uint32(p))
	}
	if p := take(xingBytes, 4); p != nil {
		info.Bytes = int64(binary.BigEndian.Uint32(p))
	}
	if p := take(xingTOC, 100); p != nil {
		info.TOC = (*[100]byte)(append([]byte(nil), p...))
	}
	take(xingQuality, 4)
	if len(b) < shortLameSize {
		return info
	}
	for n := 0; n < 9 && b[n] >= ' ' && b[n] <= '~'; n++ {
		info.Encoder = string(b[:n+1])
	}
	switch string(b[:4]) {
	case "LAME", "Lavf", "Lavc": // those that fill the field, as ffmpeg knows them
		v := int(b[21])<<16 | int(b[22])<<8 | int(b[23])
		info.Gapless, info.Delay, info.Padding = true, v>>12, v&0xFFF
		info.LowPass = 100 * int(b[10])
		if len(b) >= lameSize {
			info.MusicCRC = binary.BigEndian.Uint16(b[32:])
		}
	}
	return info
}

// encoderField returns what a file says of its encoder. Programs go by it when
// they decide whether to believe the delay: ffmpeg and mpg123 want LAME, Lavf or
// Lavc, and Firefox LAME or Lavc. A file whose frames come from elsewhere says
// Lavc, the one of these names that stands for no particular way of encoding.
func encoderField(name string) string {
	if strings.HasPrefix(name, "LAME") || strings.HasPrefix(name, "Lavc") {
		return name
	}
	return "Lavc"
}

// InfoFrame returns a Xing or Info frame, with LAME's extension if
// info.Gapless, to stand before the frames of a file whose header is h (that
// of any of them). info.Bytes is the length of the frames; the frame adds its
// own.
func InfoFrame(h Header, info Info) ([]byte, error) {
	if info.Delay < 0 || info.Delay > 0xFFF || info.Padding < 0 || info.Padding > 0xFFF {
		return nil, fmt.Errorf("delay %d and padding %d do not fit into an MP3 info frame (0 to 4095 samples)", info.Delay, info.Padding)
	}
	h.Protected, h.Padded = false, false
	off := HeaderSize + h.sideInfoSize()
	if err := h.raiseTo(off + xingSize + lameSize); err != nil {
		return nil, err
	}
	head, err := h.Bytes()
	if err != nil {
		return nil, err
	}
	frame := make([]byte, h.FrameSize())
	copy(frame, head[:])
	total := info.Bytes + int64(len(frame))
	if total > 0xFFFFFFFF || info.Frames > 0xFFFFFFFF {
		return nil, errors.New("more than 4 GiB do not fit into an MP3 info frame")
	}

	b := frame[off:]
	flags := uint32(xingFrames | xingBytes | xingQuality)
	copy(b, "Info")
	if info.VBR {
		copy(b, "Xing")
	}
	at := 8
	put32 := func(v uint32) {
		binary.BigEndian.PutUint32(b[at:], v)
		at += 4
	}
	put32(uint32(info.Frames))
	put32(uint32(total))
	if info.TOC != nil {
		flags |= xingTOC
		at += copy(b[at:], info.TOC[:])
	}
	put32(0) // quality: not known
	binary.BigEndian.PutUint32(b[4:], flags)

	// LAME's extension. Fields left 0: revision and method of VBR,
	// ReplayGain, encoder flags, bit rate, noise shaping, gain, preset.
	if !info.Gapless {
		return frame, nil // players must not skip what nobody knows of
	}
	lame := b[at:]
	copy(lame[:9], encoderField(info.Encoder))
	v := info.Delay<<12 | info.Padding
	lame[21], lame[22], lame[23] = byte(v>>16), byte(v>>8), byte(v)
	lame[10] = byte(min(info.LowPass/100, 255))
	binary.BigEndian.PutUint32(lame[28:], uint32(total))
	binary.BigEndian.PutUint16(lame[32:], info.MusicCRC)
	crc := off + at + lameSize - 2
	binary.BigEndian.PutUint16(frame[crc:], CRC(0, frame[:crc]))
	return frame, nil
}

// raiseTo sets the lowest bit rate, from the present one on, whose frames are
// n bytes long or longer.
func (h *Header) raiseTo(n int) error {
	table := bitRates[1][1:]
	if h.Version == MPEG1 {
		table = bitRates[0][1:]
	}
	for _, kb := range table {
		raised := *h
		raised.BitRate = 1000 * kb
		if raised.BitRate >= h.BitRate && raised.SampleRate > 0 && raised.FrameSize() >= n {
			*h = raised
			return nil
		}
	}
	return ErrHeader
}

// CRC goes on with a CRC of the kind that LAME's tag has of itself and of the
// music, which begins with 0: CRC-16/ARC, the polynomial 0x8005 bit-reversed.
func CRC(crc uint16, b []byte) uint16 {
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}
