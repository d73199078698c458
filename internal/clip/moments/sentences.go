package moments

import (
	"cmp"
	"slices"

	"github.com/spaces-cli/spaces/internal/recording"
)

// blurred is how far, in hops, the times of recognizers are off: an edge that
// lies so deep in a sentence, or less, is one at its end.
const blurred = hopsASecond * 3 / 10

// between returns the edges that lie in no sentence, moved out of the words at
// both sides, and those of sentences that begin or end without a pause.
func between(edges []edge, sentences []recording.Span, f *features) []edge {
	// How many sentences each hop lies deep in.
	deep := make([]int, len(f.hops)+1)
	starts, ends := make([]int, len(sentences)), make([]int, len(sentences))
	last := len(f.hops)
	for i, s := range sentences {
		starts[i] = min(last, int(max(0, s.Start)*hopsASecond/int64(f.rate)))
		ends[i] = min(last, countHops(max(0, s.End()), f.rate))
		if from, to := starts[i]+blurred, ends[i]-blurred; from < to {
			deep[from]++
			deep[to]--
		}
	}
	for i := 1; i < len(deep); i++ {
		deep[i] += deep[i-1]
	}
	inside := func(at int) bool { return deep[max(0, min(at, last))] > 0 }
	slices.Sort(starts)
	slices.Sort(ends)
	var list []edge
	for _, e := range edges {
		if inside(e.start) || inside(e.end) {
			continue
		}
		// The first words of what follows, and the last of what came before.
		if i, _ := slices.BinarySearch(starts, e.start-blurred); i < len(starts) && starts[i] < e.start {
			e.start = starts[i]
		}
		if i, _ := slices.BinarySearch(ends, e.end+blurred); i > 0 && ends[i-1] > e.end {
			e.end = ends[i-1]
		}
		list = append(list, e)
	}
	byStart := func(a, b edge) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) }
	slices.SortFunc(list, byStart)
	pauses := list
	add := func(at int, near func(e edge) int) {
		const reach = 2 * blurred
		i, _ := slices.BinarySearchFunc(pauses, at-2*reach, func(e edge, at int) int { return cmp.Compare(e.start, at) })
		for ; i < len(pauses) && pauses[i].start <= at+2*reach; i++ {
			if d := near(pauses[i]) - at; d >= -reach && d <= reach {
				return
			}
		}
		if !inside(at) {
			list = append(list, edge{at, at, 0.4, 0, true})
		}
	}
	for _, at := range starts {
		add(at, func(e edge) int { return e.start })
	}
	for _, at := range ends {
		add(at, func(e edge) int { return e.end })
	}
	slices.SortFunc(list, byStart)
	return slices.Compact(list)
}
