package recording

import (
	"context"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/resample"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// Length returns how many samples Decode makes of a span at a rate.
func (r *Recording) Length(span Span, rate int) int64 {
	var n int64
	for _, st := range r.Extents(span) {
		n += Rescale(st.Samples, rate, r.Files[st.File].Config.SampleRate)
	}
	return n
}

// Format is that of the decoded recording: its rate, or the one of rates that
// suits it best if there are any, and as many channels, 1 or 2, as its richest
// part has.
func (r *Recording) Format(rates ...int) pcm.Format {
	f := pcm.Format{SampleRate: pickRate(r.Rate, rates), Channels: 1}
	for _, file := range r.Files {
		f.Channels = max(f.Channels, min(2, file.Config.Channels))
	}
	return f
}

// Shape is the format of a span alone, and how many bits its values have: 16,
// or 24 where the source has more than 16. Its rate is one of rates, the
// recording's own if that is among them or if there are none.
func (r *Recording) Shape(span Span, rates ...int) (f pcm.Format, bits int) {
	return r.shape(r.Extents(span), rates)
}

// shape is the format of what is decoded of extents, and how many bits its
// values have.
func (r *Recording) shape(list []Extent, rates []int) (f pcm.Format, bits int) {
	f, bits = pcm.Format{SampleRate: pickRate(r.Rate, rates), Channels: 1}, 16
	for _, st := range list {
		c := r.Files[st.File].Config
		f.Channels = max(f.Channels, min(2, c.Channels))
		if n, _ := Integers(c); n == 0 && c.Codec == track.PCM || n > 16 {
			bits = 24
		}
	}
	return f, bits
}

// Play decodes extents of one file, one after the other, as they are coded, up
// to jobs stretches at once. Everything that hears a recording does so through
// here.
func (r *Recording) Play(ctx context.Context, jobs int, list ...Extent) (*pcm.Player, error) {
	spans := make([]Span, len(list))
	for i, x := range list {
		spans[i] = x.Span
	}
	file, err := r.decode[list[0].File]()
	if err != nil {
		return nil, err
	}
	return file.Play(ctx, jobs, spans...)
}

// Decode returns the samples of a span in format f. The caller calls stop when
// it needs no more of them.
func (r *Recording) Decode(ctx context.Context, span Span, f pcm.Format) (s encode.Sound, stop func(), err error) {
	list := r.Extents(span)
	// The channels are those of the richest part until all is resampled.
	own, bits := r.shape(list, []int{f.SampleRate})
	s.Bits, s.Samples = bits, Rescale(span.Samples, f.SampleRate, r.Rate)
	var closers []func() error
	stop = func() {
		for _, c := range closers {
			c()
		}
	}
	left := s.Samples
	var parts []pcm.Reader
	for i, st := range list {
		file := r.Files[st.File]
		// Clips are cut side by side, and each is short: one goroutine is enough.
		src, err := r.Play(ctx, 1, st)
		if err != nil {
			stop()
			return s, nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		closers = append(closers, src.Close)
		n := Rescale(st.Samples, f.SampleRate, file.Config.SampleRate)
		if i == len(list)-1 {
			n = left // each part was rounded for itself
		}
		left -= n
		parts = append(parts, &exactly{conform(src, own, st.Samples), n})
	}
	s.Reader = mixed(&sequence{own, parts}, f.Channels)
	return s, stop, nil
}

// conform is a source of so many samples in another format.
func conform(src pcm.Reader, f pcm.Format, samples int64) pcm.Reader {
	return resample.New(mixed(src, f.Channels), f.SampleRate, samples)
}

// mixed is a source with one channel or two.
func mixed(src pcm.Reader, channels int) pcm.Reader {
	if channels == 1 {
		return pcm.Mono(src)
	}
	return pcm.Stereo(src)
}

// Integers returns how many bits the samples of a coding that loses nothing
// have; exact is false for lossy codings, and for numbers beyond 24 bits.
func Integers(c track.Config) (bits int, exact bool) {
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

// sequence is one Reader after the other.
type sequence struct {
	format pcm.Format
	parts  []pcm.Reader
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

// exactly is a Reader made to last so many frames: what is too much is cut, and
// what is missing is silence.
type exactly struct {
	pcm.Reader
	left int64
}

func (e *exactly) Read(dst []float32) (int, error) {
	channels := int64(e.Format().Channels)
	room := min(int64(len(dst))/channels, e.left)
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.Reader.Read(dst[:room*channels])
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
