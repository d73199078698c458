package encode

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A loud window may have little more noise than the quiet one before it, across
// granules too, but not if the window before was a long one.
func TestShortWindowsBeforeAnAttack(t *testing.T) {
	c, err := newConfig(settingsTable[0])
	if err != nil {
		t.Fatal(err)
	}
	var quiet, loud [39]float32
	for b := range quiet {
		quiet[b], loud[b] = 1e-4, 1e-4
		if b%3 > 0 { // windows 1 and 2
			loud[b] = 10
		}
	}
	var m modelState
	var before, thr, free [39]float32
	c.hearing.assessShort(&quiet, &m, &before)
	c.hearing.assessShort(&loud, &m, &thr)
	for b := 0; b < 36; b += 3 {
		if thr[b] > 1.01*before[b+2] || thr[b+1] > 1.01*riseShort*thr[b] {
			t.Errorf("band %d: from %g to %g to %g", b/3, before[b+2], thr[b], thr[b+1])
		}
		if thr[b+2] < 100*thr[b+1] {
			t.Errorf("band %d: after the attack %g, with it %g", b/3, thr[b+2], thr[b+1])
		}
	}
	for b := range loud {
		loud[b] = 10
	}
	c.hearing.assessShort(&quiet, &m, &before)
	m.short = [13]float32{} // as after a long block
	c.hearing.assessShort(&loud, &m, &free)
	for b := 0; b < 36; b += 3 {
		if free[b] < 100*before[b+2] {
			t.Errorf("band %d: limited to %g by a long window", b/3, free[b])
		}
	}
}

// A tone is told from noise: less noise is let in beside it.
func TestTonesMaskLess(t *testing.T) {
	c, err := newConfig(settingsTable[1])
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(c)
	rnd := rand.New(rand.NewPCG(1, 2))
	ratio := func(sample func(i int) float64) float64 {
		w.mem = [2]modelState{}
		w.pcm[0] = nil
		for i := range lead + 12*lines + tail {
			w.pcm[0] = append(w.pcm[0], float32(sample(i)))
		}
		for g := 0; g < 10; g += 2 {
			w.hear(lead + g*lines)
		}
		var energy, thr float64
		for b, e := range w.view[1][0].energy[:14] { // where lines are predicted
			if float64(e) > energy {
				energy, thr = float64(e), float64(w.view[1][0].thr[b])
			}
		}
		return 10 * math.Log10(energy/thr)
	}
	tone := ratio(func(i int) float64 { return 0.3 * math.Sin(float64(i)*0.15) })
	noise := ratio(func(int) float64 { return 0.1 * rnd.NormFloat64() })
	t.Logf("thresholds are %.1f dB below a tone and %.1f below noise", tone, noise)
	if tone < noise+4 {
		t.Errorf("thresholds are %.1f dB below a tone and %.1f below noise", tone, noise)
	}
}

// Where the smallest frames of a varying bit rate have more room than is
// asked for, it is used.
func TestSmallestFramesAreFilled(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 60000)
	for i := range x {
		x[i] = float32(0.5*math.Sin(float64(i)*0.06) + 1e-4*rnd.NormFloat64())
	}
	o := Options{SampleRate: 44100, Channels: 1, Quality: 1}
	frames, s := mustEncode(t, o, x)
	r := check(t, o, frames, s, len(x))
	used := r.stats.pairs + r.stats.fours + r.stats.scale
	room := r.stats.frames * (8*104 - 32 - 17*8)
	if used < room*3/4 {
		t.Errorf("%d of %d bits are used", used, room)
	}
}
