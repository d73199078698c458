package studio

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// The picture that is shown before is one of the video that is saved then, as
// ffmpeg decodes it.
func TestPicture(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	c := enter(t, serveTest(t, sample(t)))
	for _, tt := range []struct {
		shape, theme string
		width        int
		height       int
	}{{"square", "light", 720, 720}, {"", "", 1280, 720}, {"tall", "dark", 720, 1280}} {
		t.Run(fmt.Sprintf("%s %s", tt.shape, tt.theme), func(t *testing.T) {
			q := url.Values{"start": {"480000"}, "samples": {"96000"}, "title": {"An été"}, "shape": {tt.shape}, "theme": {tt.theme}}
			status, body, h := c.ask("GET", sampleAPI+"/picture?"+q.Encode(), "", nil)
			if status != 200 || h.Get("Content-Type") != "image/png" {
				t.Fatalf("%d %s: %.200s", status, h.Get("Content-Type"), body)
			}
			shown, err := png.DecodeConfig(bytes.NewReader([]byte(body)))
			if err != nil || shown.Width != tt.width || shown.Height != tt.height {
				t.Errorf("%s: %d×%d pixels, %v", tt.shape, shown.Width, shown.Height, err)
			}
			if tt.shape != "square" {
				return // one video is enough
			}
			got := c.post(sampleAPI+"/clips", fmt.Sprintf(`{"start":480000,"samples":96000,"format":"mp4","title":"An été","shape":%q,"theme":%q}`, tt.shape, tt.theme))
			if got.Error != nil {
				t.Fatalf("%+v", got.Error)
			}
			still := filepath.Join(t.TempDir(), "shown.png")
			if err := os.WriteFile(still, []byte(body), 0o666); err != nil {
				t.Fatal(err)
			}
			gray := func(args ...string) []byte {
				t.Helper()
				b, err := exec.Command(ffmpeg, append(append([]string{"-v", "error"}, args...), "-frames:v", "1", "-vf", "format=gray", "-f", "rawvideo", "-")...).Output()
				if err != nil || len(b) != tt.width*tt.height {
					t.Fatalf("%v: %d bytes, %v", args, len(b), err)
				}
				return b
			}
			if p := psnr(gray("-i", still), gray("-i", got.Result.File, "-ss", "1")); p < 35 {
				t.Errorf("the picture and the video differ: %.1f dB", p)
			}
			if p := psnr(gray("-i", still), gray("-i", got.Result.File)); p > 40 {
				t.Errorf("at the start the video is the same: %.1f dB", p)
			}
		})
	}
	for _, query := range []string{"", "start=0&samples=0", "start=0&samples=9600&shape=round", "start=0&samples=9600&theme=..%2f", "start=9007199254&samples=5", "start=0&samples=9600&captions=x"} {
		if status, body, _ := c.ask("GET", sampleAPI+"/picture?"+query, "", nil); query != "" && status < 400 || status >= 500 {
			t.Errorf("%q: %d %.100s", query, status, body)
		}
	}
}

// psnr compares two pictures, in dB.
func psnr(a, b []byte) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

// A video has the captions of the transcript, in the picture and beside it, and
// none if they are not wanted; an episode has the transcript beside it.
func TestCaptions(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 40, 10, nil)
	// The setting that names are shown does not stop a video where the host has not
	// confirmed who speaks, and the fonts are for the language of what is said.
	var languages []string
	c := enter(t, serveTest(t, dir, func(o *Options) {
		o.Look = func() map[string]string { return map[string]string{"video.speakers": "true"} }
		o.Dress = func(_ *audiogram.Config, language string) error {
			languages = append(languages, language)
			return nil
		}
	}))
	picture := func(captions string) string {
		t.Helper()
		status, body, _ := c.ask("GET", sampleAPI+"/picture?start=480000&samples=96000&captions="+captions, "", nil)
		if status != 200 {
			t.Fatalf("%d %.200s", status, body)
		}
		return body
	}
	if picture("") == picture("none") {
		t.Error("the picture is the same with captions and without")
	}
	if !slices.Equal(languages, []string{"en", ""}) {
		t.Errorf("fonts for %q", languages)
	}
	video := `{"start":480000,"samples":96000,"format":"mp4","shape":"square","captions":%q,"title":%q}`
	for captions, want := range map[string]bool{"": true, "none": false} {
		got := c.post(sampleAPI+"/clips", fmt.Sprintf(video, captions, "With "+captions))
		if got.Error != nil {
			t.Fatalf("%+v", got.Error)
		}
		srt, err := os.ReadFile(strings.TrimSuffix(got.Result.File, ".mp4") + ".srt")
		if (err == nil) != want || want && !strings.Contains(string(srt), "vanished") && !strings.Contains(string(srt), "-->") {
			t.Errorf("captions %q: %v, %q", captions, err, srt)
		}
	}
	if got := c.post(sampleAPI+"/clips", fmt.Sprintf(video, "x", "")); got.kind() != "bad-request" {
		t.Errorf("captions of a file: %+v", got.Error)
	}
	for words, want := range map[string]int{"none": 0, "": 4} {
		got := c.post(sampleAPI+"/export", fmt.Sprintf(`{"preset":"untouched","format":"","title":"Episode%s","transcript":%q}`, words, words))
		if got.Error != nil {
			t.Fatalf("%+v", got.Error)
		}
		beside, err := os.ReadDir(filepath.Join(folderOf(t, dir), "episodes"))
		n := 0
		for _, e := range beside {
			if name := e.Name(); strings.Contains(name, "Episode"+words+".") && slices.Contains([]string{".vtt", ".srt", ".txt", ".json"}, filepath.Ext(name)) && !strings.HasSuffix(name, ".m4a.json") {
				n++
			}
		}
		if err != nil || n != want {
			t.Errorf("with transcript %q there are %q, %v", words, beside, err)
		}
	}
}

// Captions have nothing of what somebody says beside the clip who has not agreed.
func TestCaptionsOfOthers(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	speakWords(t, dir, sampleID, 1, 2, func(made *transcripts.Transcript) {
		second := int64(made.Rate)
		made.Utterances = []transcripts.Utterance{
			{Start: 2 * second, End: 4 * second, Speakers: []string{"lea_durand"}, Text: "for everybody"},
			{Start: 5 * second, End: 14 * second, Speakers: []string{"tomokafor"}, Text: "a secret"},
		}
	})
	for mode, want := range map[consent.Mode]bool{consent.Warn: false, consent.Off: true} {
		c := enter(t, serveTest(t, dir, func(o *Options) { o.Consent = consent.Policy{consent.Clipping: mode} }))
		got := c.post(sampleAPI+"/clips", fmt.Sprintf(`{"start":96000,"samples":192000,"format":"mp4","shape":"square","title":"Mode %s"}`, mode))
		if got.Error != nil {
			t.Fatalf("%+v", got.Error)
		}
		srt := string(read(t, strings.TrimSuffix(got.Result.File, ".mp4")+".srt"))
		if !strings.Contains(srt, "for everybody") || strings.Contains(srt, "secret") != want {
			t.Errorf("%s: the captions are %q", mode, srt)
		}
	}
}
