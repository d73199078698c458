package encode

// A layout says how the lines of a granule are divided into bands: 22 of a
// long block, or 13 for each window of short blocks, window by window.
type layout struct {
	n      int // bands
	coded  int // of them, how many have a scale factor
	first  [40]int
	window [39]uint8
	short  bool
}

func newLayout(rate int, isShort bool) *layout {
	l := &layout{short: isShort}
	if !isShort {
		l.n, l.coded = 22, 21
		edges := longBands()[rate]
		copy(l.first[:], edges[:])
		return l
	}
	l.n, l.coded = 39, 36
	edges := shortBands()[rate]
	at := 0
	for b := range 13 {
		for w := range 3 {
			l.first[3*b+w] = at
			l.window[3*b+w] = uint8(w)
			at += edges[b+1] - edges[b]
		}
	}
	l.first[39] = at
	return l
}

// A granule is what 576 samples of one channel become: their lines, the numbers that stand for them in the stream, and the settings that
// go with these (ISO/IEC 11172-3, 2.4.1.7).
type granule struct {
	block blockType
	lay   *layout
	x     [lines]float32 // as the filter bank gives them, in the order of the stream
	mag   [lines]float32 // |x|^¾
	end   int            // lines from here on are zero

	settings
	ix [lines]int32 // magnitudes
}

// settings are what the side information and the scale factors say.
type settings struct {
	gain     int // global_gain
	sf       [39]uint8
	scale    int    // scalefac_scale
	sub      [3]int // subblock_gain
	compress int    // scalefac_compress
	slen     [4]int // bits of the scale factors of each part
	share    int    // scfsi: a bit for each group of bands taken from the granule before
	part2    int    // bits of the scale factors

	bigValues int    // lines coded in pairs
	ones      int    // lines up to here are coded in pairs or fours
	regions   [2]int // region0_count and region1_count
	tables    [3]int
	quadTable int
	part3     int // bits of the lines
}

// exponent returns the step of band b as a power of 2^¼.
func (g *granule) exponent(b int) int {
	e := g.gain - 210 - 2*(1+g.scale)*int(g.sf[b])
	if g.lay.short {
		e -= 8 * g.sub[g.lay.window[b]]
	}
	return e
}
