package hydra

import (
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/timeline"
)

// A SampleTurn is a stretch of a recording in which one person is talking, by the
// levels. Start and End are positions on the timeline, in samples.
type SampleTurn struct {
	// Name is the person's handle, or empty for the host, whom the tags do
	// not name.
	Name       string
	Start, End int64
}

const (
	// holdSeconds is how long a level counts when the next one is late.
	holdSeconds = 2
	// pauseSeconds is the longest pause inside a turn.
	pauseSeconds = 1.5
)

// Turns derives who talks when from the levels of each piece, in the order of
// the timeline's pieces. Turns of different people may overlap.
func Turns(tl *timeline.Timeline, pieces []*Tags) []SampleTurn {
	if tl.SampleRate == 0 {
		return nil
	}
	hold := int64(holdSeconds * tl.SampleRate)
	pause := int64(pauseSeconds * float64(tl.SampleRate))
	var turns []SampleTurn
	open := make(map[string]int) // handle → index of the latest turn
	for i, p := range pieces {
		if !slices.ContainsFunc(tl.Runs, func(r timeline.Run) bool { return r.Piece == i }) {
			continue // other pieces hold all of it
		}
		end := pieceEnd(tl, i)
		for k, tick := range p.Ticks {
			start := tl.Position(i, tick.Run, tick.Sample)
			stop := end
			if k+1 < len(p.Ticks) {
				next := p.Ticks[k+1]
				stop = tl.Position(i, next.Run, next.Sample)
			}
			stop = min(stop, start+hold, end)
			if stop <= start {
				continue
			}
			for _, name := range talking(tick) {
				key := strings.ToLower(name)
				if j, ok := open[key]; ok && start-turns[j].End <= pause {
					turns[j].End = max(turns[j].End, stop)
					continue
				}
				open[key] = len(turns)
				turns = append(turns, SampleTurn{Name: name, Start: start, End: stop})
			}
		}
	}
	return turns
}

// talking lists who talks at a tick. Levels without a participant beside them
// are nobody's.
func talking(t Tick) []string {
	var names []string
	for i, l := range t.Levels {
		switch {
		case l < Talking:
		case i == 0:
			names = append(names, "")
		case t.Stage != nil && i-1 < len(t.Stage.Participants) && t.Stage.Participants[i-1].UserName != "":
			names = append(names, t.Stage.Participants[i-1].UserName)
		}
	}
	return names
}

// pieceEnd is the position behind the last sample of piece i.
func pieceEnd(tl *timeline.Timeline, i int) int64 {
	for _, r := range tl.Runs {
		if r.Piece > i {
			return r.First
		}
	}
	return tl.Samples
}
