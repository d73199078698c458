package gate

import (
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/recording"
)

// An Omission is what is left out of a recording, and whose turns they are.
type Omission struct {
	recording.Omission
	Missing []consent.Missing
	Margin  float64 // seconds on both sides of each turn
	Guessed bool    // the turns are not the host's own word
}

// An UntoldError means that nothing tells when somebody speaks who has not
// agreed, so that they cannot be left out.
type UntoldError struct {
	Recording string           // id
	Who       *consent.Missing // nil: nothing tells when anybody speaks
}

func (e *UntoldError) Error() string {
	if e.Who == nil {
		return "nothing tells who speaks when in " + e.Recording
	}
	return fmt.Sprintf("%s has not agreed, and nothing tells when they speak in %s", e.Who.Name(), e.Recording)
}

// Omission finds what must be left out of a recording for an action. The
// margin is in seconds; if it is negative, it follows from how well the turns
// are known.
func (g *Gate) Omission(act consent.Action, r *recording.Recording, margin float64, mute bool) (*Omission, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, err := g.voices(r.Space.ID)
	if err != nil {
		return nil, err
	}
	out := &Omission{Omission: recording.Omission{Mute: mute}}
	out.Missing = g.ledger.Missing(consent.Use{Recording: v.rec, Turns: v.turns}, act.Purpose(), g.o.Now())
	if len(out.Missing) == 0 {
		return out, nil
	}
	if v.turns == nil || len(v.turns.Turns) == 0 {
		return nil, &UntoldError{Recording: r.Space.ID}
	}
	for i := range out.Missing {
		if len(out.Missing[i].Spans) == 0 {
			return nil, &UntoldError{r.Space.ID, &out.Missing[i]}
		}
	}
	out.Guessed, out.Margin = v.turns.Approximate, margin
	if margin < 0 {
		out.Margin = consent.Margin(v.turns)
	}
	for _, s := range consent.LeaveOut(out.Missing, out.Margin, r.Seconds(r.Samples)) {
		from := int64(math.Floor(s.Start * float64(r.Rate)))
		to := min(r.Samples, int64(math.Ceil(s.End*float64(r.Rate))))
		out.Spans = append(out.Spans, recording.Span{Start: from, Samples: to - from})
	}
	return out, nil
}
