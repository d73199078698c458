package within

import (
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	// maxUnit is the size of the largest access unit that is believed.
	maxUnit    = 1 << 20
	windowSize = 64 << 10
	// maxHidden is how much priming or padding is believed, in samples.
	maxHidden = 1 << 16
)

// A List says where the access units of a file lie, in order.
type List interface {
	// Next returns the next one; ok is false at the end.
	Next() (p Piece, ok bool, err error)
	// Rewind goes back to the first one.
	Rewind()
	// Damage returns what is wrong behind the last one.
	Damage() []track.Damage
}

// Plan is what Units are told of a file.
type Plan struct {
	Config track.Config
	Track  track.Track // its format, size and tags
	Rate   int         // that Skip and Trim count in
	Skip   int64       // samples that are not played, at the start
	Trim   int64       // and at the end
}

// Units reads a file of which each piece is an access unit. It is a track.Reader.
type Units struct {
	src      io.ReaderAt
	list     List
	plan     Plan
	implicit *adts.Implicit // whether AAC-LC is HE-AAC
	window   []byte         // of the file
	from     int64          // where the window begins
	done     bool
	whole    bool // every unit of the list was there
	track    track.Track
}

// NewUnits returns Units of the pieces in list.
func NewUnits(src io.ReaderAt, list List, plan Plan) (*Units, error) {
	// The first units decide whether AAC is HE-AAC from the start.
	const foreseen = 16
	first := &Units{src: src, list: list, plan: plan, track: plan.Track, whole: true, implicit: adts.NewImplicit(plan.Config)}
	var p track.Packet
	for range foreseen {
		if err := first.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
	}
	list.Rewind()
	return &Units{src: src, list: list, plan: plan, track: plan.Track, whole: true, implicit: first.implicit}, nil
}

// Track returns what has been seen so far.
func (r *Units) Track() *track.Track { return &r.track }

// Next puts the next access unit into p.
func (r *Units) Next(p *track.Packet) error {
	for !r.done {
		piece, ok, err := r.list.Next()
		if err != nil {
			return err
		}
		if !ok {
			r.finish()
			break
		}
		d := track.Damage{Kind: track.BadUnit, Offset: piece.Off, Bytes: piece.Size, Unit: r.track.Units(), Lost: 1}
		switch {
		case piece.Off > r.track.Bytes-piece.Size:
			return r.cut(d)
		case piece.Size < 1 || piece.Size > maxUnit:
			r.track.Damage.Add(d)
			continue
		}
		unit, err := r.read(piece)
		if err != nil {
			return err
		}
		config := r.implicit.Config(unit)
		samples, ok := samplesOf(config, unit)
		if !ok {
			r.track.Damage.Add(d)
			continue
		}
		run, err := r.track.AddUnit(config, samples, len(unit))
		if err != nil {
			return err
		}
		if r.track.Units() == 1 {
			r.track.Runs[0].Skip = r.hidden(r.plan.Skip, config)
		}
		*p = track.Packet{Offset: piece.Off, Data: unit, Run: run, Samples: samples}
		return nil
	}
	return io.EOF
}

// samplesOf returns how long a unit lasts. ok is false if it is damaged.
func samplesOf(c track.Config, unit []byte) (n int, ok bool) {
	switch c.Codec {
	case track.Opus:
		return opus.Samples(unit)
	case track.ALAC:
		return alac.UnitSamples(unit, c.UnitSamples)
	}
	return c.UnitSamples, true
}

// hidden returns how many samples of c the plan's samples are.
func (r *Units) hidden(n int64, c track.Config) int64 {
	n = max(0, min(n, maxHidden))
	if r.plan.Rate > 0 && c.SampleRate != r.plan.Rate {
		n = n * int64(c.SampleRate) / int64(r.plan.Rate)
	}
	return n
}

// cut notes that the file ends before a unit does, and the ones behind it.
func (r *Units) cut(d track.Damage) error {
	d.Kind, d.Offset = track.CutEnd, min(d.Offset, r.track.Bytes)
	d.Bytes = r.track.Bytes - d.Offset
	r.whole = false
	for {
		_, ok, err := r.list.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		d.Lost++
	}
	r.track.Damage.Add(d)
	r.finish()
	return io.EOF
}

func (r *Units) finish() {
	r.done = true
	for _, d := range r.list.Damage() {
		d.Unit = r.track.Units()
		r.track.Damage.Add(d)
	}
	last := len(r.track.Runs) - 1
	if last < 0 || !r.whole {
		return
	}
	run := &r.track.Runs[last]
	run.Trim = r.hidden(r.plan.Trim, run.Config)
}

// read returns the bytes of a piece, which lies in the file. They are valid until
// the next one.
func (r *Units) read(p Piece) ([]byte, error) {
	at := p.Off - r.from
	if at < 0 || at+p.Size > int64(len(r.window)) {
		n := min(max(p.Size, windowSize), r.track.Bytes-p.Off)
		if int64(cap(r.window)) < n {
			r.window = make([]byte, n)
		}
		r.window, r.from, at = r.window[:n], p.Off, 0
		if err := linear.ReadFull(r.src, r.window, p.Off); err != nil {
			r.window = r.window[:0]
			return nil, err
		}
	}
	return r.window[at : at+p.Size : at+p.Size], nil
}
