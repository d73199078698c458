// Package resample changes the sample rate of a stream, without moving it in
// time: sample 0 stays sample 0.
//
// It interpolates with a windowed sinc, one set of coefficients for each of
// the places between two input samples that an output sample can fall on. Up
// to 0.45 of the lower rate the level is right to 0.01 dB; what would fold
// back is 100 dB down.
package resample

import (
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

const (
	// crossings is how many zero crossings of the sinc lie on each side.
	crossings = 48
	// rolloff is where the filter ends, relative to half the lower rate.
	rolloff = 0.945
	// beta shapes the Kaiser window: side lobes 100 dB down.
	beta = 10.0
)

// New returns src, which lasts so many sample frames, at another rate. The
// result lasts samples × rate / source rate, rounded to the nearest.
func New(src pcm.Reader, rate int, samples int64) pcm.Reader {
	from := src.Format()
	if from.SampleRate == rate {
		return src
	}
	d := gcd(rate, from.SampleRate)
	r := &resampler{
		src: src, format: pcm.Format{SampleRate: rate, Channels: from.Channels},
		up: int64(rate / d), down: int64(from.SampleRate / d),
	}
	r.left = (samples*int64(rate) + int64(from.SampleRate)/2) / int64(from.SampleRate)
	r.design()
	// Silence stands before the first sample.
	r.buf = make([]float32, r.half*from.Channels)
	r.first = -int64(r.half)
	return r
}

type resampler struct {
	src      pcm.Reader
	format   pcm.Format
	up, down int64 // output sample j lies at input sample j × down / up
	half     int   // coefficients on each side
	filter   []float32

	buf   []float32 // input
	first int64     // index of the first sample frame in buf
	ended bool
	next  int64 // output sample
	left  int64 // to put out
}

// design computes the coefficients: for each phase 2 × half of them.
func (r *resampler) design() {
	cutoff := rolloff * min(1, float64(r.up)/float64(r.down))
	r.half = int(math.Ceil(crossings / cutoff))
	taps := 2 * r.half
	r.filter = make([]float32, int(r.up)*taps)
	for p := range int(r.up) {
		set := r.filter[p*taps : (p+1)*taps]
		sum := 0.0
		values := make([]float64, taps)
		for k := range values {
			// How far input sample k of the set lies from the output sample.
			x := float64(k-r.half+1) - float64(p)/float64(r.up)
			values[k] = float64(sinc(cutoff*x) * kaiser(x/float64(r.half)))
			sum += values[k]
		}
		for k, v := range values {
			set[k] = float32(v / sum)
		}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func kaiser(x float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-float64(x*x))) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind, order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term = float64(term * (x / 2 / k * (x / 2 / k)))
		sum += term
	}
	return sum
}

func (r *resampler) Format() pcm.Format { return r.format }

func (r *resampler) Read(dst []float32) (int, error) {
	channels := r.format.Channels
	room := len(dst) / channels
	n := 0
	for n < room && r.left > 0 {
		at := r.next * r.down
		phase := int(at % r.up)
		start := at/r.up - int64(r.half) + 1 // the first input sample needed
		if err := r.fill(start); err != nil {
			return n, err
		}
		taps := 2 * r.half
		set := r.filter[phase*taps : (phase+1)*taps]
		in := r.buf[int(start-r.first)*channels:]
		if channels == 1 {
			dst[n] = product(set, in)
		} else {
			for c := range channels {
				var sum float32
				for k, h := range set {
					sum += float32(h * in[k*channels+c])
				}
				dst[n*channels+c] = sum
			}
		}
		n++
		r.next++
		r.left--
	}
	if n == 0 && room > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// product is the sum of the products of a with as many values of b. Four sums
// side by side do not wait for each other.
func product(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float32(a[0] * b[0])
		s1 += float32(a[1] * b[1])
		s2 += float32(a[2] * b[2])
		s3 += float32(a[3] * b[3])
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += float32(v * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// blockFrames is how many sample frames are read at once.
const blockFrames = 4096

// fill reads until buf holds all that begins at input sample start. After the
// end of the source comes silence.
func (r *resampler) fill(start int64) error {
	channels := r.format.Channels
	need := int(start-r.first) + 2*r.half
	for len(r.buf)/channels < need {
		// What lies before start is not needed again.
		if drop := int(start - r.first); drop > 0 {
			r.buf = r.buf[:copy(r.buf, r.buf[drop*channels:])]
			r.first += int64(drop)
			need -= drop
		}
		have := len(r.buf)
		if r.ended {
			for range need*channels - have {
				r.buf = append(r.buf, 0)
			}
			return nil
		}
		if want := have + blockFrames*channels; cap(r.buf) < want {
			r.buf = append(make([]float32, 0, 2*want), r.buf...)
		}
		n, err := r.src.Read(r.buf[have : have+blockFrames*channels])
		r.buf = r.buf[:have+n*channels]
		if err == io.EOF {
			r.ended = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
