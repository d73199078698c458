package clip

import (
	"context"
	"encoding/json"

	"github.com/spaces-cli/spaces/internal/library/made"
	"github.com/spaces-cli/spaces/internal/media/tags"
)

// SettingsTag is the tag in which a clip says how its sound was changed. One
// whose sound is as it was has none.
const SettingsTag = "SPACE_SETTINGS"

// settings are those of a clip, without its cover.
func (q *Request) settings() Settings {
	return Settings{Fade: q.Fade.Seconds(), Normalize: q.Normalize, Level: q.Level, Mono: q.Mono, Strict: q.Strict, Title: q.Title, Video: q.videoSettings()}
}

// settled are the tags of a clip with what was done to its sound, so that it can
// be made again wherever the recording is.
func (q *Request) settled() tags.Tags {
	t := q.tags()
	s := q.settings()
	s.Title, s.Video = "", nil // other tags, and not the sound
	if q.own != nil || q.NoSettings || s == (Settings{}) {
		return t
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and words
	}
	t.Free = append(t.Free, tags.Pair{Name: SettingsTag, Value: string(b)})
	return t
}

// note keeps in the library what was written elsewhere: how the file can be
// told from others, and made again. It holds no names.
func (q *Request) note(ctx context.Context, s *plan, res *Result) error {
	p := q.provenance(s)
	p.Title, p.Settings.Title = "", ""
	p.Bytes, p.SHA256 = res.Bytes, res.SHA256
	for i := range p.Sources {
		p.Sources[i].Member, p.Sources[i].Piece = "", ""
	}
	return made.Add(ctx, q.Recording.Library, made.Clip, res.SHA256, p, res.Status == Done)
}
