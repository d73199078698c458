package speakers

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/media/timeline"
)

const rate = 48000

// said is a word with who said it.
type said struct {
	Word
	who int
}

// talk is a made conversation: turns of 8 s on average, interjections of half a
// second, and a tenth of the time two people at once.
type talk struct {
	turns  [][2]float64 // seconds
	who    []int
	words  []said
	length float64
}

func newTalk(r *rand.Rand, seconds float64) *talk {
	t := new(talk)
	speak := func(who int, from, to float64) {
		t.turns, t.who = append(t.turns, [2]float64{from, to}), append(t.who, who)
		for at := from; at < to-0.1; {
			n := min(0.12+0.4*r.Float64(), to-at)
			jitter := func() int64 { return int64((r.Float64() - 0.5) * 0.1 * rate) } // of the recognizer
			w := Word{int64(at*rate) + jitter(), int64((at+n)*rate) + jitter()}
			t.words = append(t.words, said{w, who})
			at += n + 0.03*r.Float64()
			if r.Float64() < 0.12 {
				at += 0.15 + 0.5*r.Float64() // a breath
			}
		}
	}
	who, at := 0, 0.5
	shared := 0.0
	for at < seconds {
		n := 2 + 12*r.Float64()
		speak(who, at, at+n)
		for k := at + 4*r.Float64(); k < at+n-1; k += 5 + 10*r.Float64() { // interjections
			speak((who+1+r.IntN(2))%3, k, k+0.5)
			shared += 0.5
		}
		next := at + n + 0.15 + 0.6*r.Float64()
		if shared < 0.1*(at+n) {
			over := min(n/2, 0.5+2.5*r.Float64())
			shared += over
			next = at + n - over
		}
		at, who = next, (who+1+r.IntN(2))%3
		t.length = max(t.length, at+n)
	}
	slices.SortStableFunc(t.words, func(a, b said) int { return cmp.Compare(a.Start, b.Start) })
	return t
}

func (t *talk) speaking(who int, from, to float64) bool {
	for i, s := range t.turns {
		if t.who[i] == who && s[0] < to && s[1] > from {
			return true
		}
	}
	return false
}

var people = []string{"", "ann", "bob"}

// levels are the turns that follow from a reading a second. What it says is not
// documented: whether somebody speaks just then, or has within the second before.
func (t *talk) levels(r *rand.Rand, before float64) []Turn {
	tags := new(hydra.Tags)
	stage := &hydra.Stage{Participants: []hydra.Participant{{UserName: "ann"}, {UserName: "bob"}}}
	for at := r.Float64(); at < t.length; at += 0.97 + 0.06*r.Float64() {
		tick := hydra.Tick{Sample: int64(at * rate), Stage: stage, Levels: make([]uint8, 3)}
		for who := range people {
			if t.speaking(who, at-before, at) {
				tick.Levels[who] = 40
			}
		}
		tags.Ticks = append(tags.Ticks, tick)
	}
	n := int64(t.length * rate)
	tl := &timeline.Timeline{SampleRate: rate, Samples: n, Runs: []timeline.Run{{Samples: n}}}
	var list []Turn
	for _, turn := range hydra.Turns(tl, []*hydra.Tags{tags}) {
		list = append(list, Turn{turn.Name, turn.Start, turn.End})
	}
	return list
}

func (t *talk) confirmed() []Turn {
	var list []Turn
	for i, s := range t.turns {
		list = append(list, Turn{people[t.who[i]], int64(s[0] * rate), int64(s[1] * rate)})
	}
	return list
}

// right is the share of words of which the speaker is named, and nobody who
// does not speak then.
func (t *talk) right(named [][]string) float64 {
	n := 0
	for i, w := range t.words {
		ok := slices.Contains(named[i], people[w.who])
		for _, name := range named[i] {
			ok = ok && t.speaking(slices.Index(people, name), float64(w.Start)/rate-0.05, float64(w.End)/rate+0.05)
		}
		if ok {
			n++
		}
	}
	return float64(n) / float64(len(t.words))
}

func (t *talk) list() []Word {
	var list []Word
	for _, w := range t.words {
		list = append(list, w.Word)
	}
	return list
}

// Nine words of ten with levels, all but one of a hundred with turns that the host
// has confirmed.
func TestWordsAreNamedRightly(t *testing.T) {
	for _, tt := range []struct {
		name  string
		goal  float64
		turns func(*talk, *rand.Rand) []Turn
		exact bool
	}{
		{"confirmed", 0.99, func(k *talk, r *rand.Rand) []Turn { return k.confirmed() }, true},
		{"levels of the moment", 0.90, func(k *talk, r *rand.Rand) []Turn { return k.levels(r, 0.02) }, false},
		{"levels of half a second", 0.90, func(k *talk, r *rand.Rand) []Turn { return k.levels(r, 0.5) }, false},
		{"levels of the second before", 0.90, func(k *talk, r *rand.Rand) []Turn { return k.levels(r, 1) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sum, worst := 0.0, 1.0
			const seeds = 20
			for seed := range uint64(seeds) {
				r := rand.New(rand.NewPCG(seed, 16))
				k := newTalk(r, 1200)
				turns := &Turns{List: tt.turns(k, r), Rate: rate, Exact: tt.exact}
				share := k.right(turns.Of(k.list()))
				sum += share
				worst = min(worst, share)
			}
			t.Logf("%s: %.1f %% on average, %.1f %% at worst", tt.name, 100*sum/seeds, 100*worst)
			if sum/seeds < tt.goal {
				t.Errorf("%.3f of the words have the right speaker, want %.2f", sum/seeds, tt.goal)
			}
		})
	}
}

func TestOf(t *testing.T) {
	seconds := func(from, to float64) Word { return Word{int64(from * rate), int64(to * rate)} }
	turn := func(name string, from, to float64) Turn { return Turn{name, int64(from * rate), int64(to * rate)} }
	for _, tt := range []struct {
		name  string
		turns []Turn
		words []Word
		want  string // of confirmed turns
	}{
		{"no turns", nil, []Word{seconds(1, 2)}, "-"},
		{"no words", []Turn{turn("ann", 0, 5)}, nil, ""},
		{"one after the other", []Turn{turn("ann", 0, 5), turn("bob", 5, 9)}, []Word{seconds(1, 2), seconds(4.6, 5.2), seconds(4.9, 5.3)}, "ann ann bob"},
		{"at once", []Turn{turn("ann", 0, 5), turn("bob", 4, 9)}, []Word{seconds(4.2, 4.6)}, "ann+bob"},
		{"at once, and one again", []Turn{turn("ann", 0, 5), turn("ann", 4, 9)}, []Word{seconds(4.2, 4.6)}, "ann"},
		{"just outside", []Turn{turn("ann", 1, 5)}, []Word{seconds(0.4, 0.8), seconds(5.2, 5.4)}, "ann ann"},
		{"far outside", []Turn{turn("ann", 1, 5)}, []Word{seconds(6, 7)}, "-"},
		{"between two, nearer to the second", []Turn{turn("ann", 1, 5), turn("bob", 5.6, 7)}, []Word{seconds(5.3, 5.5)}, "bob"},
		{"a long turn before short ones", []Turn{turn("ann", 0, 100), turn("bob", 10, 11), turn("bob", 20, 21)}, []Word{seconds(90, 91)}, "ann"},
		{"turns out of order", []Turn{turn("bob", 5, 9), turn("ann", 0, 5)}, []Word{seconds(1, 2), seconds(6, 7)}, "ann bob"},
		{"a word of no length", []Turn{turn("ann", 0, 5)}, []Word{seconds(2, 2)}, "ann"},
		{"a word that ends before it begins", []Turn{turn("ann", 0, 5)}, []Word{seconds(2, 1)}, "ann"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, names := range (&Turns{tt.turns, rate, true}).Of(tt.words) {
				got = append(got, cmp.Or(strings.Join(names, "+"), "-"))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%s, want %s", s, tt.want)
			}
		})
	}
}

// Whatever turns and words are, each word gets its names and nothing hangs.
func FuzzOf(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6}, []byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, turns, words []byte) {
		list := &Turns{Rate: 8}
		for i := 0; i+1 < len(turns); i += 2 {
			list.List = append(list.List, Turn{people[int(turns[i])%3], int64(turns[i]), int64(turns[i+1])})
		}
		var said []Word
		for i := 0; i+1 < len(words); i += 2 {
			said = append(said, Word{int64(words[i]), int64(words[i+1])})
		}
		slices.SortFunc(said, func(a, b Word) int { return cmp.Compare(a.Start, b.Start) })
		for _, list.Exact = range []bool{true, false} {
			if named := list.Of(said); len(named) != len(said) {
				t.Errorf("%d words, %d with names", len(said), len(named))
			}
		}
	})
}
