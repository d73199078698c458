package encode

import (
	"math"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// A packer lays frames out behind each other, and their main data in what is
// free in them and in those before: the bit reservoir (ISO/IEC 11172-3,
// 3-C.1.5.4.2).
type packer struct {
	lsf      bool
	channels int
	out      []byte
	sizes    []int
	room     []freeRange // for main data, of the frames that have some left
	main     bitWriter
	side     bitWriter
}

type freeRange struct{ from, to int }

func (p *packer) reset() {
	p.out, p.sizes, p.room = p.out[:0], p.sizes[:0], p.room[:0]
}

// sideSize returns the length of the side information in bytes.
func sideSize(lsf bool, channels int) int {
	switch {
	case !lsf && channels == 2:
		return 32
	case lsf && channels == 1:
		return 9
	}
	return 17
}

// maxBegin returns the largest main_data_begin.
func maxBegin(lsf bool) int {
	if lsf {
		return 1<<8 - 1
	}
	return 1<<9 - 1
}

// free returns how many bytes main data of the next frame can have in the
// frames before it.
func (p *packer) free() int {
	n := 0
	for _, s := range p.room {
		n += s.to - s.from
	}
	return n
}

// drop leaves so many bytes of the reservoir unused: zeros that no frame
// points to.
func (p *packer) drop(n int) {
	for n > 0 {
		s := &p.room[0]
		k := min(n, s.to-s.from)
		s.from += k
		n -= k
		p.trim()
	}
}

func (p *packer) trim() {
	n := 0
	for n < len(p.room) && p.room[n].from == p.room[n].to {
		n++
	}
	p.room = p.room[:copy(p.room, p.room[n:])]
}

// frame appends a frame of one or two granules of each channel, whose main
// data must fit into its room and the reservoir.
func (p *packer) frame(h mp3.Header, ms bool, granules [][]*granule) error {
	begin := p.free()
	if limit := maxBegin(p.lsf); begin > limit {
		p.drop(begin - limit)
		begin = limit
	}
	head, err := h.Bytes()
	if err != nil {
		return err
	}
	if ms {
		head[3] |= 2 << 4 // mode_extension
	}
	at := len(p.out)
	size := h.FrameSize()
	p.out = append(p.out, head[:]...)
	p.side.reset()
	p.sideInfo(begin, granules)
	p.out = append(p.out, p.side.b...)
	p.room = append(p.room, freeRange{len(p.out), at + size})
	for len(p.out) < at+size {
		p.out = append(p.out, 0)
	}
	p.sizes = append(p.sizes, size)

	p.main.reset()
	for _, gr := range granules {
		for _, g := range gr {
			g.write(&p.main, p.lsf)
		}
	}
	p.main.flush()
	for b := p.main.b; len(b) > 0; p.trim() {
		s := &p.room[0]
		n := copy(p.out[s.from:s.to], b)
		s.from += n
		b = b[n:]
	}
	return nil
}

// sideInfo writes the side information (ISO/IEC 11172-3, 2.4.1.7; 13818-3,
// 2.4.1.7).
func (p *packer) sideInfo(begin int, granules [][]*granule) {
	w := &p.side
	private := 5 - 2*(p.channels-1)
	if p.lsf {
		w.put(uint32(begin), 8)
		w.put(0, p.channels)
	} else {
		w.put(uint32(begin), 9)
		w.put(0, private)
		for ch := range p.channels {
			w.put(uint32(granules[1][ch].share), 4)
		}
	}
	for _, gr := range granules {
		for _, g := range gr {
			g.writeSide(w, p.lsf)
		}
	}
}

func (g *granule) writeSide(w *bitWriter, lsf bool) {
	w.put(uint32(g.part2+g.part3), 12)
	w.put(uint32(g.bigValues/2), 9)
	w.put(uint32(g.gain), 8)
	if lsf {
		w.put(uint32(g.compress), 9)
	} else {
		w.put(uint32(g.compress), 4)
	}
	if g.block != long {
		w.put(1, 1)
		w.put(uint32(g.block), 2)
		w.put(0, 1) // mixed_block_flag
		w.put(uint32(g.tables[0]), 5)
		w.put(uint32(g.tables[1]), 5)
		for _, s := range g.sub {
			w.put(uint32(s), 3)
		}
	} else {
		w.put(0, 1)
		for _, t := range g.tables {
			w.put(uint32(t), 5)
		}
		w.put(uint32(g.regions[0]), 4)
		w.put(uint32(g.regions[1]), 3)
	}
	if !lsf {
		w.put(0, 1) // preflag
	}
	w.put(uint32(g.scale), 1)
	w.put(uint32(g.quadTable), 1)
}

// write writes the main data of a granule: scale factors and lines.
func (g *granule) write(w *bitWriter, lsf bool) {
	from := w.len()
	g.writeScaleFactors(w, lsf)
	g.writeLines(w)
	if w.len()-from != g.part2+g.part3 {
		panic("mp3/encode: a granule is not as long as was counted")
	}
}

func (g *granule) writeScaleFactors(w *bitWriter, lsf bool) {
	if lsf {
		kind, part := 0, 0
		if g.lay.short {
			kind = 1
		}
		if g.compress >= 400 {
			part = 1
		}
		b := 0
		for i, n := range lsfBands[part][kind] {
			for range n {
				w.put(uint32(g.sf[b]), g.slen[i])
				b++
			}
		}
		return
	}
	if g.lay.short {
		for b, v := range g.sf[:36] {
			w.put(uint32(v), g.slen[b/18])
		}
		return
	}
	for i := range 4 {
		if g.share&(8>>i) != 0 {
			continue
		}
		for b := groups[i]; b < groups[i+1]; b++ {
			n := g.slen[0]
			if b >= 11 {
				n = g.slen[1]
			}
			w.put(uint32(g.sf[b]), n)
		}
	}
}

func (g *granule) writeLines(w *bitWriter) {
	lo := 0
	for r, hi := range g.regionEnds() {
		if t := &tables()[g.tables[r]]; t.words != nil {
			for i := lo; i < hi; i += 2 {
				g.writePair(w, t, i)
			}
		}
		lo = max(lo, hi)
	}
	for i := g.bigValues; i < g.ones; i += 4 {
		q := g.ix[i : i+4]
		word := quads[g.quadTable][q[0]<<3|q[1]<<2|q[2]<<1|q[3]]
		n := wordLen(word)
		v := uint64(word) &^ (1 << n)
		for k := range q {
			v, n = g.sign(v, n, i+k)
		}
		w.put64(v, n)
	}
}

// writePair writes the lines i and i+1: the word of both, and for each one what
// of it is above 15 and its sign.
func (g *granule) writePair(w *bitWriter, t *table, i int) {
	x, y := int(g.ix[i]), int(g.ix[i+1])
	word := t.words[min(x, 15)*t.width+min(y, 15)]
	n := wordLen(word)
	v := uint64(word) &^ (1 << n)
	if t.linbits > 0 && x >= 15 {
		v, n = v<<t.linbits|uint64(x-15), n+t.linbits
	}
	v, n = g.sign(v, n, i)
	if t.linbits > 0 && y >= 15 {
		v, n = v<<t.linbits|uint64(y-15), n+t.linbits
	}
	v, n = g.sign(v, n, i+1)
	w.put64(v, n)
}

// sign appends the sign of a line to n bits, if it has one.
func (g *granule) sign(v uint64, n, line int) (uint64, int) {
	if g.ix[line] == 0 {
		return v, n
	}
	return v<<1 | uint64(math.Float32bits(g.x[line])>>31), n + 1
}

// regionEnds returns where the regions end that the settings say.
func (g *granule) regionEnds() [3]int {
	big := g.bigValues
	switch g.block {
	case long:
		r0 := g.regions[0] + 1
		r1 := min(r0+g.regions[1]+1, 22)
		return [3]int{min(g.lay.first[r0], big), min(g.lay.first[r1], big), big}
	case short:
		return [3]int{min(36, big), big, big}
	}
	return [3]int{min(g.lay.first[8], big), big, big}
}
