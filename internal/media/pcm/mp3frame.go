package pcm

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// An mp3Frame is an MP3 frame taken apart as far as is necessary to put it
// together in another way: header, side information and main data
// (ISO/IEC 11172-3, 2.4.1.7, and 13818-3, 2.4.1.7). The main data of all
// frames is one stream, in which that of a frame may begin before the frame.
type mp3Frame struct {
	header mp3.Header
	head   [mp3.HeaderSize]byte
	crc    []byte // two bytes, or none
	side   [32]byte
	main   []byte

	begin int // main_data_begin: how far back in the stream the frame's data starts
	needs int // how many bytes the data takes from there
}

func parseMP3Frame(b []byte) (mp3Frame, error) {
	h, err := mp3.ParseHeader(b)
	if err != nil {
		return mp3Frame{}, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	f := mp3Frame{header: h}
	n := mp3.HeaderSize
	if h.Protected {
		n += 2
	}
	if len(b) != h.FrameSize() || len(b) < n+f.sideLen() {
		return mp3Frame{}, fmt.Errorf("%w: %d bytes for a frame of %d", ErrDamaged, len(b), h.FrameSize())
	}
	copy(f.head[:], b)
	f.crc = b[mp3.HeaderSize:n]
	copy(f.side[:f.sideLen()], b[n:])
	f.main = b[n+f.sideLen():]
	f.begin = f.bits(0, f.beginBits())
	bits := 0
	for i := range f.parts() {
		bits += f.bits(f.part(i), lengthBits)
	}
	f.needs = (bits + 7) / 8
	return f, nil
}

func (f *mp3Frame) lsf() bool { return f.header.Version != mp3.MPEG1 }

// sideLen returns the length of the side information in bytes.
func (f *mp3Frame) sideLen() int {
	switch {
	case f.lsf() && f.header.Channels() == 1:
		return 9
	case f.lsf() || f.header.Channels() == 1:
		return 17
	}
	return 32
}

// beginBits returns the width of main_data_begin, with which the side
// information starts.
func (f *mp3Frame) beginBits() int {
	if f.lsf() {
		return 8
	}
	return 9
}

// lengthBits is the width of part2_3_length.
const lengthBits = 12

// parts returns of how many parts the main data consists: one for each channel
// in each granule.
func (f *mp3Frame) parts() int {
	if f.lsf() {
		return f.header.Channels()
	}
	return 2 * f.header.Channels()
}

// part returns at which bit of the side information the part2_3_length of part
// i stands. The parts come last, and all are of one length.
func (f *mp3Frame) part(i int) int {
	width := 59
	if f.lsf() {
		width = 63
	}
	return 8*f.sideLen() - (f.parts()-i)*width
}

// bits returns n bits of the side information from bit pos on.
func (f *mp3Frame) bits(pos, n int) int {
	v := 0
	for i := pos; i < pos+n; i++ {
		v = v<<1 | int(f.side[i/8]>>(7-i%8)&1)
	}
	return v
}

func (f *mp3Frame) setBits(pos, n, v int) {
	for i := pos + n - 1; i >= pos; i-- {
		mask := byte(1) << (7 - i%8)
		f.side[i/8] &^= mask
		if v&1 != 0 {
			f.side[i/8] |= mask
		}
		v >>= 1
	}
}

func (f *mp3Frame) setBegin(n int) {
	f.begin = n
	f.setBits(0, f.beginBits(), n)
}

// silence makes f a frame in which no part has any data.
func (f *mp3Frame) silence() {
	f.side = [32]byte{}
	f.begin, f.needs = 0, 0
}

// intensity reports whether the channels share bands by intensity stereo.
func (f *mp3Frame) intensity() bool {
	return f.header.Mode == mp3.JointStereo && f.head[3]&0x10 != 0
}

// appendHead appends the header to b, with what only players look at (copyright,
// emphasis) cleared: go-mp3 takes a reserved emphasis for a lost sync word.
func (f *mp3Frame) appendHead(b []byte) []byte {
	return append(b, f.head[0], f.head[1], f.head[2], f.head[3]&0xF0)
}

// appendTo appends the frame to b, with the same main data as it came with.
func (f *mp3Frame) appendTo(b []byte) []byte {
	b = f.appendHead(b)
	b = append(b, f.crc...)
	b = append(b, f.side[:f.sideLen()]...)
	return append(b, f.main...)
}

// wide returns a frame like f of the highest bit rate, without CRC, padding and
// main data, and how much main data it has room for.
func (f *mp3Frame) wide() (w mp3Frame, room int) {
	w = *f
	w.head[1] |= 0x01
	w.head[2] = w.head[2]&0x0D | 0xE0
	w.crc, w.main = nil, nil
	h, err := mp3.ParseHeader(w.head[:])
	if err != nil {
		panic(err) // all that was set is valid
	}
	w.header = h
	return w, h.FrameSize() - mp3.HeaderSize - f.sideLen()
}

// sized reports whether go-mp3 sees how long the frame is. In MPEG-2 it halves
// the length after it has added the padding and not before, so that it drops
// the last byte of some frames at 22.05 kHz.
func (f *mp3Frame) sized() bool {
	if !f.lsf() || !f.header.Padded {
		return true
	}
	return 144*f.header.BitRate/f.header.SampleRate%2 == 1
}
