package pcm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Player is a Reader of spans of a File.
type Player struct {
	file  *File
	ctx   context.Context
	stop  context.CancelFunc
	jobs  int
	spans []Span // not begun yet, the first one perhaps in part
	// linear says that one decoder goes through the spans, which follow each
	// other, without being set up anew.
	linear bool

	// heard are the stretches that are read out where everything is decoded, and
	// visit is called with each unit of it; nil where spans are all that is decoded.
	heard []Span
	visit func(unit []byte, samples []float32) error

	whole []float32 // of the piece that is being read, where stretches of it are read out
	place int64     // in the file, up to which they were

	queue    []*piece // in order; the first one is being read
	idle     []*piece // to be used again
	decoders chan *Decoder
	losses   Losses
	cut      int64
	err      error
}

// Play returns a Reader of the spans, one after the other. While it is read, it
// decodes the next jobs pieces, at least one, each in a goroutine of its own and
// with some megabytes of memory; until all is read, ctx is done or Close is
// called.
func (f *File) Play(ctx context.Context, jobs int, spans ...Span) (*Player, error) {
	for _, s := range spans {
		if s.Start < 0 || s.Samples < 0 || s.Start > f.samples || s.Samples > f.samples-s.Start {
			return nil, fmt.Errorf("samples %d to %d are outside the %d samples", s.Start, s.Start+s.Samples, f.samples)
		}
	}
	return f.play(ctx, max(jobs, 1), spans)
}

// PlayLinear returns a Reader of the whole file as it sounds in a decoder that
// plays it from its start, noise substitution included. It decodes on one core.
// Cut takes a span out of it, with all before the span decoded and dropped.
func (f *File) PlayLinear(ctx context.Context) (*Player, error) {
	p, err := f.play(ctx, 1, []Span{{0, f.samples}})
	if err == nil {
		p.linear = true
	}
	return p, err
}

// PlayAll returns a Reader of stretches of the file, in order and apart from each
// other, for which the whole file is decoded: visit is called with each unit and
// its samples, first to last, before a later one is read out. The samples are those
// of Play. An error of visit ends the reading.
func (f *File) PlayAll(ctx context.Context, jobs int, heard []Span, visit func(unit []byte, samples []float32) error) (*Player, error) {
	end := int64(0)
	for _, s := range heard {
		if s.Start < end || s.Samples < 0 || s.Samples > f.samples-s.Start {
			return nil, fmt.Errorf("samples %d to %d of %d are not behind sample %d", s.Start, s.Start+s.Samples, f.samples, end)
		}
		end = s.Start + s.Samples
	}
	p, err := f.play(ctx, max(jobs, 1), []Span{{0, f.samples}})
	if err == nil {
		p.heard, p.visit = slices.Clone(heard), visit
	}
	return p, err
}

func (f *File) play(ctx context.Context, jobs int, spans []Span) (*Player, error) {
	p := &Player{file: f, jobs: jobs, spans: slices.Clone(spans), decoders: make(chan *Decoder, jobs)}
	for range jobs {
		d, err := NewDecoder(f.config)
		if err != nil {
			return nil, err
		}
		p.decoders <- d
	}
	p.ctx, p.stop = context.WithCancel(ctx)
	return p, nil
}

// Format returns the format of the samples.
func (p *Player) Format() Format { return p.file.Format() }

// Losses returns what could not be decoded of that which has been read, in the
// order in which it was read.
func (p *Player) Losses() *Losses { return &p.losses }

// CutOff returns how many units of what has been read were cut off at full scale,
// because they cannot be shifted.
func (p *Player) CutOff() int64 { return p.cut }

// Close ends the decoding. It waits until nothing uses the file any more.
func (p *Player) Close() error {
	p.stop()
	for _, q := range p.queue {
		<-q.done
	}
	if p.err == nil {
		p.err = context.Canceled
	}
	p.queue, p.idle = nil, nil
	return nil
}

// Read reads the next samples. It returns io.EOF at the end of the last span,
// the context's error when that is done, and an error that wraps ErrUnsupported
// where nothing can be decoded.
func (p *Player) Read(dst []float32) (frames int, err error) {
	channels := p.file.config.Channels
	if len(dst) < channels {
		return 0, nil
	}
	for p.err == nil {
		p.err = p.ctx.Err()
		if p.err != nil {
			break
		}
		if len(p.queue) > 0 && p.queue[0].ready && (len(p.queue[0].out) > 0 || p.next()) {
			head := p.queue[0]
			n := copy(dst[:len(dst)/channels*channels], head.out)
			head.out = head.out[n:]
			return n / channels, nil
		}
		p.err = p.advance()
	}
	return 0, p.err
}

// advance goes to the next piece.
func (p *Player) advance() error {
	if len(p.queue) > 0 && p.queue[0].ready {
		p.idle = append(p.idle, p.queue[0])
		p.queue = p.queue[:copy(p.queue, p.queue[1:])]
	}
	// One piece is being read, the others are being decoded.
	for len(p.queue) <= p.jobs && p.begin() {
	}
	if len(p.queue) == 0 {
		return io.EOF
	}
	head := p.queue[0]
	select {
	case <-head.done:
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	head.ready = true
	if head.err != nil {
		p.stop()
		return head.err
	}
	if p.visit == nil {
		p.cut += head.cut
		for _, l := range head.losses {
			p.losses.add(l.Unit, l.Start, l.Samples)
		}
		return nil
	}
	p.whole, p.place = head.out, head.span.Start
	head.out = nil
	return head.each(p.file.config.Channels, p.visit)
}

// next goes to the next heard stretch in the piece that is being read, and reports
// whether there is one.
func (p *Player) next() bool {
	head := p.queue[0]
	for len(p.heard) > 0 && p.visit != nil {
		s := p.heard[0]
		from, to := max(s.Start, p.place), min(s.End(), head.span.End())
		if s.End() <= head.span.End() {
			p.heard = p.heard[1:]
		}
		if from >= to {
			if s.End() > head.span.End() {
				return false
			}
			continue
		}
		channels := int64(p.file.config.Channels)
		head.out = p.whole[(from-head.span.Start)*channels : (to-head.span.Start)*channels]
		p.place = to
		p.cut += head.cut
		head.cut = 0
		for _, l := range head.losses {
			if a, b := max(l.Start, from), min(l.End(), to); a < b {
				p.losses.add(l.Unit, a, b-a)
			}
		}
		return true
	}
	return false
}

// begin starts to decode the next piece, if there is one.
func (p *Player) begin() bool {
	for len(p.spans) > 0 && p.spans[0].Samples == 0 {
		p.spans = p.spans[1:]
	}
	if len(p.spans) == 0 {
		return false
	}
	q := new(piece)
	if n := len(p.idle); n > 0 {
		q, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	q.span, p.spans[0], q.err = p.file.split(p.spans[0])
	q.fresh = !p.linear || q.span.Start == 0
	q.ready, q.done = false, make(chan struct{})
	if q.err != nil || q.span.Samples == 0 {
		q.err = cmp.Or(q.err, track.ErrBadIndex)
		close(q.done)
		p.queue = append(p.queue, q)
		return true
	}
	var before chan struct{}
	if n := len(p.queue); n > 0 && p.linear {
		before = p.queue[n-1].done
	}
	p.queue = append(p.queue, q)
	go p.decode(q, before)
	return true
}

// decode decodes q when there is a decoder for it, and not before the piece of
// which before is the end.
func (p *Player) decode(q *piece, before <-chan struct{}) {
	defer close(q.done)
	if before != nil {
		<-before
	}
	d := <-p.decoders
	if q.err = p.ctx.Err(); q.err == nil {
		q.err = p.file.decode(q, d)
	}
	p.decoders <- d
}
