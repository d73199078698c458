package h264

// A kind of block says how many levels it can have and which codes count them
// (§7.3.5.3.2).
type blockKind int

const (
	wholeBlock blockKind = 16
	acBlock    blockKind = 15 // all but the DC coefficient
	chromaDC   blockKind = 4
)

// residual appends a block of levels in scan order, of which total are not
// zero, by CAVLC (§7.3.5.3.2, §9.2). near is nC, what the blocks beside it let
// expect.
func (w *bitWriter) residual(levels []int16, total int, kind blockKind, near int) {
	var coded, runs [16]int
	i, n := len(levels)-1, 0 // n levels, the highest frequency first
	for ; n < total; i-- {
		if levels[i] != 0 {
			coded[n], runs[n] = int(levels[i]), i
			n++
		}
	}
	zeros := 0 // before the last level
	if total > 0 {
		zeros = runs[0] + 1 - total
	}
	for k := range total { // positions to runs
		if k+1 < total {
			runs[k] -= runs[k+1] + 1
		}
	}
	ones := 0
	for ones < min(total, 3) && (coded[ones] == 1 || coded[ones] == -1) {
		ones++
	}
	w.token(total, ones, kind, near)
	if total == 0 {
		return
	}
	for _, v := range coded[:ones] {
		w.flag(v < 0)
	}
	w.levels(coded[ones:total], total, ones)
	left := zeros
	if total < int(kind) {
		c := totalZeros[total-1][zeros&15]
		if kind == chromaDC {
			c = chromaDCZeros[total-1][zeros&3]
		}
		w.put(uint32(c.bits), int(c.n))
	}
	for _, run := range runs[:total-1] {
		if left == 0 {
			break
		}
		c := runsBefore[min(left, 7)-1][run]
		w.put(uint32(c.bits), int(c.n))
		left -= run
	}
}

// token appends coeff_token.
func (w *bitWriter) token(total, ones int, kind blockKind, near int) {
	var c code
	switch {
	case kind == chromaDC:
		c = chromaDCTokens[total][ones]
	case near < 2:
		c = coeffTokens[0][total][ones]
	case near < 4:
		c = coeffTokens[1][total][ones]
	case near < 8:
		c = coeffTokens[2][total][ones]
	default:
		c = coeffTokens[3][total][ones]
	}
	w.put(uint32(c.bits), int(c.n))
}

// maxLevel is the largest level that level_prefix 15, the highest of the
// Baseline profile, can say whatever came before (§9.2.2.1).
const maxLevel = 2047

// levels appends the levels behind the trailing ones (§9.2.2).
func (w *bitWriter) levels(coded []int, total, ones int) {
	suffix := 0
	if total > 10 && ones < 3 {
		suffix = 1
	}
	for i, v := range coded {
		size := v
		n := 2*v - 2 // levelCode
		if v < 0 {
			size = -v
			n = -2*v - 1
		}
		if i == 0 && ones < 3 {
			n -= 2 // it is not ±1
		}
		switch {
		case suffix == 0 && n < 14:
			w.put(1, n+1)
		case suffix == 0 && n < 30:
			w.put(1, 15)
			w.put(uint32(n-14), 4)
		case suffix == 0:
			w.put(1, 16)
			w.put(uint32(n-30), 12)
		case n < 15<<suffix:
			w.put(1, n>>suffix+1)
			w.put(uint32(n&(1<<suffix-1)), suffix)
		default:
			w.put(1, 16)
			w.put(uint32(n-15<<suffix), 12)
		}
		if suffix == 0 {
			suffix = 1
		}
		if suffix < 6 && size > 3<<(suffix-1) {
			suffix++
		}
	}
}
