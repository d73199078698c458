package mp3

import "fmt"

// Preroll returns how many frames of the given length a decoder must have
// decoded to make the samples of the next one as if it had come from far
// away. The transform of each granule overlaps the one before it, and the
// filter bank after it reaches back 480 samples more (ISO/IEC 11172-3,
// 2.4.3.4): with two granules a frame that is one frame, with one it is two.
func Preroll(frameSamples int) int64 {
	if frameSamples == 1152 {
		return 1
	}
	return 2
}

// Reservoir returns how many bytes of main data the frame takes from the
// frames before it: main_data_begin (ISO/IEC 11172-3, 2.4.2.7). The frame
// must be whole.
func Reservoir(frame []byte) (int, error) {
	h, err := ParseHeader(frame)
	if err != nil {
		return 0, err
	}
	at := h.sideInfoAt()
	if len(frame) < at+2 {
		return 0, ErrHeader
	}
	if h.Version == MPEG1 { // 9 bits
		return int(frame[at])<<1 | int(frame[at+1]>>7), nil
	}
	return int(frame[at]), nil
}

// MainData returns the part of a frame that holds coded samples: its own,
// those of the frames after it, or both.
func MainData(frame []byte) ([]byte, error) {
	h, err := ParseHeader(frame)
	if err != nil {
		return nil, err
	}
	at := h.sideInfoAt() + h.sideInfoSize()
	if len(frame) < at {
		return nil, ErrHeader
	}
	return frame[at:], nil
}

// sideInfoAt returns where in a frame its side information begins.
func (h Header) sideInfoAt() int {
	if h.Protected {
		return HeaderSize + 2
	}
	return HeaderSize
}

// Alike reports whether players take frame b for the continuation of frame a.
// Some take a for junk, and leave it out, if the first frame differs from the
// second in anything but bit rate, padding, CRC, private bit and mode
// extension (ffmpeg's MP3_MASK).
func Alike(a, b []byte) bool {
	if len(a) < HeaderSize || len(b) < HeaderSize {
		return false
	}
	return a[0] == b[0] && (a[1]^b[1])&0xFE == 0 && (a[2]^b[2])&0x0C == 0 && (a[3]^b[3])&0xCF == 0
}

// Carrier returns a frame that is silent itself and holds the end of the main
// data of frames that are not there, for frames after it to take. h is the
// header of the frame that follows, whose flags the carrier repeats; it has the
// lowest bit rate that is enough.
func Carrier(h Header, reservoir []byte) ([]byte, error) {
	h.Protected, h.Padded, h.BitRate = false, false, 0
	if err := h.raiseTo(HeaderSize + h.sideInfoSize() + len(reservoir)); err != nil {
		return nil, fmt.Errorf("an MP3 frame cannot hold %d bytes of main data: %w", len(reservoir), err)
	}
	head, err := h.Bytes()
	if err != nil {
		return nil, err
	}
	// Side information of zeros: nothing to decode in any granule.
	frame := make([]byte, h.FrameSize())
	copy(frame, head[:])
	copy(frame[len(frame)-len(reservoir):], reservoir)
	return frame, nil
}
