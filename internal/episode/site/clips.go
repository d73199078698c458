package site

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/stream"
)

// An excerpt is a clip of an episode that has a page.
type excerpt struct {
	feed.Clip
	name        string // of its files, without the extension
	sound, film *clip.Provenance
	quote       string // what is said in it
	speaker     string // who says it, where that is sure
	heights     []byte
	card        string
}

// A Clip is a clip whose file the site needs.
type Clip struct {
	Name    string // of the file beside the pages
	Path    string // below the library
	Episode *feed.Episode
	clip.Provenance
}

// nameOf names the files of a clip by the stretch of the recording that it is: it
// keeps its address when it is renamed, or when the episode is cut otherwise.
func nameOf(e *feed.Episode, p *clip.Provenance) string {
	return fmt.Sprintf("%s.%d-%d", e.ID, int64(math.Round(1000*p.At)), int64(math.Round(1000*p.Length)))
}

// fileOf is the name of a clip's file on the site.
func fileOf(e *feed.Episode, p *clip.Provenance) string {
	return nameOf(e, p) + strings.ToLower(path.Ext(p.File))
}

// chosen are the files of a clip that its page plays: a sound, and a film if there
// is one. The sound that plays in most browsers comes first.
func chosen(c *feed.Clip) (sound, film *clip.Provenance) {
	order := []format.Format{format.M4A, format.MP3, format.Opus, format.FLAC, format.WAV}
	for i := range c.Made {
		p := &c.Made[i]
		switch {
		case !feed.IsFileName("clip" + path.Ext(p.File)):
		case p.Format == format.MP4:
			film = p
		case sound == nil || rank(order, p.Format) < rank(order, sound.Format):
			sound = p
		}
	}
	return sound, film
}

func rank(order []format.Format, f format.Format) int {
	if i := slices.Index(order, f); i >= 0 {
		return i
	}
	return len(order)
}

// excerpts are the clips of an episode that may have a page, with their files
// beside it.
func (m *maker) excerpts(ctx context.Context, e *feed.Episode, said []passage, sure bool) ([]*excerpt, error) {
	if m.site.o.Clip == nil {
		return nil, nil
	}
	var list []*excerpt
	for _, c := range e.Clips {
		x := &excerpt{Clip: c}
		x.sound, x.film = chosen(&c)
		for _, p := range []**clip.Provenance{&x.sound, &x.film} {
			if *p == nil {
				continue
			}
			may, err := m.site.o.Clip(ctx, e, *p)
			if err != nil {
				return nil, err
			}
			if !may {
				*p = nil
				continue
			}
			if err := m.copyClip(ctx, e, *p); err != nil {
				var problem *feed.ProblemError
				if !errors.As(err, &problem) || m.site.o.Skip == nil {
					return nil, err
				}
				m.site.o.Skip(problem)
				*p = nil
			}
		}
		p := cmp.Or(x.sound, x.film)
		if p == nil {
			continue
		}
		x.name = nameOf(e, p)
		x.card = x.name + ".card.jpg"
		x.quote, x.speaker = quoteOf(said, c.Start, c.Start+c.Seconds)
		if !sure {
			x.speaker = ""
		}
		list = append(list, x)
	}
	return list, nil
}

// copyClip puts the file of a clip beside the pages, if it is still the one that
// its record describes.
func (m *maker) copyClip(ctx context.Context, e *feed.Episode, p *clip.Provenance) error {
	name, from := fileOf(e, p), layout.ClipIn(e.Folder, p.File)
	src, err := m.lib.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return &feed.ProblemError{Path: from, Reason: "the file is missing", Cause: feed.Altered}
	}
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	m.site.written[name] = p.SHA256
	if old, err := m.out.Lstat(name); err == nil && old.Mode().IsRegular() && m.before.Pages[name] == p.SHA256 && old.Size() == info.Size() && old.ModTime().Equal(info.ModTime()) {
		return nil
	}
	d, err := durable.Create(m.out, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(d, sum), stream.Until(ctx, src, stream.NoProgress{}))
	if err != nil {
		return err
	}
	if n != p.Bytes || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		delete(m.site.written, name)
		return &feed.ProblemError{Path: from, Reason: "the file has changed since the clip was made", Cause: feed.Altered}
	}
	d.SetModified(info.ModTime())
	return d.Commit(true)
}

// Clips lists the clips whose files lie beside the pages of a show, of these
// episodes.
func Clips(out *os.Root, show string, episodes []*feed.Episode) ([]Clip, error) {
	l, err := readSiteList(out, show)
	if err != nil {
		return nil, err
	}
	var list []Clip
	for _, e := range episodes {
		for i := range e.Clips {
			sound, film := chosen(&e.Clips[i])
			for _, p := range []*clip.Provenance{sound, film} {
				if p != nil && l.Pages[fileOf(e, p)] == p.SHA256 {
					list = append(list, Clip{fileOf(e, p), layout.ClipIn(e.Folder, p.File), e, *p})
				}
			}
		}
	}
	return list, nil
}

// longestQuote is how many characters of what is said a clip's page shows.
const longestQuote = 320

// quoteOf is what is said in a stretch of the episode, and by whom if it is one.
func quoteOf(said []passage, from, to float64) (quote, speaker string) {
	var b strings.Builder
	many := false
	for _, p := range said {
		for _, w := range p.Words {
			if w.Start < from-0.05 || w.Start >= to-0.05 {
				continue
			}
			if b.Len() == 0 {
				speaker = p.Speaker
			}
			many = many || p.Speaker != speaker
			b.WriteString(w.Text)
		}
	}
	if many {
		speaker = ""
	}
	return oneLine(b.String(), longestQuote), speaker
}

// clipTitle is what a clip is called: one without a title by its episode.
func (m *maker) clipTitle(e *feed.Episode, x *excerpt) string {
	return cmp.Or(strings.TrimSpace(x.Title), m.title(e))
}

// outlineOf are the bars of a clip.
func (m *maker) outlineOf(e *feed.Episode, x *excerpt) []byte {
	part := *e
	p := cmp.Or(x.sound, x.film)
	part.Duration, part.Kept = x.Seconds, nil
	for _, k := range e.Kept {
		from, to := max(p.At, k.Start), min(p.At+p.Length, k.Start+k.Seconds)
		if from < to {
			k.Start, k.Seconds, k.At = from, to-from, from-p.At
			part.Kept = append(part.Kept, k)
		}
	}
	if shape := peaksOf(m.lib, &part); shape != nil {
		return scaled(shape)
	}
	return nil
}
