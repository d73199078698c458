package vorbis

import (
	"fmt"
	"math"
)

// Bounds of a setup header, far above what encoders write.
const (
	maxEntries = 1 << 17 // of all codebooks
	maxValues  = 1 << 21
)

// A walker walks through a setup header (§4.2.4).
type walker struct {
	r        reader
	channels int
	books    []book
	entries  int
	values   int
	long     []uint8
}

// A book is what is known of a codebook.
type book struct {
	dimensions int
	used       int  // entries with a code
	vectors    bool // it has values
}

func bad(what string, args ...any) error {
	return fmt.Errorf("%w: "+what, append([]any{ErrHeader}, args...)...)
}

func (w *walker) walk() error {
	for range w.r.bits(8) + 1 {
		if err := w.codebook(); err != nil {
			return err
		}
	}
	for range w.r.bits(6) + 1 {
		if w.r.bits(16) != 0 {
			return bad("a time domain transform")
		}
	}
	floors := int(w.r.bits(6)) + 1
	for range floors {
		if err := w.floor(); err != nil {
			return err
		}
	}
	residues := int(w.r.bits(6)) + 1
	for range residues {
		if err := w.residue(); err != nil {
			return err
		}
	}
	mappings := int(w.r.bits(6)) + 1
	for range mappings {
		if err := w.mapping(floors, residues); err != nil {
			return err
		}
	}
	for range w.r.bits(6) + 1 {
		w.long = append(w.long, uint8(w.r.bits(1)))
		if w.r.bits(16+16) != 0 || int(w.r.bits(8)) >= mappings {
			return bad("a mode")
		}
	}
	if w.r.bits(1) != 1 || w.r.over() {
		return bad("the setup header is cut off")
	}
	return nil
}

// codebook reads a codebook (§3.2.1).
func (w *walker) codebook() error {
	r := &w.r
	if r.bits(24) != 0x564342 {
		return bad("a codebook without its sign")
	}
	b := book{dimensions: int(r.bits(16))}
	entries := int(r.bits(24))
	w.entries += entries
	if b.dimensions < 1 || entries < 1 || w.entries > maxEntries {
		return bad("codebooks of %d entries with %d dimensions", w.entries, b.dimensions)
	}
	// How much of all codes the entries take, in parts of 2^32.
	const all = 1 << 32
	taken := uint64(0)
	if r.bits(1) == 0 {
		sparse := r.bits(1) == 1
		for range entries {
			if sparse && r.bits(1) == 0 {
				continue
			}
			b.used++
			taken += all >> (r.bits(5) + 1)
		}
	} else {
		length := r.bits(5) + 1
		for at := 0; at < entries; length++ {
			n := int(r.bits(bitsOf(entries - at)))
			if n > entries-at || length > 32 || r.over() {
				return bad("an ordered codebook")
			}
			at += n
			b.used += n
			taken += uint64(n) * (all >> length)
		}
	}
	// A code that is not whole would be searched for ever; of one entry alone
	// encoders write half.
	if r.over() || taken != all && b.used > 1 {
		return bad("a codebook whose codes are not all used, or too many")
	}
	kind := r.bits(4)
	if kind > 2 {
		return bad("a lookup of type %d", kind)
	}
	if b.vectors = kind > 0; b.vectors {
		r.bits(32)
		r.bits(32)
		bits := int(r.bits(4)) + 1
		r.bits(1)
		w.values += entries * b.dimensions
		if w.values > maxValues {
			return bad("codebooks of %d values", w.values)
		}
		n := entries * b.dimensions
		if kind == 1 {
			if n = root(entries, b.dimensions); n != rounded(entries, b.dimensions) {
				return bad("a codebook of %d entries with %d dimensions", entries, b.dimensions)
			}
		}
		r.at += n * bits
	}
	w.books = append(w.books, b)
	return nil
}

// root returns the greatest number whose power is not above n (§9.2.3).
func root(n, power int) int {
	for r := 1; ; r++ {
		p := 1
		for range power {
			if p *= r + 1; p > n {
				return r
			}
		}
	}
}

// rounded is root as the decoder counts it, which is less where it rounds.
func rounded(n, power int) int {
	return int(math.Floor(math.Pow(float64(n), 1/float64(power))))
}

// uses reports whether there is a codebook of this number that decodes to
// something, to vectors if they are wanted.
func (w *walker) uses(number int, vectors bool) bool {
	return number < len(w.books) && w.books[number].used > 0 && (!vectors || w.books[number].vectors)
}

// floor reads a floor (§7.2.2). No encoder writes those of type 0.
func (w *walker) floor() error {
	r := &w.r
	if kind := r.bits(16); kind != 1 {
		return bad("a floor of type %d", kind)
	}
	classes := make([]int, r.bits(5))
	if len(classes) == 0 { // as for bass alone; the decoder takes it for one of one part
		return bad("a floor without parts is not supported")
	}
	most := -1
	for i := range classes {
		classes[i] = int(r.bits(4))
		most = max(most, classes[i])
	}
	var dimensions [16]int
	for i := range most + 1 {
		dimensions[i] = int(r.bits(3)) + 1
		sub := int(r.bits(2))
		if sub > 0 && !w.uses(int(r.bits(8)), false) {
			return bad("a floor without codebook")
		}
		for range 1 << sub {
			if n := int(r.bits(8)); n > 0 && !w.uses(n-1, false) {
				return bad("a floor without codebook")
			}
		}
	}
	r.bits(2)
	rangeBits := int(r.bits(4))
	seen := map[uint32]bool{0: true, 1 << rangeBits: true}
	for _, c := range classes {
		for range dimensions[c] {
			x := r.bits(rangeBits)
			if seen[x] {
				return bad("a floor with a place twice")
			}
			seen[x] = true
		}
	}
	return nil
}

// residue reads a residue (§8.6.1).
func (w *walker) residue() error {
	r := &w.r
	if kind := r.bits(16); kind > 2 {
		return bad("a residue of type %d", kind)
	}
	r.bits(24)
	r.bits(24)
	part := int(r.bits(24)) + 1
	cascade := make([]uint32, r.bits(6)+1)
	if !w.uses(int(r.bits(8)), false) {
		return bad("a residue without codebook")
	}
	for i := range cascade {
		cascade[i] = r.bits(3)
		if r.bits(1) == 1 {
			cascade[i] |= r.bits(5) << 3
		}
	}
	for _, passes := range cascade {
		for ; passes > 0; passes >>= 1 {
			if passes&1 == 0 {
				continue
			}
			n := int(r.bits(8))
			if !w.uses(n, true) || part%w.books[n].dimensions != 0 {
				return bad("a residue without codebook")
			}
		}
	}
	return nil
}

// mapping reads a mapping (§4.2.4).
func (w *walker) mapping(floors, residues int) error {
	r := &w.r
	if kind := r.bits(16); kind != 0 {
		return bad("a mapping of type %d", kind)
	}
	submaps := 1
	if r.bits(1) == 1 {
		submaps = int(r.bits(4)) + 1
	}
	if r.bits(1) == 1 {
		for range r.bits(8) + 1 {
			n := bitsOf(w.channels - 1)
			magnitude, angle := int(r.bits(n)), int(r.bits(n))
			if magnitude == angle || magnitude >= w.channels || angle >= w.channels {
				return bad("channels that are coupled with themselves")
			}
		}
	}
	if r.bits(2) != 0 {
		return bad("a mapping")
	}
	if submaps > 1 {
		for range w.channels {
			if int(r.bits(4)) >= submaps {
				return bad("a mapping")
			}
		}
	}
	for range submaps {
		r.bits(8)
		if int(r.bits(8)) >= floors || int(r.bits(8)) >= residues {
			return bad("a mapping")
		}
	}
	return nil
}
