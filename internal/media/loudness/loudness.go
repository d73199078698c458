// Package loudness measures how loud audio is, in one pass and in constant
// memory: programme loudness, loudness range, the maxima of momentary and
// short-term loudness, true peak, sample peak and clipping.
//
// It follows ITU-R BS.1770-4 (the algorithm), EBU R 128 and EBU Tech 3341
// (the windows and the gates) and EBU Tech 3342 (the loudness range). Mono is
// one channel: the same signal as two equal channels measures 3 LU more, and
// there is no "dual mono" correction.
//
// Measuring is serial. The weighting filters have a memory, so that parts
// measured apart would differ from the whole in the last digits; decoding is
// what costs, and is what callers should do in parallel.
package loudness

import (
	"fmt"
	"math"
)

// The bounds of what NewMeter takes. Below MinRate the shelf of the weighting
// filter would lie above half the sample rate.
const (
	MinRate     = 4000
	MaxRate     = 768000
	MaxChannels = 6
)

// Windows are counted in cells of 10 ms, so that the maxima are found wherever
// in time they lie; BS.1770-4 gates every 100 ms.
const (
	cellsPerSecond = 100
	cellsPerStep   = 10  // 100 ms
	momentaryCells = 40  // 400 ms
	shortTermCells = 300 // 3 s
)

// fullScale is the value from which a sample counts as full scale: the
// largest that 16-bit audio has.
const fullScale = 32767.0 / 32768

// clipRun is how many samples in a row must be at full scale to be called
// clipped. A single one may be a peak that just fits.
const clipRun = 3

// A Result is what a Meter has found. Its levels are -Inf where there is
// nothing to measure: silence, or audio shorter than the window (400 ms for
// momentary and integrated loudness, 3 s for short-term loudness).
type Result struct {
	Integrated   Level `json:"integrated"`     // LUFS, of the whole, gated
	Range        Level `json:"range"`          // LU; 0 when shorter than 3 s or silent
	MaxMomentary Level `json:"max_momentary"`  // LUFS, over 400 ms
	MaxShortTerm Level `json:"max_short_term"` // LUFS, over 3 s
	TruePeak     Level `json:"true_peak"`      // dBTP
	SamplePeak   Level `json:"sample_peak"`    // dBFS
	// TruePeakAtLeast says that what was measured had been cut off at full
	// scale, and that it reaches that: the peaks are 0 dB or more, and how much
	// more nobody can tell. It is for whoever knows that to set, by CutOff.
	TruePeakAtLeast bool `json:"true_peak_at_least,omitempty"`
	// Clipped is the number of samples, of all channels, that stand in
	// ClippedRuns runs of three or more at full scale.
	Clipped     int64 `json:"clipped"`
	ClippedRuns int64 `json:"clipped_runs"`
	// Invalid samples were NaN, infinite or beyond 1e9, and taken as 0.
	Invalid int64 `json:"invalid,omitempty"`
}

// CutOff notes that the samples were cut off at full scale, by 16 bits, before
// they were measured.
func (r *Result) CutOff() {
	const fullScale = -0.0003 // dB, a little below that of 32767/32768
	r.TruePeakAtLeast = r.SamplePeak >= fullScale
}

// A Step is the state of a Meter at the end of each 100 ms.
type Step struct {
	End       int64 // sample frames measured up to here
	Momentary Level // LUFS of the last 400 ms; -Inf in the first 300 ms
	ShortTerm Level // LUFS of the last 3 s; -Inf in the first 2.9 s
	Peak      Level // dBFS, the largest sample of these 100 ms
	Clipped   int64 // samples clipped in these 100 ms
}

// A Meter measures one stream of audio. It is not safe for use by several
// goroutines at once.
type Meter struct {
	// OnStep, if set, is called at the end of each 100 ms.
	OnStep func(Step)
	// OnCell, if set, is called with the weighted energy of each 10 ms.
	OnCell func(energy float64)

	rate, channels int
	coef           weighting
	channel        []channel
	peaks          peakMeter

	fill, size int   // frames in the current cell, and when it is full
	cells      int64 // that are complete

	energy [cellsPerStep]float64   // ring: weighted energy of each cell
	steps  [shortTermCells]float64 // ring: of the ten cells up to each cell

	gated, shortTerm histogram
	maxMomentary     float64 // mean square
	maxShortTerm     float64

	clipped, clippedRuns, invalid int64

	stepPeak    float32
	stepClipped int64 // m.clipped at the last step
}

// channel is what a Meter keeps of one channel.
type channel struct {
	weight float64
	filter filterState
	// plane holds the samples of the current cell behind the last ones of
	// the cell before it.
	plane []float32
	run   int // of samples at full scale, up to the last one
}

// channelWeights are those of BS.1770-4, table 3, in WAVE order: L R C, L R
// Ls Rs, L R C Ls Rs, L R C LFE Ls Rs. The low frequency channel is left out.
var channelWeights = [MaxChannels + 1][]float64{
	1: {1},
	2: {1, 1},
	3: {1, 1, 1},
	4: {1, 1, 1.41, 1.41},
	5: {1, 1, 1, 1.41, 1.41},
	6: {1, 1, 1, 0, 1.41, 1.41},
}

// NewMeter returns a meter for audio of sampleRate samples per second, from
// MinRate to MaxRate, and one to MaxChannels channels in WAVE order.
func NewMeter(sampleRate, channels int) (*Meter, error) {
	if sampleRate < MinRate || sampleRate > MaxRate {
		return nil, fmt.Errorf("loudness of audio with %d samples per second cannot be measured", sampleRate)
	}
	if channels < 1 || channels > MaxChannels {
		return nil, fmt.Errorf("loudness of audio with %d channels cannot be measured", channels)
	}
	m := &Meter{
		rate:      sampleRate,
		channels:  channels,
		coef:      newWeighting(float64(sampleRate)),
		channel:   make([]channel, channels),
		peaks:     newPeakMeter(sampleRate),
		gated:     newHistogram(),
		shortTerm: newHistogram(),
	}
	longest := sampleRate/cellsPerSecond + 1
	for c := range m.channel {
		m.channel[c] = channel{weight: channelWeights[channels][c], plane: make([]float32, history+longest)}
	}
	m.size = int(m.boundary(1))
	return m, nil
}

// boundary returns how many frames lie before the given cell. Cells differ by
// a frame where the rate is no multiple of 100.
func (m *Meter) boundary(cell int64) int64 {
	return cell * int64(m.rate) / cellsPerSecond
}

// Write measures block, interleaved samples with full scale at ±1. It takes
// any number of whole frames; samples of a frame that is not complete are
// ignored. How the audio is divided into blocks makes no difference.
func (m *Meter) Write(block []float32) {
	for len(block) >= m.channels {
		n := min(len(block)/m.channels, m.size-m.fill)
		m.take(block[:n*m.channels], n)
		block = block[n*m.channels:]
		m.fill += n
		if m.fill == m.size {
			m.endCell()
		}
	}
}

// take puts n frames of block into the channels' planes.
func (m *Meter) take(block []float32, n int) {
	at := history + m.fill
	switch m.channels {
	case 1:
		copy(m.channel[0].plane[at:], block)
	case 2:
		left, right := m.channel[0].plane[at:][:n], m.channel[1].plane[at:][:n]
		for i := range left {
			left[i], right[i] = block[2*i], block[2*i+1]
		}
	default:
		for c := range m.channel {
			plane := m.channel[c].plane[at:][:n]
			for i := range plane {
				plane[i] = block[i*m.channels+c]
			}
		}
	}
}

// endCell measures the cell that is complete and starts the next.
func (m *Meter) endCell() {
	used := history + m.size
	var peak float32
	for c := range m.channel {
		ch := &m.channel[c]
		plane := ch.plane[:used]
		p, invalid := m.peaks.scan(plane)
		m.invalid += int64(invalid)
		peak = max(peak, p)
		if p >= fullScale || ch.run > 0 {
			m.countClipped(ch, plane[history:])
		}
	}
	m.stepPeak = max(m.stepPeak, peak)

	energy := m.weigh(used)
	for c := range m.channel {
		plane := m.channel[c].plane
		copy(plane[:history], plane[m.size:used])
	}
	m.addCell(energy)
	m.fill = 0
	m.size = int(m.boundary(m.cells+1) - m.boundary(m.cells))
}

// weigh returns the energy of the current cell: the sum over the channels of
// their filtered samples squared, times the channel's weight.
func (m *Meter) weigh(used int) float64 {
	var sum float64
	c := 0
	for ; c+1 < len(m.channel); c += 2 {
		a, b := &m.channel[c], &m.channel[c+1]
		ea, eb := m.coef.runPair(&a.filter, &b.filter, a.plane[history:used], b.plane[history:used])
		sum += float64(a.weight*ea) + float64(b.weight*eb)
	}
	if c < len(m.channel) {
		a := &m.channel[c]
		sum += float64(a.weight * m.coef.run(&a.filter, a.plane[history:used]))
	}
	return sum
}

// addCell notes the energy of one more cell in all windows that end with it.
// The sums are made anew each time: subtracting what leaves a window would
// leave the rounding errors of loud sounds behind in the silence after them.
func (m *Meter) addCell(energy float64) {
	if m.OnCell != nil {
		m.OnCell(energy)
	}
	m.energy[m.cells%cellsPerStep] = energy
	var step float64
	for _, e := range m.energy {
		step += e
	}
	m.steps[m.cells%shortTermCells] = step
	m.cells++

	momentary := m.window(momentaryCells)
	shortTerm := m.window(shortTermCells)
	m.maxMomentary = max(m.maxMomentary, momentary)
	m.maxShortTerm = max(m.maxShortTerm, shortTerm)
	if m.cells%cellsPerStep != 0 {
		return
	}
	m.gated.add(momentary)
	m.shortTerm.add(shortTerm)
	if m.OnStep != nil {
		m.OnStep(Step{
			End:       m.boundary(m.cells),
			Momentary: loudness(momentary),
			ShortTerm: loudness(shortTerm),
			Peak:      decibels(float64(m.stepPeak)),
			Clipped:   m.clipped - m.stepClipped,
		})
	}
	m.stepPeak, m.stepClipped = 0, m.clipped
}

// window returns the mean square over the last n cells, n being a multiple of
// cellsPerStep, or 0 if there are not so many yet.
func (m *Meter) window(n int64) float64 {
	if m.cells < n {
		return 0
	}
	var sum float64
	for back := int64(0); back < n; back += cellsPerStep {
		sum += m.steps[(m.cells-1-back)%shortTermCells]
	}
	return sum / float64(m.boundary(m.cells)-m.boundary(m.cells-n))
}

// countClipped looks for runs of samples at full scale.
func (m *Meter) countClipped(ch *channel, samples []float32) {
	ch.run, m.clipped, m.clippedRuns = clip(ch.run, m.clipped, m.clippedRuns, samples)
}

func clip(run int, clipped, runs int64, samples []float32) (int, int64, int64) {
	for _, x := range samples {
		if x < fullScale && x > -fullScale {
			run = 0
			continue
		}
		run++
		switch {
		case run == clipRun:
			clipped += clipRun
			runs++
		case run > clipRun:
			clipped++
		}
	}
	return run, clipped, runs
}

// Result returns what has been found so far. It changes nothing: more may be
// written afterwards.
func (m *Meter) Result() Result {
	r := Result{
		Integrated:   m.gated.integrated(),
		Range:        m.shortTerm.spread(),
		MaxMomentary: loudness(m.maxMomentary),
		MaxShortTerm: loudness(m.maxShortTerm),
		Clipped:      m.clipped,
		ClippedRuns:  m.clippedRuns,
		Invalid:      m.invalid,
	}
	// The cell that has begun, and the interpolation past the last sample,
	// are measured on copies, as if silence followed.
	peaks := m.peaks
	rest := make([]float32, history+m.fill+history)
	for c := range m.channel {
		ch := &m.channel[c]
		clear(rest)
		copy(rest, ch.plane[:history+m.fill])
		_, invalid := peaks.scan(rest)
		r.Invalid += int64(invalid)
		_, r.Clipped, r.ClippedRuns = clip(ch.run, r.Clipped, r.ClippedRuns, rest[history:])
	}
	r.TruePeak = decibels(float64(peaks.truePeak))
	r.SamplePeak = decibels(float64(peaks.samplePeak))
	return r
}

// Merge adds to m what o has measured so far, as if both were parts of one
// programme: the parts of a recording that differ in sample rate or channels.
// No window reaches from one part into the other.
func (m *Meter) Merge(o *Meter) {
	r := o.Result()
	m.gated.merge(&o.gated)
	m.shortTerm.merge(&o.shortTerm)
	m.maxMomentary = max(m.maxMomentary, o.maxMomentary)
	m.maxShortTerm = max(m.maxShortTerm, o.maxShortTerm)
	m.peaks.truePeak = max(m.peaks.truePeak, float32(math.Pow(10, float64(r.TruePeak)/20)))
	m.peaks.samplePeak = max(m.peaks.samplePeak, float32(math.Pow(10, float64(r.SamplePeak)/20)))
	m.clipped += r.Clipped
	m.clippedRuns += r.ClippedRuns
	m.invalid += r.Invalid
}
