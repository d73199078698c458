package clip

import (
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/encode"
)

// encoded works out a clip that is decoded and coded anew: it holds the
// samples asked for and no others.
func (r *Recording) encoded(q *Request) (*sheet, error) {
	e, ok := encoders[q.Format]
	if !ok {
		return nil, &Problem{NoEncoder, "an .aac file of re-encoded sound could not say where the sound begins", "use --format m4a"}
	}
	s := &sheet{span: q.Span, lossless: r.exact(q)}
	s.write = func(ctx context.Context, w io.Writer) error {
		src, err := r.sound(ctx, q, e.rates...)
		if err != nil {
			return err
		}
		defer src.Close()
		video, stop, err := q.shoot(ctx, src.samples, src.Format().SampleRate)
		if err != nil {
			return err
		}
		defer stop()
		return e.encode(ctx, w, src.whole(), encode.Options{Tags: r.settled(q), Cover: q.attached(), Video: video})
	}
	return s, nil
}

// exact reports whether a clip holds the very samples of the recording,
// although they are coded in another way: PCM as FLAC, or FLAC cut anywhere.
func (r *Recording) exact(q *Request) bool {
	if !q.Effects.none() || !q.Omit.none(q.Span) || q.Format != WAV && q.Format != FLAC {
		return false
	}
	list := r.stretches(q.Span)
	for _, st := range list {
		c := r.Files[st.file].Config
		if _, ok := integers(c); !ok || st.file != list[0].file || c.Channels > 2 {
			return false
		}
	}
	return len(list) > 0
}

// An encoder writes one format.
type encoder struct {
	rates  []int // that it takes; none means any
	encode func(context.Context, io.Writer, encode.Sound, encode.Options) error
}

var encoders = map[Format]encoder{
	M4A:  {encode.AACRates, encode.M4A},
	MP4:  {encode.AACRates, encode.M4A},
	WAV:  {nil, encode.WAV},
	FLAC: {nil, encode.FLAC},
	Opus: {encode.OpusRates, encode.Opus},
	MP3:  {encode.MP3Rates, encode.MP3},
}

// whole is the sound for what writes or looks at all of it.
func (s *sound) whole() encode.Sound {
	return encode.Sound{Source: s.Source, Samples: s.samples, Bits: s.bits}
}
