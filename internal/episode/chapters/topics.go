package chapters

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// LeastTopic is how many seconds chapters made of topics last at least.
const LeastTopic = 120

const (
	// window is how many seconds count as one text for how common a word is.
	window = 60.0
	// block is how many seconds before and after a place are compared.
	block = 90.0
	// near is how many seconds around a place its similarity is smoothed.
	near = 10.0
	// reach is how many seconds the place where the vocabulary changes may lie
	// from the place where it differs most.
	reach = 60.0
	// leastGain is how many times better than by chance two vocabularies must
	// explain the words around a place.
	leastGain = 1.2
	shuffles  = 8
	// smoothing is what words count for that are not said in a stretch.
	smoothing = 0.1
)

// A Said is a stretch of speech with its words.
type Said struct {
	Start, End float64 // seconds
	Text       string
}

// FromTopics proposes chapters where the vocabulary changes, named by the words
// that tell each from the rest. The first begins at 0, and none is shorter than
// least seconds, nor is the rest of a recording that lasts so many. language is
// the code of the language, or "" if it is not known; list is in order.
//
// Places are found as by TextTiling (Hearst 1997): the words before and after
// each are compared, and where they are least alike a chapter may begin. It
// begins where two vocabularies explain the words around it best.
func FromTopics(list []Said, language string, least, seconds float64) []Chapter {
	d := newVocabulary(list, language)
	if len(d.texts) == 0 {
		return nil
	}
	cuts := d.cuts(least, seconds)
	return d.name(append([]int{0}, cuts...))
}

// cuts returns the numbers of the texts that begin a topic, but for the first.
func (d *vocabulary) cuts(least, seconds float64) []int {
	type change struct {
		at   int
		gain float64
	}
	var changes []change
	depth := d.depths()
	for i := range depth {
		// Only where it is deepest.
		if depth[i] > 0 && (i == 0 || depth[i] >= depth[i-1]) && (i+1 == len(depth) || depth[i] >= depth[i+1]) {
			at, gain := d.place(i)
			start := d.texts[at].start
			if gain >= leastGain && start >= least && seconds-start >= least {
				changes = append(changes, change{at, gain})
			}
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.gain, a.gain) })
	var cuts []int
	for _, c := range changes {
		if !slices.ContainsFunc(cuts, func(at int) bool { return math.Abs(d.texts[at].start-d.texts[c.at].start) < least }) {
			cuts = append(cuts, c.at)
		}
	}
	slices.Sort(cuts)
	return cuts
}

// depths returns how much less alike the words before and after the beginning of
// each text are than around it.
func (d *vocabulary) depths() []float64 {
	n := len(d.texts)
	raw := make([]float64, n)
	for i := range raw {
		raw[i] = d.alike(i)
	}
	alike := make([]float64, n)
	for i := range alike {
		sum, count := 0.0, 0.0
		for k := i; k >= 0 && d.texts[i].start-d.texts[k].start <= near; k-- {
			sum, count = sum+raw[k], count+1
		}
		for k := i + 1; k < n && d.texts[k].start-d.texts[i].start <= near; k++ {
			sum, count = sum+raw[k], count+1
		}
		alike[i] = sum / count
	}
	depth := make([]float64, n)
	for i := range depth {
		left, right := alike[i], alike[i]
		for k := i - 1; k >= 0 && alike[k] >= left; k-- {
			left = alike[k]
		}
		for k := i + 1; k < n && alike[k] >= right; k++ {
			right = alike[k]
		}
		depth[i] = left + right - 2*alike[i]
	}
	return depth
}

// before and after are the texts that are compared around the beginning of one.
func (d *vocabulary) before(i int, seconds float64) int {
	k := i
	for k > 0 && d.texts[i].start-d.texts[k-1].start <= seconds {
		k--
	}
	return k
}

func (d *vocabulary) after(i int, seconds float64) int {
	k := i
	for k < len(d.texts) && d.texts[k].start-d.texts[i].start < seconds {
		k++
	}
	return k
}

// alike returns the cosine between the words before and after the beginning of a
// text; rare words count more.
func (d *vocabulary) alike(i int) float64 {
	a, b := d.count(d.before(i, block), i), d.count(i, d.after(i, block))
	var dot, aa, bb float64
	for _, t := range a.terms {
		x := a.n[t] * d.weight[t]
		aa += float64(x * x)
		dot += float64(x * b.n[t] * d.weight[t])
	}
	for _, t := range b.terms {
		x := b.n[t] * d.weight[t]
		bb += float64(x * x)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

// A bag is how often terms are said, with the terms in the order in which they
// are: sums must be the same each time.
type bag struct {
	terms []int
	n     map[int]float64
}

// count counts the terms of texts.
func (d *vocabulary) count(from, to int) bag {
	b := bag{n: make(map[int]float64)}
	for _, t := range d.texts[from:to] {
		for _, term := range t.terms {
			if b.n[term] == 0 {
				b.terms = append(b.terms, term)
			}
			b.n[term]++
		}
	}
	return b
}

// place returns the text near another one before which one vocabulary ends and
// another begins, and how much better two explain the words around it than they
// would if the same was said in any other order.
func (d *vocabulary) place(i int) (at int, gain float64) {
	from, to := d.before(i, 2*block), d.after(i, 2*block)
	order := make([]int, to-from)
	for k := range order {
		order[k] = from + k
	}
	at, best := d.split(order, func(k int) bool { return math.Abs(d.texts[from+k].start-d.texts[i].start) <= reach })
	rnd := rand.New(rand.NewPCG(1, 1)) // the same proposal each time
	chance := 0.0
	for range shuffles {
		rnd.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		_, b := d.split(order, func(k int) bool { return math.Abs(d.texts[from+k].start-d.texts[i].start) <= reach })
		chance += float64(b / shuffles)
	}
	if chance <= 0 {
		return i, 0
	}
	return from + at, best / chance
}

// split returns where texts in some order are best divided in two, each with a
// vocabulary of its own, and how much more likely these make the words than one
// does.
func (d *vocabulary) split(order []int, may func(k int) bool) (at int, gain float64) {
	var left, right mixture
	left.counts, right.counts = d.spare[0], d.spare[1]
	for _, k := range order {
		for _, t := range d.texts[k].terms {
			right.add(t, 1, d.weight)
		}
	}
	one := right.likelihood(len(d.weight))
	at, best := len(order)/2, one
	for k, text := range order {
		if may(k) {
			if l := left.likelihood(len(d.weight)) + right.likelihood(len(d.weight)); l > best {
				at, best = k, l
			}
		}
		for _, t := range d.texts[text].terms {
			left.add(t, 1, d.weight)
			right.add(t, -1, d.weight)
		}
	}
	for _, k := range order {
		for _, t := range d.texts[k].terms {
			left.counts[t], right.counts[t] = 0, 0
		}
	}
	return at, best - one
}

// A mixture is how often terms are said in a stretch.
type mixture struct {
	counts     []float64
	total, sum float64
}

func (m *mixture) add(term int, n float64, weight []float64) {
	w := weight[term]
	part := func(n float64) float64 { return float64(n * w * math.Log(float64(n*w)+smoothing)) }
	m.sum += part(m.counts[term]+n) - part(m.counts[term])
	m.total += float64(n * w)
	m.counts[term] += n
}

// likelihood is the logarithm of how likely the words are if they are drawn with
// the frequencies that they have; rare ones count more.
func (m *mixture) likelihood(terms int) float64 {
	return m.sum - float64(m.total*math.Log(m.total+float64(smoothing*float64(terms))))
}
