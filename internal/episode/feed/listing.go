package feed

import (
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
)

// Listing is the place of an episode in the show.
func (s *Show) Listing(e *Episode) episode.Listing { return e.In(s.Name) }

// Publishes reports whether an episode is published in the show, be it at once or
// from a date on.
func (s *Show) Publishes(e *Episode) bool { return e.IsPublishedIn(s.Name) }

// Date is the date of the episode's item: that at which it enters the feed, if
// somebody has said one, or else when the Space began.
func (s *Show) Date(e *Episode) time.Time {
	if at := s.Listing(e).PublishAt; at != nil && !at.IsZero() {
		return at.Time
	}
	return e.Date.Time
}

// Waits reports whether the episode is published, but enters the feed only after
// a time.
func (s *Show) Waits(e *Episode, now time.Time) bool {
	at := s.Listing(e).PublishAt
	return s.Publishes(e) && at != nil && at.After(now)
}
