package layer2

import (
	"fmt"
	"math"
	"math/bits"
)

// A Decoder decodes frames in their order. Checksums are not looked at, because
// some encoders write wrong ones and no player looks at them.
type Decoder struct {
	banks [2]bank
	scale [64]float64
	// Of the frame that is decoded, by channel and subband.
	steps  [2][subbands]int
	factor [2][subbands][3]float64 // for each third of the frame
	values [2][36][subbands]float64
}

// NewDecoder returns a Decoder.
func NewDecoder() *Decoder {
	d := new(Decoder)
	for i := range len(d.scale) - 1 { // the last one means nothing, and is silence
		d.scale[i] = math.Exp2(1 - float64(i)/3) // ISO/IEC 11172-3, table B.1
	}
	for c := range d.banks {
		d.banks[c].init()
	}
	return d
}

// Decode appends the samples of a frame to dst, of all channels one after the
// other, in 16 bits; what goes beyond them is cut off. The error is ErrHeader or
// ErrDamaged; then nothing is appended.
func (d *Decoder) Decode(dst []int32, frame []byte) ([]int32, error) {
	h, err := ParseHeader(frame)
	if err != nil {
		return dst, err
	}
	if len(frame) < h.FrameSize() {
		return dst, fmt.Errorf("%w: %d bytes of %d", ErrDamaged, len(frame), h.FrameSize())
	}
	r := &reader{b: frame[:h.FrameSize()], at: 8 * HeaderSize}
	if h.Protected {
		const crcBits = 16
		r.at += crcBits
	}
	for c := range h.Channels {
		clear(d.steps[c][:])
		clear(d.values[c][:])
	}
	if h.Layer == 1 {
		err = d.first(r, h)
	} else {
		err = d.second(r, h)
	}
	if err != nil {
		return dst, err
	}
	if r.at > 8*len(r.b) {
		return dst, fmt.Errorf("%w: its numbers need %d bits of %d", ErrDamaged, r.at, 8*len(r.b))
	}
	from := len(dst)
	dst = append(dst, make([]int32, h.Samples()*h.Channels)...)
	for c := range h.Channels {
		var out [subbands]float64
		to := dst[from+c:]
		for i := range h.Samples() / subbands {
			d.banks[c].slot(&out, &d.values[c][i])
			for k, v := range out {
				to[(subbands*i+k)*h.Channels] = int32(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(v*(1<<15)))))
			}
		}
	}
	return dst, nil
}

// first reads a frame of Layer I (ISO/IEC 11172-3 §2.4.1.5).
func (d *Decoder) first(r *reader, h Header) error {
	for sb := range subbands {
		for c := range h.Channels {
			if sb >= h.bound && c > 0 {
				d.steps[c][sb] = d.steps[0][sb]
				continue
			}
			const codeBits, forbidden = 4, 15
			code := r.bits(codeBits)
			if code == forbidden {
				return fmt.Errorf("%w: forbidden allocation of bits", ErrDamaged)
			}
			if code > 0 {
				d.steps[c][sb] = 2<<code - 1
			}
		}
	}
	for sb := range subbands {
		for c := range h.Channels {
			if d.steps[c][sb] > 0 {
				d.factor[c][sb][0] = d.scale[r.bits(factorBits)]
			}
		}
	}
	for i := range 12 {
		for sb := range subbands {
			for c := range h.Channels {
				steps := d.steps[c][sb]
				if steps == 0 || sb >= h.bound && c > 0 {
					continue
				}
				d.set(h, sb, c, i, 0, fraction(r.bits(bits.Len(uint(steps))), steps))
			}
		}
	}
	return nil
}

const factorBits = 6

// second reads a frame of Layer II (ISO/IEC 11172-3 §2.4.1.6).
func (d *Decoder) second(r *reader, h Header) error {
	sb := 0
	for _, a := range h.allocation() {
		for range a.subbands {
			for c := range h.Channels {
				if sb >= h.bound && c > 0 {
					d.steps[c][sb] = d.steps[0][sb]
					continue
				}
				d.steps[c][sb] = a.steps[r.bits(a.bits)]
			}
			sb++
		}
	}
	used := sb
	var selects [2][subbands]int
	for sb := range used {
		for c := range h.Channels {
			if d.steps[c][sb] > 0 {
				const selectBits = 2
				selects[c][sb] = r.bits(selectBits)
			}
		}
	}
	for sb := range used {
		for c := range h.Channels {
			if d.steps[c][sb] > 0 {
				d.factors(r, selects[c][sb], &d.factor[c][sb])
			}
		}
	}
	for i := 0; i < 36; i += 3 {
		for sb := range used {
			for c := range h.Channels {
				steps := d.steps[c][sb]
				if steps == 0 || sb >= h.bound && c > 0 {
					continue
				}
				for k, v := range r.three(steps) {
					d.set(h, sb, c, i+k, i/12, fraction(v, steps))
				}
			}
		}
	}
	return nil
}

// factors reads the scale factors of a subband: three, or fewer where they are
// the same (§2.4.2.6, scfsi).
func (d *Decoder) factors(r *reader, selected int, f *[3]float64) {
	read := func() float64 { return d.scale[r.bits(factorBits)] }
	f[0] = read()
	switch selected {
	case 0:
		f[1], f[2] = read(), read()
	case 1:
		f[1], f[2] = f[0], read()
	case 2:
		f[1], f[2] = f[0], f[0]
	case 3:
		f[1] = read()
		f[2] = f[1]
	}
}

// set puts a value in place, in both channels where they share it.
func (d *Decoder) set(h Header, sb, c, i, third int, v float64) {
	d.values[c][i][sb] = v * d.factor[c][sb][third]
	if sb >= h.bound && h.Channels > 1 {
		d.values[1][i][sb] = v * d.factor[1][sb][third]
	}
}

// fraction returns the value of a number of so many steps, between −1 and 1
// (§2.4.3.2.1 and §2.4.3.3.4, tables B.4, put together).
func fraction(v, steps int) float64 { return float64(2*v+1-steps) / float64(steps) }

// A reader reads bits, the highest of each byte first. Behind the end they are 0.
type reader struct {
	b  []byte
	at int // in bits
}

func (r *reader) bits(n int) int {
	v := 0
	for have := -(r.at & 7); have < n; have += 8 {
		v <<= 8
		if i := (r.at + have + 7) >> 3; i < len(r.b) {
			v |= int(r.b[i])
		}
	}
	end := r.at + n
	r.at = end
	return v >> (-end & 7) & (1<<n - 1)
}

// three reads three numbers of so many steps, which are one code where that is
// shorter (table B.4).
func (r *reader) three(steps int) (v [3]int) {
	n := bits.Len(uint(steps))
	switch steps {
	case 3, 5, 9:
		code := r.bits(bits.Len(uint(steps * steps * steps)))
		for i := range v {
			v[i] = code % steps
			code /= steps
		}
		return v
	}
	for i := range v {
		v[i] = r.bits(n)
	}
	return v
}
