package track

import "iter"

// Sizes are the sizes of a file's units in order.
type Sizes []uint32

// Sum returns the number of bytes in all units.
func (s Sizes) Sum() int64 {
	var n int64
	for _, v := range s {
		n += int64(v)
	}
	return n
}

// Lengths say how many samples each of a file's units lasts: as good as always
// Usual, so that only the others are listed.
type Lengths struct {
	Usual int
	Units int64
	Odd   []Odd // in order
}

// An Odd is a unit that does not last as long as the others.
type Odd struct {
	Unit    int64
	Samples uint32
}

// Add notes one more unit.
func (l *Lengths) Add(samples int) {
	if samples != l.Usual {
		l.Odd = append(l.Odd, Odd{l.Units, uint32(samples)})
	}
	l.Units++
}

// AddFrom notes n more units: those of m from number first on, which must have
// the same Usual.
func (l *Lengths) AddFrom(m *Lengths, first, n int64) {
	for _, o := range m.Odd {
		if o.Unit >= first && o.Unit < first+n {
			l.Odd = append(l.Odd, Odd{l.Units + o.Unit - first, o.Samples})
		}
	}
	l.Units += n
}

// Total returns how many samples all units last.
func (l *Lengths) Total() int64 {
	n := (l.Units - int64(len(l.Odd))) * int64(l.Usual)
	for _, o := range l.Odd {
		n += int64(o.Samples)
	}
	return n
}

// Even reports whether each unit lasts Usual, the last one perhaps less.
func (l *Lengths) Even() bool {
	switch len(l.Odd) {
	case 0:
		return l.Usual > 0
	case 1:
		return l.Odd[0].Unit == l.Units-1 && l.Odd[0].Samples <= uint32(l.Usual)
	}
	return false
}

// All returns the lengths one after the other.
func (l *Lengths) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		odd := l.Odd
		for i := range l.Units {
			n := uint32(l.Usual)
			if len(odd) > 0 && odd[0].Unit == i {
				n, odd = odd[0].Samples, odd[1:]
			}
			if !yield(n) {
				return
			}
		}
	}
}

// Range returns the least and the greatest length, the last unit left out of
// the least if there are others.
func (l *Lengths) Range() (least, most int) {
	i := int64(0)
	for n := range l.All() {
		if i++; i == 1 || i < l.Units && int(n) < least {
			least = int(n)
		}
		most = max(most, int(n))
	}
	return least, most
}
