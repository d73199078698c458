package sound

import (
	"context"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// units are the hashes of a recording's file, read as they are asked for.
type units struct {
	ctx    context.Context
	file   *library.SoundFile
	hasher *unithash.Hasher
	blocks map[int64][]unithash.Hash
	err    error // the first that reading met; from then on all is Silence
}

const (
	blockUnits = 256
	maxBlocks  = 4096 // in memory: 8 MB, six hours
)

func newUnits(ctx context.Context, f *library.SoundFile) (*units, error) {
	h, err := unithash.New(f.Config)
	if err != nil {
		return nil, err
	}
	return &units{ctx: ctx, file: f, hasher: h, blocks: make(map[int64][]unithash.Hash)}, nil
}

func (u *units) count() int64 { return u.file.Index.Units }

// hash returns the hash of unit i.
func (u *units) hash(i int64) unithash.Hash {
	n := i / blockUnits
	b, ok := u.blocks[n]
	if !ok && u.err == nil {
		first := n * blockUnits
		u.err = u.file.Units(u.ctx, first, min(blockUnits, u.count()-first), func(unit []byte) error {
			b = append(b, u.hasher.Hash(unit))
			return nil
		})
		if len(u.blocks) >= maxBlocks {
			clear(u.blocks)
		}
		u.blocks[n] = b
	}
	if k := int(i % blockUnits); u.err == nil && k < len(b) {
		return b[k]
	}
	return unithash.Silence
}

// A matcher looks for the units of one file of a recording in the query.
type matcher struct {
	q     *query
	id    string
	file  int
	units *units
	// done are the matches of this file, also those that are too short, by how much
	// later they begin in the recording.
	done map[int64][]Match
}

func newMatcher(ctx context.Context, q *query, id string, n int, f *library.SoundFile) (*matcher, error) {
	u, err := newUnits(ctx, f)
	return &matcher{q: q, id: id, file: n, units: u, done: make(map[int64][]Match)}, err
}

// followAll follows up the units that the sound index shares with the query.
func (m *matcher) followAll(list []place) error {
	for _, p := range list {
		if p.there < m.units.count() {
			m.follow(p.here, p.there)
		}
	}
	return m.units.err
}

// follow looks whether the query from unit p on is the recording from unit j
// on, and before them.
func (m *matcher) follow(p, j int64) {
	for _, d := range m.done[j-p] {
		if p >= d.Stretch.First && p < d.Stretch.First+d.Units {
			return
		}
	}
	if m.units.hash(j) != m.q.hashes[p] {
		return // the index is of another file
	}
	chain := []Match{m.along(p, j)}
	// Silence that was put in between units, or taken out, does not end a match: the
	// unit behind it has to be the next one with sound of the recording.
	for _, step := range []int64{-1, 1} {
		for at := chain[0]; ; {
			p, j, ok := m.past(at, step)
			if !ok {
				break
			}
			at = m.along(p, j)
			chain = append(chain, at)
		}
	}
	different := make(map[unithash.Hash]bool)
	var same []int64
	for i := range chain {
		c := &chain[i]
		own := make(map[unithash.Hash]bool)
		for k := range c.Units {
			h := m.q.hashes[c.Stretch.First+k]
			if h != m.units.hash(c.First+k) {
				continue
			}
			same = append(same, c.Stretch.First+k)
			if h != unithash.Silence {
				different[h], own[h] = true, true
			}
		}
		c.Distinct = len(own)
	}
	for _, c := range chain {
		later := c.First - c.Stretch.First
		m.done[later] = append(m.done[later], c)
	}
	if len(different) < m.q.need {
		return
	}
	for _, p := range same {
		m.q.covered[p] = true
	}
	for i := range chain {
		m.measure(&chain[i])
	}
	m.q.matches = append(m.q.matches, chain...)
}

// measure finds which samples of the file a match is, and those of one unit more,
// where units need not last equally long.
func (m *matcher) measure(c *Match) {
	x := m.units.file.Index
	if m.units.file.Config.Codec != track.Opus || m.units.err != nil {
		return
	}
	last := min(c.First+c.Units+1, x.Units)
	if c.From, _, m.units.err = x.Lengths(c.First, 0, nil); m.units.err == nil {
		c.To, _, m.units.err = x.Lengths(last, 0, nil)
	}
}

// along returns what the query from unit p on and the recording from unit j on,
// and before them, have in common unit by unit.
func (m *matcher) along(p, j int64) Match {
	back, forth := m.extent(p, j, -1), m.extent(p, j, 1)
	return Match{Recording: m.id, File: m.file, First: j - back, Stretch: Stretch{p - back, back + forth + 1}}
}

// maxPause is how many units of silence of a recording are passed over.
const maxPause = 4096

// past returns the next units with sound of the query and of the recording, behind
// a match in direction step, if they are the same and silence lies before one of
// them that is not there before the other.
func (m *matcher) past(at Match, step int64) (p, j int64, ok bool) {
	p, j = at.Stretch.First-1, at.First-1
	if step > 0 {
		p, j = at.Stretch.First+at.Units, at.First+at.Units
	}
	was := p - j
	for p >= 0 && p < int64(len(m.q.hashes)) && m.q.hashes[p] == unithash.Silence {
		p += step
	}
	for k := 0; k < maxPause && j >= 0 && j < m.units.count() && m.units.hash(j) == unithash.Silence && m.units.err == nil; k++ {
		j += step
	}
	if p < 0 || p >= int64(len(m.q.hashes)) || j < 0 || j >= m.units.count() || p-j == was {
		return 0, 0, false
	}
	h := m.q.hashes[p]
	return p, j, h != unithash.Silence && h == m.units.hash(j)
}

// slack is how many units in a row may differ within a match: damage, or a
// stretch that somebody has silenced.
const slack = 32

// extent returns how far the query and the recording go together from units p
// and j on, in direction step.
func (m *matcher) extent(p, j, step int64) int64 {
	var last, missed int64
	for k := int64(1); missed <= slack; k++ {
		p, j := p+k*step, j+k*step
		if p < 0 || j < 0 || p >= int64(len(m.q.hashes)) || j >= m.units.count() {
			break
		}
		switch h := m.q.hashes[p]; {
		case h != m.units.hash(j):
			missed++
		case h != unithash.Silence:
			last, missed = k, 0
		}
	}
	return last
}

// window is how many unit sizes in a row are compared before units are.
const window = 4

// scan looks for what is still open in the query among all units of the file.
// The sizes of AAC units differ so much that a few in a row tell where to look;
// those of MP3 do not, and those of FLAC change with the numbers in them, so
// that there each unit is hashed.
func (m *matcher) scan(ctx context.Context, open []Stretch) error {
	if family(m.units.file.Config.Codec) == track.AACLC {
		return m.scanSizes(ctx, open)
	}
	at := make(map[unithash.Hash][]int64)
	for _, s := range open {
		for p := s.First; p < s.First+s.Units; p++ {
			if h := m.q.hashes[p]; h != unithash.Silence && len(at[h]) < maxPlaces {
				at[h] = append(at[h], p)
			}
		}
	}
	for j := range m.units.count() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, p := range at[m.units.hash(j)] {
			m.follow(p, j)
		}
	}
	return m.units.err
}

// scanSizes follows up the places where a few sizes in a row are those of the
// query.
func (m *matcher) scanSizes(ctx context.Context, open []Stretch) error {
	pack := func(v uint64, size uint16) uint64 { return v<<16 | uint64(size) }
	at := make(map[uint64][]int64) // the first unit of a window, by its sizes
	width := int64(window)
	for _, s := range open {
		width = min(width, s.Units)
	}
	mask := uint64(1)<<(16*width) - 1 // all ones for the full window
	add := func(v uint64, p int64) {
		if m.q.hashes[p] != unithash.Silence && len(at[v]) < maxPlaces && !slices.Contains(at[v], p) {
			at[v] = append(at[v], p)
		}
	}
	for _, s := range open {
		var v, loud uint64
		var places []int64 // of the units with sound
		for p := s.First; p < s.First+s.Units; p++ {
			size := m.q.sizes[p]
			v = pack(v, size) & mask
			if p-width+1 >= s.First {
				add(v, p-width+1)
			}
			if m.q.hashes[p] == unithash.Silence {
				continue
			}
			// Somebody may have put silence in between.
			loud, places = pack(loud, size)&mask, append(places, p)
			if n := int64(len(places)); n >= width {
				add(loud, places[n-width])
			}
		}
	}
	const block = 64 << 10
	var sizes track.Sizes
	var v uint64
	for first := int64(0); first < m.units.count(); first += block {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if _, sizes, err = m.units.file.Index.Extent(first, min(block, m.units.count()-first), sizes[:0]); err != nil {
			return err
		}
		for k, size := range sizes {
			v = pack(v, uint16(min(size, track.MaxUnitSize))) & mask
			j := first + int64(k) - width + 1
			if j < 0 {
				continue
			}
			for _, p := range at[v] {
				m.follow(p, j)
			}
		}
	}
	return m.units.err
}
