package gate

import (
	"context"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// OfRequest is what the file of a clip that is to be cut will hold: all samples
// in it, hidden ones too.
func OfRequest(q clip.Request) (Use, error) {
	held, err := clip.Held(q)
	r := q.Recording
	return Use{Recording: r.Space.ID, Clip: true, Film: q.Format == format.MP4, Parts: []space.Stretch{{Start: r.Seconds(held.Start), End: r.Seconds(held.End())}}}, err
}

// OfClip is what a clip holds of its recording, by its record.
func OfClip(p *clip.Provenance) Use {
	var out []space.Stretch
	for _, o := range p.Omitted {
		out = append(out, space.Stretch{Start: o.Start, End: o.Start + o.Seconds})
	}
	start, end := p.HeldSeconds()
	parts := consent.Without([]space.Stretch{{Start: start, End: end}}, out)
	if len(parts) == 0 {
		parts = []space.Stretch{{Start: start, End: start}} // nothing, and not all
	}
	return Use{Recording: p.Recording, Parts: parts, Clip: true}
}

// OfEpisode is what an episode holds of its recording, by its record.
func OfEpisode(r *episode.Record) Use {
	u := Use{Recording: r.ID}
	for _, k := range r.Kept {
		u.Parts = append(u.Parts, space.Stretch{Start: k.Start, End: k.Start + k.Seconds})
	}
	for _, a := range []*episode.Added{r.Intro, r.Outro} {
		if a != nil {
			u.Also = append(u.Also, OfBumper(a.Heard)...)
		}
	}
	return u
}

// OfBumper is what an intro or an outro holds of recordings of the library.
func OfBumper(list []episode.Heard) []Use {
	var uses []Use
	for _, h := range list {
		uses = append(uses, Use{Recording: h.ID, Parts: h.Parts, Clip: len(h.Parts) > 0})
	}
	return uses
}

// Bumper finds the recordings that a file is made of which goes before or after
// others as an intro or an outro. Its other sound is the host's own: music, or a
// voice that no recording of the library has.
func (g *Gate) Bumper(ctx context.Context, name string) ([]episode.Heard, error) {
	found, err := g.File(ctx, name)
	if err != nil {
		return nil, err
	}
	var list []episode.Heard
	var add func(uses []Use)
	add = func(uses []Use) {
		for _, u := range uses {
			if u.Recording != "" {
				list = append(list, episode.Heard{ID: u.Recording, Parts: u.Parts})
			}
			add(u.Also)
		}
	}
	add(found)
	return list, nil
}

// Declines reports whether somebody who is heard in uses has said no to what is
// done with them, also where the policy only warns. What is put on a page by itself,
// without the host naming it, asks this: nobody would see the warning in time. A
// reason of the host's stands above it.
func (g *Gate) Declines(act consent.Action, uses []Use) (bool, error) {
	if g.o.Reason != "" {
		return false, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, u := range merged(uses) {
		f, err := g.find(act, u)
		if err != nil {
			return false, err
		}
		for _, m := range f.Missing {
			if f.Stops() || m.Answer == consent.Declined || m.Answer == consent.Withdrawn || m.Answer == consent.Expired {
				return true, nil
			}
		}
	}
	return false, nil
}
