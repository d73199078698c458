// Package silence finds the stretches of audio in which nobody speaks.
package silence

import (
	"fmt"
	"math"
	"time"
)

// windowsPerSecond sets the grid on which levels are taken: 20 ms, long enough
// for a period of the lowest voice.
const windowsPerSecond = 50

// The defaults of Options.
const (
	DefaultThreshold = -50 // dBFS
	DefaultMin       = 500 * time.Millisecond
)

// Options say what silence is. The zero value stands for the defaults.
type Options struct {
	// Threshold in dBFS is the level below which a window of 20 ms is
	// silent: its RMS in the loudest channel, a constant offset left out.
	Threshold float64
	// Peak compares the largest sample of the window instead of its RMS.
	Peak bool
	// Min is the shortest silence to report.
	Min time.Duration
}

// A Pause is a silent stretch, from sample frame From up to, but without, To.
type Pause struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// A Finder looks for silence in one stream of audio. It is not safe for use by
// several goroutines at once.
type Finder struct {
	rate, channels int
	threshold      float64 // amplitude
	peak           bool
	least          int64 // frames that a span lasts

	sums   []sums // of the window, by channel
	fill   int    // frames in the window
	loud   bool   // it is above the threshold already: what follows is not looked at
	size   int    // when it is full
	window int64  // windows that are complete
	from   int64  // where the current silence began, or -1
	spans  []Pause
}

// sums are those of one channel's samples in a window.
type sums struct {
	value, square float64
	peak          float32
}

// NewFinder returns a finder for interleaved audio. Audio must have at least
// 1000 samples per second.
func NewFinder(sampleRate, channels int, o Options) (*Finder, error) {
	if sampleRate < 1000 || channels < 1 {
		return nil, fmt.Errorf("silence: %d samples per second in %d channels", sampleRate, channels)
	}
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.Min == 0 {
		o.Min = DefaultMin
	}
	f := &Finder{
		rate:      sampleRate,
		channels:  channels,
		threshold: math.Pow(10, o.Threshold/20),
		peak:      o.Peak,
		least:     int64(math.Ceil(o.Min.Seconds() * float64(sampleRate))),
		sums:      make([]sums, channels),
		from:      -1,
	}
	f.size = int(f.boundary(1))
	return f, nil
}

// boundary returns how many frames lie before a window.
func (f *Finder) boundary(window int64) int64 {
	return window * int64(f.rate) / windowsPerSecond
}

// Write looks at block, interleaved samples with full scale at ±1. Samples of
// a frame that is not complete are ignored; values that are no number count
// as 0.
func (f *Finder) Write(block []float32) {
	for len(block) >= f.channels {
		n := min(len(block)/f.channels, f.size-f.fill)
		if !f.loud {
			n = min(n, glance)
			for c := range f.sums {
				f.sums[c].add(block[:n*f.channels], c, f.channels)
			}
			f.loud = f.exceeds(f.fill + n)
		}
		block = block[n*f.channels:]
		f.fill += n
		if f.fill == f.size {
			f.endWindow()
		}
	}
}

// glance is how many frames are looked at before the window is judged by what is
// known of it: most windows of speech are decided after a few.
const glance = 32

// exceeds reports whether the window is above the threshold whatever follows its
// first n frames: squares around the mean never become less.
func (f *Finder) exceeds(n int) bool {
	const margin = 1 + 1e-6 // more than rounding can err
	enough := f.threshold * f.threshold * float64(f.size) * margin
	for i := range f.sums {
		s := &f.sums[i]
		if f.peak && float64(s.peak) >= f.threshold || !f.peak && s.square-float64(s.value*s.value)/float64(n) >= enough {
			return true
		}
	}
	return false
}

func (s *sums) add(block []float32, channel, channels int) {
	// Two sums of each kind, since an addition waits for the one before it.
	var value0, value1, square0, square1 float64
	peak := s.peak
	i := channel
	for ; i+channels < len(block); i += 2 * channels {
		a, b := number(block[i]), number(block[i+channels])
		peak = larger(larger(peak, a), b)
		x, y := float64(a), float64(b)
		value0 += x
		value1 += y
		square0 += float64(x * x)
		square1 += float64(y * y)
	}
	if i < len(block) {
		a := number(block[i])
		peak = larger(peak, a)
		value0 += float64(a)
		square0 += float64(float64(a) * float64(a))
	}
	*s = sums{s.value + value0 + value1, s.square + square0 + square1, peak}
}

// number is v, or 0 if v is no number.
func number(v float32) float32 {
	if v != v {
		return 0
	}
	return v
}

// larger is the larger of peak and the size of v. The built-in max also looks
// for NaN and signed zeros, which takes a third of the time of add.
func larger(peak, v float32) float32 {
	if v < 0 {
		v = -v
	}
	if v > peak {
		return v
	}
	return peak
}

// silent says whether the n frames of the window are below the threshold.
func (f *Finder) silent(n int) bool {
	if f.loud {
		return false
	}
	for _, s := range f.sums {
		level := float64(s.peak)
		if !f.peak {
			mean := s.value / float64(n)
			level = math.Sqrt(max(0, s.square/float64(n)-float64(mean*mean)))
		}
		if !(level < f.threshold) {
			return false
		}
	}
	return true
}

func (f *Finder) endWindow() {
	start := f.boundary(f.window)
	if f.silent(f.fill) {
		if f.from < 0 {
			f.from = start
		}
	} else {
		f.spans = f.with(f.spans, start)
		f.from = -1
	}
	clear(f.sums)
	f.fill, f.loud = 0, false
	f.window++
	f.size = int(f.boundary(f.window+1) - f.boundary(f.window))
}

// with appends to spans the silence that lasts up to sample frame to, if it is
// one and long enough.
func (f *Finder) with(spans []Pause, to int64) []Pause {
	if f.from >= 0 && to-f.from >= f.least {
		spans = append(spans, Pause{f.from, to})
	}
	return spans
}

// Pauses returns the silent stretches so far, in order. Their ends lie on
// multiples of 20 ms, except for the end of the audio.
func (f *Finder) Pauses() []Pause {
	g := *f
	end := f.boundary(f.window)
	if f.fill > 0 {
		switch silent := f.silent(f.fill); {
		case !silent:
			return g.with(f.spans[:len(f.spans):len(f.spans)], end)
		case f.from < 0:
			g.from = end
		}
		end += int64(f.fill)
	}
	return g.with(f.spans[:len(f.spans):len(f.spans)], end)
}
