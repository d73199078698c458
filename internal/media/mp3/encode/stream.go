package encode

import "fmt"

// pieceFrames is how many frames a piece has: 13 seconds at 44100 Hz.
const pieceFrames = 512

// maxJobs bounds the memory for input: 9 MB a piece.
const maxJobs = 32

// An Encoder encodes a stream of samples. It is for use by one goroutine.
type Encoder struct {
	c       *config
	put     func(frame []byte) error
	pending [2][]float32 // samples of the piece that is being filled, from its lead on
	first   int          // its first frame
	idle    []*worker
	queue   []job // being encoded, in order
	made    int
	samples int64
	frames  int64
	err     error
}

type job struct {
	w    *worker
	done chan error
}

// New returns an Encoder that calls put for each frame in turn, from within
// Write and Close. A frame is valid during the call.
func New(o Options, put func(frame []byte) error) (*Encoder, error) {
	o.Jobs = max(1, min(o.Jobs, maxJobs))
	c, err := newConfig(o)
	if err != nil {
		return nil, err
	}
	e := &Encoder{c: c, put: put}
	for ch := range c.Channels {
		// Before the stream there is silence.
		e.pending[ch] = make([]float32, lead+Delay+529-filterDelay)
	}
	return e, nil
}

// Write takes the next samples, those of all channels of a moment side by
// side, at a scale of ±1. If one is not finite, the error wraps ErrSample.
func (e *Encoder) Write(samples []float32) error {
	if e.err != nil {
		return e.err
	}
	channels := e.c.Channels
	if len(samples)%channels != 0 {
		return e.fail(fmt.Errorf("%d samples are not those of %d channels", len(samples), channels))
	}
	if !finite(samples) {
		return e.fail(fmt.Errorf("between samples %d and %d: %w", e.samples, e.samples+int64(len(samples)/channels), ErrSample))
	}
	e.samples += int64(len(samples) / channels)
	size := lead + pieceFrames*e.c.granules*lines + tail
	for len(samples) > 0 {
		n := min(size-len(e.pending[0]), len(samples)/channels)
		for ch := range channels {
			for i := range n {
				e.pending[ch] = append(e.pending[ch], clip(samples[i*channels+ch]))
			}
		}
		samples = samples[n*channels:]
		if len(e.pending[0]) == size {
			if err := e.dispatch(pieceFrames); err != nil {
				return e.fail(err)
			}
		}
	}
	return nil
}

// clip keeps samples within what decoders take, and far from overflow.
func clip(v float32) float32 { return min(max(v, -1), 1) }

func (e *Encoder) fail(err error) error {
	e.drain()
	e.err = err
	return err
}

// dispatch has the frames that are pending encoded.
func (e *Encoder) dispatch(frames int) error {
	var w *worker
	switch {
	case len(e.idle) > 0:
		w = e.idle[len(e.idle)-1]
		e.idle = e.idle[:len(e.idle)-1]
	case e.made < e.c.Jobs:
		w = newWorker(e.c)
		for ch := range e.c.Channels {
			// It gets the samples, and leaves room for those that come next.
			w.pcm[ch] = make([]float32, 0, len(e.pending[ch]))
		}
		e.made++
	default:
		if err := e.collect(); err != nil {
			return err
		}
		return e.dispatch(frames)
	}
	for ch := range e.c.Channels {
		w.pcm[ch], e.pending[ch] = e.pending[ch], w.pcm[ch]
		from := frames * e.c.granules * lines
		e.pending[ch] = append(e.pending[ch][:0], w.pcm[ch][from:]...)
	}
	j := job{w, make(chan error, 1)}
	first := e.first
	e.first += frames
	e.queue = append(e.queue, j)
	go func() { j.done <- w.encode(first, frames) }()
	return nil
}

// collect waits for the first piece in the queue and puts out its frames.
func (e *Encoder) collect() error {
	j := e.queue[0]
	e.queue = e.queue[:copy(e.queue, e.queue[1:])]
	err := <-j.done
	e.idle = append(e.idle, j.w)
	if err != nil {
		return err
	}
	b := j.w.pack.out
	for _, n := range j.w.pack.sizes {
		if err := e.put(b[:n]); err != nil {
			return err
		}
		b = b[n:]
		e.frames++
	}
	return nil
}

// drain waits for what runs and drops it.
func (e *Encoder) drain() {
	for _, j := range e.queue {
		<-j.done
	}
	e.queue = nil
}

// Close encodes the rest and returns what came out. An Encoder that is given up
// need not be closed.
func (e *Encoder) Close() (Stream, error) {
	if e.err != nil {
		return Stream{}, e.err
	}
	frame := int64(e.c.granules * lines)
	// A decoder's output is late, so that a frame more may be needed.
	total := (Delay + e.samples + 529 + frame - 1) / frame
	if rest := int(total) - e.first; rest > 0 {
		size := lead + rest*int(frame) + tail
		for ch := range e.c.Channels {
			for len(e.pending[ch]) < size {
				e.pending[ch] = append(e.pending[ch], 0)
			}
		}
		if err := e.dispatch(rest); err != nil {
			return Stream{}, e.fail(err)
		}
	}
	for len(e.queue) > 0 {
		if err := e.collect(); err != nil {
			return Stream{}, e.fail(err)
		}
	}
	e.err = fmt.Errorf("the encoder is closed")
	return Stream{
		Frames: e.frames, Samples: e.samples,
		Padding: int(e.frames*frame - Delay - e.samples),
		LowPass: e.c.end * e.c.SampleRate / (2 * lines),
	}, nil
}
