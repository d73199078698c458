// Package aac encodes AAC-LC on all cores.
//
// An encoder works through its input frame by frame, each one depending on
// those before, so that one encoder keeps one core busy. Here a long input is
// cut into pieces on a fixed grid of a minute, each is encoded by an encoder
// of its own, and the access units are joined. Neighbouring pieces overlap;
// they are joined where both chose long blocks of the same window shape, since
// there the second half of the one block and the first half of the other
// cancel each other's aliasing as if one encoder had made both (ISO/IEC
// 14496-3, 4.6.11.3.3). The result depends on the input alone, not on how many
// pieces are encoded at once.
package aac

import (
	"context"
	"fmt"
	"io"

	goaac "github.com/tphakala/go-aac"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Delay is how many samples of priming the first access unit decodes to. An
// edit list hides them.
const Delay = goaac.EncoderDelay

// Rates are the sample rates that can be encoded.
var Rates = []int{48000, 44100}

// Options say how to encode.
type Options struct {
	BitRate int // bits per second, of all channels
	// Jobs is how many pieces are encoded at once, at least one. They share
	// maxSamples in memory; what a piece has encoded it gives back to those
	// that are still to come.
	Jobs int
}

// Config is what the access units will be.
func (o Options) Config(f pcm.Format) (track.Config, error) {
	enc, err := goaac.NewEncoder(o.encoder(f))
	if err != nil {
		return track.Config{}, err
	}
	return adts.ParseConfig(enc.AudioSpecificConfig())
}

func (o Options) encoder(f pcm.Format) goaac.EncoderConfig {
	return goaac.EncoderConfig{SampleRate: f.SampleRate, Channels: f.Channels, Bitrate: o.BitRate}
}

const (
	frameSamples = goaac.FrameSize
	pieceSeconds = 60
	// lead and tail are how many frames a piece is encoded before and beyond
	// its part of the grid. Blocks of the next piece are taken only after
	// settle frames, when its rate control has forgotten that it began there,
	// and those of the last margin ones never, since they depend on silence
	// put in where the input goes on.
	lead   = 64
	settle = 32
	tail   = 12
	margin = 4
	// maxSamples bounds the memory for input: 58 MB, five minutes of one
	// channel. Jobs that began one after the other hold half of a piece each on
	// average, so that it is enough for five of two channels.
	maxSamples = 5 * pieceSeconds * 48000
	// blockFrames is how many frames are read, and given back, at a time.
	blockFrames = 64
)

// A Stream is what came out.
type Stream struct {
	Config  track.Config
	Units   int64
	Samples int64 // of the input; they begin after Delay samples
}

// Encode encodes src, of one or two channels at one of Rates, and calls put
// for each access unit in turn. The unit is valid during the call.
func Encode(ctx context.Context, src pcm.Reader, o Options, put func(unit []byte) error) (Stream, error) {
	return encode(ctx, src, o, pieceSeconds*src.Format().SampleRate/frameSamples, put)
}

// encode encodes in pieces of so many frames, more than lead.
func encode(ctx context.Context, src pcm.Reader, o Options, grid int, put func(unit []byte) error) (Stream, error) {
	f := src.Format()
	ctx, cancel := context.WithCancel(ctx)
	e := &encoder{
		ctx: ctx, src: src, put: put, channels: f.Channels,
		config: o.encoder(f),
		grid:   grid,
	}
	defer cancel()
	probe, err := goaac.NewEncoder(e.config)
	if err != nil {
		return Stream{}, err
	}
	if e.stream.Config, err = adts.ParseConfig(probe.AudioSpecificConfig()); err != nil {
		return Stream{}, err
	}
	e.jobs = max(1, o.Jobs)
	// One piece has to fit, and with all jobs at work no more is needed than
	// one for each. Blocks are made when they are needed first.
	block := blockFrames * frameSamples * f.Channels
	whole := (grid+lead+tail)/blockFrames + 1
	e.blocks = make(chan []float32, max(whole, min(e.jobs*whole, maxSamples/block)))
	for range cap(e.blocks) {
		e.blocks <- nil
	}
	e.free = make(chan *worker, e.jobs)
	e.free <- &worker{enc: probe}
	for range e.jobs - 1 {
		e.free <- &worker{}
	}
	err = e.run()
	cancel()
	for range e.jobs { // nothing runs on when Encode is back
		<-e.free
	}
	return e.stream, err
}

type encoder struct {
	ctx      context.Context
	src      pcm.Reader
	put      func([]byte) error
	config   goaac.EncoderConfig
	channels int
	grid     int // frames from one piece to the next
	jobs     int
	free     chan *worker
	blocks   chan []float32 // of samples, that nobody uses; nil ones are still to be made
	stream   Stream
}

// A worker is what encoding one piece at a time needs, used again and again.
type worker struct {
	enc    *goaac.Encoder
	blocks [][]float32 // of interleaved samples; all but the last are full
	planes [][]float32
}

// A piece is a stretch of the input, encoded.
type piece struct {
	first int // frame that it begins with; unit i is unit first+i of the whole
	units []byte
	ends  []int         // of each unit in units
	from  int           // the first of its units, counted over the whole, that is used
	done  chan struct{} // closed when it is encoded
	err   error
}

func (p *piece) unit(i int) []byte {
	i -= p.first
	if i == 0 {
		return p.units[:p.ends[0]]
	}
	return p.units[p.ends[i-1]:p.ends[i]]
}

// end returns the index after that of the last unit.
func (p *piece) end() int { return p.first + len(p.ends) }

// run reads the input, has its pieces encoded, and puts out their units.
func (e *encoder) run() error {
	var queue []*piece
	var carry []float32 // the frames that the next piece begins with
	for n, last := 0, false; !last; n++ {
		for len(queue) > e.jobs {
			if err := e.emit(queue[0], queue[1]); err != nil {
				return err
			}
			queue = queue[1:]
		}
		w := <-e.free
		p := &piece{first: max(0, n*e.grid-lead), done: make(chan struct{})}
		var err error
		if last, err = e.fill(w, carry, (n+1)*e.grid+tail-p.first); err != nil {
			e.free <- w
			return err
		}
		if !last {
			carry = w.end(carry[:0], (lead+tail)*frameSamples*e.channels)
		}
		queue = append(queue, p)
		go func() {
			p.err = e.encode(w, p)
			close(p.done)
			e.free <- w
		}()
	}
	for len(queue) > 1 {
		if err := e.emit(queue[0], queue[1]); err != nil {
			return err
		}
		queue = queue[1:]
	}
	return e.emit(queue[0], nil)
}

// fill reads so many frames, of which the first ones are in carry already.
// last reports that the input ends with them.
func (e *encoder) fill(w *worker, carry []float32, frames int) (last bool, err error) {
	left := frames * frameSamples * e.channels
	for left > 0 {
		var block []float32
		select {
		case block = <-e.blocks:
		case <-e.ctx.Done():
			return false, e.ctx.Err()
		}
		if block == nil {
			block = make([]float32, blockFrames*frameSamples*e.channels)
		}
		block = block[:min(left, cap(block))]
		n := copy(block, carry)
		carry = carry[n:]
		got, err := 0, error(nil)
		if n < len(block) {
			got, err = pcm.ReadFull(e.src, block[n:])
			e.stream.Samples += int64(got)
		}
		w.blocks = append(w.blocks, block[:n+got*e.channels])
		left -= len(block)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// end appends the last n samples that a worker holds to dst.
func (w *worker) end(dst []float32, n int) []float32 {
	i := len(w.blocks)
	for ; n > 0; n -= len(w.blocks[i]) {
		i--
		if n < len(w.blocks[i]) {
			dst = append(dst, w.blocks[i][len(w.blocks[i])-n:]...)
			i++
			break
		}
	}
	for _, b := range w.blocks[i:] {
		dst = append(dst, b...)
	}
	return dst
}

// encode encodes the samples that a worker holds, and gives their blocks back
// one after the other, also those that an error leaves.
func (e *encoder) encode(w *worker, p *piece) (err error) {
	next := 0
	defer func() {
		for _, b := range w.blocks[next:] {
			e.blocks <- b
		}
		w.blocks = w.blocks[:0]
	}()
	if w.enc == nil {
		w.enc, err = goaac.NewEncoder(e.config)
	} else {
		err = w.enc.Reset(e.config)
	}
	if err != nil {
		return err
	}
	if w.planes == nil {
		w.planes = make([][]float32, e.channels)
		for c := range w.planes {
			w.planes[c] = make([]float32, frameSamples)
		}
	}
	put := func(planes [][]float32) error {
		before := len(p.units)
		if p.units, err = w.enc.EncodeFrame(p.units, planes); err != nil {
			return err
		}
		switch n := len(p.units) - before; {
		case n > track.MaxUnitSize:
			return fmt.Errorf("the AAC encoder wrote an access unit of %d bytes", n)
		case n > 0:
			p.ends = append(p.ends, len(p.units))
		}
		return nil
	}
	planes := make([][]float32, e.channels)
	for ; next < len(w.blocks); next++ {
		for rest := w.blocks[next]; len(rest) > 0; {
			if err := e.ctx.Err(); err != nil {
				return err
			}
			n := min(len(rest)/e.channels, frameSamples)
			for c := range planes {
				planes[c] = w.planes[c][:n]
				for i := range planes[c] {
					planes[c][i] = bounded(rest[i*e.channels+c])
				}
			}
			rest = rest[n*e.channels:]
			if err := put(planes); err != nil {
				return err
			}
		}
		e.blocks <- w.blocks[next]
	}
	for !w.enc.Drained() {
		if err := put(nil); err != nil {
			return err
		}
	}
	return nil
}

// loudest is far beyond full scale, and well within what an access unit can hold.
const loudest = 16

// bounded keeps a sample within bounds; what is no number becomes silence. The
// sound of lossy sources goes beyond full scale, and AAC holds that.
func bounded(v float32) float32 {
	if v != v {
		return 0
	}
	return max(-loudest, min(loudest, v))
}

// emit puts out the units of p up to where next takes over.
func (e *encoder) emit(p, next *piece) error {
	<-p.done
	if p.err != nil {
		return p.err
	}
	end := p.end()
	if next != nil {
		<-next.done
		if next.err != nil {
			return next.err
		}
		end = join(p, next)
		next.from = end
	}
	for i := p.from; i < end; i++ {
		if err := e.put(p.unit(i)); err != nil {
			return err
		}
		e.stream.Units++
	}
	return e.ctx.Err()
}
