package pcm

import (
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Feed decodes units of AAC or MP3 while they are made, several stretches of
// them at once. Like a File it decodes, and drops, as many units before each
// stretch as its first sample depends on. It is for use by one goroutine.
type Feed struct {
	config track.Config
	jobs   int
	sink   func(samples []float32) error

	decode, prime int        // how many units before a stretch
	now           *stretch   // not begun yet
	queue         []*stretch // being decoded, in order
	idle          []*stretch
	lost, cut     int64
}

// A stretch is units that are decoded in one go.
type stretch struct {
	units units
	first int // of its units, those before that only prepare the decoder
	dec   *Decoder
	block block
	cut   int64
	err   error
	done  chan struct{}
}

// NewFeed returns a Feed of units that c describes. sink is called, from within
// Put and Close, with the samples in their order, which are valid during the call.
func NewFeed(c track.Config, jobs int, sink func(samples []float32) error) (*Feed, error) {
	f := &Feed{config: c, jobs: max(1, jobs), sink: sink}
	switch c.Codec {
	case track.AACLC:
		f.decode = leadAAC
	case track.MP3:
		f.decode, f.prime = leadMP3, maxPrime
	}
	var err error
	f.now, err = f.stretch()
	return f, err
}

// stretch returns one with no units.
func (f *Feed) stretch() (*stretch, error) {
	if n := len(f.idle); n > 0 {
		s := f.idle[n-1]
		f.idle = f.idle[:n-1]
		s.units = units{data: s.units.data[:0], sizes: s.units.sizes[:0]}
		return s, nil
	}
	dec, err := NewDecoder(f.config)
	return &stretch{dec: dec}, err
}

// Put takes the next unit, and waits if as many stretches as may be are being decoded.
func (f *Feed) Put(unit []byte) error {
	f.now.units.add(unit)
	if len(f.now.units.sizes)-f.now.first < pieceUnits {
		return nil
	}
	return f.begin()
}

func (u *units) add(unit []byte) {
	u.data = append(u.data, unit...)
	u.sizes = append(u.sizes, uint32(len(unit)))
}

// begin has the stretch decoded whose units are there.
func (f *Feed) begin() error {
	for len(f.queue) >= f.jobs {
		if err := f.collect(); err != nil {
			return err
		}
	}
	s := f.now
	next, err := f.stretch()
	if err != nil {
		return err
	}
	before := min(len(s.units.sizes), f.decode+f.prime)
	at := len(s.units.data) - int(s.units.sizes[len(s.units.sizes)-before:].Sum())
	next.units.data = append(next.units.data, s.units.data[at:]...)
	next.units.sizes = append(next.units.sizes, s.units.sizes[len(s.units.sizes)-before:]...)
	next.first = before
	f.now = next
	s.done = make(chan struct{})
	f.queue = append(f.queue, s)
	go s.decode(f.config.UnitSamples, min(s.first, f.decode))
	return nil
}

// decode decodes all units, those that prepare the decoder too, of which it
// has the last ones decoded.
func (s *stretch) decode(samples, lead int) {
	defer close(s.done)
	s.dec.Reset()
	s.block.reset()
	for range s.first - lead {
		s.dec.codec.prime(s.units.next())
	}
	for range lead {
		s.block.decode(s.dec, s.units.next(), samples)
	}
	s.block.reset()
	before := s.dec.CutOff()
	for s.units.done < len(s.units.sizes) {
		s.block.decode(s.dec, s.units.next(), samples)
	}
	s.cut = s.dec.CutOff() - before
	s.err = s.block.unsupported(s.dec.config)
}

// collect hands out the samples of the first stretch in the queue.
func (f *Feed) collect() error {
	s := f.queue[0]
	<-s.done
	f.queue = f.queue[:copy(f.queue, f.queue[1:])]
	f.idle = append(f.idle, s)
	if s.err != nil {
		return s.err
	}
	f.lost += int64(len(s.block.bad))
	f.cut += s.cut
	return f.sink(s.block.samples)
}

// Close decodes what is left. It returns how many units could not be decoded,
// and how many of the others were cut off at full scale.
func (f *Feed) Close() (lost, cut int64, err error) {
	defer f.Stop()
	if len(f.now.units.sizes) > f.now.first {
		if err := f.begin(); err != nil {
			return 0, 0, err
		}
	}
	for len(f.queue) > 0 {
		if err := f.collect(); err != nil {
			return 0, 0, err
		}
	}
	return f.lost, f.cut, nil
}

// Stop waits for what is being decoded, and drops it.
func (f *Feed) Stop() {
	for _, s := range f.queue {
		<-s.done
	}
	f.queue = nil
}
