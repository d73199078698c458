package episode

import (
	"math"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// A forecast says how loud a sound will be that is amplified and limited, for
// several gains at once, without doing either: it follows the limiter's gain by the true
// peaks of parts, and weighs their energies with it.
type forecast struct {
	plain *loudness.Programme // as it is
	gains []prospect
	peak  float64 // the highest
	// energy is that of the last parts, whose gains are not known yet.
	energy []float64
	parts  int
	frames float64 // since the start, of those parts whose gains are known
	step   float64 // frames of 100 ms
	steps  int64
	sum    float64 // of the energies since the last step
	length []float64
}

// A prospect is the sound at one gain.
type prospect struct {
	gain      float64 // dB
	factor    float64
	curve     *pcm.LimitCurve
	programme *loudness.Programme
	sum       float64
}

// newForecast returns a forecast for parts of about so many frames, and gains
// in decibels, in ascending order, before a limiter with this ceiling in dBTP.
func newForecast(sampleRate, frames int, ceiling float64, gains []float64) *forecast {
	f := &forecast{plain: loudness.NewProgramme(sampleRate), step: float64(sampleRate) / 10}
	for _, g := range gains {
		f.gains = append(f.gains, prospect{
			gain: g, factor: pcm.Decibels(g),
			curve:     pcm.NewLimitCurve(sampleRate, frames, pcm.Decibels(ceiling)),
			programme: loudness.NewProgramme(sampleRate),
		})
	}
	n := f.gains[0].curve.Delay() + 1
	f.energy, f.length = make([]float64, n), make([]float64, n)
	return f
}

// add takes the next part, of so many frames. Where counted is false, it only
// moves the limiter, as the sound before a sample of the whole does.
func (f *forecast) add(energy, peak float64, frames int, counted bool) {
	f.peak = max(f.peak, peak)
	at := f.parts % len(f.energy)
	f.energy[at], f.length[at] = energy, float64(frames)
	if !counted {
		f.length[at] = 0
	}
	f.parts++
	late := f.parts % len(f.energy) // the oldest one
	energy, length := f.energy[late], f.length[late]
	if length > 0 {
		f.sum += energy
	}
	for i := range f.gains {
		p := &f.gains[i]
		g := p.curve.Next(peak * p.factor)
		if length > 0 {
			p.sum += float64(energy * float64(g*g))
		}
	}
	f.frames += length
	if f.frames >= float64(float64(f.steps+1)*f.step)-0.5 {
		f.steps++
		f.plain.Add(f.sum)
		f.sum = 0
		for i := range f.gains {
			p := &f.gains[i]
			p.programme.Add(p.sum * float64(p.factor*p.factor))
			p.sum = 0
		}
	}
}

// end takes the parts whose gains are not known yet.
func (f *forecast) end() {
	for range len(f.energy) - 1 {
		f.add(0, 0, 0, true)
	}
}

// loudness is that of the sound as it is.
func (f *forecast) loudness() float64 { return float64(f.plain.Result().Integrated) }

// losses is what the limiter takes from the loudness at each gain, in LU.
func (f *forecast) losses() []float64 {
	plain := f.loudness()
	list := make([]float64, len(f.gains))
	for i, p := range f.gains {
		list[i] = max(0, plain+p.gain-float64(p.programme.Result().Integrated))
		if math.IsInf(plain, -1) || math.IsNaN(list[i]) || math.IsInf(list[i], 0) {
			list[i] = 0
		}
	}
	return list
}

// A scan divides samples into parts and finds the weighted energy and the true peak
// of each.
type scan struct {
	rate, channels int
	weigher        *loudness.Weigher
	finder         *loudness.PeakFinder
	floor          float32 // peaks below it do not matter
	visit          func(energy, peak float64, frames int)

	planes [][]float32 // from loudness.PeakReach frames before the next part on
	parts  int64
	at     int64 // frame that the next part begins with
}

// partsPerStep is how many parts 100 ms have: with 48 kHz, a part has 32 frames.
const partsPerStep = 150

func newScan(f pcm.Format, floor float64, visit func(energy, peak float64, frames int)) (*scan, error) {
	w, err := loudness.NewWeigher(f.SampleRate, f.Channels)
	if err != nil {
		return nil, err
	}
	s := &scan{rate: f.SampleRate, channels: f.Channels, weigher: w, finder: loudness.NewPeakFinder(f.SampleRate), floor: float32(floor), visit: visit}
	s.planes = make([][]float32, f.Channels)
	for c := range s.planes {
		s.planes[c] = make([]float32, loudness.PeakReach)
	}
	return s, nil
}

// write takes interleaved samples.
func (s *scan) write(block []float32) {
	for c := range s.planes {
		for i := c; i < len(block); i += s.channels {
			s.planes[c] = append(s.planes[c], block[i])
		}
	}
	s.take()
}

func (s *scan) take() {
	const reach = loudness.PeakReach
	part := make([][]float32, s.channels)
	first := 0 // frame of the planes
	for {
		end := (s.parts + 1) * int64(s.rate) / (10 * partsPerStep)
		n := int(end - s.at)
		if first+n+2*reach > len(s.planes[0]) {
			break
		}
		peak := s.floor
		for c, p := range s.planes {
			part[c] = p[first+reach : first+reach+n]
			peak = s.finder.Find(p[first:first+n+2*reach], peak)
		}
		if peak == s.floor {
			peak = 0
		}
		s.visit(s.weigher.Energy(part), float64(peak), n)
		s.parts++
		s.at = end
		first += n
	}
	for c, p := range s.planes {
		s.planes[c] = p[:copy(p, p[first:])]
	}
}

// end takes what is left, as if silence followed.
func (s *scan) end() {
	n := s.rate/(10*partsPerStep) + 1 + loudness.PeakReach
	s.write(make([]float32, n*s.channels))
}
