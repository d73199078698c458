package moments

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// found counts which of the planted things the best five moments hold.
func found(t *testing.T, r *conversation, list []Moment) int {
	t.Helper()
	n := 0
	for _, e := range r.events {
		if !e.planted {
			continue
		}
		in := false
		for _, m := range list {
			from, to := float64(m.Start)/madeRate, float64(m.End())/madeRate
			inside := min(to, e.end) - max(from, e.at)
			if inside >= 0.7*(e.end-e.at) {
				in = true
			}
		}
		if in {
			n++
		} else {
			t.Logf("seed %d: the %s at %.0f s is not among them", r.seed, e.kind, e.at)
		}
	}
	if n < 5 {
		for _, m := range list {
			t.Logf("  %7.2f–%.2f s  %.3f  %s %v", float64(m.Start)/madeRate, float64(m.End())/madeRate, m.Score, m.Words(), m.Reasons[0])
		}
	}
	return n
}

// The best five hold at least four of the five planted moments: in a few short
// recordings, and in twenty hours.
func TestPlantedMomentsAreFound(t *testing.T) {
	seeds, seconds := 2, 8*60
	if os.Getenv("SPACES_LONG") != "" {
		seeds, seconds = 20, 3600
	}
	total := 0
	for seed := range uint64(seeds) {
		r := made(seed, seconds)
		f, err := r.scan(2)
		if err != nil {
			t.Fatal(err)
		}
		list := rank(f, nil, r.tagged(), Options{Top: 5, Length: 30 * time.Second})
		n := found(t, r, list)
		total += n
		if n < 4 {
			t.Errorf("seed %d: of the five planted moments the best %d hold %d\n%v", seed, len(list), n, r)
		}
	}
	t.Logf("%d of %d planted moments are found", total, 5*seeds)
}

// Where people only talk nobody is heard to laugh, and hardly anything stands out.
func TestEvenTalk(t *testing.T) {
	seeds, seconds := 1, 6*60
	if os.Getenv("SPACES_LONG") != "" {
		seeds, seconds = 5, 3600
	}
	for seed := uint64(50); seed < 50+uint64(seeds); seed++ {
		r := made(seed, seconds)
		r.events, r.turns = nil, nil
		r.talk(rand.New(rand.NewPCG(seed, 4)))
		f, err := r.scan(2)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rank(f, nil, r.tagged(), Options{Top: 10, Length: 30 * time.Second}) {
			t.Logf("seed %d: %.3f %s", seed, m.Score, m.Words())
			const hardly = 0.3
			reacts := slices.ContainsFunc(m.Reasons, func(r Reason) bool { return r.Kind == Laughter || r.Kind == Applause })
			if m.Score > hardly || reacts {
				t.Errorf("seed %d: %.0f s has a score of %.3f, %s", seed, float64(m.Start)/madeRate, m.Score, m.Words())
			}
		}
	}
}
