package alac

// A predictor foretells a sample as a weighted sum of those before it, and
// adapts the weights to the sign of its error.
type predictor struct {
	mode    uint32
	shift   int
	factor  uint32 // of the history of Rice codes
	order   int
	weights [32]int32
}

// differences is the order by which each number is the difference from the one
// before.
const differences = 31

func (p *predictor) read(r *reader) {
	p.mode, p.shift = r.bits(4), int(r.bits(4))
	p.factor, p.order = r.bits(3), int(r.bits(5))
	for i := range p.order {
		p.weights[i] = signed(r.bits(16), 16)
	}
}

// restore turns the errors of the prediction into the samples, of so many bits.
func (p *predictor) restore(s []int32, bits int) {
	if p.mode != 0 { // as the difference first, then as the rest says
		sumUp(s, bits)
	}
	switch {
	case p.order == 0 || len(s) == 0:
	case p.order == differences:
		sumUp(s, bits)
	default:
		p.adapt(s, bits)
	}
}

func sumUp(s []int32, bits int) {
	for i := 1; i < len(s); i++ {
		s[i] = signed(uint32(s[i]+s[i-1]), bits)
	}
}

func (p *predictor) adapt(s []int32, bits int) {
	order := p.order
	sumUp(s[:min(len(s), order+1)], bits)
	weights := p.weights[:order]
	half := int32(1) << p.shift >> 1
	for i := order + 1; i < len(s); i++ {
		past := s[i-order-1 : i] // the oldest is what the others are compared with
		base := past[0]
		past = past[1:]
		sum := half
		for k, w := range weights {
			sum += w * (past[order-1-k] - base)
		}
		rest := s[i]
		s[i] = signed(uint32(rest+base+sum>>p.shift), bits)
		// The oldest weights are changed first, until the error is used up.
		for k := order - 1; k >= 0 && rest != 0; k-- {
			diff := base - past[order-1-k]
			up := sign(diff)
			if rest < 0 {
				up = -up
			}
			weights[k] = int32(int16(weights[k] - up))
			used := int32(order-k) * ((up * diff) >> p.shift)
			if left := rest - used; left > 0 == (rest > 0) && left != 0 {
				rest = left
			} else {
				rest = 0
			}
		}
	}
}

func sign(v int32) int32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
