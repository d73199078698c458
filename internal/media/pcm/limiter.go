package pcm

import (
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/sinc"
)

// Limit returns src with its true peaks held at the ceiling, a factor of full
// scale. It looks 5 ms ahead: the gain has come down, along a curve without
// corners, when a peak arrives, and comes back slowly after it. What lies
// below the ceiling stays as it is, and nothing moves in time.
//
// Peaks between the samples are found by interpolating four times, as ITU-R
// BS.1770-4, Annex 2, does. Since the gain changes, if little, from sample to
// sample, a peak between them can come out some hundredths of a decibel above
// the ceiling.
func Limit(src Reader, ceiling float64) Reader {
	f := src.Format()
	l := &limiter{src: src, ceiling: float64(float32(ceiling)), channels: f.Channels, held: 1}
	l.ahead = max(2*limitHalf, f.SampleRate*limitAhead/1000)
	// Rounded, since the last digit of math.Exp depends on the processor.
	l.release = float64(float32(1 - math.Exp(-1000/(limitRelease*float64(f.SampleRate)))))
	l.raw = make([]float32, limitHalf*f.Channels) // silence comes before
	l.first = -limitHalf
	l.slow = newAverage(l.ahead / 2)
	l.smooth = newAverage(l.ahead - l.ahead/2)
	l.taps = interpolation()
	for _, set := range l.taps {
		sum := 0.0
		for _, t := range set {
			sum += math.Abs(float64(t))
		}
		l.bound = max(l.bound, float32(sum)*1.0001)
	}
	return l
}

const (
	limitAhead   = 5   // ms
	limitRelease = 150 // ms
	// limitHalf is how many samples on each side a value between two samples
	// is interpolated from.
	limitHalf  = 8
	limitGroup = 32
	limitBlock = 4096
)

type limiter struct {
	src      Reader
	ceiling  float64
	channels int
	ahead    int // frames
	release  float64
	taps     [3][2 * limitHalf]float32
	bound    float32 // how much a value between samples can exceed these

	raw   []float32 // frames from first on; those before done are limited
	first int64     // index of the first frame in raw
	next  int64     // frame whose peak is looked for next
	done  int64     // frame that is limited next
	out   int64     // frame that is read next
	total int64     // frames, once ended
	ended bool
	err   error

	window       lowest
	held         float64 // the gain, before it is smoothed
	slow, smooth average
}

func (l *limiter) Format() Format { return l.src.Format() }

func (l *limiter) Read(dst []float32) (int, error) {
	if len(dst) < l.channels {
		return 0, nil
	}
	for l.out == l.done {
		switch {
		case l.err != nil:
			return 0, l.err
		case l.ended:
			return 0, io.EOF
		}
		l.fill()
	}
	from := int(l.out-l.first) * l.channels
	n := copy(dst[:len(dst)/l.channels*l.channels], l.raw[from:int(l.done-l.first)*l.channels]) / l.channels
	l.out += int64(n)
	return n, nil
}

// fill reads some more and limits what can be limited then.
func (l *limiter) fill() {
	// The peaks at next reach back by limitHalf; done lies further back.
	if drop := int(min(l.out, l.done-limitHalf) - l.first); drop > 0 {
		l.raw = l.raw[:copy(l.raw, l.raw[drop*l.channels:])]
		l.first += int64(drop)
	}
	have := len(l.raw)
	l.raw = append(l.raw, make([]float32, limitBlock*l.channels)...)
	n, err := l.src.Read(l.raw[have:])
	l.raw = l.raw[:have+n*l.channels]
	if err != nil && err != io.EOF {
		l.err = err
	}
	end := l.first + int64(len(l.raw)/l.channels) - limitHalf
	if err == io.EOF {
		l.ended = true
		l.total = end + limitHalf
		end = l.total
		l.raw = append(l.raw, make([]float32, limitHalf*l.channels)...) // silence comes after
	}
	for l.next < end {
		l.group(int(min(limitGroup, end-l.next)))
	}
	for l.ended && l.done < l.total {
		l.push(1)
	}
}

// group finds the gains that the next n frames need.
func (l *limiter) group(n int) {
	at := int(l.next-l.first) * l.channels
	around := l.raw[at-(limitHalf-1)*l.channels : at+(n+limitHalf)*l.channels]
	if l.bound*loudest(around) <= float32(l.ceiling) {
		for range n {
			l.push(1)
		}
		return
	}
	for i := range n {
		gain := 1.0
		if p := l.peak(at + i*l.channels); p > l.ceiling {
			gain = l.ceiling / p
		}
		l.push(gain)
	}
}

func loudest(block []float32) float32 {
	var peak float32
	for _, v := range block {
		peak = max(peak, v, -v)
	}
	return peak
}

// peak returns the largest magnitude of the frame at an index of raw and up
// to the next one.
func (l *limiter) peak(at int) float64 {
	var best float32
	for c := range l.channels {
		x := l.raw[at+c-(limitHalf-1)*l.channels:]
		v := x[(limitHalf-1)*l.channels]
		best = max(best, v, -v)
		for p := range l.taps {
			var sum float32
			for k, t := range &l.taps[p] {
				sum += float32(t * x[k*l.channels])
			}
			best = max(best, sum, -sum)
		}
	}
	return float64(best)
}

// push takes the gain that frame next needs, and with it limits the frame
// that lies so far back that next is the last one it looks ahead to. The
// lowest gain in the window ahead is averaged over as long a time: so it has
// arrived at every peak by the time the peak comes.
func (l *limiter) push(gain float64) {
	low := l.window.push(l.next, gain, l.next-int64(l.ahead))
	l.next++
	frame := l.next - 1 - int64(l.ahead)
	if frame < 0 {
		return
	}
	if low < l.held || frame == 0 {
		l.held = low
	} else {
		l.held = released(l.held, low, l.release)
	}
	g := float32(l.smooth.add(l.slow.add(l.held)))
	if g < 1 {
		at := int(frame-l.first) * l.channels
		for c := range l.channels {
			l.raw[at+c] *= g
		}
	}
	l.done = frame + 1
}

// lowest finds the lowest of the values in a window that moves on: the values
// that may still be the lowest one, in ascending order.
type lowest struct {
	index []int64
	value []float64
}

// push adds a value, drops those before index from, and returns the lowest.
func (w *lowest) push(index int64, value float64, from int64) float64 {
	n := len(w.value)
	for n > 0 && w.value[n-1] >= value {
		n--
	}
	w.index, w.value = append(w.index[:n], index), append(w.value[:n], value)
	drop := 0
	for w.index[drop] < from {
		drop++
	}
	if drop > 0 {
		w.index = w.index[:copy(w.index, w.index[drop:])]
		w.value = w.value[:copy(w.value, w.value[drop:])]
	}
	return w.value[0]
}

// average is the mean of the last values; before the first one come as many
// of its like.
type average struct {
	ring []float64
	at   int
	sum  float64
	full bool
}

func newAverage(n int) average { return average{ring: make([]float64, max(1, n))} }

func (a *average) add(v float64) float64 {
	if !a.full {
		a.full = true
		for i := range a.ring {
			a.ring[i] = v
		}
		a.sum = v * float64(len(a.ring))
	}
	a.sum += v - a.ring[a.at]
	a.ring[a.at] = v
	if a.at++; a.at == len(a.ring) {
		a.at = 0
		a.sum = 0 // made anew, so that errors of rounding do not add up
		for _, v := range a.ring {
			a.sum += v
		}
	}
	return a.sum / float64(len(a.ring))
}

// interpolation returns the coefficients for the places 1/4, 1/2 and 3/4
// between the two middle samples of 16.
func interpolation() (taps [3][2 * limitHalf]float32) {
	for p := range taps {
		for k, v := range sinc.Between(limitHalf, float64(p+1)/4) {
			taps[p][k] = float32(v)
		}
	}
	return taps
}
