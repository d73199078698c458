package encode

import (
	"math"
	"sync"
)

// bark returns the critical band rate of a frequency (Zwicker & Terhardt,
// Analytical expressions for critical-band rate, JASA 68, 1980).
func bark(hz float64) float64 {
	return float64(13*math.Atan(0.00076*hz)) + float64(3.5*math.Atan(hz/7500*hz/7500))
}

// quiet returns the threshold in quiet in dB SPL (Terhardt, Calculating
// virtual pitch, 1979).
func quiet(hz float64) float64 {
	k := max(hz, 20) / 1000
	return float64(3.64*math.Pow(k, -0.8)) - float64(6.5*math.Exp(-0.6*(k-3.3)*(k-3.3))) + float64(1e-3*k*k*k*k)
}

// loudest is the sound pressure level that a sine of full scale is taken to be
// played at.
const loudest = 92

const (
	// Masking is toneMask dB and noiseMask dB below what masks, for tones and
	// for noise.
	toneMask  = 14.0
	noiseMask = 6.0
	// It falls off by so many dB a Bark towards lower and higher frequencies.
	slopeDown = 27.0
	slopeUp   = 15.0
	// How much a threshold may rise from one granule to the next, and from one
	// short window to the next, so that no noise comes before the sound that
	// masks it. (The standard's limit over two granules as well only costs bits.)
	rise, riseShort = 2, 12
	// Tonality is taken from how well a line is predicted up to this
	// frequency (of a sample rate of 44100, in proportion for others).
	predicted = 170
)

// maxPartitions bounds how many parts the spectrum is divided into.
const maxPartitions = 80

// A hearing is the part of the psychoacoustic model that does not change: model
// 2 of ISO/IEC 11172-3, annex D, with a spreading function whose two slopes
// are straight, so that it takes a few multiplications a partition.
type hearing struct {
	fft    *fft
	window [fftSize]float32
	n      int // partitions
	first  [maxPartitions + 1]int
	up     [maxPartitions]float32 // what is left of energy one partition up
	down   [maxPartitions]float32 // and one down
	norm   [maxPartitions]float32 // 1 over how spreading makes white noise grow
	quiet  [maxPartitions]float32
	long   bandMap
	// For short blocks: masking in their own bands.
	short struct {
		up, down, norm, quiet, mask [13]float32
		width                       [13]int
	}
}

// A bandMap says what share of the energy of each partition lies in each band.
type bandMap struct {
	from, to [22]int // partitions
	share    [22][]float32
}

// linePower is the energy that each line of white noise of variance 1 has: the
// lines are scaled so that the decoder needs no factor. Those of a short window
// have three times as much, and there are a third as many.
const linePower = 1.0 / 9 / 32

// fftPower turns the power of the windowed transform into that of lines.
const fftPower = linePower * lines / (fftSize / 2) / (0.375 * fftSize)

func newHearing(rate int, lay, shortLay *layout) *hearing {
	h := &hearing{fft: newFFT()}
	for i := range h.window {
		h.window[i] = float32(0.5 - float64(0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/fftSize)))
	}
	width := float64(rate) / fftSize
	line := 1
	for line <= fftSize/2 {
		h.first[h.n] = line
		z := bark((float64(line) - 0.5) * width)
		line++
		for line <= fftSize/2 && (bark((float64(line)+0.5)*width)-z < 0.36 || h.n == maxPartitions-1) {
			line++
		}
		h.n++
	}
	h.first[h.n] = fftSize/2 + 1
	var at [maxPartitions]float64
	for p := range h.n {
		lo, hi := float64(h.first[p])-0.5, float64(h.first[p+1])-0.5
		at[p] = bark((lo + hi) / 2 * width)
		least := math.Inf(1)
		for k := h.first[p]; k < h.first[p+1]; k++ {
			least = min(least, quiet(float64(k)*width))
		}
		h.quiet[p] = float32(hearable(least) * (bark(hi*width) - bark(lo*width)))
	}
	for p := range h.n {
		if p > 0 {
			h.up[p] = float32(math.Pow(10, -slopeUp*(at[p]-at[p-1])/10))
			h.down[p-1] = float32(math.Pow(10, -slopeDown*(at[p]-at[p-1])/10))
		}
	}
	normalize(h.norm[:h.n], h.up[:h.n], h.down[:h.n])
	h.long = h.mapBands(lay)
	h.shortBands(rate, shortLay)
	return h
}

// hearable returns the energy in lines of a sound at a level in dB SPL.
func hearable(db float64) float64 {
	return lines * linePower / 2 * math.Pow(10, (min(db, 90)-loudest)/10)
}

// normalize sets norm so that spreading leaves equal energies as they are.
func normalize(norm, up, down []float32) {
	for i := range norm {
		norm[i] = 1
	}
	spread(norm, up, down)
	for i, v := range norm {
		norm[i] = 1 / v
	}
}

// spread adds to each value what its neighbours spread to it.
func spread(e, up, down []float32) {
	up, down = up[:len(e)], down[:len(e)]
	var carry [maxPartitions]float32
	var s float32
	for i, v := range e {
		s = float32(s * up[i])
		carry[i] = s
		s += v
	}
	s = 0
	for i := len(e) - 1; i >= 0; i-- {
		v := e[i]
		s = float32(s * down[i])
		e[i] = v + s + carry[i]
		s += v
	}
}

func (h *hearing) mapBands(lay *layout) (m bandMap) {
	const scale = float64(fftSize) / 2 / lines // of lines to values of the FFT
	for b := range 22 {
		lo, hi := float64(lay.first[b])*scale, float64(lay.first[b+1])*scale
		m.from[b] = -1
		for p := range h.n {
			from, to := float64(h.first[p])-0.5, float64(h.first[p+1])-0.5
			if p == 0 {
				from = 0
			}
			if common := min(hi, to) - max(lo, from); common > 0 {
				if m.from[b] < 0 {
					m.from[b] = p
				}
				m.to[b] = p + 1
				m.share[b] = append(m.share[b], float32(common/(to-from)))
			}
		}
	}
	return m
}

func (h *hearing) shortBands(rate int, lay *layout) {
	s := &h.short
	width := float64(rate) / 2 / (lines / 3)
	var at [13]float64
	line := 0
	for b := range 13 {
		s.width[b] = lay.first[3*b+1] - lay.first[3*b]
		mid := float64(line) + float64(float64(s.width[b])/2)
		at[b] = bark(mid * width)
		least := math.Inf(1)
		for range s.width[b] {
			least = min(least, quiet((float64(line)+0.5)*width))
			line++
		}
		s.quiet[b] = float32(hearable(least) * min(1, bark((float64(line))*width)-bark(float64(line-s.width[b])*width)))
		if b > 0 {
			s.up[b] = float32(math.Pow(10, -slopeUp*(at[b]-at[b-1])/10))
			s.down[b-1] = float32(math.Pow(10, -slopeDown*(at[b]-at[b-1])/10))
		}
		s.mask[b] = float32(math.Pow(10, -noiseMask/10))
	}
	normalize(s.norm[:], s.up[:], s.down[:])
}

// A modelState is what the model remembers of one channel.
type modelState struct {
	thr     [maxPartitions]float32 // thresholds of the granule before
	seen    int                    // granules, up to 2
	r, c, s [2][predicted]float32  // magnitude and phase of the lines then
	short   [13]float32            // thresholds of the last short window, zeros after a long one
}

// A masking is what the model says of a granule of one channel.
type masking struct {
	energy [22]float32
	thr    [22]float32 // the noise that each band may have
}

// listen transforms two stretches of samples at once and hands their spectra to
// assess one after the other.
func (h *hearing) listen(a, b *[fftSize]float32, re, im *[fftSize]float32) {
	for i, w := range h.window {
		re[i] = a[i] * w
		im[i] = b[i] * w
	}
	h.fft.run(re, im)
}

// A spectrum is the first half of a transform.
type spectrum struct {
	re, im [fftSize/2 + 1]float32
}

// part takes the spectra of a and b apart: the sum of both is hermitian in a and
// antihermitian in ib.
func (h *hearing) part(re, im *[fftSize]float32, a, b *spectrum) {
	o := &h.fft.order
	for k := range a.re {
		i, j := o[k]%fftSize, o[(fftSize-k)%fftSize]%fftSize
		xr, xi, yr, yi := re[i], im[i], re[j], im[j]
		a.re[k], a.im[k] = (xr+yr)/2, (xi-yi)/2
		b.re[k], b.im[k] = (xi+yi)/2, (yr-xr)/2
	}
}

// assess computes the thresholds of a granule from its spectrum.
func (h *hearing) assess(x *spectrum, m *modelState, out *masking) {
	var power [fftSize/2 + 1]float32
	for k := range power {
		power[k] = (float32(x.re[k]*x.re[k]) + float32(x.im[k]*x.im[k])) * fftPower
	}
	var e, ec [maxPartitions]float32
	var chaos [predicted]float32
	m.predict(x, &chaos)
	var raw [maxPartitions]float32
	for p := range h.n {
		lo, hi := h.first[p], h.first[p+1]
		var sum, weighted float32
		if hi <= predicted {
			for k := lo; k < hi; k++ {
				sum += power[k]
				weighted += float32(power[k] * chaos[k])
			}
		} else {
			var most float32
			for k := lo; k < hi; k++ {
				sum += power[k]
				most = max(most, power[k])
			}
			weighted = sum * peaky(most, sum, hi-lo)
		}
		raw[p] = sum
		e[p], ec[p] = sum, weighted
	}
	n := h.n
	spread(e[:n], h.up[:n], h.down[:n])
	spread(ec[:n], h.up[:n], h.down[:n])
	var thr [maxPartitions]float32
	for p := range n {
		// A chaos of 0.05 is a tone, one of 0.5 noise (ISO/IEC 11172-3,
		// D.2.4, step 8).
		tone := float32(0)
		if e[p] > 0 {
			tone = tonality(ec[p] / e[p])
		}
		t := e[p] * h.norm[p] * maskBy(tone)
		limited := t
		if m.seen > 0 {
			limited = min(t, rise*m.thr[p])
		}
		m.thr[p] = t
		thr[p] = max(limited, h.quiet[p])
	}
	m.seen = min(m.seen+1, 2)
	for b := range 22 {
		var en, th float32
		from := h.long.from[b]
		for i, s := range h.long.share[b] {
			en += float32(s * raw[from+i])
			th += float32(s * thr[from+i])
		}
		out.energy[b], out.thr[b] = en, th
	}
}

// tonality is −0.299 − 0.43 ln(c), between 0 and 1.
func tonality(c float32) float32 {
	switch {
	case c <= 0.0489:
		return 1
	case c >= 0.4989:
		return 0
	}
	return -0.299 - float32(0.43*float32(math.Log(float64(c))))
}

// maskBy returns how far below the sound the threshold is.
func maskBy(tone float32) float32 {
	i := int(float32(tone*32) + 0.5)
	return maskTable()[i]
}

var maskTable = sync.OnceValue(func() *[33]float32 {
	var t [33]float32
	for i := range t {
		tone := float64(float64(i) / 32)
		t[i] = float32(math.Pow(10, -(float64(tone*toneMask)+float64((1-tone)*noiseMask))/10))
	}
	return &t
})

// peaky guesses from how far the highest of n lines stands out how chaotic they
// are: of noise it is ln n times the mean.
func peaky(most, sum float32, n int) float32 {
	if n < 3 || sum <= 0 {
		return 0.4
	}
	// 1 if one line has half of all, 0 if it is as in noise.
	r := most / sum
	lo, hi := 3.0/float32(n), float32(0.55)
	if lo >= hi {
		return 0.4
	}
	t := min(max((r-lo)/(hi-lo), 0), 1)
	return 0.5 - float32(0.4*t)
}

// predict says for each line how far it is from where it was expected by the two
// granules before, from 0 to 1 (ISO/IEC 11172-3, D.2.4, steps 3 and 4).
func (m *modelState) predict(x *spectrum, chaos *[predicted]float32) {
	r1, c1, s1 := &m.r[0], &m.c[0], &m.s[0]
	r2, c2, s2 := &m.r[1], &m.c[1], &m.s[1]
	for k := range chaos {
		re, im := x.re[k], x.im[k]
		r := float32(math.Sqrt(float64(float32(re*re) + float32(im*im))))
		c, s := float32(1), float32(0)
		if r > 0 {
			c, s = re/r, im/r
		}
		// Twice the last phase less the one before.
		dc, ds := float32(c1[k]*c1[k])-float32(s1[k]*s1[k]), 2*c1[k]*s1[k]
		pc, ps := float32(dc*c2[k])+float32(ds*s2[k]), float32(ds*c2[k])-float32(dc*s2[k])
		pr := 2*r1[k] - r2[k]
		er, ei := re-float32(pr*pc), im-float32(pr*ps)
		if pr < 0 {
			pr = -pr
		}
		v := float32(1)
		if d := r + pr; d > 0 {
			v = float32(math.Sqrt(float64(float32(er*er)+float32(ei*ei)))) / d
		}
		chaos[k] = v
		r2[k], c2[k], s2[k] = r1[k], c1[k], s1[k]
		r1[k], c1[k], s1[k] = r, c, s
	}
	if m.seen < 2 {
		for k := range chaos {
			chaos[k] = 0.4
		}
	}
}

// assessShort computes what noise each window of a granule of short blocks may
// have in each band, from the energies of its lines.
func (h *hearing) assessShort(energy *[39]float32, m *modelState, thr *[39]float32) {
	s := &h.short
	for w := range 3 {
		var e [13]float32
		for b := range 13 {
			e[b] = energy[3*b+w]
		}
		spread(e[:], s.up[:], s.down[:])
		for b := range 13 {
			t := e[b] * s.norm[b] * s.mask[b]
			limited := t
			if m.short[b] > 0 {
				limited = min(t, riseShort*m.short[b])
			}
			thr[3*b+w] = max(limited, s.quiet[b])
			m.short[b] = max(t, s.quiet[b])
		}
	}
}
