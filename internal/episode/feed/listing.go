package feed

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library/title"
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

// TitleOf is the title of the episode's item. One that nobody has given a title is
// called by its day, in the show's language.
func (s *Show) TitleOf(e *Episode) string {
	text := strings.TrimSpace(e.Title)
	if text != "" && (text != title.Dated(e.ID, e.Date.Time) || e.Date.IsZero()) {
		return text
	}
	l, _ := languages.For(s.Language)
	day := e.Date.Time
	if day.IsZero() {
		day = s.Date(e)
	}
	return l.Say("feed.untitled", "date", l.Date(day.UTC()))
}

// Due reports whether the episode is published in the show and enters the feed at
// a time, or has before.
func (s *Show) Due(e *Episode, now time.Time) bool {
	return s.Publishes(e) && !s.Waits(e, now)
}

// Waits reports whether the episode is published, but enters the feed only after
// a time.
func (s *Show) Waits(e *Episode, now time.Time) bool {
	at := s.Listing(e).PublishAt
	return s.Publishes(e) && at != nil && at.After(now)
}

// Waiting lists the episodes that enter the feed after a time, the first one
// first.
func (s *Show) Waiting(ctx context.Context, root *os.Root, now time.Time) ([]*Episode, error) {
	all, _, err := List(ctx, root)
	list := slices.DeleteFunc(all, func(e *Episode) bool { return !s.Waits(e, now) })
	slices.SortStableFunc(list, func(a, b *Episode) int {
		return cmp.Or(s.Date(a).Compare(s.Date(b)), cmp.Compare(a.Sidecar, b.Sidecar))
	})
	return list, err
}

// A NoneDueError means that all published episodes enter the feed later. It wraps
// ErrNonePublished.
type NoneDueError struct{ Next time.Time }

func (e *NoneDueError) Error() string {
	return "no episode is due yet; the first enters the feed at " + e.Next.UTC().Format("2006-01-02 15:04") + " UTC"
}
func (e *NoneDueError) Unwrap() error { return ErrNonePublished }
