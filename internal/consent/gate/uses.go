package gate

import (
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
	return u
}
