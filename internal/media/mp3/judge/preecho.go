package judge

import "math"

// attacks returns where in x, at rate, sound begins suddenly: where the mean
// power of 2 ms is at least 20 dB above that of any millisecond of the 25 ms
// before, and at least -40 dB of full scale.
func attacks(x []float64, rate int) []int {
	const before = 25
	ms := rate / 1000
	power := make([]float64, len(x)/ms)
	for i := range power {
		power[i] = energy(x[i*ms:(i+1)*ms]) / float64(ms)
	}
	var list []int
	for i := before; i+10 < len(power); i++ {
		loud := (power[i] + power[i+1]) / 2
		if loud < 1e-4 {
			continue
		}
		quiet := 0.
		for _, p := range power[i-before : i] {
			quiet = max(quiet, p)
		}
		if loud < 100*quiet {
			continue
		}
		at := i * ms
		for x[at]*x[at] < loud/10 {
			at++
		}
		list = append(list, at)
		i += before
	}
	return list
}

// preEcho measures the error d before the attacks in x.
func (e *ear) preEcho(x, d [][]float64) PreEcho {
	const leastLevel = -100
	from, to, attack := e.rate/50, e.rate/200, e.rate/100 // 20, 5 and 10 ms
	window := e.hann(from - to)
	p := PreEcho{Worst: leastNMR}
	for c := range x {
		for _, at := range attacks(x[c], e.rate) {
			sound, wrong := x[c][at-from:at-to], d[c][at-from:at-to]
			loud := energy(x[c][at:min(at+attack, len(x[c]))]) / float64(attack)
			noise := energy(wrong) / float64(from-to)
			e.listen(window, sound, wrong)
			excitation := e.excitation()
			var ratio float64
			for k, b := range e.bands {
				ratio += e.wrong[k] / (excitation[k] * b.distance)
			}
			nmr := bounded(ratio / float64(len(e.bands)))
			p.Attacks++
			p.Level += max(decibels(noise/loud), leastLevel)
			p.NMR += nmr
			p.Worst = math.Max(p.Worst, nmr)
		}
	}
	if p.Attacks == 0 {
		return PreEcho{}
	}
	p.Level /= float64(p.Attacks)
	p.NMR /= float64(p.Attacks)
	return p
}
