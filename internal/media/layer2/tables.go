package layer2

// An allocation says how the allocation of bits is coded in some neighbouring
// subbands of Layer II.
type allocation struct {
	subbands int
	bits     int   // of a code
	steps    []int // of the numbers, by code; 0: the subband is silent
}

// steps of the codes: of 4 bits in the lowest subbands, of 4, 3 and 2 bits in
// those above, and of 4, 3 and 2 bits at low rates.
var (
	lowest = []int{0, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383, 32767, 65535}
	four   = []int{0, 3, 5, 7, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 65535}
	three  = []int{0, 3, 5, 7, 9, 15, 31, 65535}
	two    = []int{0, 3, 5, 65535}

	scarce      = []int{0, 3, 5, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383, 32767}
	scarceThree = scarce[:8]

	lowFour = []int{0, 3, 5, 7, 9, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 8191, 16383}
	lowTwo  = scarce[:4]
)

// allocations are the tables B.2a to B.2d of ISO/IEC 11172-3, and table B.1 of
// ISO/IEC 13818-3.
var allocations = [5][]allocation{
	{{3, 4, lowest}, {8, 4, four}, {12, 3, three}, {4, 2, two}},
	{{3, 4, lowest}, {8, 4, four}, {12, 3, three}, {7, 2, two}},
	{{2, 4, scarce}, {6, 3, scarceThree}},
	{{2, 4, scarce}, {10, 3, scarceThree}},
	{{4, 4, lowFour}, {7, 3, scarceThree}, {19, 2, lowTwo}},
}

// allocation returns the table of a frame of Layer II: the sample rate and the
// bit rate of one channel decide.
func (h Header) allocation() []allocation {
	const few, many, rich = 48, 80, 48000
	each := h.KBits / h.Channels
	switch {
	case h.Low:
		return allocations[4]
	case each <= few && h.SampleRate == 32000:
		return allocations[3]
	case each <= few:
		return allocations[2]
	case each <= many || h.SampleRate == rich:
		return allocations[0]
	}
	return allocations[1]
}
