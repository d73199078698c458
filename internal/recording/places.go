package recording

import (
	"context"
	"errors"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Places are several places in a recording, as people say them.
type Places struct {
	At, Around, Clock []string // what Place has one of
	Speaker           string   // all turns of this handle
	Snap              bool     // move both ends to pauses
	Place             Place    // the rest of each place
}

// A Found is a span that was asked for.
type Found struct {
	Span
	Shortened bool // less is there than was asked for
}

// Find returns the spans in the order of the fields of p: turns, then At, Around
// and Clock.
func (p Places) Find(ctx context.Context, r *Recording, turns *space.Turns) (list []Found, err error) {
	if p.Speaker != "" {
		spoken, err := r.Turns(turns, p.Speaker)
		if err != nil {
			return nil, err
		}
		for _, s := range spoken {
			list = append(list, Found{s, false})
		}
	}
	find := func(texts []string, set func(*Place, string)) {
		for _, text := range texts {
			one := p.Place
			set(&one, text)
			s, short, ferr := r.Find(one)
			list, err = append(list, Found{s, short}), errors.Join(err, ferr)
		}
	}
	find(p.At, func(one *Place, text string) { one.At = text })
	find(p.Around, func(one *Place, text string) { one.At, one.Around = text, true })
	find(p.Clock, func(one *Place, text string) { one.Clock = text })
	for i := range list {
		if err == nil && p.Snap {
			list[i].Span, err = r.Snap(ctx, list[i].Span)
		}
	}
	return list, err
}
