package gain

import (
	"math"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// tally says what comes of a choice of steps.
func (a *Analysis) tally(steps []int8) Plan {
	p := Plan{Units: int64(len(steps)), Damage: loudness.Level(math.Inf(1)), Worst: loudness.Level(math.Inf(1))}
	loud := a.meanEnergy() * math.Pow(10, -loudBelow/10.0)
	var sound, damage, worst, heard, between float64
	peak, certain := math.Inf(-1), math.Inf(-1)
	var doubtful []int64 // blocks
	var bounds []float64 // their peaks, at most
	mix := a.newMixer()
	var factors [256]float64
	for i := range factors {
		factors[i] = Factor(i - 128)
	}
	for f := range a.blocks {
		b := &a.blocks[f]
		to := int(steps[f])
		from := to
		if f > 0 {
			from = int(steps[f-1])
		}
		if f == 0 || to != from {
			p.Runs = append(p.Runs, Run{int64(f), to})
		}
		g, h := factors[from+128], factors[to+128]
		scale := (float64(g*g) + float64(h*h)) / 2
		sound += float64(scale * float64(b.energy))
		mix.add(float64(scale * float64(b.heard)))
		heard += float64(scale * float64(b.heard))
		between += float64(math.Abs(float64(g*g)-float64(h*h)) / 2 * float64(b.heard))
		if b.peak > silent {
			here := a.peak(b, from, to)
			if peak = max(peak, here); a.knows(from, to) {
				certain = max(certain, here)
			} else {
				doubtful, bounds = append(doubtful, int64(f)), append(bounds, here)
			}
		}
		if to == from {
			continue
		}
		p.Changes++
		rest := float64(float64((g-h)*(g-h)) * float64(b.alias))
		damage += rest
		if float64(b.energy) >= loud {
			p.LoudChanges++
			worst = max(worst, rest/(scale*float64(b.energy)))
		}
	}
	if damage > 0 {
		p.Damage = loudness.Level(10 * math.Log10(sound/damage))
	}
	if worst > 0 {
		p.Worst = loudness.Level(-10 * math.Log10(worst))
	}
	if between > 0 {
		p.Within = loudness.Level(10 * math.Log10(1+between/heard))
	}
	r := mix.programme.Result()
	p.Integrated, p.Range, p.MaxMomentary, p.MaxShortTerm = r.Integrated, r.Range, r.MaxMomentary, r.MaxShortTerm
	p.TruePeak = loudness.Level(peak * StepDecibels / fine)
	p.certain = loudness.Level(certain * StepDecibels / fine)
	for i, f := range doubtful {
		if bounds[i] > certain {
			p.doubtful = append(p.doubtful, f)
		}
	}
	if s := a.Seconds(); s > 0 {
		p.PerMinute = 60 * float64(p.Changes) / s
	}
	return p
}

// peak returns the true peak of a block, in parts of a step, with the steps from
// and to.
func (a *Analysis) peak(b *block, from, to int) float64 {
	switch to - from {
	case 0:
		return float64(int(b.peak) + fine*from)
	case 1:
		return float64(int(b.louder) + fine*from)
	case -1:
		return float64(int(b.softer) + fine*from)
	}
	return float64(int(b.peak)+fine*max(from, to)) + float64(fine*4*math.Log2(bounded(to-from)))
}

// knows reports whether the true peak of a change is computed, and not bounded.
func (a *Analysis) knows(from, to int) bool {
	return from == to || a.config.Codec == track.AACLC && (to-from == 1 || from-to == 1)
}

// Seconds returns how long all units last.
func (a *Analysis) Seconds() float64 {
	return float64(len(a.blocks)) * float64(a.config.UnitSamples) / float64(a.config.SampleRate)
}

// meanEnergy returns the mean energy of the blocks that are not silent: those
// less than 40 dB below the mean of all.
func (a *Analysis) meanEnergy() float64 {
	if a.mean > 0 {
		return a.mean
	}
	var all float64
	for i := range a.blocks {
		all += float64(a.blocks[i].energy)
	}
	floor := all / float64(max(1, len(a.blocks))) * 1e-4
	var sum float64
	n := 0
	for i := range a.blocks {
		if e := float64(a.blocks[i].energy); e > floor {
			sum += e
			n++
		}
	}
	a.mean = sum / float64(max(1, n))
	return a.mean
}

// A mixer makes stretches of 100 ms of the energies of blocks.
type mixer struct {
	programme *loudness.Programme
	border    float64 // how many samples 100 ms last
	unit      float64 // samples that a block lasts
	at        float64 // of the next block, in its 100 ms
	energy    float64 // of the 100 ms that are being filled
}

func (a *Analysis) newMixer() *mixer {
	return &mixer{programme: loudness.NewProgramme(a.config.SampleRate),
		border: float64(a.config.SampleRate) / 10, unit: float64(a.config.UnitSamples)}
}

// add takes the energy of the next block, which is spread evenly over it.
func (m *mixer) add(energy float64) {
	left := m.unit
	for m.at+left >= m.border {
		part := m.border - m.at
		m.programme.Add(m.energy + float64(energy*part/m.unit))
		m.energy, m.at = 0, 0
		left -= part
	}
	m.energy += float64(energy * left / m.unit)
	m.at += left
}
