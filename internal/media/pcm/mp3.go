package pcm

import (
	"encoding/binary"
	"fmt"
	"io"

	gomp3 "github.com/hajimehoshi/go-mp3"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// maxReservoir is how far back the main data of a frame can begin: the
// greatest main_data_begin (ISO/IEC 11172-3, 2.4.2.7).
const maxReservoir = 511

// mp3Decoder decodes Layer III. The decoder below it wants a stream and stops
// at the first frame that it does not like, takes whatever it has for main data
// that is missing, and misjudges the length of some frames of MPEG-2. So this
// one keeps its own bit reservoir, looks at each frame first, and hands over
// one frame at a time, put together in a form that the other gets right.
//
// The samples have 16 bits and are cut off at full scale; see lossy. Two things
// cannot be put right from here. In joint stereo, lines of short blocks that lie next to
// the end of the coded spectrum can stay mid and side, an error of up to -44
// dBFS for the time of a block. And of frames of MPEG-2 whose length is
// misjudged, those above 80 kb/s that draw on the whole reservoir do not fit
// into any frame: they are damage.
type mp3Decoder struct {
	config track.Config
	dec    *gomp3.Decoder // nil until there is a frame for it
	in     unitFeed       // what dec reads
	frame  []byte         // a frame put together for dec
	out    []byte         // what dec makes of it: 16 bits, always two channels

	reservoir []byte // the last main data of the frames before
	// theirs is how many bytes at the end of dec's own reservoir are the same
	// as at the end of ours.
	theirs int

	full bool // of the frame decoded last, samples are at full scale
	// past are the frames that were decoded without an error last, the latest
	// last, as many as its samples depend on.
	past    [leadMP3 + 1]pastFrame
	known   int         // how many there are
	low     *mp3Decoder // nil until a frame is decoded shifted down
	shifted []byte
}

// A pastFrame is a frame and the main data before it.
type pastFrame struct{ unit, reservoir []byte }

func newMP3(c track.Config) (*mp3Decoder, error) {
	const lowest = 16000
	if c.SampleRate < lowest {
		return nil, fmt.Errorf("%w: %s (MPEG-2.5)", ErrUnsupported, c)
	}
	if c.Channels > 2 {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, c)
	}
	if c.UnitSamples != 1152 && c.UnitSamples != 576 {
		return nil, fmt.Errorf("%w: %s in frames of %d samples", ErrUnsupported, c, c.UnitSamples)
	}
	return &mp3Decoder{
		config:    c,
		out:       make([]byte, 4*c.UnitSamples), // 16 bits, two channels
		reservoir: make([]byte, 0, maxReservoir+mp3.MaxFrameSize),
	}, nil
}

func (m *mp3Decoder) reset() {
	m.restart()
	m.reservoir, m.known = m.reservoir[:0], 0
}

// restart forgets the sound before, but not the reservoir.
func (m *mp3Decoder) restart() {
	m.dec, m.in, m.theirs = nil, nil, 0
}

func (m *mp3Decoder) prime(unit []byte) {
	m.known = 0
	if f, err := parseMP3Frame(unit); err == nil {
		m.keep(f.main)
	}
}

// note takes note of a frame before it is decoded.
func (m *mp3Decoder) note(unit []byte) {
	oldest := m.past[0]
	copy(m.past[:], m.past[1:])
	m.past[len(m.past)-1] = pastFrame{append(oldest.unit[:0], unit...), append(oldest.reservoir[:0], m.reservoir...)}
	m.known = min(m.known+1, len(m.past))
}

func (m *mp3Decoder) atFullScale() bool { return m.full }

func (m *mp3Decoder) lowered(dst []float32, steps int) (err error) {
	if m.low == nil {
		if m.low, err = newMP3(m.config); err != nil {
			return err
		}
	}
	m.low.reset()
	frames := m.past[len(m.past)-m.known:]
	if len(frames) == 0 {
		return ErrDamaged
	}
	m.low.reservoir = append(m.low.reservoir, frames[0].reservoir...)
	for _, f := range frames {
		m.shifted = append(m.shifted[:0], f.unit...)
		if err := mp3.Shift(m.shifted, -steps); err != nil {
			return err
		}
		if err := m.low.decode(dst, m.shifted); err != nil {
			return err
		}
	}
	return nil
}

// keep puts the main data of a frame into the reservoir.
func (m *mp3Decoder) keep(main []byte) {
	r := append(m.reservoir, main...)
	if over := len(r) - maxReservoir; over > 0 {
		r = r[:copy(r, r[over:])]
	}
	m.reservoir = r
}

func (m *mp3Decoder) decode(dst []float32, unit []byte) error {
	m.full = false
	m.note(unit)
	f, err := parseMP3Frame(unit)
	if err == nil && (f.header.Channels() != m.config.Channels || f.header.SampleRate != m.config.SampleRate ||
		f.header.Samples()*m.config.Channels != len(dst)) {
		err = fmt.Errorf("%w: not %s", ErrDamaged, m.config)
	}
	if err != nil {
		m.restart()
		m.known = 0
		clear(dst)
		return err
	}
	err = m.decodeFrame(&f)
	if m.dec == nil {
		clear(dst)
	} else {
		m.full = m.convert(dst)
	}
	if err != nil {
		m.known = 0
	}
	m.keep(f.main)
	return err
}

// decodeFrame decodes f to m.out. Without its main data it decodes a frame of
// silence, in which the sound before fades out. After an error there is
// something in m.out if there still is an m.dec.
func (m *mp3Decoder) decodeFrame(f *mp3Frame) error {
	switch {
	case f.intensity():
		// go-mp3 takes the positions from the wrong channel.
		m.restart()
		return fmt.Errorf("%w: intensity stereo in MP3", ErrUnsupported)
	case f.begin > len(m.reservoir):
		return m.mute(f, "it continues a frame that is missing")
	case f.needs > f.begin+len(f.main):
		return m.mute(f, "it claims more data than it has")
	}
	if m.dec == nil && f.begin > 0 {
		// A frame of silence brings the reservoir in and leaves no other trace
		// in a decoder that is new.
		carrier := *f
		carrier.silence()
		carrier.main = nil
		if err := m.runWide(&carrier); err != nil {
			return err
		}
	}
	if f.sized() && f.begin <= m.theirs {
		return m.runAsIs(f)
	}
	if _, room := f.wide(); f.needs <= room {
		return m.runWide(f)
	}
	return m.mute(f, "it is too long for the decoder")
}

// mute decodes a frame of silence instead of f.
func (m *mp3Decoder) mute(f *mp3Frame, why string) error {
	silent := *f
	silent.silence()
	var err error
	if f.sized() {
		silent.setBegin(min(m.theirs, 1<<f.beginBits()-1))
		err = m.runAsIs(&silent)
	} else {
		err = m.runWide(&silent)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", ErrDamaged, why)
}

// runAsIs decodes f, for which dec has the reservoir.
func (m *mp3Decoder) runAsIs(f *mp3Frame) error {
	m.frame = f.appendTo(m.frame[:0])
	m.theirs = f.begin + len(f.main)
	return m.run()
}

// runWide decodes f in a frame of the highest bit rate that holds all its main
// data. At the end of that frame stand, as far as there is room, the last main
// data up to the end of f, for the frames after it to refer to.
func (m *mp3Decoder) runWide(f *mp3Frame) error {
	w, room := f.wide()
	w.setBegin(0)
	b := w.appendTo(m.frame[:0])

	past := m.reservoir[len(m.reservoir)-f.begin:]
	n := min(len(past), f.needs)
	b = append(b, past[:n]...)
	b = append(b, f.main[:f.needs-n]...)
	room -= f.needs

	fromMain := min(room, len(f.main))
	fromPast := min(room-fromMain, len(m.reservoir))
	for range room - fromMain - fromPast {
		b = append(b, 0)
	}
	b = append(b, m.reservoir[len(m.reservoir)-fromPast:]...)
	b = append(b, f.main[len(f.main)-fromMain:]...)
	m.frame, m.theirs = b, fromMain+fromPast
	return m.run()
}

// run has dec decode m.frame to m.out.
func (m *mp3Decoder) run() (err error) {
	defer func() {
		if err == nil && len(m.in) > 0 {
			err = fmt.Errorf("%w: %d bytes were left over", ErrDamaged, len(m.in))
		}
		if err != nil {
			m.restart()
		}
	}()
	defer recovered(&err)
	m.in = m.frame
	if m.dec == nil {
		if m.dec, err = gomp3.NewDecoder(&m.in); err != nil {
			return fmt.Errorf("%w: %v", ErrDamaged, err)
		}
	}
	if _, err := io.ReadFull(m.dec, m.out); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return nil
}

// convert puts what dec made of a frame into dst. go-mp3 multiplies by 32767
// and cuts off what is behind the point, so that the middle of what may have
// been there is half a step further from 0. It reports whether samples are at
// full scale.
func (m *mp3Decoder) convert(dst []float32) (full bool) {
	const scale = 1<<15 - 1
	channels := m.config.Channels
	for i := range len(dst) / channels {
		for c := range channels {
			v := float32(int16(binary.LittleEndian.Uint16(m.out[4*i+2*c:])))
			switch {
			case v > 0 && v < scale:
				v += 0.5
			case v < 0 && v > -scale:
				v -= 0.5
			case v != 0:
				full = true
			}
			dst[i*channels+c] = v / scale
		}
	}
	return full
}
