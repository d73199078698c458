// Package alac decodes Apple Lossless (ALAC). Each packet stands for itself: it
// holds elements of one or two channels, each a linear prediction that adapts
// itself and the differences from it as Rice codes, or plain numbers.
//
// The format has no standard of its own. Apple describes its cookie and its
// elements ("Apple Lossless Format Magic Cookie Description", 2011-2012).
package alac

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrConfig means that a cookie makes no sense.
	ErrConfig = errors.New("invalid configuration of Apple Lossless")
	// ErrDamaged means that a packet cannot be decoded.
	ErrDamaged = errors.New("damaged packet of Apple Lossless")
	// ErrUnsupported means that a packet has elements that no program writes.
	ErrUnsupported = errors.New("unsupported element of Apple Lossless")
)

const (
	cookieSize = 24
	// maxSamples bounds the samples of a packet. Encoders write 4096.
	maxSamples  = 1 << 15
	maxChannels = 8
)

// A Config is what the cookie says.
type Config struct {
	Samples    int // of a packet; the last one may have fewer
	Bits       int // 16, 20, 24 or 32
	Channels   int
	SampleRate int
	// How the numbers of Rice codes adapt themselves.
	history, initial, limit uint32
}

// ParseCookie reads the cookie, of which some containers put a box or two around.
func ParseCookie(b []byte) (c Config, err error) {
	if len(b) < cookieSize {
		return c, fmt.Errorf("%w: %d bytes", ErrConfig, len(b))
	}
	be := binary.BigEndian
	samples, rate := be.Uint32(b), be.Uint32(b[20:])
	c = Config{
		Bits: int(b[5]), history: uint32(b[6]), initial: uint32(b[7]), limit: uint32(b[8]), Channels: int(b[9]),
	}
	switch {
	case b[4] != 0:
		return c, fmt.Errorf("%w: version %d", ErrConfig, b[4])
	case samples < 1 || samples > maxSamples || rate < 1 || rate > 1<<24:
		return c, fmt.Errorf("%w: %d samples at %d Hz", ErrConfig, samples, rate)
	case c.Bits != 16 && c.Bits != 20 && c.Bits != 24 && c.Bits != 32:
		return c, fmt.Errorf("%w: %d bits", ErrConfig, c.Bits)
	case c.Channels < 1 || c.Channels > maxChannels:
		return c, fmt.Errorf("%w: %d channels", ErrConfig, c.Channels)
	case c.limit < 1 || c.limit > 16:
		return c, fmt.Errorf("%w: Rice codes of %d bits", ErrConfig, c.limit)
	}
	c.Samples, c.SampleRate = int(samples), int(rate)
	return c, nil
}

// TrackConfig returns the configuration of units with a cookie. What containers
// put round the cookie is left out. The error is ErrConfig.
func TrackConfig(cookie []byte) (track.Config, error) {
	const box = 12 // a box's size, kind and version
	for range 2 {
		if len(cookie) >= box && (string(cookie[4:8]) == "frma" || string(cookie[4:8]) == "alac") {
			cookie = cookie[box:]
		}
	}
	c, err := ParseCookie(cookie)
	if err != nil {
		return track.Config{}, err
	}
	return track.Config{
		Codec: track.ALAC, SampleRate: c.SampleRate, Channels: c.Channels, UnitSamples: c.Samples, Specific: string(cookie[:cookieSize]),
	}, nil
}

// Kinds of elements.
const (
	single    = 0
	pair      = 1
	coupling  = 2
	low       = 3
	data      = 4
	program   = 5
	fill      = 6
	end       = 7
	kindBits  = 3
	headBits  = 4 + 12 + 4 // number of the element, nothing, flags
	countBits = 32
)

// UnitSamples returns how many samples a packet says that it has; whole is what
// the cookie says. ok is false if it does not begin with sound.
func UnitSamples(packet []byte, whole int) (n int, ok bool) {
	r := reader{b: packet}
	for {
		switch r.bits(kindBits) {
		case single, pair, low:
			h := r.header()
			if h.samples < 0 {
				h.samples = whole
			}
			return h.samples, !r.over() && h.samples > 0 && h.samples <= whole
		case data:
			r.skipData()
		case fill:
			r.skipFill()
		default:
			return 0, false
		}
		if r.over() {
			return 0, false
		}
	}
}

// order says which channel, in the order of WAV, each one of the elements is.
func order(channels int) []int {
	return [][]int{nil, {0}, {0, 1}, {2, 0, 1}, {2, 0, 1, 3}, {2, 0, 1, 3, 4}, {2, 0, 1, 4, 5, 3}, {2, 0, 1, 4, 5, 6, 3}, {2, 6, 7, 0, 1, 4, 5, 3}}[channels]
}

// A Decoder decodes packets of one configuration.
type Decoder struct {
	config  Config
	order   []int
	out     [2][]int32 // of an element
	shifted [2][]int32 // its lowest bits, which are not predicted
}

// NewDecoder returns a Decoder.
func NewDecoder(c Config) *Decoder {
	d := &Decoder{config: c, order: order(c.Channels)}
	for i := range d.out {
		d.out[i], d.shifted[i] = make([]int32, c.Samples), make([]int32, c.Samples)
	}
	return d
}

// Decode decodes a packet to dst, samples of all channels one after the other.
// It has room for exactly the samples that the packet lasts. After an error dst
// is silence.
func (d *Decoder) Decode(dst []int32, packet []byte) error {
	err := d.decode(dst, packet)
	if err != nil {
		clear(dst)
	}
	return err
}

func (d *Decoder) decode(dst []int32, packet []byte) error {
	r := reader{b: packet}
	n := len(dst) / d.config.Channels
	for at := 0; ; {
		kind := r.bits(kindBits)
		if r.over() {
			return fmt.Errorf("%w: it ends early", ErrDamaged)
		}
		channels := 1
		switch kind {
		case pair:
			channels = 2
		case single, low:
		case data:
			r.skipData()
			continue
		case fill:
			r.skipFill()
			continue
		case end:
			if at != d.config.Channels {
				return fmt.Errorf("%w: %d of %d channels", ErrDamaged, at, d.config.Channels)
			}
			return nil
		default: // coupling, program
			return fmt.Errorf("%w: %d", ErrUnsupported, kind)
		}
		if at+channels > d.config.Channels {
			return fmt.Errorf("%w: more than %d channels", ErrDamaged, d.config.Channels)
		}
		if err := d.element(&r, channels, n); err != nil {
			return err
		}
		for c := range channels {
			to := dst[d.order[at+c]:]
			for i, v := range d.out[c][:n] {
				to[i*d.config.Channels] = v
			}
		}
		at += channels
	}
}

// A header is what an element of sound begins with.
type header struct {
	samples int // or −1: as the cookie says
	shift   int // bits that are not predicted
	plain   bool
}

func (r *reader) header() header {
	flags := r.bits(headBits)
	h := header{samples: -1, shift: int(flags>>1&3) * 8, plain: flags&1 != 0}
	if flags>>3&1 != 0 {
		h.samples = int(min(r.bits(countBits), maxSamples+1))
	}
	return h
}

// element decodes n samples of one or two channels to d.out.
func (d *Decoder) element(r *reader, channels, n int) error {
	h := r.header()
	if h.samples < 0 {
		h.samples = d.config.Samples
	}
	if h.samples != n {
		return fmt.Errorf("%w: %d samples, not %d", ErrDamaged, h.samples, n)
	}
	if h.plain {
		for i := range n {
			for c := range channels {
				d.out[c][i] = signed(r.bits(d.config.Bits), d.config.Bits)
			}
		}
		if r.over() {
			return fmt.Errorf("%w: it ends early", ErrDamaged)
		}
		return nil
	}
	// The difference of two channels takes a bit more than they do.
	bits := d.config.Bits - h.shift + channels - 1
	if bits < 1 || bits > 32 {
		return fmt.Errorf("%w: numbers of %d bits", ErrDamaged, bits)
	}
	mixBits, mixRes := int(r.bits(8)), int32(int8(r.bits(8)))
	var predictors [2]predictor
	for c := range channels {
		predictors[c].read(r)
	}
	if h.shift > 0 {
		for i := range n {
			for c := range channels {
				d.shifted[c][i] = int32(r.bits(h.shift))
			}
		}
	}
	for c := range channels {
		p := &predictors[c]
		if err := r.rice(d.out[c][:n], &d.config, p.factor, bits); err != nil {
			return err
		}
		p.restore(d.out[c][:n], bits)
	}
	if r.over() {
		return fmt.Errorf("%w: it ends early", ErrDamaged)
	}
	if channels == 2 && mixRes != 0 {
		unmix(d.out[0][:n], d.out[1][:n], mixBits, mixRes)
	}
	if h.shift > 0 {
		for c := range channels {
			low := d.shifted[c]
			for i, v := range d.out[c][:n] {
				d.out[c][i] = v<<h.shift | low[i]
			}
		}
	}
	return nil
}

// unmix makes left and right of a weighted sum and the difference.
func unmix(u, v []int32, bits int, weight int32) {
	bits = min(bits, 31)
	for i, diff := range v {
		left := u[i] + diff - weight*diff>>bits
		u[i], v[i] = left, left-diff
	}
}

// signed returns the number of so many bits in two's complement.
func signed(v uint32, bits int) int32 {
	shift := 32 - bits
	return int32(v<<shift) >> shift
}
