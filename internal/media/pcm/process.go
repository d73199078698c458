package pcm

import (
	"io"
	"math"
)

// Cut returns a Reader of what s says of src, less if src ends before.
func Cut(src Reader, s Span) Reader {
	return &cut{Reader: src, skip: max(s.Start, 0), left: max(s.Samples, 0)}
}

type cut struct {
	Reader
	skip, left int64
}

func (c *cut) Read(dst []float32) (int, error) {
	channels := int64(c.Format().Channels)
	for c.skip > 0 {
		room := int64(len(dst)) / channels
		if room == 0 {
			return 0, nil
		}
		n, err := c.Reader.Read(dst[:min(room, c.skip)*channels])
		c.skip -= int64(n)
		if err != nil {
			return 0, err
		}
	}
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.Reader.Read(dst[:min(int64(len(dst)), c.left*channels)])
	c.left -= int64(n)
	return n, err
}

// Mono returns src mixed to one channel, the mean of all of its channels: what
// is the same in all of them keeps its level, and nothing can clip.
func Mono(src Reader) Reader {
	if src.Format().Channels == 1 {
		return src
	}
	return &mono{src: src}
}

type mono struct {
	src Reader
	buf []float32
}

func (m *mono) Format() Format {
	return Format{SampleRate: m.src.Format().SampleRate, Channels: 1}
}

func (m *mono) Read(dst []float32) (int, error) {
	channels := m.src.Format().Channels
	m.buf = resize(m.buf, len(dst)*channels)
	n, err := m.src.Read(m.buf)
	for i := range n {
		var sum float32
		for _, v := range m.buf[i*channels : (i+1)*channels] {
			sum += v
		}
		dst[i] = sum / float32(channels)
	}
	return n, err
}

// Stereo returns src, which has one or two channels, with two: that of a mono
// source on both, at the same level. Sources of more channels are mixed to one
// first.
func Stereo(src Reader) Reader {
	if src.Format().Channels == 2 {
		return src
	}
	return &stereo{src: Mono(src)}
}

type stereo struct{ src Reader }

func (s *stereo) Format() Format {
	return Format{SampleRate: s.src.Format().SampleRate, Channels: 2}
}

func (s *stereo) Read(dst []float32) (int, error) {
	n, err := s.src.Read(dst[:len(dst)/2])
	for i := n - 1; i >= 0; i-- { // from the back, since both share dst
		dst[2*i], dst[2*i+1] = dst[i], dst[i]
	}
	return n, err
}

// resize returns a slice of length n, b if that is large enough.
func resize(b []float32, n int) []float32 {
	if cap(b) < n {
		return make([]float32, n)
	}
	return b[:n]
}

// Gain returns src with every sample multiplied by factor.
func Gain(src Reader, factor float64) Reader {
	return &gain{src, float32(factor)}
}

type gain struct {
	Reader
	factor float32
}

func (g *gain) Read(dst []float32) (int, error) {
	n, err := g.Reader.Read(dst)
	for i := range dst[:n*g.Format().Channels] {
		dst[i] *= g.factor
	}
	return n, err
}

// Decibels returns the factor that a change of level by db stands for.
func Decibels(db float64) float64 { return math.Pow(10, db/20) }

// Fade returns src, which lasts so many samples, with its first in samples
// faded in and its last out samples faded out. Fades that overlap multiply.
//
// The curve is half a period of a raised cosine. It has no corner at either
// end, where a straight line can be heard to start, and a fade out and a fade
// in of the same length add up to 1 at every sample.
func Fade(src Reader, samples, in, out int64) Reader {
	return &fade{Reader: src, samples: samples, in: in, out: out}
}

type fade struct {
	Reader
	samples, in, out int64
	at               int64
}

func (f *fade) Read(dst []float32) (int, error) {
	n, err := f.Reader.Read(dst)
	channels := f.Format().Channels
	for i := range n {
		left := f.samples - 1 - f.at
		if f.at < f.in || left < f.out {
			factor := float32(raisedCosine(f.at, f.in) * raisedCosine(left, f.out))
			for c := range channels {
				dst[i*channels+c] *= factor
			}
		}
		f.at++
	}
	return n, err
}

// raisedCosine returns how far a fade of n samples has come at sample i. Its
// values lie between the samples' edges, so that it is the same backwards.
func raisedCosine(i, n int64) float64 {
	switch {
	case i >= n:
		return 1
	case i < 0:
		return 0
	}
	return (1 - math.Cos(math.Pi*(float64(i)+0.5)/float64(n))) / 2
}
