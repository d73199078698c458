package aac

import "errors"

// errElement means that an access unit begins with something else than the
// sound of one or two channels.
var errElement = errors.New("the access unit begins with no channel element")

// A sequence is how the window of a block is divided (ISO/IEC 14496-3, table
// 4.109).
type sequence byte

const (
	onlyLong sequence = iota
	longStart
	eightShort
	longStop
)

// A window says how a block is windowed.
type window struct {
	sequence sequence
	kaiser   bool // of the shape: a Kaiser-Bessel derived window, not a sine
	// common says that it is that of all channels. Where two channels have
	// windows of their own, that of the second stands behind the spectrum of
	// the first, and is not known here.
	common bool
}

// windowOf reads the window of an access unit that begins with a
// single_channel_element or a channel_pair_element (ISO/IEC 14496-3, 4.4.2.1,
// tables 4.4 to 4.6).
func windowOf(unit []byte) (window, error) {
	const (
		idSCE = 0
		idCPE = 1
	)
	if len(unit) < 4 {
		return window{}, errElement
	}
	head := uint32(unit[0])<<24 | uint32(unit[1])<<16 | uint32(unit[2])<<8 | uint32(unit[3])
	at := 0
	bits := func(n int) uint32 {
		v := head << at >> (32 - n)
		at += n
		return v
	}
	w := window{common: true}
	switch bits(3) {
	case idSCE:
		bits(4 + 8) // element_instance_tag, global_gain
	case idCPE:
		bits(4)
		if w.common = bits(1) == 1; !w.common {
			bits(8) // global_gain of the first channel
		}
	default:
		return window{}, errElement
	}
	bits(1) // ics_reserved_bit
	w.sequence = sequence(bits(2))
	w.kaiser = bits(1) == 1
	return w, nil
}

// join returns the index of the unit with which b takes over from a. The unit
// before it is a's, and the decoder applies the shape of that one's window to
// the first half of b's: so both pieces must agree about both units.
func join(a, b *piece) int {
	grid := b.first + lead
	best, fit := grid, 0
	try := func(i int) bool {
		if f := fitness(a, b, i); f > fit {
			best, fit = i, f
		}
		return fit == steady
	}
	for i := grid; i > b.first+settle; i-- {
		if try(i) {
			return best
		}
	}
	for i := grid + 1; i < min(a.end()-margin, b.end()); i++ {
		if try(i) {
			return best
		}
	}
	// Music of nothing but attacks may have no such place. There it is enough
	// that the halves that overlap are of one kind; and if not even that is
	// to be had, one block is heard with its aliasing.
	return best
}

// Degrees of fitness of a place for a join.
const (
	halves = 1 // the halves of the two blocks that overlap are of one kind
	steady = 2 // all blocks around it are long
)

// fitness says how well a joins b before unit i.
func fitness(a, b *piece, i int) int {
	var w [4]window
	for k, unit := range [...][]byte{a.unit(i - 1), a.unit(i), b.unit(i - 1), b.unit(i)} {
		var err error
		if w[k], err = windowOf(unit); err != nil || !w[k].common {
			return 0
		}
	}
	before, after := w[0], w[3]
	long := true
	for _, x := range w {
		long = long && x.sequence == onlyLong && x.kaiser == before.kaiser
	}
	switch {
	case long:
		return steady
	case before.kaiser != w[2].kaiser:
		return 0
	case before.endsShort() == after.beginsShort():
		return halves
	}
	return 0
}

func (w window) endsShort() bool   { return w.sequence == longStart || w.sequence == eightShort }
func (w window) beginsShort() bool { return w.sequence == eightShort || w.sequence == longStop }
