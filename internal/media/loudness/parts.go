package loudness

import "fmt"

// A Weigher weighs a stream part by part, for callers that want to know what
// the loudness of a programme would be if its parts had other levels.
type Weigher struct {
	coef    weighting
	weights []float64
	filters []filterState
}

// NewWeigher returns a Weigher of audio that NewMeter takes.
func NewWeigher(sampleRate, channels int) (*Weigher, error) {
	if sampleRate < MinRate || sampleRate > MaxRate || channels < 1 || channels > MaxChannels {
		return nil, fmt.Errorf("loudness of audio with %d channels and %d samples per second cannot be measured", channels, sampleRate)
	}
	return &Weigher{newWeighting(float64(sampleRate)), channelWeights[channels], make([]filterState, channels)}, nil
}

// Energy returns the sum of the squared samples of the next part, one slice for
// each channel, weighted as BS.1770-4 says.
func (w *Weigher) Energy(part [][]float32) float64 {
	var sum float64
	c := 0
	for ; c+1 < len(part); c += 2 {
		a, b := w.coef.runPair(&w.filters[c], &w.filters[c+1], part[c], part[c+1])
		sum += float64(w.weights[c]*a) + float64(w.weights[c+1]*b)
	}
	if c < len(part) {
		sum += float64(w.weights[c] * w.coef.run(&w.filters[c], part[c]))
	}
	return sum
}

// A Programme measures loudness from the weighted energies of the 100 ms that it
// consists of, one after the other. The maxima of a Meter are those of windows that
// begin every 10 ms, and can be a little higher.
type Programme struct {
	rate              float64
	energies          [shortTermCells / cellsPerStep]float64 // ring
	n                 int64
	gated, shortTerm  histogram
	momentary, threes float64 // largest mean squares
}

// NewProgramme returns a Programme of audio of so many samples per second.
func NewProgramme(sampleRate int) *Programme {
	return &Programme{rate: float64(sampleRate), gated: newHistogram(), shortTerm: newHistogram()}
}

// Add takes the energy of the next 100 ms.
func (p *Programme) Add(energy float64) {
	size := int64(len(p.energies))
	p.energies[p.n%size] = energy
	p.n++
	mean := func(steps int64) float64 {
		if p.n < steps {
			return 0
		}
		var sum float64
		for back := range steps {
			sum += p.energies[(p.n-1-back)%size]
		}
		return sum / (float64(steps) * p.rate * cellsPerStep / cellsPerSecond)
	}
	momentary, threes := mean(momentaryCells/cellsPerStep), mean(size)
	p.gated.add(momentary)
	p.shortTerm.add(threes)
	p.momentary, p.threes = max(p.momentary, momentary), max(p.threes, threes)
}

// Result returns the loudness of what was added. It says nothing of peaks.
func (p *Programme) Result() Result {
	return Result{Integrated: p.gated.integrated(), Range: p.shortTerm.spread(),
		MaxMomentary: loudness(p.momentary), MaxShortTerm: loudness(p.threes), TruePeak: silence, SamplePeak: silence}
}

// PeakReach is how many samples on both sides of a stretch have a say in its
// true peak.
const PeakReach = half

// A PeakFinder finds the true peaks of stretches.
type PeakFinder struct{ meter peakMeter }

// NewPeakFinder returns a PeakFinder of audio of that many samples per second.
func NewPeakFinder(sampleRate int) *PeakFinder { return &PeakFinder{newPeakMeter(sampleRate)} }

// Find returns the true peak of x, whose first and last PeakReach samples are
// its neighbours', or floor if that is more.
func (p *PeakFinder) Find(x []float32, floor float32) float32 {
	p.meter.truePeak = floor
	p.meter.scan(x)
	return p.meter.truePeak
}

// Between returns the true peak between the samples of x, of which the first and
// last PeakReach-1 are neighbours: of n samples, n-2*PeakReach+1 stretches.
func (p *PeakFinder) Between(x []float32) float32 {
	p.meter.truePeak = 0
	if p.meter.factor > 1 {
		p.meter.interpolate(x)
	}
	return p.meter.truePeak
}

// Within returns a bound of the true peak between samples of a magnitude of at
// most most, where their second differences, up to PeakReach-1 samples beyond, are
// at most bend.
func (p *PeakFinder) Within(most, bend float32) float32 {
	return most + float32(p.meter.uneven*most) + float32(p.meter.bend*bend)
}

// Bound is by what factor the true peak of any samples can exceed the largest.
func (p *PeakFinder) Bound() float32 { return p.meter.bound }
