package judge

import (
	"math"
)

// Bands are a quarter of a Bark wide (BS.1387-1, Annex 2, 2.1.5).
const (
	lowest   = 80    // Hz
	highest  = 18000 // Hz
	width    = 0.25  // Bark
	critical = 4     // bands to a critical band
)

// fullScale is the energy of a sine that reaches ±1: 92 dB SPL.
var fullScale = math.Pow(10, 9.2)

// An ear is the model of hearing of BS.1387-1, Annex 2, 2.1, for one sample
// rate. Energies are in units of 0 dB SPL.
type ear struct {
	rate   int
	size   int // of the transform, samples; frames advance by half of it
	fft    *fft
	window []float64 // Hann, scaled so that energies come out right
	outer  []float64 // what outer and middle ear pass of the energy of a bin
	bins   []share   // which bins are in which band
	bands  []band

	spectrum       []complex128
	heard, wrong   []float64 // energies of original and error in the bands
	spreading, sum []float64
}

// A share is the part of a bin that lies in a band.
type share struct {
	bin, band int
	part      float64
}

type band struct {
	centre   float64 // Hz
	noise    float64 // internal noise, energy
	norm     float64 // spreading of a flat pattern at 0 dB, to the power of 0.4
	decay    float64 // what is left of masking after a step of half a window
	distance float64 // from excitation down to threshold, as a factor
}

func bark(f float64) float64  { return 7 * math.Asinh(f/650) }
func hertz(z float64) float64 { return 650 * math.Sinh(z/7) }

func newEar(rate int) *ear {
	// As near to 2048 at 48 kHz as a power of two can be.
	size := 1 << max(8, int(math.Round(math.Log2(2048*float64(rate)/48000))))
	e := &ear{rate: rate, size: size, fft: newFFT(size), spectrum: make([]complex128, size)}
	e.window = e.hann(size)
	e.outer = make([]float64, size/2+1)
	bin := float64(rate) / float64(size)
	for i := range e.outer {
		f := max(float64(i), 0.5) * bin / 1000
		db := -0.6*3.64*math.Pow(f, -0.8) + 6.5*math.Exp(-0.6*(f-3.3)*(f-3.3)) - 1e-3*math.Pow(f, 3.6)
		e.outer[i] = math.Pow(10, db/10)
	}
	top := min(highest, float64(rate)/2)
	for z := bark(lowest); z < bark(top); z += width {
		e.addBand(hertz(z), min(hertz(z+width), top), hertz(z+width/2), bin)
	}
	n := len(e.bands)
	e.heard, e.wrong = make([]float64, n), make([]float64, n)
	e.spreading, e.sum = make([]float64, n), make([]float64, n)
	flat := make([]float64, n)
	for k := range flat {
		flat[k] = 1
	}
	e.spread(flat)
	for k := range e.bands {
		e.bands[k].norm = e.sum[k]
	}
	return e
}

// addBand adds the band from low to high Hz; bins are bin Hz wide, and one may
// lie in several bands.
func (e *ear) addBand(low, high, centre, bin float64) {
	k := len(e.bands)
	for i := range e.outer {
		from, to := (float64(i)-0.5)*bin, (float64(i)+0.5)*bin
		if part := (min(high, to) - max(low, from)) / bin; part > 0 {
			e.bins = append(e.bins, share{i, k, part})
		}
	}
	const least, at100 = 0.008, 0.030 // seconds
	tau := least + 100/centre*(at100-least)
	step := float64(e.size/2) / float64(e.rate)
	distance := 3.
	if z := float64(k) * width; z > 12 {
		distance = 0.25 * z
	}
	e.bands = append(e.bands, band{
		centre:   centre,
		noise:    math.Pow(10, 0.4*0.364*math.Pow(centre/1000, -0.8)),
		decay:    math.Exp(-step / tau),
		distance: math.Pow(10, -distance/10),
	})
}

// hann returns a window of n samples for transforms of e.size, zeros behind it,
// scaled so that the squares of the first half of the spectrum sum up to the energy.
func (e *ear) hann(n int) []float64 {
	w := make([]float64, n)
	var square float64
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(n))
		square += w[i] * w[i]
	}
	// Twice, since half of the spectrum is looked at, and twice, since the
	// mean square of a sine of full scale is one half.
	scale := math.Sqrt(2 * 2 * fullScale / (square * float64(e.size)))
	for i := range w {
		w[i] *= scale
	}
	return w
}

// listen puts the energies of x and d in the bands into e.heard and e.wrong.
func (e *ear) listen(window, x, d []float64) {
	clear(e.spectrum)
	for i, w := range window {
		e.spectrum[i] = complex(w*x[i], w*d[i])
	}
	e.fft.transform(e.spectrum)
	clear(e.heard)
	clear(e.wrong)
	last := -1
	var heard, wrong float64
	for _, s := range e.bins {
		if s.bin != last {
			// Two real signals in one complex transform.
			a, b := e.spectrum[s.bin], e.spectrum[(e.size-s.bin)&(e.size-1)]
			re, im := real(a)+real(b), imag(a)-imag(b)
			heard = (re*re + im*im) / 4 * e.outer[s.bin]
			re, im = imag(a)+imag(b), real(b)-real(a)
			wrong = (re*re + im*im) / 4 * e.outer[s.bin]
			last = s.bin
		}
		e.heard[s.band] += s.part * heard
		e.wrong[s.band] += s.part * wrong
	}
}

// spread puts into e.sum how much each band is excited by all, to the power of
// 0.4 and not normalised (BS.1387-1, Annex 2, 2.1.7).
func (e *ear) spread(energies []float64) {
	n := len(energies)
	clear(e.sum)
	down := math.Pow(10, -27*width/10)
	for j, p := range energies {
		level := min(decibels(p), 105)
		up := math.Pow(10, (-24-230/e.bands[j].centre+0.2*level)*width/10)
		// What a band excites sums up to what is in it.
		total := (1-math.Pow(down, float64(j+1)))/(1-down) + (1-math.Pow(up, float64(n-j)))/(1-up) - 1
		own := math.Pow(p/total, 0.4)
		for k, v := j, own; k >= 0 && v > 1e-9*own; k-- {
			e.sum[k] += v
			v *= lowSlope
		}
		upSlope := math.Pow(up, 0.4)
		for k, v := j+1, own*upSlope; k < n; k++ {
			e.sum[k] += v
			v *= upSlope
		}
	}
}

// lowSlope is 27 dB/Bark for one band, to the power of 0.4.
var lowSlope = math.Pow(10, -27*width*0.4/10)

// excitation returns what the sound in e.heard excites, until the next call.
func (e *ear) excitation() []float64 {
	for k := range e.heard {
		e.spreading[k] = e.heard[k] + e.bands[k].noise
	}
	e.spread(e.spreading)
	for k := range e.sum {
		e.spreading[k] = math.Pow(e.sum[k]/e.bands[k].norm, 1/0.4)
	}
	return e.spreading
}

// leastNMR is what ratios of error to threshold count as at least, in dB.
const leastNMR = -60

// bounded returns a ratio in dB, not below leastNMR.
func bounded(ratio float64) float64 { return max(decibels(ratio), leastNMR) }

// judge fills in what r says of noise and threshold; x is the original, d the
// error.
func (e *ear) judge(r *Report, x, d [][]float64) {
	bands := make([]float64, (len(e.bands)+critical-1)/critical)
	r.Worst = leastNMR
	frames, over, disturbed := 0, 0, 0
	hop := e.size / 2
	for c := range x {
		after := make([]float64, len(e.bands)) // what is left of masking
		for at := 0; at+e.size <= len(x[c]); at += hop {
			sound, wrong := x[c][at:at+e.size], d[c][at:at+e.size]
			e.listen(e.window, sound, wrong)
			excitation := e.excitation()
			active := energy(sound) >= silence*float64(e.size)
			var sum, most float64
			for from := 0; from < len(e.bands); from += critical {
				var group float64
				to := min(from+critical, len(e.bands))
				for k := from; k < to; k++ {
					b := e.bands[k]
					after[k] = b.decay*after[k] + (1-b.decay)*excitation[k]
					ratio := e.wrong[k] / (max(after[k], excitation[k]) * b.distance)
					group += ratio
					most = max(most, ratio)
					if active && ratio > 1 {
						over++
					}
				}
				sum += group
				group /= float64(to - from)
				if db := bounded(group); db > r.Worst {
					r.Worst, r.WorstAt = db, float64(at+hop)/float64(e.rate)
				}
				if active {
					bands[from/critical] += group
				}
			}
			if !active {
				continue
			}
			frames++
			if decibels(most) > 1.5 {
				disturbed++
			}
			r.NMR += bounded(sum / float64(len(e.bands)))
			r.Total += sum / float64(len(e.bands))
		}
	}
	if frames == 0 {
		r.NMR, r.Total = leastNMR, leastNMR
		return
	}
	r.NMR /= float64(frames)
	r.Total = bounded(r.Total / float64(frames))
	r.Over = float64(over) / float64(frames*len(e.bands))
	r.Disturbed = float64(disturbed) / float64(frames)
	for i := range bands {
		bands[i] = bounded(bands[i] / float64(frames))
	}
	r.Bands = bands
}
