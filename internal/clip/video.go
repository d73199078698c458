package clip

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A Renderer makes the pictures of clips that are written as MP4.
type Renderer interface {
	// VideoSettings says what the pictures of a clip are made of besides its sound.
	VideoSettings(q *Request) VideoSettings
	// Render makes the pictures of a clip whose sound has so many samples at
	// a rate. The caller calls stop when it has read them.
	Render(ctx context.Context, q *Request, samples int64, rate int) (v *mp4.Video, stop func(), err error)
}

// A VideoSettings is what the pictures of a video are made of, for its provenance.
type VideoSettings struct {
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	FPS        int    `json:"fps"`
	Look       string `json:"look,omitempty"` // none in records of earlier versions
	Theme      string `json:"theme"`
	Accent     string `json:"accent"`
	Date       string `json:"date,omitempty"`       // as it is written there
	Background string `json:"background,omitempty"` // SHA-256 of the picture
	Logo       string `json:"logo,omitempty"`       // likewise
	Pictures   string `json:"pictures,omitempty"`   // SHA-256 of those of speakers
	Font       string `json:"font,omitempty"`       // as it was asked for
	EndCard    int    `json:"end_card,omitempty"`   // seconds after the sound
	Address    string `json:"address,omitempty"`    // that stands there
	Captions   string `json:"captions,omitempty"`   // SHA-256 of what is shown
	Language   string `json:"language,omitempty"`   // code of that of the captions, where it is known
	Speakers   string `json:"speakers,omitempty"`   // SHA-256 of who speaks when
}

// render makes the pictures of a clip that has any.
func (q *Request) render(ctx context.Context, samples int64, rate int) (*mp4.Video, func(), error) {
	if q.Format != format.MP4 {
		return nil, func() {}, nil
	}
	return q.Renderer.Render(ctx, q, samples, rate)
}

// videoSettings is that of the clip, or nil.
func (q *Request) videoSettings() *VideoSettings {
	if q.Format != format.MP4 {
		return nil
	}
	l := q.Renderer.VideoSettings(q)
	return &l
}

// attached is the cover that the file holds. A video shows it: players would
// take a second one for another video.
func (q *Request) attached() []byte {
	if q.Format == format.MP4 {
		return nil
	}
	return q.Cover
}

// captionsName is the name of the captions of a clip.
func captionsName(file string) string {
	return strings.TrimSuffix(file, path.Ext(file)) + ".srt"
}

// CaptionsBeside returns the name of the captions that were written beside a
// video, by the record of the video, or "" if it has none.
func (p *Provenance) CaptionsBeside(video string) string {
	if p.Settings.Video == nil || p.Settings.Video.Captions == "" {
		return ""
	}
	return strings.TrimSuffix(video, filepath.Ext(video)) + ".srt"
}

// checkCaptions reports whether another file stands where the captions go. The
// file that they come from has the captions of the whole recording: it is not
// replaced, even if others may be.
func (q *Request) checkCaptions(root *os.Root, file string) error {
	if q.Format != format.MP4 || len(q.Captions) == 0 {
		return nil
	}
	name := captionsName(file)
	if from, err := os.Stat(q.CaptionsOf); err == nil {
		if there, err := root.Stat(name); err == nil && os.SameFile(from, there) {
			return recording.Problemf(Exists, OwnFile, "the captions of the video would replace %s, from which they come", filepath.Join(root.Name(), name))
		}
	}
	if q.Force {
		return nil
	}
	old, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(old, q.Captions) {
		return nil
	}
	if err != nil {
		return err
	}
	return recording.Problemf(Exists, FileTaken, "%s exists and has other captions", filepath.Join(root.Name(), name))
}

// writeCaptions puts the captions beside the clip, unless there are some.
func (q *Request) writeCaptions(root *os.Root, file string, res *Result) error {
	if q.Format != format.MP4 || len(q.Captions) == 0 {
		return nil
	}
	name := captionsName(file)
	res.Captions = captionsName(res.File)
	if _, err := root.Stat(name); err == nil && !q.Force {
		return nil
	}
	d, err := durable.Create(root, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := d.Write(q.Captions); err != nil {
		return err
	}
	return d.Commit(true)
}
