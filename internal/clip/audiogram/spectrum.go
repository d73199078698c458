package audiogram

import (
	"context"
	"math"
	"math/bits"

	"github.com/spaces-cli/spaces/internal/clip"
)

// A spectrum is how loud a clip is at each of its pictures in each of some bands,
// 0 to 255, row by row.
type spectrum struct {
	bands  int
	levels []uint8
}

// at returns the bands of a picture; behind the last there are those of the last.
func (s *spectrum) at(i int) []uint8 {
	if n := len(s.levels) / s.bands; i >= n {
		i = n - 1
	}
	return s.levels[i*s.bands:][:s.bands]
}

// blockFrames is how many samples are decoded at once.
const blockFrames = 4096

// listen measures a clip at its pictures.
func listen(ctx context.Context, q *clip.Request, bands, fps, pictures int) (*spectrum, error) {
	f := q.Recording.Format()
	f.Channels = 1
	s, stop, err := q.Recording.Decode(ctx, q.Span, f)
	if err != nil {
		return nil, err
	}
	defer stop()
	a := newAnalyser(f.SampleRate, bands, fps, pictures)
	err = s.Frames(ctx, blockFrames, func(block []float32) error {
		a.add(block)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.finish(), nil
}

// An analyser measures sound at one picture after the other: half a window
// before it, and half a window behind it.
type analyser struct {
	rate, fps, bands, pictures int
	t                          *transform
	edges                      []float64 // of the bands, in bins
	tilt                       []float64 // half decibels that are added to a band

	buf   []float32 // the sound that is still needed
	start int64     // of buf, in samples from the beginning
	two   [2][]float64
	waits bool // the first of two has been filled
	list  []uint8
}

const (
	// Half decibels: what is measured lies between 0 and 255, which are −100 and
	// 27.5 dB.
	perDecibel = 2
	lowest     = -100
	loudest    = 1e6
	// span is how many decibels lie between the lowest and the highest bar.
	span = 38
	// lowHz and highHz are where speech is.
	lowHz, highHz = 90.0, 7000.0
	// Speech loses about 6 dB an octave upwards; half of it is made up for.
	octaveTilt = 3.5
)

func newAnalyser(rate, bands, fps, pictures int) *analyser {
	size := 1 << bits.Len(uint(rate/30))
	a := &analyser{rate: rate, fps: fps, bands: bands, pictures: pictures, t: newTransform(size), start: -int64(size / 2)}
	a.buf = make([]float32, size/2, size+blockFrames) // silence before the beginning
	a.two = [2][]float64{make([]float64, size), make([]float64, size)}
	high := min(highHz, 0.45*float64(rate))
	octaves := math.Log2(high / lowHz)
	for i := range bands + 1 {
		octave := octaves * float64(i) / float64(bands)
		a.edges = append(a.edges, float64(lowHz*math.Exp2(octave))*float64(size)/float64(rate))
		a.tilt = append(a.tilt, octaveTilt*perDecibel*octave)
	}
	return a
}

// add takes more of the sound.
func (a *analyser) add(block []float32) {
	a.buf = append(a.buf, block...)
	size := int64(len(a.two[0]))
	for {
		done := len(a.list) / a.bands
		if a.waits {
			done++
		}
		if done >= a.pictures {
			return
		}
		from := int64(done)*int64(a.rate)/int64(a.fps) - size/2
		if from+size > a.start+int64(len(a.buf)) {
			// What lies before is not needed again.
			if n := from - a.start; n > blockFrames {
				a.buf = append(a.buf[:0], a.buf[n:]...)
				a.start = from
			}
			return
		}
		a.window(a.buf[from-a.start:][:size])
	}
}

// window measures one window; two are transformed at once.
func (a *analyser) window(sound []float32) {
	if !a.waits {
		a.t.weigh(a.two[0], sound)
		a.waits = true
		return
	}
	a.t.weigh(a.two[1], sound)
	a.measure(2)
}

// measure transforms the windows and notes the levels of the bands.
func (a *analyser) measure(n int) {
	a.waits = false
	a.t.run(a.two[0], a.two[1])
	for k := range n {
		for i := range a.bands {
			power := a.t.power(a.two[0], a.two[1], k, a.edges[i], a.edges[i+1])
			if !(power < loudest) { // nor is it a number
				power = 0
			}
			level := perDecibel * (float64(10*math.Log10(power+1e-12)) - lowest)
			a.list = append(a.list, uint8(min(255, max(0, math.Round(float64(level)+a.tilt[i])))))
		}
	}
}

// finish returns the heights of the bars.
func (a *analyser) finish() *spectrum {
	size := len(a.two[0])
	a.add(make([]float32, size+a.rate/a.fps)) // silence behind the end
	if a.waits {
		clear(a.two[1])
		a.measure(1)
	}
	for len(a.list) < a.pictures*a.bands {
		a.list = append(a.list, make([]uint8, a.bands)...)
	}
	s := &spectrum{bands: a.bands, levels: a.list[:a.pictures*a.bands]}
	s.stretch()
	s.smooth(a.fps)
	return s
}

// stretch makes the loudest of what is measured 255, and what is span quieter 0.
func (s *spectrum) stretch() {
	var count [256]int
	for _, v := range s.levels {
		count[v]++
	}
	// A few clicks do not make all that is said small.
	top, rest := 255, len(s.levels)/500
	for ; top > 0 && rest >= count[top]; top-- {
		rest -= count[top]
	}
	const silence = 46 * perDecibel // what no one hears is no reason to move
	top = max(top, silence)
	low := top - span*perDecibel
	for i, v := range s.levels {
		s.levels[i] = uint8(min(255, max(0, int(v)-low)*255/(span*perDecibel)))
	}
}

// smooth makes neighbours alike, and has bars fall more slowly than they rise.
func (s *spectrum) smooth(fps int) {
	n := s.bands
	row := make([]int, n)
	before := make([]int, n)
	fall := 255 * 16 * 5 / (2 * fps) // to nothing in 0.4 s
	for at := 0; at < len(s.levels); at += n {
		levels := s.levels[at : at+n]
		for i, v := range levels {
			left, right := levels[max(0, i-1)], levels[min(n-1, i+1)]
			row[i] = 4 * (int(left) + 2*int(v) + int(right)) // of 16 × 255
		}
		for i, v := range row {
			if v > before[i] {
				v = (before[i] + 2*v) / 3
			}
			v = max(v, before[i]-fall)
			before[i] = v
			levels[i] = uint8(v / 16)
		}
	}
}

// A transform is a Fourier transform of a power of two of complex values.
type transform struct {
	hann     []float64
	cos, sin []float64
	order    []int
}

func newTransform(size int) *transform {
	t := &transform{hann: make([]float64, size), cos: make([]float64, size/2), sin: make([]float64, size/2), order: make([]int, size)}
	shift := 64 - (bits.Len(uint(size)) - 1)
	for i := range size {
		t.hann[i] = (0.5 - float64(0.5*math.Cos(2*math.Pi*float64(i)/float64(size)))) * 2 / float64(size)
		t.order[i] = int(bits.Reverse64(uint64(i)) >> shift)
	}
	for i := range size / 2 {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / float64(size))
		t.cos[i], t.sin[i] = cos, sin
	}
	return t
}

// weigh puts a window of sound where it is transformed.
func (t *transform) weigh(dst []float64, sound []float32) {
	for i, v := range sound {
		dst[t.order[i]] = float64(v) * t.hann[i]
	}
}

// run transforms re and im in place, which are in bit-reversed order.
func (t *transform) run(re, im []float64) {
	for half := 1; half < len(re); half *= 2 {
		step := len(t.cos) / half
		for base := 0; base < len(re); base += 2 * half {
			ar, ai := re[base:base+half], im[base:base+half]
			br, bi := re[base+half:base+2*half], im[base+half:base+2*half]
			for k := range ar {
				c, s := t.cos[k*step], t.sin[k*step]
				xr, xi := br[k], bi[k]
				yr := float64(xr*c) - float64(xi*s)
				yi := float64(xr*s) + float64(xi*c)
				br[k], bi[k] = ar[k]-yr, ai[k]-yi
				ar[k], ai[k] = ar[k]+yr, ai[k]+yi
			}
		}
	}
}

// power returns the power between two bins of the first window, which was the
// real part of what was transformed, or of the second, its imaginary part.
func (t *transform) power(re, im []float64, k int, from, to float64) (sum float64) {
	size := len(re)
	for bin := int(from); float64(bin) < to; bin++ {
		j := size - bin
		xr, xi := (re[bin]+re[j])/2, (im[bin]-im[j])/2
		if k == 1 {
			xr, xi = (im[bin]+im[j])/2, (re[j]-re[bin])/2
		}
		part := min(to, float64(bin+1)) - max(from, float64(bin))
		sum += float64((float64(xr*xr) + float64(xi*xi)) * part)
	}
	return sum
}
