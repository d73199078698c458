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
	quarter, middle := sinc.Between(limitHalf, 0.25), sinc.Between(limitHalf, 0.5)
	for _, set := range [][]float64{quarter, middle} {
		sum := 0.0
		for _, t := range set {
			sum += math.Abs(t)
		}
		l.bound = max(l.bound, float32(sum)*1.0001)
	}
	for k := range limitHalf {
		before, after := quarter[limitHalf-1-k], quarter[limitHalf+k]
		l.even[k], l.odd[k] = float32((before+after)/2), float32((before-after)/2)
		l.middle[k] = float32(middle[limitHalf+k])
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
	// The coefficients of the places 1/4 and 1/2, for sums and differences of pairs of
	// samples, the middle one first.
	even, odd, middle [limitHalf]float32
	bound             float32 // how much a value between samples can exceed these

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
	resting      int     // frames in a row for which it was 1
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
		if l.resting > 2*l.ahead {
			l.skip(n)
			return
		}
		for range n {
			l.push(1)
		}
		return
	}
	peaks := l.peaks(around, n)
	for _, p := range peaks[:n] {
		gain := 1.0
		if p := float64(math.Float32frombits(p)); p > l.ceiling {
			gain = l.ceiling / p
		}
		l.push(gain)
	}
}

// loudest returns the largest magnitude. Without their sign, floats sort like
// integers; NaNs come last, and have each frame looked at.
func loudest(block []float32) float32 {
	var a, b uint32
	for len(block) >= 2 {
		a = max(a, magnitude(block[0]))
		b = max(b, magnitude(block[1]))
		block = block[2:]
	}
	for _, v := range block {
		a = max(a, magnitude(v))
	}
	return math.Float32frombits(max(a, b))
}

// skip pushes the gain 1 for n frames where all gains before were 1 for so long
// that nothing is left of others.
func (l *limiter) skip(n int) {
	l.next += int64(n)
	l.done = l.next - int64(l.ahead)
	l.window.index, l.window.value = append(l.window.index[:0], l.next-1), append(l.window.value[:0], 1)
}

// magnitude returns the bits of a value without its sign.
func magnitude(v float32) uint32 { return math.Float32bits(v) &^ (1 << 31) }

// peaks returns the largest magnitude of each of n frames and up to the next one.
// around begins limitHalf-1 frames before them. The place 1/2 is symmetric, and
// 3/4 is 1/4 reversed: sums and differences of pairs of samples serve all three.
// The conversions keep compilers from fusing products and sums.
func (l *limiter) peaks(around []float32, n int) (best [limitGroup]uint32) {
	var plane [limitGroup + 2*limitHalf]float32
	for c := range l.channels {
		for i := range n + 2*limitHalf - 1 {
			plane[i] = around[i*l.channels+c]
		}
		for i := range n {
			x := (*[2 * limitHalf]float32)(plane[i:])
			var middle, even, odd float32
			for k := range limitHalf {
				before, after := x[limitHalf-1-k], x[limitHalf+k]
				sum := before + after
				middle += float32(l.middle[k] * sum)
				even += float32(l.even[k] * sum)
				odd += float32(l.odd[k] * (before - after))
			}
			best[i] = max(best[i], magnitude(x[limitHalf-1]), magnitude(middle), magnitude(even+odd), magnitude(even-odd))
		}
	}
	return best
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
	l.resting++
	if l.held < 1 {
		l.resting = 0
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
	each float64 // the part of one value
	at   int
	sum  float64
	full bool
}

func newAverage(n int) average {
	n = max(1, n)
	return average{ring: make([]float64, n), each: 1 / float64(n)}
}

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
	return float64(a.sum * a.each)
}
