package consent

import "github.com/spaces-cli/spaces/internal/library/space"

// Hears reports whether a person is heard in a use, as far as that is known:
// who was on stage and has no turns may be heard anywhere.
func (u Use) Hears(handle string) bool {
	key := Handle(handle)
	var spans []space.Stretch
	if u.Turns != nil {
		for _, t := range u.Turns.Turns {
			if Handle(t.Handle) == key {
				spans = append(spans, space.Stretch{Start: t.Start, End: t.End})
			}
		}
		if len(spans) > 0 || !u.Turns.Approximate {
			return len(within(space.Joined(u.Parts, 0), spans, 0)) > 0
		}
	}
	for _, s := range u.Recording.Speakers {
		if Handle(s.Handle) == key {
			return true
		}
	}
	return isPerson(u.Recording.Host, key)
}

func isPerson(p *space.Person, key string) bool { return p != nil && Handle(p.Handle) == key }
