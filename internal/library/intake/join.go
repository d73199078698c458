package intake

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/timeline"
)

// orderClock is what a recording says whose pieces are joined in another order
// than that of their numbers.
const orderClock = "clock"

// overlapping is the kind of damage that a recording has whose pieces lie over
// each other by the clock and are not the same there.
const overlapping = "overlap"

// assemble lays the pieces on a timeline and plans the files. Where the clock
// contradicts the numbers of the pieces, it decides; what two of them hold is
// played once.
func assemble(pieces []*piece) (*audio, error) {
	var clocks []timeline.Piece
	for _, p := range pieces {
		clocks = append(clocks, p.clock())
	}
	a := new(audio)
	order := timeline.Order(clocks)
	var laid []timeline.Piece
	for _, i := range order {
		a.pieces = append(a.pieces, pieces[i])
		laid = append(laid, clocks[i])
	}
	if !slices.IsSorted(order) {
		a.order = orderClock
	}
	a.dropOverlaps(laid)
	var tags []*hydra.Tags
	for _, p := range a.pieces {
		tags = append(tags, p.tags)
	}
	a.tl = timeline.Build(laid)
	a.turns = hydra.Turns(a.tl, tags)
	var err error
	a.files, a.file, a.unit, err = playables(a.tl, a.pieces)
	return a, err
}

// dropOverlaps notes in laid and in the pieces which units stand in a piece
// before as well.
func (a *audio) dropOverlaps(laid []timeline.Piece) {
	last := 0 // the piece that ends latest
	end, known := laid[0].Interval()
	for i := 1; i < len(laid); i++ {
		span, clocked := laid[i].Interval()
		drop, same := int64(0), true
		switch {
		case !clocked || !known:
			drop, same = timeline.Overlap(a.pieces[last].Hashes, a.pieces[i].Hashes, -1, 0)
		case end.End.Sub(span.Start) > -timeline.MinGap:
			drop, same = overlap(a.pieces[last], a.pieces[i], end.End.Sub(span.Start))
		}
		p := a.pieces[i]
		if drop > 0 {
			laid[i].Drop, p.drop = drop, drop
			before := p.Track.Seconds()
			p.Overlap = space.Seconds(before - timeline.Build(laid[i:i+1]).Seconds())
			if !same {
				a.contradictions++
			}
		}
		if drop < p.Track.Units() && (!clocked || !known || span.End.After(end.End)) {
			last, end, known = i, span, clocked
		}
	}
}

// overlap returns how many units of b, which begins by so much before a ends
// by the clock, are to be left out: those that are the same in a, or else as
// many as the clock says.
func overlap(a, b *piece, by time.Duration) (units int64, same bool) {
	run := b.Track.Runs[0]
	if run.UnitSamples == 0 {
		return 0, true
	}
	unit := time.Duration(run.UnitSamples) * time.Second / time.Duration(run.SampleRate)
	expected := max(0, int64((by+unit/2)/unit))
	// Less than MinGap may be the clock's jitter: then the units must bear it
	// out almost exactly.
	tolerance := int64(timeline.MinGap / unit)
	if by < timeline.MinGap {
		tolerance = min(expected-1, 2)
	}
	if n, ok := timeline.Overlap(a.Hashes, b.Hashes, expected, tolerance); ok {
		return n, true
	}
	if by < timeline.MinGap {
		return 0, true
	}
	return min(expected, b.Track.Units()), false
}

// reportJoins tells how the pieces were joined, where that is not as anybody
// would expect.
func (a *audio) reportJoins(out *outcome) {
	if a.order == orderClock {
		names := ""
		for i, p := range a.pieces {
			if i > 0 {
				names += ", "
			}
			names += p.Name
		}
		out.problem(archive.Problem{Kind: "piece-order", Subject: cmp.Or(a.pieces[0].Member, a.pieces[0].Name),
			Message: "the clock in the audio contradicts the piece numbers; the pieces were joined by the clock, in this order: " + names}, false)
	}
	for _, p := range a.pieces {
		if n := p.Track.OtherTracks; n > 0 {
			out.problem(archive.Problem{Kind: "other-tracks", Subject: cmp.Or(p.Member, p.Name),
				Message: fmt.Sprintf("it has %d audio tracks; the first playable one is used, and the others are kept in the original", n+1)}, false)
		}
	}
	for _, p := range a.pieces {
		if p.Overlap == 0 {
			continue
		}
		what := fmt.Sprintf("its first %.1f s repeat an earlier piece and are played once", p.Overlap)
		if p.drop >= p.Track.Units() {
			what = "all of it repeats an earlier piece and is played once"
		}
		if a.contradictions > 0 {
			what += "; matched by the clock, because the pieces differ there"
		}
		out.problem(archive.Problem{Kind: "piece-overlap", Subject: cmp.Or(p.Member, p.Name), Message: what}, false)
	}
}

// damage adds up what is wrong with the pieces and with how they fit together.
func (a *audio) damage() *space.Damage {
	var pieces []space.Piece
	for _, p := range a.pieces {
		pieces = append(pieces, p.Piece)
	}
	join := func(kind string, n int) {
		if n > 0 {
			pieces = append(pieces, space.Piece{Damage: &space.Damage{Places: int64(n), Kinds: map[string]int{kind: n}}})
		}
	}
	join(lostPiece, a.lost)
	join(overlapping, a.contradictions)
	return sumDamage(pieces)
}

// lostPiece is the kind of damage that a recording has of which a piece could
// not be read.
const lostPiece = "lost-piece"
