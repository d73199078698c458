package moments

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// A hop is what is kept of 25 ms of sound. Four bytes, so that ten hours take
// six megabytes.
type hop struct {
	level uint8 // RMS: 255 is full scale, each step below it half a decibel
	noise uint8 // how much of it is noise: 255 stands for 1
	voice uint8 // how much it is one voice, or a tone: 255 stands for 1
	flags uint8
}

const (
	clipped uint8 = 1 << iota // samples stand at full scale in a row
	lost                      // some of it does not decode, or none of it was heard
)

const (
	// hopsASecond is a trade: a voice has a pitch within a hop, and a syllable
	// of laughter, an eighth of a second long, still has several of them.
	hopsASecond = 40
	hopBytes    = 4
	levelSteps  = 2 // in a decibel
)

// decibels is the level of a hop in dBFS.
func (h hop) decibels() float64 { return (float64(h.level) - 255) / levelSteps }

// levelOf is the inverse of decibels, of a mean power.
func levelOf(power float64) uint8 {
	if !(power > 0) {
		return 0
	}
	return uint8(min(255, max(0, math.Round(255+float64(levelSteps*10*math.Log10(power))))))
}

// A spectrometer makes hops of sound at one sample rate. It looks at two at a
// time: those are the real and the imaginary part of one Fourier transform.
type spectrometer struct {
	size    int // of the transform
	window  []float64
	twiddle []complex128
	reverse []int
	buf     []complex128
	bands   [5]int // bins at the edges of the bands
}

// edges of the bands in which noise is told from tones, in Hz: about an octave
// each, where voices have their energy.
var edges = [5]float64{300, 750, 1500, 3000, 6000}

func newSpectrometer(rate int) *spectrometer {
	length := max(16, rate/hopsASecond)
	// A power of two near the length of a hop: at 44.1 and 48 kHz one
	// somewhat shorter, which leaves out what a window hardly looks at.
	size := 1 << (bits.Len(uint(length*13/10)) - 1)
	s := &spectrometer{size: size, buf: make([]complex128, size)}
	n := min(size, length)
	s.window = make([]float64, n)
	for i := range s.window {
		s.window[i] = 0.5 - float64(0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(n)))
	}
	s.twiddle = make([]complex128, size/2)
	for i := range s.twiddle {
		s.twiddle[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(size))
	}
	s.reverse = make([]int, size)
	for i := range s.reverse {
		s.reverse[i] = int(bits.Reverse32(uint32(i)) >> (33 - bits.Len(uint(size))))
	}
	bin := func(hz float64) int {
		return min(size/2, max(1, int(math.Round(hz*float64(size)/float64(rate)))))
	}
	for i, hz := range edges {
		s.bands[i] = bin(hz)
	}
	return s
}

// pair describes two stretches of mono sound, of which the second may be
// empty.
func (s *spectrometer) pair(a, b []float32) (hop, hop) {
	x, y := measured(a), measured(b)
	if x.level == 0 && y.level == 0 {
		return x, y
	}
	clear(s.buf)
	skipA, skipB := max(0, len(a)-len(s.window))/2, max(0, len(b)-len(s.window))/2
	for i, w := range s.window {
		var re, im float64
		if skipA+i < len(a) {
			re = finite(a[skipA+i])
		}
		if skipB+i < len(b) {
			im = finite(b[skipB+i])
		}
		s.buf[s.reverse[i]] = complex(w*re, w*im)
	}
	s.transform()
	s.describe(&x, 1)
	s.describe(&y, -1)
	return x, y
}

// measured is a hop with its level alone.
func measured(block []float32) hop {
	var h hop
	if len(block) == 0 {
		return h
	}
	var sum, offset float64
	run := 0
	for _, v := range block {
		x := finite(v)
		sum += float64(x * x)
		offset += x
		if x >= fullScale || x <= -fullScale {
			if run++; run == clippedRun {
				h.flags |= clipped
			}
		} else {
			run = 0
		}
	}
	n := float64(len(block))
	h.level = levelOf(sum/n - offset/n*offset/n) // a constant offset cannot be heard
	return h
}

// So many samples in a row at full scale are clipped, as package loudness has
// it. Lossy coding moves them a little.
const (
	clippedRun = 3
	fullScale  = 0.999
)

// finite is v, or 0 for what is no number.
func finite(v float32) float64 {
	if x := float64(v); x >= -1e3 && x <= 1e3 {
		return x
	}
	return 0
}

// transform is the Fourier transform of buf, which is in bit-reversed order
// (Cooley and Tukey, radix 2).
func (s *spectrometer) transform() {
	for half, step := 1, s.size/2; half < s.size; half, step = 2*half, step/2 {
		for at := 0; at < s.size; at += 2 * half {
			lo, hi := s.buf[at:at+half], s.buf[at+half:at+2*half]
			for i := range lo {
				t := times(hi[i], s.twiddle[i*step])
				lo[i], hi[i] = lo[i]+t, lo[i]-t
			}
		}
	}
}

// times is the product of two complex numbers, rounded alike on all processors.
func times(a, b complex128) complex128 {
	return complex(float64(real(a)*real(b))-float64(imag(a)*imag(b)), float64(real(a)*imag(b))+float64(imag(a)*real(b)))
}

// power is that of bin k of the one stretch (sign 1) or the other (-1): of two
// real signals, transformed as one complex one, the spectra are its even and
// its odd part.
func (s *spectrometer) power(k int, sign float64) float64 {
	p, q := s.buf[k], cmplx.Conj(s.buf[s.size-k])
	d := p + times(complex(sign, 0), q)
	return float64((float64(real(d)*real(d)) + float64(imag(d)*imag(d))) / 4)
}

// describe tells what kind of sound a hop is.
//
// Noise is the spectral flatness (geometric over arithmetic mean of the power)
// of each band, weighted by what the band holds. Higher bands count for more,
// as the slope of a voice falls by 6 dB an octave and more. White noise has
// 0.56, because the power of its bins scatters, and is brought to 1; vowels
// have a tenth of that.
func (s *spectrometer) describe(h *hop, sign float64) {
	const white = 0.56
	var total, noisy float64
	for b := range len(s.bands) - 1 {
		first, end := s.bands[b], s.bands[b+1]
		if end-first < 2 {
			continue // not at this sample rate
		}
		var sum float64
		product, exponent := 1.0, 0
		for k := first; k < end; k++ {
			p := s.power(k, sign) + 1e-15
			sum += p
			product *= p
			if product < 1e-200 {
				// Bins are multiplied rather than their logarithms added.
				f, e := math.Frexp(product)
				product, exponent = f, exponent+e
			}
		}
		n := float64(end - first)
		geometric := math.Exp((math.Log(product) + float64(float64(exponent)*math.Ln2)) / n)
		weight := float64(sum * edges[b] * edges[b])
		total += weight
		noisy += weight * geometric / (sum / n)
	}
	if total > 0 {
		h.noise = uint8(math.Round(255 * min(1, noisy/total/white)))
	}
}
