// Package peaks keeps the outline of a waveform: the smallest and the largest
// sample of each few milliseconds, and of longer and longer stretches, so that
// a picture of any part at any zoom costs little, and the RMS of these stretches,
// which tells more of how loud something is. A Writer makes the file in
// one pass over the audio, a File reads from it, and the outline can be
// exported for audiowaveform, peaks.js and wavesurfer.js.
package peaks

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Peak is the range of samples in a stretch of audio, at 16 bits.
type Peak struct{ Min, Max int16 }

// add makes p cover q.
func (p *Peak) add(q Peak) {
	p.Min, p.Max = min(p.Min, q.Min), max(p.Max, q.Max)
}

// Mix lays the tracks of interleaved peaks over each other.
func Mix(p []Peak, tracks int) []Peak {
	mixed := make([]Peak, len(p)/tracks)
	for i := range mixed {
		mixed[i] = p[i*tracks]
		for _, q := range p[i*tracks+1 : (i+1)*tracks] {
			mixed[i].add(q)
		}
	}
	return mixed
}

// DefaultBucket is how many samples a peak stands for, unless Config says
// otherwise.
const DefaultBucket = 256

// The bounds of a Config.
const (
	MaxTracks = 64
	MaxBucket = 1 << 20
	maxRate   = 1 << 24
)

// Config says what audio a Writer is given and what it keeps.
type Config struct {
	SampleRate int
	Channels   int
	// Mix keeps one track that covers the samples of all channels, in place
	// of one for each.
	Mix bool
	// Bucket is the number of samples of a peak at the finest zoom, 0 for
	// DefaultBucket.
	Bucket int
}

// Zooms differ by zoomFactor, and the coarsest is the first with no more than
// coarsest peaks.
const (
	zoomFactor = 4
	coarsest   = 64
)

// A Writer makes a peaks file from audio. The finest zoom is written as it
// comes; the others wait in memory for Close: 0.9 MB for an hour at 48 kHz and
// a bucket of 256, and each track, and 1.8 MB for the RMS of all tracks.
type Writer struct {
	w         *bufio.Writer
	config    Config
	tracks    int
	frames    int64
	low, high []float32 // of the bucket in progress, by track
	fill      int       // frames in it
	power     power     // of it
	bucket    []Peak    // room for the peaks of a bucket
	next      zoom      // above the finest
	err       error
}

// zoom is a zoom in progress.
type zoom struct {
	peaks   []Peak  // that are complete, and the one in progress
	powers  []power // one for all tracks of a peak
	pending int     // finer peaks in the one in progress
}

// A power is the sum of samples squared, and of how many.
type power struct{ sum, n float64 }

// level is the RMS of a power as it is kept: the square root of it, of which 255
// is full scale. That is fine where it is quiet, and one byte.
func (p power) level() uint8 {
	if !(p.sum > 0) {
		return 0
	}
	return uint8(math.RoundToEven(255 * math.Sqrt(math.Sqrt(min(1, p.sum/p.n)))))
}

// NewWriter writes a peaks file to w.
func NewWriter(w io.Writer, c Config) (*Writer, error) {
	if c.Bucket == 0 {
		c.Bucket = DefaultBucket
	}
	tracks := c.Channels
	if c.Mix {
		tracks = min(1, c.Channels)
	}
	if c.SampleRate < 1 || c.SampleRate > maxRate || tracks < 1 || tracks > MaxTracks || c.Bucket < 1 || c.Bucket > MaxBucket {
		return nil, fmt.Errorf("peaks: %d samples per second in %d channels, %d to a peak", c.SampleRate, c.Channels, c.Bucket)
	}
	p := &Writer{
		w:      bufio.NewWriterSize(w, 64<<10),
		config: c,
		tracks: tracks,
		low:    make([]float32, tracks),
		high:   make([]float32, tracks),
		bucket: make([]Peak, tracks),
	}
	p.startBucket()
	_, p.err = p.w.Write(header{c.SampleRate, tracks, c.Bucket, false}.bytes())
	return p, p.err
}

func (p *Writer) startBucket() {
	p.fill, p.power = 0, power{}
	for t := range p.low {
		p.low[t] = float32(math.Inf(1))
		p.high[t] = float32(math.Inf(-1))
	}
}

// Write adds block, interleaved samples with full scale at ±1. Samples of a
// frame that is not complete are ignored; values that are no number are left
// out. It returns the first error of the underlying writer.
func (p *Writer) Write(block []float32) error {
	for len(block) >= p.config.Channels && p.err == nil {
		n := min(len(block)/p.config.Channels, p.config.Bucket-p.fill)
		part := block[:n*p.config.Channels]
		for t := range p.low {
			p.low[t], p.high[t] = widen(p.low[t], p.high[t], part[t:], p.tracks)
		}
		q := squares(part, (p.fill*p.config.Channels)%sparse)
		p.power.sum += q.sum
		p.power.n += q.n
		block = block[n*p.config.Channels:]
		p.fill += n
		p.frames += int64(n)
		if p.fill == p.config.Bucket {
			p.endBucket()
		}
	}
	return p.err
}

// widen returns the range that covers low to high and each step-th sample of x.
// (The branches are nearly always predicted, and NaN takes neither.)
func widen(low, high float32, x []float32, step int) (float32, float32) {
	if step == 1 {
		for _, v := range x {
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
		}
		return low, high
	}
	for i := 0; i < len(x); i += step {
		v := x[i]
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	return low, high
}

// sparse is how many samples lie between two that count for the RMS: enough of
// them for a picture, and of all channels up to 10.
const sparse = 11

// squares returns the sum of every sparse-th sample squared, and how many these
// are; behind is how many samples came since the last of them. What is no number
// does not count, and nothing for more than full scale.
func squares(x []float32, behind int) power {
	var p power
	for i := (sparse - behind) % sparse; i < len(x); i += sparse {
		if v := min(1, max(-1, float64(x[i]))); v == v {
			p.sum += float64(v * v)
			p.n++
		}
	}
	return p
}

// quantize returns a sample at 16 bits.
func quantize(v float32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.RoundToEven(float64(v)*32768))))
}

func (p *Writer) endBucket() {
	for t := range p.low {
		p.bucket[t] = Peak{}
		if p.low[t] <= p.high[t] {
			p.bucket[t] = Peak{quantize(p.low[t]), quantize(p.high[t])}
		}
	}
	p.put(p.bucket)
	p.next.add(p.bucket, p.power)
	p.startBucket()
}

// add notes the peaks of one finer bucket, one for each track, and its power.
func (z *zoom) add(peaks []Peak, q power) {
	if z.pending == 0 {
		z.peaks = append(z.peaks, peaks...)
		z.powers = append(z.powers, q)
	} else {
		sum := &z.powers[len(z.powers)-1]
		sum.sum += q.sum
		sum.n += q.n
		last := z.peaks[len(z.peaks)-len(peaks):]
		for t := range last {
			last[t].add(peaks[t])
		}
	}
	z.pending = (z.pending + 1) % zoomFactor
}

// Close completes the file. It does not close the underlying writer.
func (p *Writer) Close() error {
	if p.fill > 0 && p.err == nil {
		p.endBucket()
	}
	if p.err != nil {
		return p.err
	}
	h := header{p.config.SampleRate, p.tracks, p.config.Bucket, false}
	at := p.next
	var levels []power
	for range len(h.lengths(p.frames)) - 1 {
		p.put(at.peaks)
		levels = append(levels, at.powers...)
		var next zoom
		for i, q := range at.powers {
			next.add(at.peaks[i*p.tracks:][:p.tracks], q)
		}
		at = next
	}
	for _, q := range levels {
		p.w.WriteByte(q.level())
	}
	p.w.Write(h.trailer(p.frames))
	err := p.w.Flush() // a bufio.Writer keeps the first error
	p.err = errors.Join(err, errClosed)
	return err
}

var errClosed = errors.New("peaks: written to after Close")

// put writes peaks to the file.
func (p *Writer) put(peaks []Peak) {
	for _, q := range peaks {
		b := p.w.AvailableBuffer()
		b = binary.LittleEndian.AppendUint16(b, uint16(q.Min))
		b = binary.LittleEndian.AppendUint16(b, uint16(q.Max))
		if _, err := p.w.Write(b); err != nil {
			p.err = err
		}
	}
}

func getPeak(b []byte) Peak {
	return Peak{int16(binary.LittleEndian.Uint16(b)), int16(binary.LittleEndian.Uint16(b[2:]))}
}
