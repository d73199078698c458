package episode

import (
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// bumper returns an intro or outro of the episode and what it is, or nil.
func (q *Request) bumper() (*Bumper, string) {
	if q.Intro != nil {
		return q.Intro, "intro"
	}
	return q.Outro, "outro"
}

// seat finds the places of intro and outro. A fade takes at most half of what fades,
// so that each is heard alone too.
func (e *export) seat() {
	c := &e.chain
	rate := c.format.SampleRate
	for _, s := range []*side{{Bumper: e.Intro, name: "intro"}, {Bumper: e.Outro, name: "outro"}} {
		if s.Bumper == nil {
			continue
		}
		s.samples = s.Length(rate)
		s.fade = min(int64(math.Round(e.Fade.Seconds()*float64(rate))), s.samples/2, c.samples/2)
		c.sides = append(c.sides, s)
	}
	if len(c.sides) > 0 {
		e.body = &bodyMeter{from: c.lead(), to: c.lead() + c.samples, rate: rate}
		for _, s := range c.sides {
			if s == c.intro() {
				e.body.from += s.fade
			} else {
				e.body.to -= s.fade
			}
		}
	}
}

// intro returns the side before the sections, or nil.
func (c *chain) intro() *side {
	if len(c.sides) > 0 && c.sides[0].name == "intro" {
		return c.sides[0]
	}
	return nil
}

// lead is the frame of the episode with which the sections begin.
func (c *chain) lead() int64 {
	if s := c.intro(); s != nil {
		return s.samples - s.fade
	}
	return 0
}

// total is how many frames the episode has.
func (c *chain) total() int64 {
	n := c.samples
	for _, s := range c.sides {
		n += s.samples - s.fade
	}
	return n
}

// join puts intro and outro around the sections.
func (c *chain) join(ctx context.Context, src pcm.Reader) (pcm.Reader, error) {
	if len(c.sides) == 0 {
		return src, nil
	}
	body := pcm.Layer{Reader: src, Start: c.lead(), Samples: c.samples}
	var layers []pcm.Layer
	for _, s := range c.sides {
		sound, err := s.open(ctx, c)
		if err != nil {
			return nil, err
		}
		l := pcm.Layer{Reader: sound, Samples: s.samples}
		if s == c.intro() {
			l.Out, body.In = s.fade, s.fade
		} else {
			l.Start, l.In, body.Out = c.lead()+c.samples-s.fade, s.fade, s.fade
		}
		layers = append(layers, l)
	}
	return pcm.Mix(append(layers, body)...), nil
}

// duration is how long the episode is, in seconds.
func (e *export) duration() float64 {
	r := e.Recording
	d := seconds(r, r.SectionsLength(e.list, r.Rate))
	if len(e.chain.sides) == 0 {
		return d
	}
	return micro(d + float64(e.chain.total()-e.chain.samples)/float64(e.chain.format.SampleRate))
}

// micro is a time to the microsecond.
func micro(seconds float64) float64 { return math.Round(seconds*1e6) / 1e6 }

// addSides takes intro and outro down, and moves what is kept of the recording.
func (e *export) addSides() {
	c, set := &e.chain, &e.rec.Settings
	rate := float64(c.format.SampleRate)
	for _, s := range c.sides {
		a := &Added{SHA256: s.SHA256, Seconds: micro(float64(s.samples) / rate), Fade: micro(float64(s.fade) / rate), Heard: s.Heard}
		if s == c.intro() {
			e.rec.Intro, set.Intro = a, s.SHA256
		} else {
			a.Start = micro(float64(c.lead()+c.samples-s.fade) / rate)
			e.rec.Outro, set.Outro = a, s.SHA256
		}
		set.Fade = e.Fade.Seconds()
	}
	for i := range e.rec.Kept {
		e.rec.Kept[i].At = micro(e.rec.Kept[i].At + float64(c.lead())/rate)
	}
}

// fitSides brings intro and outro to the loudness of the recording.
func (e *export) fitSides(ctx context.Context) error {
	c := &e.chain
	if len(c.sides) == 0 {
		return nil
	}
	if e.KeepLoudness {
		// What the recording has stays: only what is above that is limited.
		m := e.measured.Loudness
		c.ceiling = max(TruePeak, float64(m.TruePeak))
		c.limit = !m.TruePeakAtLeast
		return e.fit(ctx, float64(m.Integrated))
	}
	c.limit = true
	return e.fit(ctx, *e.rec.Settings.Loudness)
}

// fit finds the gains that bring intro and outro to a loudness. What is silent stays
// as it is, and so does all where the recording is silent.
func (e *export) fit(ctx context.Context, target float64) error {
	const near, most = 0.1, 4
	c := &e.chain
	e.body.target = target
	for _, s := range c.sides {
		s.gain, s.plain = 0, loudness.Result{TruePeak: loudness.Level(math.Inf(-1))}
		for try := range most {
			got, err := s.measure(ctx, c)
			if err != nil {
				return err
			}
			if try == 0 {
				s.plain = got
			}
			if math.IsInf(float64(got.Integrated), -1) {
				e.note("the %s has less than 0.4 s above -70 LUFS: its level was not changed", s.name)
				break
			}
			if math.IsInf(target, -1) {
				break
			}
			missing := target - float64(got.Integrated)
			if math.Abs(missing) < near || missing > 0 && s.gain >= MaxGain {
				break
			}
			if try == most-1 {
				e.note("the %s is %.1f LU from the loudness of the episode, because of its peaks", s.name, missing)
				break
			}
			s.gain = min(MaxGain, kept(s.gain+missing))
		}
		if s == c.intro() {
			e.rec.Intro.Gain = s.gain
		} else {
			e.rec.Outro.Gain = s.gain
		}
	}
	return nil
}

// measure measures what is heard of it.
func (s *side) measure(ctx context.Context, c *chain) (loudness.Result, error) {
	src, err := s.open(ctx, c)
	if err != nil {
		return loudness.Result{}, err
	}
	return measure(ctx, src, nil)
}

// fitAgain brings intro and outro to the loudness that the recording has come out
// with, if that is not the one that was expected. It reports whether they changed.
func (e *export) fitAgain(ctx context.Context, try int) (bool, error) {
	if e.body == nil || !e.beyond && !e.KeepLoudness || try > 0 {
		return false, nil
	}
	is := float64(e.body.integrated())
	if math.IsInf(is, -1) || math.Abs(is-e.body.target) <= lost {
		return false, nil
	}
	return true, e.fit(ctx, is)
}

// A bodyMeter measures the recording in an episode, without what fades: by the
// blocks of 400 ms of ITU-R BS.1770-4 that lie in it.
type bodyMeter struct {
	from, to int64 // frames of the episode
	rate     int
	target   float64 // of intro and outro
	blocks   []float64
}

// step returns what takes the next 100 ms of a measurement that begins, or nil.
func (b *bodyMeter) step() func(loudness.Step) {
	if b == nil {
		return nil
	}
	b.blocks = b.blocks[:0]
	window := int64(4 * b.rate / 10)
	return func(s loudness.Step) {
		if s.End-window >= b.from && s.End <= b.to && !math.IsInf(float64(s.Momentary), -1) {
			b.blocks = append(b.blocks, math.Pow(10, float64(s.Momentary)/10))
		}
	}
}

// of is the loudness of the recording in a file that was measured.
func (b *bodyMeter) of(whole loudness.Result) loudness.Level {
	if b == nil || len(b.blocks) == 0 {
		return whole.Integrated
	}
	return b.integrated()
}

// integrated is the gated loudness (BS.1770-4, annex 1: absolute gate at -70 LUFS,
// relative gate 10 LU below).
func (b *bodyMeter) integrated() loudness.Level {
	gate := math.Pow(10, -7)
	mean := func() float64 {
		sum, n := 0.0, 0.0
		for _, v := range b.blocks {
			if v > gate {
				sum, n = sum+v, n+1
			}
		}
		return sum / max(1, n)
	}
	gate = max(gate, mean()/10)
	if m := mean(); m > 0 {
		return loudness.Level(10 * math.Log10(m))
	}
	return loudness.Level(math.Inf(-1))
}
