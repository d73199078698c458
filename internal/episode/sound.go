package episode

import (
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// An encoder writes a sound as a file.
type encoder = func(context.Context, io.Writer, encode.Sound, encode.Options) error

// A reel is the sections of an episode, decoded one after the other.
type reel struct {
	ctx    context.Context
	r      *clip.Recording
	format pcm.Format
	list   []section
	gap    int64 // frames of silence to come first
	fade   int64 // frames that are faded on either side of a join
	joined bool  // something went before the section
	now    pcm.Source
	stop   func()
	begun  bool
	tick   func(frames int64)
}

// length returns how many frames the sections last at a rate.
func length(r *clip.Recording, list []section, rate int) int64 {
	var n int64
	for _, s := range list {
		n += s.gap*int64(rate)/int64(r.Rate) + r.Length(s.span, rate)
	}
	return n
}

func (s *reel) Format() pcm.Format { return s.format }

func (s *reel) Close() {
	if s.stop != nil {
		s.stop()
		s.stop, s.now = nil, nil
	}
}

func (s *reel) Read(dst []float32) (int, error) {
	for {
		if err := s.ctx.Err(); err != nil {
			return 0, err
		}
		if s.gap > 0 {
			n := min(int64(len(dst)/s.format.Channels), s.gap)
			clear(dst[:n*int64(s.format.Channels)])
			s.gap -= n
			s.tick(n)
			return int(n), nil
		}
		if s.now != nil {
			n, err := s.now.Read(dst)
			s.tick(int64(n))
			if n > 0 || err != nil && err != io.EOF {
				return n, err
			}
			if err == nil {
				return 0, nil
			}
			s.Close()
			s.list = s.list[1:]
			s.begun = false
			s.joined = true
		}
		if len(s.list) == 0 {
			return 0, io.EOF
		}
		if !s.begun {
			s.begun = true
			s.gap = s.list[0].gap * int64(s.format.SampleRate) / int64(s.r.Rate)
			continue
		}
		sound, stop, err := s.r.Decode(s.ctx, s.list[0].span, s.format)
		if err != nil {
			return 0, err
		}
		in, out := s.fade, s.fade
		if !s.joined {
			in = 0
		}
		if len(s.list) == 1 {
			out = 0
		}
		s.now, s.stop = sound.Source, stop
		if in > 0 || out > 0 {
			s.now = pcm.Fade(s.now, sound.Samples, in, out)
		}
	}
}

// A chain is how the samples of an episode come about, again and again.
type chain struct {
	r       *clip.Recording
	list    []section
	format  pcm.Format
	samples int64
	bits    int
	exact   bool       // the sections are joined as they are
	steps   []pcm.Step // between speakers
	gain    float64    // dB
	ceiling float64    // dBTP
	limit   bool
	tick    func(frames int64)
}

// ramp is how long the level takes to change between two speakers, in parts of
// a second.
const ramp = 5

// soft is how long the sound takes to go down before a join of two sections,
// and to come up after it, in parts of a second: nothing is lost in what is
// silence already, and no step is left that clicks.
const soft = 200

// open returns the samples and what ends them.
func (c *chain) open(ctx context.Context) (encode.Sound, func()) {
	tape := &reel{ctx: ctx, r: c.r, format: c.format, list: c.list, tick: c.tick}
	if !c.exact {
		tape.fade = int64(c.format.SampleRate / soft)
	}
	var src pcm.Source = tape
	if len(c.steps) > 0 {
		src = pcm.Level(src, c.steps, int64(c.format.SampleRate/ramp))
	}
	if c.gain != 0 {
		src = pcm.Gain(src, pcm.Decibels(c.gain))
	}
	if c.limit {
		src = pcm.Limit(src, pcm.Decibels(c.ceiling))
	}
	return encode.Sound{Source: src, Samples: c.samples, Bits: c.bits}, tape.Close
}
