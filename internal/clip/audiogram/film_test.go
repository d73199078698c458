package audiogram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/fixture/browser"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/h264"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

var long = os.Getenv("SPACES_LONG") != ""

// sample is a Space of 12 s in a library of its own.
func sample(t testing.TB) *recording.Recording {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	a, file := fixture.One(), filepath.Join(dir, "one.zip")
	if _, err := a.WriteZIP(file); err != nil {
		t.Fatal(err)
	}
	lib, err := library.OpenWrite(ctx, library.Options{Dir: filepath.Join(dir, "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	if _, err := intake.Import(ctx, lib, []string{file}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	r, err := recording.Open(lib, "1ypKdEXvkMLGW", "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// cut cuts a clip to a file of a name in a folder.
func cut(t testing.TB, q clip.Request, dir, name string) string {
	t.Helper()
	q.File = filepath.Join(dir, name)
	if _, err := clip.Cut(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	return q.File
}

// output runs a program, which must not complain.
func output(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	cmd := exec.Command(program, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, &complaints)
	}
	return out.Bytes()
}

// sound reads the access units of a file and what of them is heard.
func sound(t testing.TB, file string) (units [][]byte, edits []mp4.Edit, config track.Config) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := mp4.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var p track.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return units, r.Edits(), r.Track().Runs[0].Config
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, bytes.Clone(p.Data))
	}
}

// drawn returns the luma of the pictures of a clip as they are drawn.
func drawn(t testing.TB, f *Renderer, q *clip.Request, frames int) [][]byte {
	t.Helper()
	l := f.style.lay(len(f.cues) > 0, len(f.turns) > 0)
	sound, err := listen(context.Background(), q, f.style.bands(f.style.count(l)), f.style.config.FPS, frames)
	if err != nil {
		t.Fatal(err)
	}
	s := f.newScene(q, l, sound, q.Recording.Seconds(q.Span.Samples))
	p := h264.NewPicture(f.style.size.X, f.style.size.Y)
	var list [][]byte
	for i := range frames {
		s.next(float64(i) / float64(f.style.config.FPS))
		p.Draw(s.frame, s.frame.Rect)
		var luma []byte
		for y := range p.Height {
			luma = append(luma, p.Y[y*p.Stride:][:p.Width]...)
		}
		list = append(list, luma)
	}
	return list
}

// psnr returns the peak signal-to-noise ratio of b to a, in dB.
func psnr(a, b []byte) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/max(sum, 1e-9))
}

// What ffmpeg reads from a clip is what was drawn, and the sound of the same
// clip without pictures.
func TestClip(t *testing.T) {
	r := sample(t)
	for _, c := range []struct {
		name   string
		config Config
		span   recording.Span
		cues   []Cue
		turns  []SpeakerCue
		psnr   float64
		long   bool
	}{
		{"wide", Config{}, recording.Span{Start: 48001, Samples: 2*48000 + 777}, nil, nil, 45, false},
		{"portrait at 60", Config{Shape: Portrait, Look: Bold, FPS: 60}, recording.Span{Start: 48001, Samples: 48000}, someCues, someTurns, 45, false},
		{"large", Config{Shape: Tall, Size: 1080, Look: Card, FPS: 30}, recording.Span{Start: 48001, Samples: 24000}, someCues, nil, 45, true},
		{"square", Config{Shape: Square, Theme: Light, FPS: 30, Cover: asJPEG(t, photo(300, 300))}, recording.Span{Start: 3, Samples: 6 * 48000}, someCues, someTurns, 45, true},
		{"tall", Config{Shape: Tall, Background: asJPEG(t, photo(900, 1200))}, recording.Span{Start: 100000, Samples: 48000 + 1023}, someCues, nil, 38, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.long && !long {
				t.Skip("SPACES_LONG=1 asks for this one too")
			}
			film, dir := style(t, c.config).Renderer(c.cues, c.turns), t.TempDir()
			q := clip.Request{Recording: r, Span: c.span, Format: format.MP4, Renderer: film}
			file := cut(t, q, dir, "clip.mp4")
			plain := q
			plain.Format = format.M4A
			units, edits, _ := sound(t, cut(t, plain, dir, "clip.m4a"))
			same, sameEdits, _ := sound(t, file)
			if !slices.EqualFunc(units, same, bytes.Equal) || !slices.Equal(edits, sameEdits) {
				t.Errorf("the sound has %d units and plays %v, want %d and %v", len(same), sameEdits, len(units), edits)
			}

			size, fps := film.style.size, film.style.config.FPS
			frames := int(mp4.FrameCount(c.span.Samples, 48000, fps, 1))
			probe(t, file, size.X, size.Y, fps, frames, float64(c.span.Samples)/48000)

			got := output(t, "ffmpeg", "-v", "warning", "-nostdin", "-err_detect", "explode", "-xerror", "-i", file,
				"-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
			step := size.X * size.Y * 3 / 2
			if len(got) != frames*step {
				t.Fatalf("%d bytes of pictures, want %d of %d", len(got), frames, step)
			}
			worst := math.Inf(1)
			for i, want := range drawn(t, film, &q, frames) {
				worst = min(worst, psnr(want, got[i*step:][:len(want)]))
			}
			t.Logf("the worst picture has %.1f dB", worst)
			if worst < c.psnr {
				t.Errorf("a picture has %.1f dB, want %g", worst, c.psnr)
			}
		})
	}
}

// probe has ffprobe say what a file is.
func probe(t *testing.T, file string, width, height, fps, frames int, seconds float64) {
	t.Helper()
	var got struct {
		Streams []struct {
			Type     string `json:"codec_type"`
			Codec    string `json:"codec_name"`
			Profile  string
			Level    int
			Width    int
			Height   int
			Format   string `json:"pix_fmt"`
			Space    string `json:"color_space"`
			Rate     string `json:"avg_frame_rate"`
			Frames   string `json:"nb_read_frames"`
			Duration string
		}
	}
	b := output(t, "ffprobe", "-v", "warning", "-count_frames", "-show_streams", "-of", "json", file)
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Streams) != 2 {
		t.Fatalf("%d streams", len(got.Streams))
	}
	v, a := got.Streams[0], got.Streams[1]
	if v.Codec != "h264" || v.Profile != "Constrained Baseline" || v.Level != levelOf(width, height, fps) || v.Width != width || v.Height != height ||
		v.Format != "yuv420p" || v.Space != "bt709" || v.Frames != strconv.Itoa(frames) {
		t.Errorf("%+v, want %d frames of %d×%d", v, frames, width, height)
	}
	if a.Codec != "aac" || a.Profile != "LC" {
		t.Errorf("%+v", a)
	}
	for _, s := range got.Streams {
		if d, err := strconv.ParseFloat(s.Duration, 64); err != nil || math.Abs(d-seconds) > 2e-6 {
			t.Errorf("%s lasts %s s, want %f", s.Type, s.Duration, seconds)
		}
	}
}

// levelOf is the lowest level that allows pictures (Table A-1 of ISO/IEC 14496-10).
func levelOf(width, height, fps int) int {
	n := (width + 15) / 16 * ((height + 15) / 16)
	switch {
	case n <= 3600 && n*fps <= 108000:
		return 31
	case n <= 3600:
		return 32
	case n*fps <= 245760:
		return 40
	}
	return 42
}

// What is not AAC-LC, or is to be changed, is encoded; the pictures last as
// long.
func TestEncodedSound(t *testing.T) {
	r := sample(t)
	q := clip.Request{Recording: r, Span: recording.Span{Start: 77, Samples: 48000 + 5}, Format: format.MP4, Renderer: style(t, Config{}).Renderer(nil, nil), Strict: true}
	file := cut(t, q, t.TempDir(), "clip.mp4")
	_, edits, config := sound(t, file)
	if len(edits) != 1 || edits[0].Samples != q.Span.Samples || config.Codec != track.AACLC {
		t.Errorf("%v of %v", edits, config)
	}
	probe(t, file, 1280, 720, 25, 25, float64(q.Span.Samples)/48000)
}

// The card at the end is shown when the sound has ended, which is as long as
// before.
func TestEndCard(t *testing.T) {
	r := sample(t)
	q := clip.Request{Recording: r, Span: recording.Span{Start: 77, Samples: 48000 + 5}, Format: format.MP4,
		Renderer: style(t, Config{FPS: 30, EndCard: true, Cover: cover, Address: "example.com/show"}).Renderer(nil, nil)}
	file := cut(t, q, t.TempDir(), "clip.mp4")
	_, edits, _ := sound(t, file)
	if len(edits) != 1 || edits[0].Samples != q.Span.Samples {
		t.Errorf("%v", edits)
	}
	seconds := float64(q.Span.Samples) / 48000
	var got struct {
		Streams []struct {
			Type     string `json:"codec_type"`
			Duration string
			Frames   string `json:"nb_read_frames"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(output(t, "ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", file), &got); err != nil {
		t.Fatal(err)
	}
	for _, s := range got.Streams {
		want := seconds
		if s.Type == "video" {
			want += EndSeconds
			if s.Frames != "90" {
				t.Errorf("%s pictures", s.Frames)
			}
		}
		if d, err := strconv.ParseFloat(s.Duration, 64); err != nil || math.Abs(d-want) > 3e-5 {
			t.Errorf("%s lasts %s s, want %f", s.Type, s.Duration, want)
		}
	}
	if d, err := strconv.ParseFloat(got.Format.Duration, 64); err != nil || math.Abs(d-seconds-EndSeconds) > 1e-3 {
		t.Errorf("the file lasts %s s", got.Format.Duration)
	}
}

// The best picture of a clip has captions that fill it.
func TestBest(t *testing.T) {
	r := sample(t)
	q := clip.Request{Recording: r, Span: recording.Span{Samples: 9 * 48000}, Format: format.MP4}
	f := style(t, Config{}).Renderer([]Cue{timed(1, 0.5, "No."), timed(3, 0.3, "This is what everybody remembers of it."), timed(7, 1, "Yes.")}, nil)
	s, err := f.begin(context.Background(), &q, 9*25)
	if err != nil {
		t.Fatal(err)
	}
	if at := s.best(25, 9*25); at < 3.3 || at > 5 {
		t.Errorf("the picture of %g s", at)
	}
	m, err := f.Best(context.Background(), &q)
	if err != nil || m.Rect.Dx() != 1280 {
		t.Error(err)
	}
	if _, err := style(t, Config{}).Renderer(nil, nil).Best(context.Background(), &q); err != nil {
		t.Error(err)
	}
}

// The same clip is the same file, and one of another look is another.
func TestAgain(t *testing.T) {
	r := sample(t)
	q := clip.Request{Recording: r, Span: recording.Span{Samples: 24000}, Format: format.MP4, Renderer: style(t, Config{}).Renderer(nil, nil)}
	q.Cover, q.Captions = cover, []byte("1\n00:00:00,000 --> 00:00:01,000\nHello.\n\n")
	first, err := clip.Cut(context.Background(), q)
	if err != nil || first.Status != clip.Written {
		t.Fatal(first, err)
	}
	if b, err := os.ReadFile(first.Captions); err != nil || !bytes.Equal(b, q.Captions) {
		t.Errorf("%q %v", b, err)
	}
	again, err := clip.Cut(context.Background(), q)
	if err != nil || again.Status != clip.Done || again.SHA256 != first.SHA256 {
		t.Errorf("%+v %v", again, err)
	}
	one, two := cut(t, q, t.TempDir(), "clip.mp4"), cut(t, q, t.TempDir(), "clip.mp4")
	a, _ := os.ReadFile(one)
	b, _ := os.ReadFile(two)
	if len(a) == 0 || !bytes.Equal(a, b) || int64(len(a)) != first.Bytes {
		t.Errorf("%d and %d bytes, first %d", len(a), len(b), first.Bytes)
	}
	q.Renderer = style(t, Config{Theme: Light}).Renderer(nil, nil)
	var p *clip.Problem
	if _, err := clip.Cut(context.Background(), q); !errors.As(err, &p) || p.Kind != clip.Exists {
		t.Errorf("%v", err)
	}
	q.Force = true
	if res, err := clip.Cut(context.Background(), q); err != nil || res.Status != clip.Written || res.SHA256 == first.SHA256 {
		t.Errorf("%+v %v", res, err)
	}
}

// Captions that a host has changed are not overwritten.
func TestCaptionsAreTheHosts(t *testing.T) {
	r, dir := sample(t), t.TempDir()
	q := clip.Request{Recording: r, Span: recording.Span{Samples: 24000}, Format: format.MP4, Renderer: style(t, Config{}).Renderer(nil, nil),
		Captions: []byte("ours"), File: filepath.Join(dir, "clip.mp4")}
	srt := filepath.Join(dir, "clip.srt")
	if err := os.WriteFile(srt, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	var p *clip.Problem
	if _, err := clip.Cut(context.Background(), q); !errors.As(err, &p) || p.Kind != clip.Exists {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(q.File); err == nil {
		t.Error("the clip was written although the captions could not be")
	}
	q.Force = true
	if res, err := clip.Cut(context.Background(), q); err != nil || res.Captions != srt {
		t.Errorf("%+v %v", res, err)
	}
	if b, err := os.ReadFile(srt); err != nil || string(b) != "ours" {
		t.Errorf("%q %v", b, err)
	}
}

func TestCanceled(t *testing.T) {
	r := sample(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	q := clip.Request{Recording: r, Span: recording.Span{Samples: 24000}, Format: format.MP4, Renderer: style(t, Config{}).Renderer(nil, nil), Writer: io.Discard}
	if _, err := clip.Cut(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Chromium shows every picture, for as long as the sound lasts.
func TestChromiumShows(t *testing.T) {
	if !long {
		t.Skip("ffmpeg has seen them; SPACES_LONG=1 asks Chromium too")
	}
	r, dir := sample(t), t.TempDir()
	for _, shape := range Shapes() {
		q := clip.Request{Recording: r, Span: recording.Span{Start: 999, Samples: 4*48000 + 11}, Format: format.MP4,
			Renderer: style(t, Config{Shape: shape}).Renderer(someCues, someTurns)}
		cut(t, q, dir, "clip.mp4")
		got := browser.Show(t, dir, "clip.mp4", 0, 2)
		size, _ := Dimensions(shape, 720)
		if got.Width != size.X || got.Height != size.Y || math.Abs(got.Duration-float64(q.Span.Samples)/48000) > 0.001 {
			t.Errorf("%s: %d×%d, %f s", shape, got.Width, got.Height, got.Duration)
		}
		if len(got.Frames) != 2 || bytes.Equal(got.Frames[0], got.Frames[1]) {
			t.Errorf("%s: nothing moves", shape)
		}
		if got.Dropped > 0 || got.Decoded < 90 { // a few it has decoded before it plays
			t.Errorf("%s: %d pictures, %d dropped", shape, got.Decoded, got.Dropped)
		}
		os.Remove(filepath.Join(dir, "clip.mp4"))
	}
}

func BenchmarkShoot(b *testing.B) {
	r := sample(b)
	s := style(b, Config{})
	for b.Loop() {
		q := clip.Request{Recording: r, Span: recording.Span{Samples: 10 * 48000}, Format: format.MP4, Renderer: s.Renderer(nil, nil), Writer: io.Discard}
		res, err := clip.Cut(context.Background(), q)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(res.Bytes), "bytes")
	}
}
