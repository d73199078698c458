package moments

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// checkMoments holds moments against what is promised of them.
func checkMoments(t *testing.T, f *features, list []Moment, o Options) {
	t.Helper()
	if len(list) > o.Top {
		t.Errorf("%d moments, at most %d asked for", len(list), o.Top)
	}
	for i, m := range list {
		seconds := float64(m.Samples) / float64(f.rate)
		if m.Start < 0 || m.Samples <= 0 || m.End() > f.samples || seconds > o.Length.Seconds()+1e-3 {
			t.Errorf("moment %+v of %d samples", m, f.samples)
		}
		if m.Score <= 0 || m.Score > 1 || i > 0 && m.Score > list[i-1].Score || m.Words() == "" {
			t.Errorf("moment %d of %d: score %g, %q", i, len(list), m.Score, m.Words())
		}
		for _, n := range list[:i] {
			if m.Start < n.End() && n.Start < m.End() {
				t.Errorf("%+v and %+v overlap", m, n)
			}
		}
	}
}

func TestRank(t *testing.T) {
	r := made(3, 400)
	f, err := r.scan(2)
	if err != nil {
		t.Fatal(err)
	}
	turns := r.tagged()
	for _, o := range []Options{{Top: 1, Length: 30 * time.Second}, {Top: 100, Length: 12 * time.Second}, {Top: 10, Length: time.Minute}} {
		list := rank(f, nil, turns, o)
		checkMoments(t, f, list, o)
		if len(list) == 0 {
			t.Errorf("%+v: nothing", o)
		}
	}
	o := Options{Top: 10, Length: 30 * time.Second}
	whole := rank(f, nil, turns, o)
	if again := rank(f, nil, turns, o); !slices.EqualFunc(whole, again, func(a, b Moment) bool { return a.Span == b.Span && a.Score == b.Score }) {
		t.Error("the same call has another result")
	}

	// Nothing reaches across a gap, nor over what does not decode.
	best := whole[0]
	middle := best.Start + best.Samples/2
	list := rank(f, []int64{middle}, turns, o)
	checkMoments(t, f, list, o)
	for _, m := range list {
		if m.Start < middle && m.End() > middle+int64(f.rate)/hopsASecond {
			t.Errorf("%+v reaches across a gap at %d", m, middle)
		}
	}
	damaged := *f
	damaged.hops = slices.Clone(f.hops)
	at := int(middle * hopsASecond / int64(f.rate))
	damaged.hops[at].flags |= lost
	for _, m := range rank(&damaged, nil, turns, o) {
		if m.Start <= damaged.position(at) && m.End() > damaged.position(at) {
			t.Errorf("%+v holds what does not decode", m)
		}
	}

	// With all of it clipped there is nothing left to share.
	for i := range damaged.hops {
		damaged.hops[i].flags = clipped
	}
	if list := rank(&damaged, nil, turns, o); len(list) > 0 {
		t.Errorf("of clipped sound: %+v", list)
	}

	// Whom one asks for is heard.
	for _, m := range rank(f, nil, turns, Options{Top: 10, Length: 30 * time.Second, Speaker: "@GUEST1"}) {
		if !slices.Contains(m.Speakers, "guest1") {
			t.Errorf("guest1 is not heard in %+v", m)
		}
	}
}

// Who is always loud does not stand out by it, and decoys are no moments.
func TestDecoysAreNot(t *testing.T) {
	seeds := 2
	if os.Getenv("SPACES_LONG") != "" {
		seeds = 3
	}
	for seed := range uint64(seeds) {
		r := made(seed, 300)
		f, err := r.scan(2)
		if err != nil {
			t.Fatal(err)
		}
		l, _ := levelsOf(f.hops)
		for _, e := range eventsOf(f.hops, l, r.tagged().Turns) {
			const strong = 0.6
			if e.strength < strong {
				continue
			}
			if e.kind == Raised && e.handle == "loud" {
				t.Errorf("seed %d: who is always loud stands out: %+v", seed, e)
			}
			for _, h := range r.events {
				if !h.planted && e.kind != Exchange && e.from < h.end+1 && e.to > h.at-1 {
					t.Errorf("seed %d: %s passes for %+v", seed, h.kind, e)
				}
			}
		}
	}
}

// Without turns laughter, applause and a raised voice are found by the sound
// alone.
func TestWithoutTurns(t *testing.T) {
	r := made(4, 400)
	f, err := r.scan(2)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Top: 10, Length: 30 * time.Second}
	list := rank(f, nil, nil, o)
	checkMoments(t, f, list, o)
	kinds := make(map[ReasonKind]bool)
	for _, m := range list {
		for _, w := range m.Reasons {
			kinds[w.Kind] = true
			if w.Kind == Exchange {
				t.Error("an exchange without turns")
			}
		}
	}
	if !kinds[Laughter] || !kinds[Applause] {
		t.Errorf("found only %v in\n%v", kinds, r)
	}
}

// Neither hops nor turns of any kind make it panic or hang.
func FuzzRank(f *testing.F) {
	f.Add(uint64(1), 3000, 50, 30.0)
	f.Add(uint64(2), 1, 1, 5.0)
	f.Add(uint64(3), 7, 400, 600.0)
	f.Fuzz(func(t *testing.T, seed uint64, n, people int, length float64) {
		if n < 0 || n > 20000 || people < 0 || people > 500 || !(length >= 5 && length <= 600) {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		x := &features{rate: 8000, samples: int64(n) * 200, hops: make([]hop, n)}
		for i := range x.hops {
			x.hops[i] = hop{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(40) / 38)}
		}
		turns := new(space.Turns)
		for range people {
			at := rng.Float64()*float64(n)/hopsASecond*1.2 - 1
			turns.Turns = append(turns.Turns, space.Turn{Handle: string(rune('a' + rng.IntN(4))), Start: at, End: at + 20*rng.NormFloat64()})
		}
		o := Options{Top: 5, Length: time.Duration(length * float64(time.Second))}
		checkMoments(t, x, rank(x, []int64{rng.Int64N(x.samples + 1)}, turns, o), o)
	})
}
