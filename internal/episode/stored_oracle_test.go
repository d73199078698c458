package episode

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// TestRecordIsOfTheFile holds the record of an episode against what ffprobe and
// ffmpeg find in the file: rate, channels, samples and chapters are the file's
// own, also where the access units are kept and the encoder would have taken
// another rate. SPACES_LONG=1 makes every format of every source.
func TestRecordIsOfTheFile(t *testing.T) {
	tool(t, "ffprobe", "ffmpeg")
	sources := []struct{ rate, channels, ext string }{
		{"22050", "1", "m4a"}, {"22050", "2", "m4a"}, {"44100", "1", "m4a"}, {"44100", "2", "m4a"}, {"16000", "1", "m4a"},
		{"16000", "1", "mp3"}, {"22050", "2", "mp3"}, {"44100", "1", "mp3"},
		{"22050", "1", "flac"}, {"44100", "2", "flac"}, {"96000", "2", "flac"},
		{"22050", "2", "wav"}, {"44100", "1", "wav"}, {"8000", "1", "wav"},
	}
	for i, src := range sources {
		t.Run(fmt.Sprintf("%s-%s-%s", src.ext, src.rate, src.channels), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "talk."+src.ext)
			run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:d=3.3:r="+src.rate, "-ac", src.channels, file)
			l, r := taken(t, file)
			kinds := formats
			if os.Getenv("SPACES_LONG") == "" { // its own, and of every second source one of the others
				kinds = []format.Format{format.Format(src.ext)}
				if other := formats[i%len(formats)]; other != kinds[0] && i%2 == 0 && !testing.Short() {
					kinds = append(kinds, other)
				}
			}
			for _, kind := range kinds {
				presets := []Preset{Host}
				if string(kind) == src.ext {
					presets = append(presets, Untouched)
				}
				for _, preset := range presets {
					q := Request{
						Format: kind, Preset: preset, KeepLoudness: true, Name: "episode", ChapterSource: "file",
						Chapters: []chapters.Chapter{{Start: 0, Title: "one"}, {Start: 2, Title: "two"}},
					}
					asRecorded(t, exported(t, l, r, filepath.Join(t.TempDir(), string(kind)), q))
				}
			}
		})
	}
}

// asRecorded holds one file against its record.
func asRecorded(t *testing.T, res *Result) {
	t.Helper()
	p := probe(t, res.Path)
	a := p.audio()
	if strconv.Itoa(res.SampleRate) != a.Rate || res.Channels != a.Channels {
		t.Errorf("%s: recorded as %d Hz, %d channels; ffprobe finds %s Hz, %d", res.File, res.SampleRate, res.Channels, a.Rate, a.Channels)
		return
	}
	n := int64(len(decoded(t, res.Path)) / res.Channels)
	whole := res.Samples
	if filepath.Ext(res.File) == ".m4a" { // ffmpeg plays the last unit to its end
		whole += 1023
	}
	if n < res.Samples || n > whole {
		t.Errorf("%s: recorded as %d samples; ffmpeg decodes %d", res.File, res.Samples, n)
	}
	if d := float64(res.Samples) / float64(res.SampleRate); math.Abs(d-res.Duration) > 1e-4 {
		t.Errorf("%s: recorded as %f s; %d samples are %f s", res.File, res.Duration, res.Samples, d)
	}
	if carries[format.Format(filepath.Ext(res.File)[1:])].chapters && (len(p.Chapters) != 2 || p.Chapters[1].Start != "2.000000") {
		t.Errorf("%s: chapters %+v, want the second at 2 s", res.File, p.Chapters)
	}
}
