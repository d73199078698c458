package merge

import (
	"context"
	"maps"
	"slices"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
)

// combine says what is to be known of a recording that both libraries have, and
// whether the copy of the other one takes the place of ours, and why. whole and plays
// say whether the originals here, and the playable files, are what they were.
func (m *merger) combine(p pair, known *space.Space, whole, plays bool) (s *space.Space, replace bool, reason string) {
	theirs := p.theirs
	s = new(space.Space)
	*s = *known
	s.Sources = maps.Clone(known.Sources)
	if s.Sources == nil {
		s.Sources = make(map[string]string)
	}
	if known.State == space.Missing {
		intake.DescribeState(s)
	}
	if len(theirs.Pieces) > 0 {
		same := samePieces(known, theirs)
		switch {
		case len(known.Pieces) == 0:
			replace, reason = true, "the record had no audio"
		case same && whole && !intake.Completes(known, theirs):
		default:
			// An original that has changed does not make a worse recording of one whose
			// playable files are right.
			replace, reason = intake.Better(known, theirs, whole || plays && !same)
			if !same {
				m.tellAudio(p, known, replace, reason)
			}
		}
	}
	if replace {
		takeAudio(s, theirs)
	}
	m.titles(p, s)
	m.note(p, s)
	m.started(p, s)
	m.people(s, theirs)
	s.Provenance = origins(s.Provenance, theirs.Provenance)
	intake.DescribeState(s)
	if known.State == space.Missing && !replace {
		s.State = space.Missing
	}
	return s, replace, reason
}

// plays reports whether the playable files of a recording here are what they were.
func (m *merger) plays(ctx context.Context, s *space.Space) bool {
	for i, f := range s.Files {
		if sum, err := m.lib.Sum(ctx, f); err != nil || sum != s.FileSHA256[i] {
			return false
		}
	}
	return len(s.Files) > 0
}

func samePieces(a, b *space.Space) bool {
	return slices.EqualFunc(a.Pieces, b.Pieces, func(x, y space.Piece) bool { return x.SHA256 == y.SHA256 })
}

// tellAudio tells of two copies of a recording, once: the other one is kept among
// the earlier originals, and is no conflict from then on.
func (m *merger) tellAudio(p pair, known *space.Space, replace bool, reason string) {
	switch {
	case replace:
		m.conflict(Conflict{Kind: OfAudio, Recording: p.id, Kept: There, Other: known.Folder,
			Message: "two copies of the recording: that of the other library is played (" + reason + "), that of this one is among its earlier originals"})
	case len(m.lacking(p.theirs, known)) > 0:
		m.conflict(Conflict{Kind: OfAudio, Recording: p.id, Kept: Here, Other: known.Folder,
			Message: "two copies of the recording: " + reason + "; that of the other library is among its earlier originals"})
	}
}

// takeAudio has s say of the audio what theirs does.
func takeAudio(s, theirs *space.Space) {
	s.Pieces, s.Timeline, s.Configs, s.Parts = theirs.Pieces, theirs.Timeline, theirs.Configs, theirs.Parts
	s.Duration, s.Samples, s.Audio, s.Damage, s.Order = theirs.Duration, theirs.Samples, theirs.Audio, theirs.Damage, theirs.Order
	s.Earlier = slices.Clone(theirs.Earlier)
	s.FileSHA256, s.WrittenBy = theirs.FileSHA256, theirs.WrittenBy
	s.Files = slices.Clone(theirs.Files)
	s.File, s.Folder = theirs.File, theirs.Folder // the place comes later
	source(s, theirs, "duration")
	source(s, theirs, "talk_seconds")
	if s.Sources["started_at"] != space.FromHost {
		s.StartedAt, s.EndedAt = theirs.StartedAt, theirs.EndedAt
		source(s, theirs, "started_at")
		source(s, theirs, "ended_at")
	}
	if len(theirs.Speakers) > 0 { // how long each spoke belongs to the audio
		s.Speakers = theirs.Speakers
		source(s, theirs, "speakers")
	}
}

// source has a fact of s come from where that of theirs does.
func source(s, theirs *space.Space, key string) {
	if from, ok := theirs.Sources[key]; ok {
		s.Sources[key] = from
	} else {
		delete(s.Sources, key)
	}
}

// titles takes the better title. One that the host gave stays, and another one
// that they gave there is told.
func (m *merger) titles(p pair, s *space.Space) {
	theirs := p.theirs
	from := theirs.Sources["title"]
	if theirs.TitleSource == space.TitleHost {
		if n := theirs.Unedited; n != nil && n.Kind != space.TitleDate {
			title.Choose(s, title.Offer{Title: n.Title, Source: n.Kind, From: n.Source})
		}
		if s.TitleSource != space.TitleHost {
			title.Choose(s, title.Offer{Title: theirs.Title, Source: space.TitleHost, From: space.FromHost})
		} else if s.Title != theirs.Title {
			m.conflict(Conflict{Kind: OfTitle, Recording: p.id, Kept: Here, Other: m.other.Path(p.there),
				Message: "the title was changed in both libraries: " + quoted(s.Title) + " was kept; in the other library it is " + quoted(theirs.Title)})
		}
		return
	}
	if theirs.TitleSource != "" && theirs.TitleSource != space.TitleDate {
		title.Choose(s, title.Offer{Title: theirs.Title, Source: theirs.TitleSource, From: from})
		return
	}
	title.Choose(s) // one that is made of the date follows it
}

func quoted(s string) string { return "“" + s + "”" }

func (m *merger) note(p pair, s *space.Space) {
	switch {
	case s.Note == "":
		s.Note = p.theirs.Note
	case p.theirs.Note != "" && p.theirs.Note != s.Note:
		m.conflict(Conflict{Kind: OfNote, Recording: p.id, Kept: Here, Other: m.other.Path(p.there),
			Message: "both libraries have a note: " + quoted(s.Note) + " was kept; in the other library it is " + quoted(p.theirs.Note)})
	}
}

// started takes a start that the host gave.
func (m *merger) started(p pair, s *space.Space) {
	theirs := p.theirs
	given := theirs.Sources["started_at"] == space.FromHost
	switch {
	case !given && !s.StartedAt.IsZero():
	case s.Sources["started_at"] != space.FromHost:
		if theirs.StartedAt.IsZero() {
			return
		}
		s.StartedAt, s.EndedAt = theirs.StartedAt, theirs.EndedAt
		source(s, theirs, "started_at")
		source(s, theirs, "ended_at")
	case !s.StartedAt.Equal(theirs.StartedAt.Time):
		m.conflict(Conflict{Kind: OfStart, Recording: p.id, Kept: Here, Other: m.other.Path(p.there),
			Message: "the start was given in both libraries: " + s.StartedAt.String() + " was kept; in the other library it is " + theirs.StartedAt.String()})
	}
}

// people takes what the record tells of people, where only the other library has
// one.
func (m *merger) people(s, theirs *space.Space) {
	if s.Record == nil && theirs.Record != nil {
		s.Record = theirs.Record
		if theirs.Host != nil {
			s.Host = theirs.Host
			source(s, theirs, "host")
		}
		if len(theirs.Speakers) > 0 {
			s.Speakers = theirs.Speakers
			source(s, theirs, "speakers")
			source(s, theirs, "talk_seconds")
		}
	}
	if s.Sidecar == nil {
		s.Sidecar = theirs.Sidecar
	}
	if s.Host == nil && theirs.Host != nil {
		s.Host = theirs.Host
		source(s, theirs, "host")
	}
	if len(s.Speakers) == 0 && len(theirs.Speakers) > 0 {
		s.Speakers = theirs.Speakers
		source(s, theirs, "speakers")
	}
	if len(s.Hashtags) == 0 && len(theirs.Hashtags) > 0 {
		s.Hashtags = theirs.Hashtags
	}
	if len(s.Mentions) == 0 && len(theirs.Mentions) > 0 {
		s.Mentions = theirs.Mentions
	}
	// Whose a recording is decides which answers count for it: only between
	// libraries of one account is that taken from the other.
	if s.Account == nil && !m.mixing && consent.SameAccount(theirs.Account, m.mine.Account()) {
		s.Account = theirs.Account
	}
}

// origins adds the archives that a library names to those of another.
func origins(list, more []space.Origin) []space.Origin {
	list = slices.Clone(list)
	for _, o := range more {
		i := slices.IndexFunc(list, func(k space.Origin) bool { return k.Archive == o.Archive })
		if i < 0 {
			list = append(list, o)
			continue
		}
		list[i].Supplied = slices.Clone(list[i].Supplied)
		for _, what := range o.Supplied {
			if !slices.Contains(list[i].Supplied, what) {
				list[i].Supplied = append(list[i].Supplied, what)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b space.Origin) int { return a.Made.Compare(b.Made.Time) })
	return list
}
