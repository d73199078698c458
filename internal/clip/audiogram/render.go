package audiogram

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	hexadecimal "encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/colour"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/h264"
	"github.com/spaces-cli/spaces/internal/media/mp4"
)

// A Renderer makes the pictures of one clip. It is a clip.Renderer.
type Renderer struct {
	style *Style
	cues  []Cue
	turns []SpeakerCue
}

// Renderer returns a Renderer that shows cues as captions and the names of turns. A
// nil list shows none, and leaves no room for them.
func (s *Style) Renderer(cues []Cue, turns []SpeakerCue) *Renderer {
	f := &Renderer{s, slices.Clone(cues), slices.Clone(turns)}
	slices.SortStableFunc(f.cues, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
	slices.SortStableFunc(f.turns, func(a, b SpeakerCue) int { return cmp.Compare(a.Start, b.Start) })
	return f
}

// VideoSettings says how the pictures of a clip look.
func (f *Renderer) VideoSettings(q *clip.Request) clip.VideoSettings {
	s := f.style
	l := clip.VideoSettings{
		Width: s.size.X, Height: s.size.Y, FPS: s.config.FPS, Look: string(s.config.Look), Font: s.config.Font, Theme: string(s.config.Theme),
		Accent: colour.Hex(s.colours.brand), Date: s.date(q),
	}
	if len(s.config.Background) > 0 {
		l.Background = sum(s.config.Background)
	}
	if len(s.config.Logo) > 0 {
		l.Logo = sum(s.config.Logo)
	}
	if s.config.EndCard {
		l.EndCard, l.Address = EndSeconds, s.config.Address
	}
	if len(f.turns) > 0 && len(s.config.Pictures) > 0 {
		l.Pictures = s.pictures()
	}
	if len(f.cues) > 0 {
		l.Captions, l.Language = sum([]byte(fmt.Sprint(f.cues))), q.Language
	}
	if len(f.turns) > 0 {
		l.Speakers = sum([]byte(fmt.Sprint(f.turns)))
	}
	return l
}

// pictures is the digest of who has which picture.
func (s *Style) pictures() string {
	var all []byte
	for _, handle := range slices.Sorted(maps.Keys(s.config.Pictures)) {
		all = fmt.Appendf(all, "%s %s\n", handle, sum(s.config.Pictures[handle]))
	}
	return sum(all)
}

// After is for how many seconds the pictures go on when the sound has ended.
func (s *Style) After() float64 { return float64(s.after()) / float64(s.config.FPS) }

// after is how many pictures the card at the end has.
func (s *Style) after() int64 {
	if !s.config.EndCard {
		return 0
	}
	return int64(EndSeconds * s.config.FPS)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hexadecimal.EncodeToString(h[:])
}

const (
	plainPSNR = 48
	photoPSNR = 38 // with a picture behind, whose noise nobody needs exactly
)

// Render draws and encodes the pictures of a clip.
func (f *Renderer) Render(ctx context.Context, q *clip.Request, samples int64, rate int) (*mp4.Video, func(), error) {
	l := f.style.lay(len(f.cues) > 0, len(f.turns) > 0)
	fps := f.style.config.FPS
	pictures := mp4.FrameCount(samples, rate, fps, 1)
	sound, err := listen(ctx, q, f.style.bands(f.style.count(l)), fps, int(pictures))
	if err != nil {
		return nil, nil, err
	}
	s := f.newScene(q, l, sound, float64(samples)/float64(rate))
	config := h264.Config{Width: f.style.size.X, Height: f.style.size.Y, Frames: fps, Ticks: 1, PSNR: plainPSNR}
	if len(f.style.config.Background) > 0 {
		config.PSNR = photoPSNR
	}
	enc, err := h264.New(config)
	if err != nil {
		return nil, nil, err
	}
	r := &pictureSpool{sizes: make([]uint32, 0, 1024)}
	if err := r.encode(ctx, s, enc, pictures+f.style.after()); err != nil {
		r.units.Close()
		return nil, nil, err
	}
	in := bufio.NewReader(r.units.Reader())
	var unit []byte
	return &mp4.Video{
		Width: config.Width, Height: config.Height, SPS: enc.SPS(), PPS: enc.PPS(), Frames: fps, Ticks: 1,
		Units: int64(len(r.sizes)), After: f.style.after(),
		Size: func(i int64) int { return int(r.sizes[i] &^ keyFrame) },
		Key:  func(i int64) bool { return r.sizes[i]&keyFrame != 0 },
		Read: func(i int64) ([]byte, error) {
			n := int(r.sizes[i] &^ keyFrame)
			if cap(unit) < n {
				unit = make([]byte, n)
			}
			unit = unit[:n]
			_, err := io.ReadFull(in, unit)
			return unit, err
		},
	}, r.units.Close, nil
}

// A pictureSpool is encoded pictures, waiting for the file's index, which stands
// before them.
type pictureSpool struct {
	units encode.Spool
	sizes []uint32 // with keyFrame
}

// keyFrame marks the sizes of key frames.
const keyFrame = 1 << 31

// encode writes n pictures of a scene.
func (r *pictureSpool) encode(ctx context.Context, s *scene, enc *h264.Encoder, n int64) error {
	picture := h264.NewPicture(s.style.size.X, s.style.size.Y)
	picture.Draw(s.frame, s.frame.Rect)
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		changed := s.next(float64(i) / float64(s.style.config.FPS))
		for _, c := range changed {
			picture.Draw(s.frame, c)
		}
		unit, key, err := enc.Frame(picture, changed, s.moved...)
		if err != nil {
			return err
		}
		if _, err := r.units.Write(unit); err != nil {
			return err
		}
		size := uint32(len(unit))
		if key {
			size |= keyFrame
		}
		r.sizes = append(r.sizes, size)
	}
	return nil
}
