package h264

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// No code is the beginning of another one, and all bits that a decoder can meet
// are a code, but for the few that the standard leaves free.
func TestCodes(t *testing.T) {
	tables := map[string][]code{}
	free := map[string]int{"coeff_token 0": 2, "coeff_token 1": 8, "coeff_token 2": 64, "coeff_token 3": 2048,
		"total_zeros 1": 128, "run_before 7": 32} // of 2^16
	for i := range coeffTokens {
		var list []code
		for _, row := range coeffTokens[i] {
			list = append(list, row[:]...)
		}
		tables[fmt.Sprint("coeff_token ", i)] = list
	}
	var list []code
	for _, row := range chromaDCTokens {
		list = append(list, row[:]...)
	}
	tables["coeff_token of chroma DC"] = list
	for i := range totalZeros {
		tables[fmt.Sprint("total_zeros ", i+1)] = totalZeros[i][:]
	}
	for i := range chromaDCZeros {
		tables[fmt.Sprint("total_zeros of chroma DC ", i+1)] = chromaDCZeros[i][:]
	}
	for i := range runsBefore {
		tables[fmt.Sprint("run_before ", i+1)] = runsBefore[i][:]
	}
	for name, list := range tables {
		var words []string
		left := 1 << 16
		for _, c := range list {
			if c.n > 0 {
				words = append(words, fmt.Sprintf("%0*b", c.n, c.bits))
				left -= 1 << (16 - c.n)
			}
		}
		slices.Sort(words)
		for i := 1; i < len(words); i++ {
			if strings.HasPrefix(words[i], words[i-1]) {
				t.Errorf("%s: %s begins with %s", name, words[i], words[i-1])
			}
		}
		if left != free[name] {
			t.Errorf("%s: %d of 65536 words are free, want %d", name, left, free[name])
		}
	}
	codes := slices.Clone(interPattern[:])
	slices.Sort(codes)
	for i, c := range codes {
		if int(c) != i {
			t.Fatalf("coded_block_pattern: code %d is missing", i)
		}
	}
}

// scaled is §8.5.12.1 and §8.5.12.2 word by word, for one block of levels in
// scan order; dc is its DC coefficient if that comes from elsewhere.
func scaled(levels *[16]int16, qp int, dc *int32) (r [4][4]int32) {
	scan := [16][2]int{{0, 0}, {0, 1}, {1, 0}, {2, 0}, {1, 1}, {0, 2}, {0, 3}, {1, 2}, {2, 1}, {3, 0}, {3, 1}, {2, 2}, {1, 3}, {2, 3}, {3, 2}, {3, 3}}
	var d [4][4]int32
	for k, at := range scan {
		i, j := at[0], at[1]
		scale := 16 * weight(qp, i, j)
		c := int32(levels[k])
		switch {
		case i == 0 && j == 0 && dc != nil:
			d[i][j] = *dc
		case qp >= 24:
			d[i][j] = c * scale << (qp/6 - 4)
		default:
			d[i][j] = (c*scale + 1<<(3-qp/6)) >> (4 - qp/6)
		}
	}
	pass := func(a [4]int32) [4]int32 {
		e0, e1, e2, e3 := a[0]+a[2], a[0]-a[2], a[1]>>1-a[3], a[1]+a[3]>>1
		return [4]int32{e0 + e3, e1 + e2, e1 - e2, e0 - e3}
	}
	var f [4][4]int32
	for i := range 4 {
		f[i] = pass(d[i])
	}
	for j := range 4 {
		h := pass([4]int32{f[0][j], f[1][j], f[2][j], f[3][j]})
		for i := range 4 {
			r[i][j] = (h[i] + 32) >> 6
		}
	}
	return r
}

// weight is normAdjust4x4 (§8.5.9).
func weight(qp, i, j int) int32 {
	v := [6][3]int32{{10, 16, 13}, {11, 18, 14}, {13, 20, 16}, {14, 23, 18}, {16, 25, 20}, {18, 29, 23}}[qp%6]
	switch {
	case i%2 == 0 && j%2 == 0:
		return v[0]
	case i%2 == 1 && j%2 == 1:
		return v[1]
	}
	return v[2]
}

// lumaDC is §8.5.10 word by word.
func lumaDC(levels *[16]int16, qp int) (dc [16]int32) {
	m := [4][4]int32{{1, 1, 1, 1}, {1, 1, -1, -1}, {1, -1, -1, 1}, {1, -1, 1, -1}}
	var c, f [4][4]int32
	for k, at := range zigzag {
		c[at/4][at%4] = int32(levels[k])
	}
	for i := range 4 {
		for j := range 4 {
			for a := range 4 {
				for b := range 4 {
					f[i][j] += m[i][a] * c[a][b] * m[b][j]
				}
			}
		}
	}
	scale := 16 * weight(qp, 0, 0)
	for i := range 16 {
		v := f[i/4][i%4]
		if qp >= 36 {
			dc[i] = v * scale << (qp/6 - 6)
		} else {
			dc[i] = (v*scale + 1<<(5-qp/6)) >> (6 - qp/6)
		}
	}
	return dc
}

// chromaDCs is §8.5.11 word by word.
func chromaDCs(l *[4]int16, qp int) (dc [4]int32) {
	a, b, c, d := int32(l[0]), int32(l[1]), int32(l[2]), int32(l[3])
	for i, f := range [4]int32{a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d} {
		dc[i] = f * (16 * weight(qp, 0, 0)) << (qp / 6) >> 5
	}
	return dc
}

// What the encoder expects is what the standard says, at each QP; and what is
// coded finely comes out as it went in.
func TestTransforms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for qp := minQP; qp <= maxQP; qp++ {
		q, cq := newQuantizer(qp), newQuantizer(chromaQP(qp))
		for round := range 60 {
			m := &macroblock{intra: round%2 == 0}
			var src pixels
			depth := 1 + r.IntN(255)
			for i := range src.y {
				src.y[i], m.pred.y[i] = uint8(r.IntN(depth)), uint8(r.IntN(depth))
			}
			for c := range src.c {
				for i := range src.c[c] {
					src.c[c][i], m.pred.c[c][i] = uint8(r.IntN(depth)), uint8(r.IntN(depth))
				}
			}
			m.transform(&src)
			m.quantize(q, cq)
			dcs := lumaDC(&m.dc, qp)
			for i := range 16 {
				var dc *int32
				if m.intra {
					dc = &dcs[i]
				}
				levels := m.ac[i]
				if m.acCount[i] == 0 {
					levels = [16]int16{}
				}
				compare(t, m.out.y[i>>2*64+i&3*4:], m.pred.y[i>>2*64+i&3*4:], 16, scaled(&levels, qp, dc))
			}
			for c := range 2 {
				dcs := chromaDCs(&m.cdc[c], cq.qp)
				for i := range 4 {
					levels := m.cac[c][i]
					if m.cacCount[c][i] == 0 {
						levels = [16]int16{}
					}
					compare(t, m.out.c[c][i>>1*32+i&1*4:], m.pred.c[c][i>>1*32+i&1*4:], 8, scaled(&levels, cq.qp, &dcs[i]))
				}
			}
			if sum, _ := distance(m.out.y[:], src.y[:]); qp == minQP && sum > 256 {
				t.Fatalf("QP %d: squared differences of %d", qp, sum)
			}
		}
		if t.Failed() {
			t.Fatalf("QP %d", qp)
		}
	}
}

// The largest differences there are, at the finest QP, have levels that CAVLC
// can say.
func TestLargestLevels(t *testing.T) {
	q := newQuantizer(minQP)
	largest := int16(0)
	for pattern := range 16 {
		for _, intra := range []bool{true, false} {
			m := &macroblock{intra: intra}
			var src pixels
			for _, plane := range [][]uint8{src.y[:], src.c[0][:], src.c[1][:]} {
				for i := range plane {
					x, y := i%16, i/16
					on := []bool{true, x%2 == y%2, x%4 < 2, y%4 < 2, x%4%3 == 0, y%4%3 == 0, x < 8, y < 8}[pattern/2]
					if on == (pattern%2 == 0) {
						plane[i] = 255
					}
				}
			}
			m.transform(&src)
			m.quantize(q, q)
			for _, list := range m.ac {
				largest = max(largest, slices.Max(list[:]), -slices.Min(list[:]))
			}
			largest = max(largest, slices.Max(m.dc[:]), -slices.Min(m.dc[:]), slices.Max(m.cdc[0][:]), -slices.Min(m.cdc[0][:]))
		}
	}
	if largest > maxLevel || largest < 1000 {
		t.Errorf("the largest level is %d", largest)
	}
}

func compare(t *testing.T, out, pred []uint8, stride int, r [4][4]int32) {
	t.Helper()
	for y := range 4 {
		for x := range 4 {
			if want := clip(int(pred[y*stride+x]) + int(r[y][x])); out[y*stride+x] != want {
				t.Errorf("%d, want %d", out[y*stride+x], want)
			}
		}
	}
}

// All 2^24 colours, against whole numbers: (R, G, B) weigh 2126, 7152 and 722
// of 10000.
func TestLuma(t *testing.T) {
	step := 3
	if testing.Short() {
		step = 17
	}
	for r := 0; r < 256; r += 1 {
		for g := 0; g < 256; g += step {
			for b := r % step; b < 256; b += step {
				n := 219 * (2126*r + 7152*g + 722*b)
				want := 16 + (2*n+2550000)/(2*2550000)
				if got := luma(uint8(r), uint8(g), uint8(b)); int(got) != want {
					t.Fatalf("%d, %d, %d: %d, want %d", r, g, b, got, want)
				}
			}
		}
	}
	// Those that lie in the middle of two: 219 n / 2550000 ends with a half.
	found := 0
	for r := range 256 {
		for g := range 256 {
			for b := range 256 {
				if n := 219 * (2126*r + 7152*g + 722*b); n%2550000 == 1275000 {
					found++
					if got, want := luma(uint8(r), uint8(g), uint8(b)), 17+n/2550000; int(got) != want {
						t.Errorf("%d, %d, %d: %d, want %d", r, g, b, got, want)
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no colour lies in the middle")
	}
}

func TestChroma(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	nearest := func(n, d int64) int64 { return (2*n + d) / (2 * d) }
	for range 1 << 20 {
		red, green, blue := r.Int64N(1021), r.Int64N(1021), r.Int64N(1021)
		// 224 / 255 / 1.8556 of a quarter of the sum, in 255·4·18556ths.
		cb := nearest(128*1020*18556+224*(9278*blue-2126*red-7152*green), 1020*18556)
		cr := nearest(128*1020*15748+224*(7874*red-7152*green-722*blue), 1020*15748)
		if gotB, gotR := chroma(red, green, blue); int64(gotB) != cb || int64(gotR) != cr {
			t.Fatalf("%d, %d, %d: %d and %d, want %d and %d", red, green, blue, gotB, gotR, cb, cr)
		}
	}
	for _, c := range []struct{ r, g, b, y, cb, cr uint8 }{ // 100 % colour bars of BT.709
		{255, 255, 255, 235, 128, 128}, {255, 255, 0, 219, 16, 138}, {0, 255, 255, 188, 154, 16}, {0, 255, 0, 173, 42, 26},
		{255, 0, 255, 78, 214, 230}, {255, 0, 0, 63, 102, 240}, {0, 0, 255, 32, 240, 118}, {0, 0, 0, 16, 128, 128},
	} {
		t.Run(fmt.Sprint(c.r, c.g, c.b), func(t *testing.T) {
			cb, cr := chroma(4*int64(c.r), 4*int64(c.g), 4*int64(c.b))
			if y := luma(c.r, c.g, c.b); y != c.y || cb != c.cb || cr != c.cr {
				t.Errorf("%d, %d, %d: %d, %d, %d; want %d, %d, %d", c.r, c.g, c.b, y, cb, cr, c.y, c.cb, c.cr)
			}
		})
	}
}

// Drawing in parts is the same as drawing at once, and the edge is repeated.
func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	img := image.NewRGBA(image.Rect(0, 0, 50, 38))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
	}
	whole, parts := NewPicture(50, 38), NewPicture(50, 38)
	whole.Draw(img, img.Rect)
	for y := 0; y < 38; y += 7 {
		for x := -3; x < 50; x += 11 {
			parts.Draw(img, image.Rect(x, y, x+11, y+7))
		}
	}
	if !slices.Equal(whole.Y, parts.Y) || !slices.Equal(whole.Cb, parts.Cb) || !slices.Equal(whole.Cr, parts.Cr) {
		t.Error("drawing in parts is something else")
	}
	for y := range 48 {
		for x := range 64 {
			if whole.Y[y*64+x] != whole.Y[min(y, 37)*64+min(x, 49)] || whole.Cb[y/2*32+x/2] != whole.Cb[min(y/2, 18)*32+min(x/2, 24)] {
				t.Fatalf("beyond the edge, at %d, %d, is something else", x, y)
			}
		}
	}
	// Images of other sizes and places, and rectangles outside.
	whole.Draw(image.NewRGBA(image.Rect(3, 5, 31, 20)), image.Rect(-100, -100, 100, 100))
	whole.Draw(image.NewRGBA(image.Rect(0, 0, 500, 500)), image.Rect(-100, -100, 1000, 1000))
	whole.Draw(image.NewRGBA(image.Rect(0, 0, 1, 1)), image.Rect(0, 0, 50, 38))
	whole.Draw(&image.RGBA{}, image.Rect(0, 0, 50, 38))
}
