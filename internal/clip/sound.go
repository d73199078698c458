package clip

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/resample"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// A sound is the decoded samples of a span. Close ends the decoding.
type sound struct {
	pcm.Source
	samples int64
	bits    int // that its values have: 16, or 24 where the source has more than 16
	close   []func() error
}

func (s *sound) Close() {
	for _, f := range s.close {
		f()
	}
}

// decode returns the sound of a span, with as many channels, 1 or 2, as the
// richest part of it. Its rate is one of rates, the recording's own if that
// is among them or if there are none.
func (r *Recording) decode(ctx context.Context, span Span, rates ...int) (*sound, error) {
	out := new(sound)
	list := r.stretches(span)
	f, bits := r.shape(list, rates)
	rate, channels := f.SampleRate, f.Channels
	out.bits = bits
	out.samples = rescale(span.Samples, rate, r.Rate)
	left := out.samples
	var parts []pcm.Source
	for i, st := range list {
		file := r.Files[st.file]
		src, stop, err := play(ctx, file, st)
		if err != nil {
			out.Close()
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		out.close = append(out.close, stop)
		if channels == 1 {
			src = pcm.Mono(src)
		} else {
			src = pcm.Stereo(src)
		}
		n := rescale(st.samples, rate, file.Config.SampleRate)
		if i == len(list)-1 {
			n = left // each part was rounded for itself
		}
		left -= n
		parts = append(parts, &exactly{resample.New(src, rate, st.samples), n})
	}
	out.Source = &sequence{f, parts}
	return out, nil
}

// shape is the format of what is decoded of stretches, and how many bits its
// values have.
func (r *Recording) shape(list []stretch, rates []int) (f pcm.Format, bits int) {
	f, bits = pcm.Format{SampleRate: pickRate(r.Rate, rates), Channels: 1}, 16
	for _, st := range list {
		c := r.Files[st.file].Config
		f.Channels = max(f.Channels, min(2, c.Channels))
		if n, _ := integers(c); n == 0 && c.Codec == track.PCM || n > 16 {
			bits = 24
		}
	}
	return f, bits
}

// integers returns how many bits the samples of a coding that loses nothing
// have; exact is false for lossy codings, and for numbers beyond 24 bits.
func integers(c track.Config) (bits int, exact bool) {
	switch c.Codec {
	case track.PCM:
		if f, err := wav.ParseFormat([]byte(c.Specific)); err == nil && !f.Float {
			bits = f.Bits
		}
	case track.FLAC:
		if info, err := flac.ParseStreamInfo([]byte(c.Specific)); err == nil {
			bits = info.Bits
		}
	}
	return bits, bits > 0 && bits <= 24
}

// pickRate chooses a sample rate: rate itself, else the one among rates that
// is nearest above, in preference one that has a simple ratio to it.
func pickRate(rate int, rates []int) int {
	best := 0
	for _, candidate := range rates {
		if candidate == rate {
			return rate
		}
		simple := candidate%rate == 0 || rate%candidate == 0
		if best == 0 || simple && (best%rate != 0 && rate%best != 0) {
			best = candidate
		}
	}
	if best == 0 {
		return rate
	}
	return best
}

// play decodes a stretch of a file.
func play(ctx context.Context, f *library.SoundFile, st stretch) (pcm.Source, func() error, error) {
	file, err := f.PCM()
	if err != nil {
		return nil, nil, err
	}
	// Clips are cut side by side, and each is short: one goroutine is enough.
	p, err := file.Play(ctx, 1, pcm.Span{Start: st.start, Samples: st.samples})
	if err != nil {
		return nil, nil, err
	}
	return p, p.Close, nil
}

// sequence is one Source after the other.
type sequence struct {
	format pcm.Format
	parts  []pcm.Source
}

func (s *sequence) Format() pcm.Format { return s.format }

func (s *sequence) Read(dst []float32) (int, error) {
	for len(s.parts) > 0 {
		n, err := s.parts[0].Read(dst)
		if err == io.EOF {
			s.parts = s.parts[1:]
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// exactly is a Source made to last so many frames: what is too much is cut, and
// what is missing is silence.
type exactly struct {
	pcm.Source
	left int64
}

func (e *exactly) Read(dst []float32) (int, error) {
	channels := int64(e.Format().Channels)
	room := min(int64(len(dst))/channels, e.left)
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.Source.Read(dst[:room*channels])
	if n == 0 && err == io.EOF {
		clear(dst[:room*channels])
		n = int(room)
	}
	if err == io.EOF {
		err = nil
	}
	e.left -= int64(n)
	return n, err
}

// peakLimit is the true peak, in dBTP, that nothing is amplified beyond.
const peakLimit = -1

// sound returns the sound of a clip with all that is to be done to it.
func (r *Recording) sound(ctx context.Context, q *Request, rates ...int) (*sound, error) {
	factor := 1.0
	if q.Normalize != nil {
		var err error
		if factor, err = r.gain(ctx, q); err != nil {
			return nil, err
		}
	}
	s, err := r.heard(ctx, q, rates...)
	if err != nil {
		return nil, err
	}
	if q.Mono {
		s.Source = pcm.Mono(s.Source)
	}
	if q.Fade > 0 {
		n := rescale(int64(q.Fade), int64(s.Format().SampleRate), 1e9)
		s.Source = pcm.Fade(s.Source, s.samples, n, n)
	}
	if factor != 1 {
		s.Source = pcm.Limit(pcm.Gain(s.Source, factor), pcm.Decibels(peakLimit))
	}
	return s, nil
}

// gain returns the factor that brings a clip to the loudness that is asked
// for.
func (r *Recording) gain(ctx context.Context, q *Request) (float64, error) {
	plain := *q
	plain.Normalize = nil
	s, err := r.sound(ctx, &plain)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	m, err := loudness.NewMeter(s.Format().SampleRate, s.Format().Channels)
	if err != nil {
		return 0, err
	}
	if err := eachBlock(ctx, s, m.Write); err != nil {
		return 0, err
	}
	res := m.Result()
	if math.IsInf(float64(res.Integrated), -1) {
		return 1, nil // silence, or too short to have a loudness
	}
	return pcm.Decibels(*q.Normalize - float64(res.Integrated)), nil
}

// blockFrames is how many sample frames are worked on at once.
const blockFrames = 4096

// eachBlock reads src to its end.
func eachBlock(ctx context.Context, src pcm.Source, fn func(block []float32)) error {
	channels := src.Format().Channels
	buf := make([]float32, blockFrames*channels)
	for ctx.Err() == nil {
		n, err := src.Read(buf)
		fn(buf[:n*channels])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
