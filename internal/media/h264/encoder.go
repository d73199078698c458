package h264

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"sync"
)

// An Encoder writes one stream.
type Encoder struct {
	config        Config
	columns, rows int // in macroblocks
	budget        budget
	quantizers    [maxQP + 1]*quantizer
	qp            int // to try first
	tolerance     tolerance
	eased         [2]int // by how much the last picture and key frame were coarser
	attempt       attempt

	source   *Picture // the picture to be coded
	decoded  *Picture // what a decoder has made of the stream
	before   *Picture // the same before the picture to be coded
	motion   []motion // of the macroblocks of the picture
	hints    []vector // where they may have stood before
	moving   []int    // those that have one
	dirty    []bool   // macroblocks in which the two differ by too much
	counts   []counts
	single   []*slice // the whole picture
	parts    []*slice // the same in several
	frame    int      // since the last key frame
	frameNum int
	idr      int // idr_pic_id
	begun    bool
	unit     []byte
}

// New returns an Encoder. The error wraps ErrConfig.
func New(c Config) (*Encoder, error) {
	c, err := c.plan()
	if err != nil {
		return nil, err
	}
	lim, _ := c.Level.limits()
	n := c.columns() * c.rows()
	e := &Encoder{
		config: c, columns: c.columns(), rows: c.rows(),
		budget:  newBudget(c, lim),
		source:  newPicture(c.columns(), c.rows()),
		decoded: newPicture(c.columns(), c.rows()),
		before:  newPicture(c.columns(), c.rows()),
		motion:  make([]motion, n),
		hints:   make([]vector, n),
		dirty:   make([]bool, n),
		counts:  make([]counts, n),
	}
	for qp := minQP; qp <= maxQP; qp++ {
		e.quantizers[qp] = newQuantizer(qp)
	}
	e.quality(c.PSNR)
	e.single = []*slice{{e: e, to: e.rows}}
	parts := min(maxSlices, max(1, e.rows/minSliceRows))
	for i := range parts {
		e.parts = append(e.parts, &slice{e: e, from: e.rows * i / parts, to: e.rows * (i + 1) / parts})
	}
	return e, nil
}

const (
	// Pictures in which more than manyChanges macroblocks change are coded in
	// several slices, of at least minSliceRows rows.
	maxSlices    = 4
	minSliceRows = 6
	manyChanges  = 400
)

// quality sets what is tolerated, and the QP that mostly is fine enough.
func (e *Encoder) quality(psnr float64) {
	mse := 255 * 255 / math.Pow(10, psnr/10)
	e.tolerance = tolerance{
		luma:   int(256 * mse),
		chroma: int(128 * mse),
		// Changes of a few pixels matter little to the mean, and much to the
		// eye: what moves would leave them behind.
		peak: int(math.Ceil(4 * math.Sqrt(mse))),
	}
	// Quantising with steps of s makes errors of s²/12 where everything is
	// coded, and of less where most levels are zero. The step is 1 at QP 4.
	e.qp = min(maxQP, max(minQP, int(math.Round(4+float64(3*math.Log2(12*mse))))+finerStart))
}

// finerStart is how far above the QP of fully coded blocks those with less in
// them can begin.
const finerStart = 4

// SPS returns the sequence parameter set as a NAL unit, without a start code.
func (e *Encoder) SPS() []byte { return e.config.sps() }

// PPS returns the picture parameter set, likewise.
func (e *Encoder) PPS() []byte { return pps() }

// Frame codes the next picture. It returns an access unit in which each NAL
// unit is preceded by its length in four bytes (ISO/IEC 14496-15, 5.3.3), valid
// until the next call, and whether it is a key frame, at which decoding can
// begin.
//
// Changed says where p differs from the picture before at most; nil means
// anywhere. Frame does not look elsewhere, nor does it keep p. What has moved is
// coded as that if it looks the same, which takes a few bits.
func (e *Encoder) Frame(p *Picture, changed []image.Rectangle, moves ...Move) (unit []byte, key bool, err error) {
	if p.Width != e.config.Width || p.Height != e.config.Height || p.Stride != e.source.Stride ||
		len(p.Y) != len(e.source.Y) || len(p.Cb) != len(e.source.Cb) || len(p.Cr) != len(e.source.Cr) {
		return nil, false, fmt.Errorf("h264: a picture of %d×%d in a stream of %d×%d", p.Width, p.Height, e.config.Width, e.config.Height)
	}
	all := image.Rect(0, 0, p.Width, p.Height)
	if changed == nil || !e.begun {
		e.compare(p, all)
	} else {
		for _, r := range changed {
			e.compare(p, r.Intersect(all))
		}
	}
	key = !e.begun || e.frame >= e.config.KeyInterval
	e.begin(key)
	e.follow(moves)
	if err := e.code(key); err != nil {
		return nil, false, err
	}
	e.frame++
	e.budget.take(len(e.unit))
	return e.unit, key, nil
}

// compare takes over what has changed inside r, and notes where.
func (e *Encoder) compare(p *Picture, r image.Rectangle) {
	if r.Empty() {
		return
	}
	left, right := r.Min.X/16, (r.Max.X+15)/16
	for y := r.Min.Y / 16; y < (r.Max.Y+15)/16; y++ {
		if e.sameRow(p, y, left, right) {
			continue
		}
		for x := left; x < right; x++ {
			if !e.sameRow(p, y, x, x+1) {
				e.take(p, x, y)
				e.dirty[y*e.columns+x] = true
			}
		}
	}
}

// sameRow reports whether some macroblocks of row y are as they were.
func (e *Encoder) sameRow(p *Picture, y, left, right int) bool {
	for i := 16 * y; i < 16*y+16; i++ {
		a, b := i*p.Stride+16*left, i*p.Stride+16*right
		if !bytes.Equal(p.Y[a:b], e.source.Y[a:b]) {
			return false
		}
	}
	for i := 8 * y; i < 8*y+8; i++ {
		a, b := i*p.Stride/2+8*left, i*p.Stride/2+8*right
		if !bytes.Equal(p.Cb[a:b], e.source.Cb[a:b]) || !bytes.Equal(p.Cr[a:b], e.source.Cr[a:b]) {
			return false
		}
	}
	return true
}

func (e *Encoder) take(p *Picture, x, y int) {
	var m pixels
	m.load(p, x, y)
	m.store(e.source, x, y)
}

// begin numbers the picture (§7.4.3).
func (e *Encoder) begin(key bool) {
	switch {
	case !key:
		e.frameNum = (e.frameNum + 1) % (1 << frameNumBits)
	case e.begun:
		e.idr ^= 1 // no two in a row have the same
		fallthrough
	default:
		e.frame, e.frameNum = 0, 0
	}
	e.begun = true
}

// An attempt is one try to code a picture within the budget.
type attempt struct {
	key   bool
	bytes int // that the access unit can have
	ease  int // by which it is coarser than wanted, in half steps of size
	mute  bool
	qp    int
	tolerance
}

// easing is the most that pictures are made coarser by, step by step. What
// then remains is to leave out the differences to the predictions.
const easing = 12

// begin makes a ready for a picture.
func (a *attempt) begin(e *Encoder, key bool, ease int) {
	*a = attempt{key: key, ease: ease, bytes: e.budget.bytes(key), qp: min(maxQP, e.qp+3*ease), tolerance: e.tolerance}
	a.luma <<= ease
	a.chroma <<= ease
	a.peak <<= (ease + 1) / 2
	a.mute = ease >= easing
}

// code codes the picture, as finely as the budget lets it.
func (e *Encoder) code(key bool) error {
	slices := e.single
	if key || e.changes() > manyChanges {
		slices = e.parts
	}
	eased := &e.eased[0]
	if key {
		eased = &e.eased[1]
	}
	a := &e.attempt
	for ease := max(0, *eased-1); ; ease++ {
		a.begin(e, key, ease)
		clear(e.counts)
		run(slices, a)
		if e.assemble(slices, a) {
			e.keep(key, slices)
			*eased = ease
			return nil
		}
		if a.mute {
			return fmt.Errorf("h264: level %v has no room for a frame of %d bytes", e.config.Level, len(e.unit))
		}
		if !key {
			for _, s := range slices {
				s.undo()
			}
		}
	}
}

func (e *Encoder) changes() (n int) {
	for _, d := range e.dirty {
		if d {
			n++
		}
	}
	return n
}

// run codes all slices, at once if there are several.
func run(slices []*slice, a *attempt) {
	if len(slices) == 1 {
		slices[0].code(a)
		return
	}
	var wg sync.WaitGroup
	for _, s := range slices {
		wg.Go(func() { s.code(a) })
	}
	wg.Wait()
}

// assemble puts the slices together as an access unit, and reports whether it
// keeps the budget.
func (e *Encoder) assemble(slices []*slice, a *attempt) bool {
	kind := byte(nalSlice)
	if a.key {
		kind = nalIDR
	}
	e.unit = e.unit[:0]
	for _, s := range slices {
		if s.over {
			return false
		}
		at := len(e.unit)
		e.unit = append(e.unit, 0, 0, 0, 0)
		e.unit = appendNAL(e.unit, kind, s.w.b)
		binary.BigEndian.PutUint32(e.unit[at:], uint32(len(e.unit)-at-4))
	}
	return len(e.unit) <= a.bytes
}
