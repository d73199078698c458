package encode

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// A frameReader reads frames as a decoder does, as far as the numbers of the
// lines, and says what is not legal in them. It shares tables with the encoder
// and nothing else.
type frameReader struct {
	main   []byte // main data of the frames so far that may be used
	blocks [2]blockType
	trees  [34]map[uint32]int // from word to pair
	stats  stats
}

// stats sum up what frames are made of.
type stats struct {
	frames, ms                 int
	blocks                     [4]int
	side, scale, pairs, fours  int // bits
	begin, most                int // main_data_begin: sum and maximum
	shared                     int // groups of scale factors
	scaled, preflag, amplified int // granules
}

func newFrameReader() *frameReader {
	r := new(frameReader)
	for n, t := range tables() {
		if t.words == nil {
			continue
		}
		r.trees[n] = make(map[uint32]int, len(t.words))
		for i, w := range t.words {
			r.trees[n][w] = i
		}
	}
	for n, words := range quads {
		r.trees[32+n] = make(map[uint32]int)
		for i, w := range words {
			r.trees[32+n][w] = i
		}
	}
	return r
}

type bitReader struct {
	b  []byte
	at int
}

func (r *bitReader) get(n int) int {
	v := 0
	for range n {
		bit := 0
		if r.at/8 < len(r.b) {
			bit = int(r.b[r.at/8] >> (7 - r.at%8) & 1)
		}
		v = v<<1 | bit
		r.at++
	}
	return v
}

func (r *bitReader) word(tree map[uint32]int) (int, error) {
	w := uint32(1)
	for range 19 {
		w = w<<1 | uint32(r.get(1))
		if i, ok := tree[w]; ok {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no such word: %b", w)
}

// A side is the side information of a granule.
type side struct {
	length, big, gain, compress int
	block                       blockType
	tables                      [3]int
	sub                         [3]int
	regions                     [2]int
	preflag, scale, quad        int
}

func (r *frameReader) read(frame []byte) error {
	h, err := mp3.ParseHeader(frame)
	if err != nil {
		return err
	}
	if h.Protected || h.FrameSize() != len(frame) {
		return fmt.Errorf("frame of %d bytes has the header %+v", len(frame), h)
	}
	data, err := mp3.MainData(frame)
	if err != nil {
		return err
	}
	lsf, channels, granules := h.Version != mp3.MPEG1, h.Channels(), 2
	b := &bitReader{b: frame[mp3.HeaderSize:]}
	var begin int
	var share [2]int
	if lsf {
		granules = 1
		begin = b.get(8)
		b.get(channels)
	} else {
		begin = b.get(9)
		b.get(7 - 2*channels)
		for ch := range channels {
			share[ch] = b.get(4)
		}
	}
	if begin > len(r.main) {
		return fmt.Errorf("main data begins %d bytes back, where there are %d", begin, len(r.main))
	}
	main := &bitReader{b: append(append([]byte(nil), r.main[len(r.main)-begin:]...), data...)}
	r.stats.frames++
	r.stats.begin += begin
	r.stats.most = max(r.stats.most, begin)
	r.stats.side += 8 * (len(frame) - len(data))
	if frame[3]>>4&3 == 2 {
		r.stats.ms++
	}
	var first [2]side
	for gr := range granules {
		for ch := range channels {
			s := readSide(b, lsf)
			if err := r.granule(main, &s, lsf, h.SampleRate, ch, gr, share[ch], &first[ch]); err != nil {
				return fmt.Errorf("granule %d channel %d: %w", gr, ch, err)
			}
		}
	}
	if 8*len(main.b) < main.at {
		return fmt.Errorf("main data of %d bits in %d bytes", main.at, len(main.b))
	}
	rest := main.b[(main.at+7)/8:]
	r.main = append(r.main[:0], rest...)
	return nil
}

func readSide(b *bitReader, lsf bool) (s side) {
	s.length, s.big, s.gain = b.get(12), b.get(9), b.get(8)
	if lsf {
		s.compress = b.get(9)
	} else {
		s.compress = b.get(4)
	}
	if b.get(1) == 1 {
		s.block = blockType(b.get(2))
		b.get(1)
		s.tables[0], s.tables[1] = b.get(5), b.get(5)
		s.sub = [3]int{b.get(3), b.get(3), b.get(3)}
	} else {
		s.tables = [3]int{b.get(5), b.get(5), b.get(5)}
		s.regions = [2]int{b.get(4), b.get(3)}
	}
	if !lsf {
		s.preflag = b.get(1)
	}
	s.scale, s.quad = b.get(1), b.get(1)
	return s
}

func (r *frameReader) granule(m *bitReader, s *side, lsf bool, rate, ch, gr, share int, first *side) error {
	before := r.blocks[ch]
	legal := map[blockType][2]blockType{
		long: {long, start}, stop: {long, start}, start: {short, short}, short: {short, stop},
	}[before]
	// The stream may begin with any.
	if s.block != legal[0] && s.block != legal[1] && (r.stats.frames > 1 || gr > 0) {
		return fmt.Errorf("block type %d after %d", s.block, before)
	}
	r.blocks[ch] = s.block
	r.stats.blocks[s.block]++
	if s.scale == 1 {
		r.stats.scaled++
	}
	r.stats.preflag += s.preflag
	if s.sub != [3]int{} {
		r.stats.amplified++
	}
	if s.big > lines/2 {
		return fmt.Errorf("%d big values", s.big)
	}
	from := m.at
	end := from + s.length
	if gr == 0 {
		*first, share = *s, 0
	} else if share != 0 && (s.block == short || first.block == short) {
		return fmt.Errorf("scale factors shared with short blocks")
	}
	r.scaleFactors(m, s, lsf, share)
	r.stats.scale += m.at - from
	pairs := m.at
	cut := [3]int{36, 2 * s.big, 2 * s.big}
	bands := longBands()[rate]
	switch s.block {
	case long:
		r0 := s.regions[0] + 1
		if r0 > 22 {
			return fmt.Errorf("region 0 has %d bands", r0)
		}
		cut = [3]int{bands[r0], bands[min(r0+s.regions[1]+1, 22)], 2 * s.big}
	case start, stop:
		cut[0] = bands[8]
	}
	at := 0
	for i, c := range cut {
		tree, t := r.trees[s.tables[i]], tables()[s.tables[i]]
		for ; at < min(c, 2*s.big); at += 2 {
			if s.tables[i] == 0 {
				continue
			}
			if tree == nil {
				return fmt.Errorf("no table %d", s.tables[i])
			}
			n, err := m.word(tree)
			if err != nil {
				return err
			}
			for _, v := range [2]int{n / t.width, n % t.width} {
				if v == 15 && t.linbits > 0 {
					v += m.get(t.linbits)
				}
				if v > 0 {
					m.get(1)
				}
			}
		}
	}
	r.stats.pairs += m.at - pairs
	fours := m.at
	for ; m.at < end; at += 4 {
		n, err := m.word(r.trees[32+s.quad])
		if err != nil {
			return err
		}
		for ; n > 0; n >>= 1 {
			m.get(n & 1)
		}
	}
	r.stats.fours += m.at - fours
	if at > lines || m.at != end {
		return fmt.Errorf("%d lines end at bit %d of %d", at, m.at-from, s.length)
	}
	return nil
}

func (r *frameReader) scaleFactors(m *bitReader, s *side, lsf bool, share int) {
	if lsf {
		c, n := s.compress, [4]int{}
		part, kind := 0, 0
		if s.block == short {
			kind = 1
		}
		switch {
		case c < 400:
			n = [4]int{c >> 4 / 5, c >> 4 % 5, c % 16 >> 2, c % 4}
		case c < 500:
			part, n = 1, [4]int{(c - 400) >> 2 / 5, (c - 400) >> 2 % 5, (c - 400) % 4}
		default:
			part, n = 2, [4]int{(c - 500) / 3, (c - 500) % 3}
			r.stats.preflag++
		}
		for i, k := range n {
			m.get(k * lsfBands[part][kind][i])
		}
		return
	}
	n := slens[s.compress]
	if s.block == short {
		m.get(18*n[0] + 18*n[1])
		return
	}
	for i, size := range [4][2]int{{6, n[0]}, {5, n[0]}, {5, n[1]}, {5, n[1]}} {
		if share&(8>>i) != 0 {
			r.stats.shared++
			continue
		}
		m.get(size[0] * size[1])
	}
}

// String is what there is to look at for work on quality.
func (s stats) String() string {
	per := func(n int) float64 { return float64(n) / float64(max(s.frames, 1)) }
	granules := max(s.blocks[0]+s.blocks[1]+s.blocks[2]+s.blocks[3], 1)
	share := func(n int) float64 { return 100 * float64(n) / float64(granules) }
	return fmt.Sprintf(`%d frames, %.1f%% in M/S
blocks: long %.1f%%, start %.1f%%, short %.1f%%, stop %.1f%%
bits a frame: headers and side information %.0f, scale factors %.0f, pairs %.0f, fours %.0f
reservoir: main data begins %.0f bytes back on average, %d at most
granules with scalefac_scale %.1f%%, preflag %.1f%%, subblock_gain %.1f%%; %.2f groups of scale factors shared a frame`,
		s.frames, 100*per(s.ms),
		share(s.blocks[long]), share(s.blocks[start]), share(s.blocks[short]), share(s.blocks[stop]),
		per(s.side), per(s.scale), per(s.pairs), per(s.fours),
		per(s.begin), s.most,
		share(s.scaled), share(s.preflag), share(s.amplified), per(s.shared))
}
