// Package title picks the title of a Space: from what its host says, records,
// posts, and the names of files.
package title

import (
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// An Offer is a title, with what kind of title it is and where it comes from.
type Offer struct {
	Title  string
	Source space.TitleSource
	From   string // as space.json names it under "sources"
}

// Choose gives s the best title of those offered and the one it has; one that
// the host gave is replaced only by another of the host's, and the best of the
// others is kept beside it. Where there is none at all, it is made of the date.
func Choose(s *space.Space, offers ...Offer) {
	best := unedited(s)
	host := ""
	if s.TitleSource == space.TitleHost {
		host = s.Title
	}
	for _, o := range offers {
		title := shortened(strings.TrimSpace(o.Title))
		switch {
		case title == "":
		case o.Source == space.TitleHost:
			host, s.Sources["title"] = title, o.From
		case best == nil || o.Source.Rank() > best.Kind.Rank():
			best = &space.Naming{Title: title, Kind: o.Source, Source: o.From}
		}
	}
	if host != "" {
		s.Title, s.TitleSource, s.Unedited = host, space.TitleHost, best
		return
	}
	use(s, best)
}

// Restore gives s the title that it has without the host's own, the best of
// those offered and the one kept. It reports whether there is one.
func Restore(s *space.Space, offers ...Offer) bool {
	Choose(s, offers...)
	if s.TitleSource != space.TitleHost {
		return true
	}
	if s.Unedited == nil {
		return false
	}
	use(s, s.Unedited)
	return true
}

// unedited is the title of s without the host's own; nil where that is unknown:
// earlier programs did not keep it.
func unedited(s *space.Space) *space.Naming {
	switch s.TitleSource {
	case space.TitleHost:
		return s.Unedited
	case "", space.TitleDate:
		return &space.Naming{Kind: space.TitleDate, Source: space.FromDate}
	}
	return &space.Naming{Title: s.Title, Kind: s.TitleSource, Source: s.Sources["title"]}
}

// use makes n the title of s.
func use(s *space.Space, n *space.Naming) {
	s.Title, s.TitleSource, s.Sources["title"], s.Unedited = n.Title, n.Kind, n.Source, nil
	if n.Kind == space.TitleDate {
		s.Title = Dated(s.ID, s.StartedAt.Time)
	}
}

// Dated is the title of a Space that has none: it is made of its date, or of its
// id if that is unknown.
func Dated(id string, start time.Time) string {
	if start.IsZero() {
		return "Space " + id
	}
	return "Space " + start.UTC().Format("2006-01-02 15:04") + " UTC"
}

// maxTitle bounds a title, in bytes: none of X's is longer, and hostile ones
// must not fill the memory of whoever reads them.
const maxTitle = 2000

func shortened(title string) string {
	if len(title) <= maxTitle {
		return title
	}
	return strings.ToValidUTF8(title[:maxTitle], "") + "…"
}
