package episode

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/episode/cover"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
	layer3 "github.com/spaces-cli/spaces/internal/media/mp3/encode"
)

// coverNames are the names of a cover in a library.
var coverNames = []string{"cover.jpg", "cover.jpeg", "cover.png"}

// findCover looks for a cover of the recording, among its episodes: what lies
// there is the host's, and survives an import. Else it looks for that of the
// show, in the library's folder. The first that is there counts; one that
// podcast directories would refuse is left out.
func (e *export) findCover() {
	if len(e.Cover) > 0 || e.NoCover {
		return
	}
	own := filepath.Join(e.Recording.Dir, layout.Episodes)
	for _, dir := range []string{own, e.Library.Dir()} {
		for _, name := range coverNames {
			name = filepath.Join(dir, name)
			file, err := readCover(name)
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				e.note("skipped %s: %v", name, err)
				return
			}
			e.Cover, e.shared = file, dir != own
			return
		}
	}
}

// readCover reads a picture that will do for a cover.
func readCover(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, cover.MaxBytes+1))
	if err == nil {
		_, err = cover.Check(b)
	}
	return b, err
}

// picture is the cover that goes into the file.
func (e *export) picture() []byte {
	if !e.Format.Entry().Cover {
		return nil
	}
	return e.Cover
}

// pictureBytes is how much of the file the cover takes.
func (e *export) pictureBytes() int64 {
	n := int64(len(e.picture()))
	if e.Format == format.Opus { // base64
		n = (n + 2) / 3 * 4
	}
	return n
}

// id3Version is that of the tag of an .mp3.
func (e *export) id3Version() byte {
	if e.ID3 == "2.4" {
		return 4
	}
	return 3
}

// maxComments is how many chapters Vorbis comments can number.
const maxComments = 1000

// leaveOut tells what was asked for and does not fit into the format.
func (e *export) leaveOut() {
	k := e.Format.Entry()
	if len(e.rec.Chapters) > 0 && e.RoughChapters {
		e.note("the chapters are approximate: they follow the levels in the audio")
	}
	if len(e.rec.Chapters) > 0 && !k.Chapters && !k.Comments {
		e.note(".%s files cannot hold chapters: they are written beside the file", e.Format)
	}
	if len(e.Cover) > 0 && !k.Cover && !e.shared {
		e.note(".%s files cannot hold a cover: it is written beside the file", e.Format)
	}
	if !k.Tags && (e.Title != "" || e.Description != "" || len(e.Set) > 0) {
		e.note(".%s files cannot hold tags: only the title and description are kept, in the record beside the file", e.Format)
	}
	if k.Comments && len(e.rec.Chapters) > maxComments {
		e.note("more than %d .%s files cannot hold chapters: they are written beside the file", maxComments, e.Format)
	}
	if e.BitRate > 0 && k.Lossless {
		e.note("the bit rate is ignored: .%s is lossless", e.Format)
		e.BitRate = 0
	}
	if e.BitRate > 0 && e.Format == format.MP3 {
		if has := layer3.NearestBitRate(e.rec.SampleRate, e.BitRate); has != e.BitRate {
			e.note("the bit rate %d is rounded to %d, the nearest one of MP3 at %d Hz", e.BitRate/1000, has/1000, e.rec.SampleRate)
		}
	}
	if e.Encoder != "" && e.Format != format.MP3 {
		e.note("the encoder setting is ignored: it applies to .mp3, not .%s", e.Format)
	}
}
