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

// A Gate makes the integrated loudness of the weighted mean squares of windows of
// 400 ms, of which one begins every 100 ms.
type Gate struct{ windows histogram }

// NewGate returns a Gate that has seen nothing.
func NewGate() *Gate { return &Gate{newHistogram()} }

// Add notes one more window.
func (g *Gate) Add(meanSquare float64) { g.windows.add(meanSquare) }

// Integrated returns the loudness in LUFS of all windows, gated.
func (g *Gate) Integrated() Level { return g.windows.integrated() }

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

// Bound is by what factor the true peak of any samples can exceed the largest.
func (p *PeakFinder) Bound() float32 { return p.meter.bound }
