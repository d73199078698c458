// Package title picks the title of a Space: from what its host says, records,
// posts, and the names of files.
package title

import (
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// An Offer is a title, with what kind of title it is and where it comes from.
type Offer struct {
	Title  string
	Source space.TitleSource
	From   string // as space.json names it under "sources"
}

// Choose gives s the best title of those offered and the one it has; one that
// the host gave is replaced only by another of the host's. Where there is none
// at all, it is made of the date.
func Choose(s *space.Space, offers ...Offer) {
	if s.TitleSource == "" {
		s.TitleSource = space.TitleDate
	}
	for _, o := range offers {
		title := shortened(strings.TrimSpace(o.Title))
		if title == "" || o.Source.Rank() < s.TitleSource.Rank() || o.Source == s.TitleSource && o.Source != space.TitleHost {
			continue
		}
		s.Title, s.TitleSource, s.Sources["title"] = title, o.Source, o.From
	}
	if s.TitleSource == space.TitleDate {
		s.Title, s.Sources["title"] = "Space "+s.ID, space.FromDate
		if !s.StartedAt.IsZero() {
			s.Title = "Space " + s.StartedAt.UTC().Format("2006-01-02 15:04") + " UTC"
		}
	}
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
