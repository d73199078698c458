// Package pcm decodes access units to samples and passes samples on.
//
// Samples are float32 at a scale of ±1.0, interleaved: the values of all
// channels of one moment, a sample frame, stand side by side. Positions and
// lengths count sample frames. PCM of floats, AAC and MP3 may go beyond ±1.0.
//
// A Decoder turns single access units into samples. A Stream decodes what a
// track.Reader finds, front to back. A File decodes any stretch of a file
// whose units are indexed, on several cores at once. Cut, Mono, Stereo, Gain
// and Fade are small steps from one Reader to the next.
package pcm

import (
	"errors"
	"io"
)

var (
	// ErrUnsupported means that audio is coded in a way that the decoders do
	// not know, so that it cannot be heard at all: HE-AAC, MPEG-2.5, more than
	// two channels of AAC. It is never replaced by silence.
	ErrUnsupported = errors.New("no decoder for this audio coding")
	// ErrDamaged means that one access unit cannot be decoded.
	ErrDamaged = errors.New("damaged access unit")
)

// A Format says what a stream of samples is made of.
type Format struct {
	SampleRate int // sample frames per second
	Channels   int
}

// A Reader is a stream of sample frames.
type Reader interface {
	Format() Format
	// Read reads up to len(dst)/Channels sample frames into dst and returns
	// how many. At the end of the stream it returns 0 and io.EOF; it never
	// returns 0 and nil unless dst has no room for a frame. An error can come
	// together with frames, which precede it.
	Read(dst []float32) (frames int, err error)
}

// ReadFull reads until dst is full or src ends, and returns how many sample
// frames it read. The error is io.EOF only if it read none, and
// io.ErrUnexpectedEOF if it read some but not all.
func ReadFull(src Reader, dst []float32) (frames int, err error) {
	channels := src.Format().Channels
	want := len(dst) / channels
	for frames < want && err == nil {
		var n int
		n, err = src.Read(dst[frames*channels : want*channels])
		frames += n
	}
	switch {
	case frames == want:
		return frames, nil
	case err == io.EOF && frames > 0:
		return frames, io.ErrUnexpectedEOF
	}
	return frames, err
}

// A Span is a stretch of sample frames.
type Span struct {
	Start   int64
	Samples int64
}

// End returns the position after the last frame.
func (s Span) End() int64 { return s.Start + s.Samples }

// maxLosses bounds how many places Losses remembers one by one.
const maxLosses = 1000

// A Loss is a stretch of access units next to each other that could not be
// decoded. In their place are as many samples of silence.
type Loss struct {
	Unit  int64 // index of the first
	Units int64
	Span  // the samples that are missing
}

// Losses are the units of a stream or file that could not be decoded, in
// order. Beyond the first 1000 places they are only counted.
type Losses struct {
	Places  []Loss
	Units   int64 // in all
	Samples int64 // in all
}

func (l *Losses) add(unit, start, samples int64) {
	adjoins := false
	if n := len(l.Places); n > 0 {
		last := &l.Places[n-1]
		if adjoins = last.Unit+last.Units == unit; adjoins {
			last.Units++
			last.Samples += samples
		}
	}
	if !adjoins && len(l.Places) < maxLosses {
		l.Places = append(l.Places, Loss{Unit: unit, Units: 1, Span: Span{Start: start, Samples: samples}})
	}
	l.Units++
	l.Samples += samples
}
