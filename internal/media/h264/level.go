package h264

import "fmt"

// A Level is a level_idc: ten times the number of a level (§A.3).
type Level uint8

func (l Level) String() string {
	if l%10 == 0 {
		return fmt.Sprint(int(l / 10))
	}
	return fmt.Sprintf("%d.%d", l/10, l%10)
}

// limits are what a level allows (Table A-1).
type limits struct {
	idc   Level
	mbps  int // MaxMBPS, macroblocks per second
	size  int // MaxFS, macroblocks
	rate  int // MaxBR, 1000 bits per second
	cpb   int // MaxCPB, 1000 bits
	minCR int // MinCR
}

// levels are those of Table A-1 up to 4.2. Level 1b is left out: it differs
// from 1 by a flag.
var levels = [...]limits{
	{10, 1485, 99, 64, 175, 2},
	{11, 3000, 396, 192, 500, 2},
	{12, 6000, 396, 384, 1000, 2},
	{13, 11880, 396, 768, 2000, 2},
	{20, 11880, 396, 2000, 2000, 2},
	{21, 19800, 792, 4000, 4000, 2},
	{22, 20250, 1620, 4000, 4000, 2},
	{30, 40500, 1620, 10000, 10000, 2},
	{31, 108000, 3600, 14000, 14000, 4},
	{32, 216000, 5120, 20000, 20000, 4},
	{40, 245760, 8192, 20000, 25000, 4},
	{41, 245760, 8192, 50000, 62500, 2},
	{42, 522240, 8704, 50000, 62500, 2},
}

// maxRate is how many frames a second any level allows (§A.3.1, fR).
const maxRate = 172

func (l Level) limits() (limits, bool) {
	for _, lim := range levels {
		if lim.idc == l {
			return lim, true
		}
	}
	return limits{}, false
}

// allows reports whether the size and the rate of c keep §A.3.1 a, b, f and g.
func (l limits) allows(c Config) bool {
	w, h := c.columns(), c.rows()
	return w*h <= l.size && w*w <= 8*l.size && h*h <= 8*l.size &&
		int64(w*h)*int64(c.Frames) <= int64(l.mbps)*int64(c.Ticks) &&
		c.Frames <= maxRate*c.Ticks
}

// A budget says how large access units may be: it has the coded picture
// buffer of a decoder at the level's rate (§C.1), and knows the level's
// smallest compression ratio (§A.3.1 c, d). It counts all bytes against the
// limits for slices alone, which are the smaller ones.
type budget struct {
	first    int   // bytes of the first access unit
	each     int   // bytes of each other one
	cpb      int64 // units of 1/Frames bits: the size of the buffer
	refill   int64 // what comes in between two pictures
	fullness int64
	frames   int64
	begun    bool
}

// headroom is what access units leave of the limits: parameter sets, which
// are sent beside the stream, count with the first.
const headroom = 128

func newBudget(c Config, l limits) budget {
	mbs := c.columns() * c.rows()
	b := budget{
		first:  384*max(mbs, l.mbps/maxRate)/l.minCR - headroom,
		each:   int(384*int64(l.mbps)*int64(c.Ticks)/int64(c.Frames)/int64(l.minCR)) - headroom,
		cpb:    1000 * int64(l.cpb) * int64(c.Frames),
		refill: 1000 * int64(l.rate) * int64(c.Ticks),
		frames: int64(c.Frames),
	}
	// Decoding starts when the buffer is nine tenths full.
	b.fullness = b.cpb / 10 * 9
	return b
}

// bytes returns how long the next access unit may be. Pictures that are not
// key frames leave half of the buffer, for the next key frame.
func (b *budget) bytes(key bool) int {
	n := b.each
	if !b.begun {
		n = b.first
	}
	have := b.fullness / b.frames / 8
	if !key {
		have = have / 2
	}
	return min(n, int(have))
}

// take counts an access unit of n bytes.
func (b *budget) take(n int) {
	b.begun = true
	b.fullness = min(b.cpb, b.fullness-8*int64(n)*b.frames+b.refill)
}
