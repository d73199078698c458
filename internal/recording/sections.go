package recording

import (
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// softJoin is how long the sound takes to go down before a join of two
// sections, and to come up after it, in parts of a second: nothing is lost in
// what is silence already, and no step is left that clicks.
const softJoin = 200

// A SectionReader is sections of a recording, decoded one after the other. Nothing
// that lies outside of them is decoded into it.
type SectionReader struct {
	ctx    context.Context
	r      *Recording
	format pcm.Format
	list   []Section
	tick   func(frames int64)
	gap    int64 // frames of silence to come first
	fade   int64 // frames that are faded on either side of a join
	joined bool  // something went before the section
	begun  bool
	now    pcm.Reader
	stop   func()
}

// ReadSections joins sections, softly or sample by sample as they are, in a format
// that Format gives. tick is told of the frames that were read. The caller
// closes the reader.
func (r *Recording) ReadSections(ctx context.Context, list []Section, f pcm.Format, soft bool, tick func(frames int64)) *SectionReader {
	s := &SectionReader{ctx: ctx, r: r, format: f, list: list, tick: tick}
	if soft {
		s.fade = int64(f.SampleRate / softJoin)
	}
	return s
}

// SectionsLength returns how many frames sections last at a rate.
func (r *Recording) SectionsLength(list []Section, rate int) int64 {
	var n int64
	for _, s := range list {
		n += r.silence(s, rate) + r.Length(s.Span, rate)
	}
	return n
}

// silence is how many frames of silence go before a section.
func (r *Recording) silence(s Section, rate int) int64 { return s.Gap * int64(rate) / int64(r.Rate) }

// Format is that of the samples.
func (s *SectionReader) Format() pcm.Format { return s.format }

// Close ends the decoding.
func (s *SectionReader) Close() {
	if s.stop != nil {
		s.stop()
		s.stop, s.now = nil, nil
	}
}

// Read reads the next samples.
func (s *SectionReader) Read(dst []float32) (int, error) {
	for {
		if err := s.ctx.Err(); err != nil {
			return 0, err
		}
		if s.gap > 0 {
			n := min(int64(len(dst)/s.format.Channels), s.gap)
			clear(dst[:n*int64(s.format.Channels)])
			s.gap -= n
			s.joined = true
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
			s.next()
			s.joined = true
		}
		if len(s.list) == 0 {
			return 0, io.EOF
		}
		if !s.begun {
			s.begun = true
			s.gap = s.r.silence(s.list[0], s.format.SampleRate)
			continue
		}
		if s.list[0].Span.Samples == 0 {
			s.next()
			continue
		}
		if err := s.play(); err != nil {
			return 0, err
		}
	}
}

func (s *SectionReader) next() {
	s.list = s.list[1:]
	s.begun = false
}

// play begins to decode the first section.
func (s *SectionReader) play() error {
	sound, stop, err := s.r.Decode(s.ctx, s.list[0].Span, s.format)
	if err != nil {
		return err
	}
	in, out := s.fade, s.fade
	if !s.joined {
		in = 0
	}
	if len(s.list) == 1 {
		out = 0
	}
	s.now, s.stop = sound.Reader, stop
	if in > 0 || out > 0 {
		s.now = pcm.Fade(s.now, sound.Samples, in, out)
	}
	return nil
}
