package pcm

import (
	"io"
	"math"
)

// A Layer is a sound in a mix: it begins at the frame Start of the mix, and lasts
// Samples frames. Its first In frames come up and its last Out frames go down by a
// quarter of a sine, so that the power of two layers which overlap by a fade of both
// stays the same. Fades of one layer do not overlap.
type Layer struct {
	Reader
	Start, Samples int64
	In, Out        int64
}

// Mix returns the sum of layers, which have one format. Where there is none it is
// silent; a layer that ends early is silent from then on.
func Mix(layers ...Layer) Reader {
	m := &mix{format: layers[0].Format(), layers: layers}
	for _, l := range layers {
		m.samples = max(m.samples, l.Start+l.Samples)
	}
	return m
}

type mix struct {
	format  Format
	layers  []Layer
	at      int64
	samples int64
	buf     []float32
}

func (m *mix) Format() Format { return m.format }

func (m *mix) Read(dst []float32) (int, error) {
	channels := int64(m.format.Channels)
	n := min(int64(len(dst))/channels, m.samples-m.at)
	if n <= 0 {
		if m.at >= m.samples {
			return 0, io.EOF
		}
		return 0, nil
	}
	dst = dst[:n*channels]
	clear(dst)
	for i := range m.layers {
		l := &m.layers[i]
		from, to := max(m.at, l.Start), min(m.at+n, l.Start+l.Samples)
		if from >= to {
			continue
		}
		m.buf = resize(m.buf, int((to-from)*channels))
		got, err := ReadFull(l.Reader, m.buf)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		l.add(dst[(from-m.at)*channels:], m.buf[:int64(got)*channels], from-l.Start, channels)
	}
	m.at += n
	return int(n), nil
}

// add adds samples of the layer, from its frame at on.
func (l *Layer) add(dst, samples []float32, at, channels int64) {
	for i := int64(0); i < int64(len(samples)); i += channels {
		if left := l.Samples - 1 - at; at < l.In || left < l.Out {
			factor := float32(quarterSine(at, l.In) * quarterSine(left, l.Out))
			for c := i; c < i+channels; c++ {
				dst[c] += float32(samples[c] * factor)
			}
		} else {
			for c := i; c < i+channels; c++ {
				dst[c] += samples[c]
			}
		}
		at++
	}
}

// quarterSine returns how far a fade of n samples has come at sample i. Its square
// and that of the same fade backwards add up to 1.
func quarterSine(i, n int64) float64 {
	if i >= n {
		return 1
	}
	return math.Sin(math.Pi / 2 * (float64(i) + 0.5) / float64(n))
}
