package pcm

// A Step is where a level begins to hold.
type Step struct {
	At     int64 // sample frame
	Factor float64
}

// Level returns src with its level changed step by step, as a hand on a fader
// would: before each step, which are in order, the factor moves to the new one
// within so many frames. Before the first step it is that one's.
func Level(src Reader, steps []Step, ramp int64) Reader {
	return &leveled{Reader: src, steps: steps, ramp: max(1, ramp)}
}

type leveled struct {
	Reader
	steps []Step // the first one holds now
	ramp  int64
	at    int64
}

func (l *leveled) Read(dst []float32) (int, error) {
	n, err := l.Reader.Read(dst)
	channels := l.Format().Channels
	for i := range n {
		if f := l.factor(); f != 1 {
			for c := range channels {
				dst[i*channels+c] *= float32(f)
			}
		}
		l.at++
	}
	return n, err
}

// factor returns the factor at the frame l.at.
func (l *leveled) factor() float64 {
	for len(l.steps) > 1 && l.steps[1].At <= l.at {
		l.steps = l.steps[1:]
	}
	if len(l.steps) == 0 {
		return 1
	}
	now := l.steps[0].Factor
	if len(l.steps) > 1 {
		next := l.steps[1]
		if left := next.At - l.at; left < l.ramp {
			now += float64((next.Factor - now) * (1 - float64(left)/float64(l.ramp)))
		}
	}
	return now
}
