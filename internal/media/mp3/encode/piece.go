package encode

import (
	"math"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

const (
	// lead and tail are how many samples a piece takes of what is before and
	// after it: the filter bank, the two granules that the model of hearing
	// remembers, and the attacks of the granule after the last.
	lead = 4 * lines
	tail = lines
	// centre is by how many samples a value of the polyphase filter bank lies
	// before the newest sample that it is made of.
	centre = 240
)

const (
	// overhead is what a granule takes whatever it holds, in bits.
	overhead = 20
	// shortDemand is how much more short blocks get than their lines ask for:
	// their windows are so short that little masks what comes before a sound.
	shortDemand = 1.5
	// shortNoise is the most that their noise may be beside its thresholds, at
	// any quality: these know nothing of how soon before the attack it comes.
	shortNoise = 0.5
	// even is how much of the bits of a frame goes to its granules in equal
	// shares, against what goes by demand.
	even = 0.25
)

// A worker encodes one piece after the other. What it made of the piece before
// does not matter to the next.
type worker struct {
	c   *config
	pcm [2][]float32 // of the piece, with lead and tail

	pack packer

	sub    [2][subbands]subband
	mem    [2]modelState
	masks  [3]uint // attacks in the granule before, in this one and in the next
	needs  [3]bool
	re, im [fftSize]float32
	spec   [2]spectrum
	view   [2][2]masking // by granule of the frame and channel
	ms     [2][2]granule
	lr     [2][2]granule
	lrNeed [2][2]need
	msNeed [2][2]need
	alloc  allocator
	gain   [2]int  // of the last granule of each channel
	usual  float32 // demand of frames, averaged
	grid   [][]*granule
}

func newWorker(c *config) *worker {
	w := &worker{c: c}
	w.alloc = allocator{powers: c.powers, lsf: c.lsf}
	w.pack = packer{lsf: c.lsf, channels: c.Channels}
	w.grid = make([][]*granule, c.granules)
	for gr := range w.grid {
		w.grid[gr] = make([]*granule, c.Channels)
	}
	return w
}

// encode encodes frames of the stream, the first of which has the given
// number. pcm holds lead samples before it and tail samples after the last.
func (w *worker) encode(first, frames int) error {
	w.pack.reset()
	w.mem = [2]modelState{}
	w.gain = [2]int{180, 180}
	w.usual = 0
	w.alloc.level = [2]float32{}
	clear(w.sub[0][:])
	clear(w.sub[1][:])
	// What the first granule depends on.
	for ch := range w.c.Channels {
		w.split(ch, lead-lines)
	}
	w.warm()
	for f := range frames {
		if err := w.frame(first+f, lead+f*w.c.granules*lines); err != nil {
			return err
		}
	}
	return nil
}

// split has the filter bank take the 576 samples from at on.
func (w *worker) split(ch, at int) {
	x := w.pcm[ch]
	var out [subbands]float32
	s := &w.sub[ch]
	for sb := range w.c.subbands {
		copy(s[sb][:slots], s[sb][slots:])
	}
	for t := range slots {
		to := at + 32*(t+1)
		w.c.polyphase.slot(&out, (*[reach]float32)(x[to-reach:to]))
		if t&1 == 1 { // 3-C.1.5.3.3: odd values of odd subbands are inverted
			for sb := 1; sb < w.c.subbands; sb += 2 {
				out[sb] = -out[sb]
			}
		}
		for sb := range w.c.subbands {
			s[sb][slots+t] = out[sb]
		}
	}
}

// warm has the model hear the granules before the piece.
func (w *worker) warm() {
	for g := -2; g < 0; g += 2 {
		w.hear(lead + g*lines)
	}
	w.masks = [3]uint{w.attack(lead - 2*lines), w.attack(lead - lines), w.attack(lead)}
	w.needs = [3]bool{
		false,
		needsShort(w.masks[0], w.masks[1]),
		needsShort(w.masks[1], w.masks[2]),
	}
}

func (w *worker) attack(at int) (mask uint) {
	for ch := range w.c.Channels {
		mask |= attacks(w.pcm[ch], at-centre)
	}
	return mask
}

// hear has the model listen to the two granules from at on.
func (w *worker) hear(at int) {
	h := w.c.hearing
	from := at - centre - fftSize/2
	window := func(ch, gr int) *[fftSize]float32 {
		return (*[fftSize]float32)(w.pcm[ch][from+gr*lines:])
	}
	if w.c.Channels == 1 {
		h.listen(window(0, 0), window(0, 1), &w.re, &w.im)
		h.part(&w.re, &w.im, &w.spec[0], &w.spec[1])
		for gr := range 2 {
			h.assess(&w.spec[gr], &w.mem[0], &w.view[gr][0])
		}
		return
	}
	for gr := range 2 {
		h.listen(window(0, gr), window(1, gr), &w.re, &w.im)
		h.part(&w.re, &w.im, &w.spec[0], &w.spec[1])
		for ch := range 2 {
			h.assess(&w.spec[ch], &w.mem[ch], &w.view[gr][ch])
		}
	}
}

// frame encodes the frame that begins at a sample.
func (w *worker) frame(number, at int) error {
	c := w.c
	if c.granules == 2 || number&1 == 0 {
		w.hear(at)
	}
	for gr := range c.granules {
		w.analyse(gr, number&1*(2-c.granules), at+gr*lines)
	}
	ms := c.Channels == 2 && !c.Separate && w.decide()
	set, needs := &w.lr, &w.lrNeed
	if ms {
		set, needs = &w.ms, &w.msNeed
	}
	for gr := range c.granules {
		for ch := range c.Channels {
			w.grid[gr][ch] = &set[gr][ch]
		}
	}
	h := w.spend(number, needs)
	if c.Channels == 2 {
		h.Mode = mp3.JointStereo
	}
	return w.pack.frame(h, ms, w.grid)
}

// analyse transforms a granule and finds out what it needs. seen is the
// granule that the model heard, of the last two.
func (w *worker) analyse(gr, odd, at int) {
	c := w.c
	w.masks[0], w.masks[1], w.masks[2] = w.masks[1], w.masks[2], w.attack(at+lines)
	w.needs[0], w.needs[1], w.needs[2] = w.needs[1], w.needs[2], needsShort(w.masks[1], w.masks[2])
	block := blockOf(w.needs[0], w.needs[1], w.needs[2])
	for ch := range c.Channels {
		w.split(ch, at)
		g, n := &w.lr[gr][ch], &w.lrNeed[gr][ch]
		g.block = block
		g.lay = c.long
		g.end = c.end
		if block == short {
			g.lay = c.short
			g.end = c.shortEnd
			var raw [lines]float32
			c.mdct.transform(&raw, &w.sub[ch], block, c.subbands)
			c.reorder(&g.x, &raw)
		} else {
			c.mdct.transform(&g.x, &w.sub[ch], block, c.subbands)
		}
		clear(g.x[g.end:])
		g.measure(n)
		if block == short {
			c.hearing.assessShort(&n.energy, &w.mem[ch], &n.thr)
		} else {
			copy(n.thr[:], w.view[gr+odd][ch].thr[:])
			w.mem[ch].short = [13]float32{}
		}
	}
}

// reorder sorts the lines of short blocks by bands and windows.
func (c *config) reorder(out, in *[lines]float32) {
	for i, from := range c.order {
		out[i] = in[from]
	}
}

// decide makes the sum and the difference of the channels, and reports
// whether these need fewer bits.
func (w *worker) decide() bool {
	var plain, mixed float32
	for gr := range w.c.granules {
		l, r := &w.lr[gr][0], &w.lr[gr][1]
		m, s := &w.ms[gr][0], &w.ms[gr][1]
		for i, a := range l.x[:l.end] {
			b := r.x[i]
			m.x[i], s.x[i] = (a+b)*math.Sqrt2/2, (a-b)*math.Sqrt2/2
		}
		for ch := range 2 {
			g, n := &w.ms[gr][ch], &w.msNeed[gr][ch]
			g.block, g.lay, g.end = l.block, l.lay, l.end
			clear(g.x[g.end:])
			g.measure(n)
			// Noise in either reaches both channels, half as strong.
			for b := range l.lay.n {
				n.thr[b] = min(w.lrNeed[gr][0].thr[b], w.lrNeed[gr][1].thr[b])
			}
			plain += w.lrNeed[gr][ch].demand(l.lay, l.end, w.c.louder)
			mixed += n.demand(l.lay, l.end, w.c.louder)
		}
	}
	return mixed < plain
}

// spend spreads the bits of a frame and the reservoir over its granules.
func (w *worker) spend(number int, needs *[2][2]need) mp3.Header {
	c := w.c
	free := 8 * min(w.pack.free(), maxBegin(c.lsf))
	var demand [2][2]float32
	total := w.demand(needs, &demand)
	h, budget := w.afford(number, free, total)
	for gr := range c.granules {
		for ch := range c.Channels {
			g := w.grid[gr][ch]
			part := 0
			if total > 0 {
				part = min(int(float32(budget)*demand[gr][ch]/total), 4095)
			}
			w.alloc.allocate(g, &needs[gr][ch], ch, part, w.gain[ch])
			g.share = 0
			if gr == 1 && !c.lsf {
				g.reuse(w.grid[0][ch])
			}
			w.gain[ch] = g.gain
			budget -= g.part2 + g.part3
			total -= demand[gr][ch]
		}
	}
	return h
}

// demand sets how many bits each granule of a frame asks for, and returns the
// sum.
func (w *worker) demand(needs *[2][2]need, demand *[2][2]float32) (total float32) {
	c := w.c
	for gr := range c.granules {
		for ch := range c.Channels {
			g := w.grid[gr][ch]
			louder := c.louder
			if g.block == short {
				louder = min(louder, shortNoise)
			}
			d := needs[gr][ch].demand(g.lay, g.end, louder) + overhead
			if g.block == short {
				d *= shortDemand
			}
			demand[gr][ch] = d
			total += d
		}
	}
	// Thresholds are estimates: what asks for little gets a little more.
	share := even * total / float32(c.granules*c.Channels)
	for gr := range c.granules {
		for ch := range c.Channels {
			demand[gr][ch] += share
		}
	}
	return total * (1 + even)
}

// afford returns the header of a frame that asks for so many bits, and how many
// it gets of its own and of those that are free before it.
func (w *worker) afford(number, free int, asked float32) (mp3.Header, int) {
	c := w.c
	most := 8 * maxBegin(c.lsf)
	if c.rates != nil {
		// What the smallest frame has too much, and the reservoir no room for,
		// would be lost.
		h := c.headerFor(int(asked) - free)
		room := c.mainBits(h) + free
		return h, min(max(int(asked), room-most), room)
	}
	h := c.header(number)
	mean := c.mainBits(h)
	if w.usual == 0 {
		w.usual = asked
	}
	w.usual += float32((asked - w.usual) * 0.03)
	// The reservoir is kept a little more than half full.
	want := float32(mean)*asked/w.usual + float32(0.15*(float32(free)-float32(0.6*float32(most))))
	least := float32(max(mean/2, free+mean-most))
	return h, int(min(max(want, least), float32(mean)+float32(0.9*float32(free))))
}
