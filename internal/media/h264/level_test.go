package h264

import (
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// tableA1 is Table A-1: MaxMBPS, MaxFS, MaxBR, MaxCPB, MinCR.
var tableA1 = map[int][5]float64{
	10: {1485, 99, 64, 175, 2}, 11: {3000, 396, 192, 500, 2}, 12: {6000, 396, 384, 1000, 2}, 13: {11880, 396, 768, 2000, 2},
	20: {11880, 396, 2000, 2000, 2}, 21: {19800, 792, 4000, 4000, 2}, 22: {20250, 1620, 4000, 4000, 2},
	30: {40500, 1620, 10000, 10000, 2}, 31: {108000, 3600, 14000, 14000, 4}, 32: {216000, 5120, 20000, 20000, 4},
	40: {245760, 8192, 20000, 25000, 4}, 41: {245760, 8192, 50000, 62500, 2}, 42: {522240, 8704, 50000, 62500, 2},
}

// check parses a stream and complains of all that its level does not allow
// (§A.3.1).
func (s *stream) check(t testing.TB) (pictures []picture) {
	t.Helper()
	defer func() {
		if err, ok := recover().(error); ok {
			if !errors.Is(err, errSyntax) {
				panic(err)
			}
			t.Fatalf("frame %d: %v", len(pictures), err)
		}
	}()
	p := parseSPS(s.SPS())
	if w, h := 16*p.columns-p.cropRight, 16*p.rows-p.cropBelow; w != s.config.Width || h != s.config.Height {
		t.Errorf("%d×%d", w, h)
	}
	lim, ok := tableA1[p.level]
	if !ok {
		t.Fatalf("level %d", p.level)
	}
	mbps, size, rate, cpb, cr := lim[0], lim[1], 1000*lim[2], 1000*lim[3], lim[4]
	mbs := float64(p.columns * p.rows)
	interval := 2 * float64(p.unitsInTick) / float64(p.scale)
	if mbs > size || float64(p.columns*p.columns) > 8*size || float64(p.rows*p.rows) > 8*size {
		t.Errorf("level %d: %v macroblocks", p.level, mbs)
	}
	if interval < mbs/mbps-1e-12 || interval < 1./172-1e-12 {
		t.Errorf("level %d: %v macroblocks in %v s", p.level, mbs, interval)
	}
	// The coded picture buffer fills before the first picture is taken out,
	// and then at the highest rate as far as there is room.
	buffer := cpb
	since := 0
	for i, u := range s.units {
		most := 384 * mbps * interval / cr
		sent := 0
		if i == 0 {
			most = 384 * max(mbs, mbps/172) / cr
			sent = len(s.SPS()) + len(s.PPS())
		}
		for _, n := range nals(u) {
			sent += len(n)
		}
		if float64(sent) > most {
			t.Errorf("frame %d: %d bytes, MinCR allows %.0f", i, sent, most)
		}
		if buffer -= 8 * float64(sent); buffer < 0 {
			t.Errorf("frame %d: the buffer lacks %.0f bits", i, -buffer)
		}
		buffer = min(cpb, buffer+rate*interval)

		pic := parsePicture(p, u)
		if pic.longest > 3200 {
			t.Errorf("frame %d: a macroblock of %d bits", i, pic.longest)
		}
		if pic.key != s.keys[i] || pic.key && pic.frameNum != 0 {
			t.Errorf("frame %d: %+v, key %v", i, pic, s.keys[i])
		}
		if i > 0 && !pic.key && pic.frameNum != (pictures[i-1].frameNum+1)%256 {
			t.Errorf("frame %d: frame_num %d after %d", i, pic.frameNum, pictures[i-1].frameNum)
		}
		if i > 0 && pic.key && pictures[i-1].key && pic.idr == pictures[i-1].idr {
			t.Errorf("frames %d and %d cannot be told apart", i-1, i)
		}
		if since++; pic.key {
			since = 0
		}
		if float64(since)*interval > 5 {
			t.Fatalf("frame %d: the last key frame is %.1f s ago", i, float64(since)*interval)
		}
		pictures = append(pictures, pic)
	}
	return pictures
}

// A macroblock can have any QP, whatever the one before had.
func TestQPDelta(t *testing.T) {
	for before := minQP; before <= maxQP; before++ {
		for qp := minQP; qp <= maxQP; qp++ {
			m := macroblock{intra: true, qp: qp}
			var w bitWriter
			w.macroblock(&m, false, before, vector{}, nil, nil)
			w.trailing()
			s := sliceParser{bitReader: &bitReader{b: w.b}, p: parameters{columns: 1, rows: 1}, qp: before, counts: make([]counts, 1), picture: &picture{}}
			s.macroblock(0, false)
			if s.end(); s.qp != qp {
				t.Errorf("QP %d after %d is read as %d", qp, before, s.qp)
			}
		}
	}
}

// random is a scene of patches of anything.
func random(seed uint64) (Config, scene) {
	r := rand.New(rand.NewPCG(seed, 1))
	rates := [][2]int{{25, 1}, {30, 1}, {30000, 1001}, {10, 1}, {60, 1}, {1, 2}}
	rate := rates[r.IntN(len(rates))]
	c := Config{Width: 2 + 2*r.IntN(140), Height: 2 + 2*r.IntN(140), Frames: rate[0], Ticks: rate[1], KeyInterval: 1 + r.IntN(9), PSNR: 30 + 20*r.Float64()}
	if r.IntN(3) == 0 {
		for _, l := range levels {
			if l.allows(c) {
				c.Level = l.idc
				break
			}
		}
	}
	return c, func(p *Picture, i int) []image.Rectangle {
		var changed []image.Rectangle
		for range r.IntN(4) {
			w, h := 1+r.IntN(p.Width), 1+r.IntN(p.Height)
			x, y := r.IntN(p.Width-w+1), r.IntN(p.Height-h+1)
			img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
			patch := image.Rect(x, y, x+w, y+h)
			depth := 1 + r.IntN(256)
			kind := r.IntN(4)
			for at := range img.Pix {
				px, py := at/4%p.Width, at/4/p.Width
				switch kind {
				case 0:
					img.Pix[at] = uint8(r.IntN(depth))
				case 1:
					img.Pix[at] = uint8(depth - 1)
				case 2:
					img.Pix[at] = uint8(px*depth/16 + py)
				default:
					img.Pix[at] = uint8((px/3 ^ py/5) & 1 * (depth - 1))
				}
			}
			p.Draw(img, patch)
			// Draw goes out to even coordinates.
			changed = append(changed, image.Rect(x&^1, y&^1, (x+w+1)&^1, (y+h+1)&^1))
		}
		if i%2 == 0 {
			return nil
		}
		if changed == nil {
			changed = []image.Rectangle{}
		}
		return changed
	}
}

var long = os.Getenv("SPACES_LONG") != ""

// Whatever is to be seen, decoders see what the encoder thinks, and no limit
// is broken.
func TestRandom(t *testing.T) {
	t.Parallel()
	n := uint64(6)
	if long {
		n = 600
	}
	for seed := range n {
		c, scene := random(seed)
		s := encode(t, c, 20, scene)
		s.check(t)
		file := filepath.Join(t.TempDir(), "video.264")
		if err := os.WriteFile(file, s.annexB(), 0o600); err != nil {
			t.Fatal(err)
		}
		s.same(t, decodeFFmpeg(t, file))
		if long {
			s.same(t, decodeOpenH264(t, file))
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, c)
		}
	}
}

// On one core and on many the bytes are the same, told what changes or not.
func TestDeterministic(t *testing.T) {
	c := Config{Width: 640, Height: 400, Frames: 25, Ticks: 1, KeyInterval: 4}
	a := encode(t, c, 6, player(640, 400))
	told := player(640, 400)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b := encode(t, c, 6, func(p *Picture, i int) []image.Rectangle { told(p, i); return nil })
	for i := range a.units {
		if string(a.units[i]) != string(b.units[i]) {
			t.Fatalf("frame %d differs", i)
		}
	}
}

// Pictures of any bytes, at any of the small sizes.
func FuzzFrames(f *testing.F) {
	f.Add(uint8(16), uint8(16), uint8(45), uint8(0), []byte("\x00\xFF\x10\x80picture"))
	f.Add(uint8(34), uint8(2), uint8(20), uint8(10), []byte{0})
	f.Add(uint8(50), uint8(66), uint8(50), uint8(41), []byte("\x00\x00\x00\xFF\xFF\xFF\x80"))
	f.Fuzz(func(t *testing.T, width, height, psnr, level uint8, data []byte) {
		c := Config{
			Width: 2 + int(width)%80&^1, Height: 2 + int(height)%80&^1, Frames: 15, Ticks: 1, KeyInterval: 2,
			PSNR: 20 + float64(psnr%31), Level: levels[int(level)%len(levels)].idc,
		}
		if len(data) == 0 {
			data = []byte{0}
		}
		s := encode(t, c, 4, func(p *Picture, i int) []image.Rectangle {
			for at := 0; at < len(p.Y); at += 1 + i {
				p.Y[at] = data[(at+at/7+i)%len(data)]
				p.Cb[at/4] = data[(at+i)%len(data)]
				p.Cr[at/4] = data[(at*3+i)%len(data)]
			}
			return nil
		})
		s.check(t)
	})
}
