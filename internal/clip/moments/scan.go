package moments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// features are the hops of a recording, in order. Hop i begins at position
// i × rate / hopsASecond.
type features struct {
	rate    int // of positions
	samples int64
	hops    []hop
}

// position is where a hop begins.
func (f *features) position(i int) int64 {
	return min(f.samples, int64(i)*int64(f.rate)/hopsASecond)
}

// countHops is how many hops so many samples make. A last one that is shorter
// than the others counts too.
func countHops(samples int64, rate int) int {
	return int((samples*hopsASecond + int64(rate) - 1) / int64(rate))
}

// A run is a stretch of a recording that is decoded from one file.
type run struct {
	first   int64 // position
	rate    int   // of its own samples
	samples int64 // at that rate
	play    func(ctx context.Context, s pcm.Span) (lossReader, error)
}

// A lossReader is what a pcm.File plays: it knows what is lost.
type lossReader interface {
	pcm.Reader
	Losses() *pcm.Losses
	Close() error
}

// runsOf lays out a recording.
func runsOf(r *recording.Recording) []run {
	var list []run
	for i, x := range r.Runs() {
		t := &r.Space.Timeline[i]
		list = append(list, run{t.FirstSample, t.SampleRate, t.Samples, func(ctx context.Context, s pcm.Span) (lossReader, error) {
			p, err := r.Play(ctx, 1, recording.Extent{File: x.File, Span: recording.Span{Start: x.Start + s.Start, Samples: s.Samples}})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Space.Files[x.File], err)
			}
			return &located{p, x.Start}, nil
		}})
	}
	return list
}

// A located source tells of losses by where they are in its run.
type located struct {
	*pcm.Player
	start int64
}

func (l *located) Losses() *pcm.Losses {
	all := *l.Player.Losses()
	all.Places = append([]pcm.Loss(nil), all.Places...)
	for i := range all.Places {
		all.Places[i].Start -= l.start
	}
	return &all
}

// chunkHops is how much is decoded in one go. Chunks lie on a fixed grid, so
// that nothing depends on how many are decoded side by side; at two minutes
// the half that is decoded twice, some seconds of pre-roll, hardly counts.
const chunkHops = 120 * hopsASecond

// scan decodes all runs once, jobs chunks at a time.
func scan(ctx context.Context, rate int, samples int64, runs []run, jobs int, p stream.Progress) (*features, error) {
	f := &features{rate: rate, samples: samples, hops: make([]hop, countHops(samples, rate))}
	for i := range f.hops {
		f.hops[i].flags = lost // until it is heard
	}
	if p != nil {
		p.Expect(samples)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	chunks := make(chan int)
	var wg sync.WaitGroup
	for range max(1, jobs) {
		wg.Go(func() {
			for at := range chunks {
				end := min(at+chunkHops, len(f.hops))
				if err := f.fill(ctx, runs, at, end); err != nil {
					cancel(err)
				} else if p != nil {
					p.Add(f.position(end) - f.position(at))
				}
			}
		})
	}
	for at := 0; at < len(f.hops) && ctx.Err() == nil; at += chunkHops {
		chunks <- at
	}
	close(chunks)
	wg.Wait()
	return f, context.Cause(ctx)
}

// fill makes the hops from at up to end. Nobody else touches those.
func (f *features) fill(ctx context.Context, runs []run, at, end int) error {
	for _, r := range runs {
		from, to := f.local(r, at), f.local(r, end)
		if from == to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.fillRun(ctx, r, at, end, pcm.Span{Start: from, Samples: to - from}); err != nil {
			return err
		}
	}
	return nil
}

// local is where in a run a hop begins, in samples of the run.
func (f *features) local(r run, i int) int64 {
	return min(r.samples, max(0, (f.position(i)-r.first)*int64(r.rate)/int64(f.rate)))
}

// fillRun makes the hops from at up to end out of a part of a run.
func (f *features) fillRun(ctx context.Context, r run, at, end int, s pcm.Span) error {
	src, err := r.play(ctx, s)
	if err != nil {
		return err
	}
	defer src.Close()
	mono := pcm.Mono(src)
	spectra, voices := newSpectrometer(r.rate), newVoicer(r.rate)
	length := r.rate/hopsASecond + 2
	bufs := [2][]float32{make([]float32, length), make([]float32, length)}
	var blocks [2][]float32
	var where [2]int
	var voice [2]uint8
	n := 0
	flush := func() {
		var hops [2]hop
		hops[0], hops[1] = spectra.pair(blocks[0], blocks[1])
		for i := range n {
			hops[i].voice = voice[i]
			f.hops[where[i]] = hops[i]
		}
		blocks, n = [2][]float32{}, 0
	}
	for i := at; i < end; i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		want := f.local(r, i+1) - f.local(r, i)
		if want == 0 {
			continue
		}
		got, err := pcm.ReadFull(mono, bufs[n][:want])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if 2*got < length-2 && i+1 < len(f.hops) {
			continue // most of this hop is in another run
		}
		blocks[n], where[n], voice[n] = bufs[n][:got], i, voices.next(bufs[n][:got])
		if n++; n == 2 {
			flush()
		}
	}
	flush()
	f.mark(r, at, end, src.Losses())
	return nil
}

// mark notes which hops have not been decoded.
func (f *features) mark(r run, at, end int, l *pcm.Losses) {
	var told int64
	for _, p := range l.Places {
		told += p.Samples
		first := (r.first + p.Start*int64(f.rate)/int64(r.rate)) * hopsASecond / int64(f.rate)
		last := (r.first + (p.Start+p.Samples)*int64(f.rate)/int64(r.rate)) * hopsASecond / int64(f.rate)
		for i := max(int64(at), first); i <= last && i < int64(end); i++ {
			f.hops[i].flags |= lost
		}
	}
	if told < l.Samples { // so many that they were only counted
		for i := at; i < end; i++ {
			f.hops[i].flags |= lost
		}
	}
}
