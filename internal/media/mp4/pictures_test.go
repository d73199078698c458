package mp4

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestReadPictures(t *testing.T) {
	sound := randomUnits(200)
	pictures := randomUnits(int(FrameCount(200*1024, 48000, 25, 1)))
	file := writeVideo(t, movieOf(stereo48, sound), videoOf(pictures, 25, 1), sound)
	got, err := ReadPictures(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := Pictures{Coding: "avc1", Width: 1280, Height: 720, Seconds: 200 * 1024 / 48000., Frames: int64(len(pictures)), Profile: 0x42, Level: 31}
	if math.Abs(got.Seconds-want.Seconds) > 1e-9 {
		t.Errorf("%v s, want %v", got.Seconds, want.Seconds)
	}
	if want.Seconds = got.Seconds; *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	if r := got.Rate(); math.Abs(r-25) > 0.5 {
		t.Errorf("%v frames a second", r)
	}

	w := &window{r: bytes.NewReader(file), size: int64(len(file)), ahead: headerAhead}
	moov, err := w.child("moov", 0, w.size)
	if err != nil {
		t.Fatal(err)
	}
	for n := range moov.end {
		if p, err := ReadPictures(bytes.NewReader(file[:n]), n); err == nil {
			t.Fatalf("%d bytes of it are %+v", n, p)
		}
	}
	if _, err := ReadPictures(bytes.NewReader([]byte("ID3 and so on")), 13); !errors.Is(err, ErrNotMP4) {
		t.Error(err)
	}
	m4a := write(t, movieOf(stereo48, sound), sound)
	if _, err := ReadPictures(bytes.NewReader(m4a), int64(len(m4a))); !errors.Is(err, ErrNoVideo) {
		t.Error(err)
	}
}

// What ffmpeg writes is read as ffmpeg means it.
func TestReadPicturesOfFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg")
	}
	for name, c := range map[string]struct {
		args []string
		want Pictures
	}{
		"high":  {[]string{"-c:v", "libx264", "-profile:v", "high", "-level", "3.1", "-pix_fmt", "yuv420p"}, Pictures{Coding: "avc1", Width: 320, Height: 180, Seconds: 2, Frames: 60, Profile: 100, Level: 31}},
		"mov":   {[]string{"-c:v", "libx264", "-profile:v", "high422", "-level", "3.1", "-pix_fmt", "yuv422p", "-f", "mov"}, Pictures{Coding: "avc1", Width: 320, Height: 180, Seconds: 2, Frames: 60, Profile: 122, Level: 31}},
		"mpeg4": {[]string{"-c:v", "mpeg4"}, Pictures{Coding: "mp4v", Width: 320, Height: 180, Seconds: 2, Frames: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.mp4")
			args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=30:duration=2"}, c.args...)
			if out, err := exec.Command("ffmpeg", append(args, file)...).CombinedOutput(); err != nil {
				t.Skipf("%v: %s", err, out)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ReadPictures(bytes.NewReader(b), int64(len(b)))
			if err != nil || *got != c.want {
				t.Errorf("%+v %v, want %+v", got, err, c.want)
			}
		})
	}
}

func FuzzReadPictures(f *testing.F) {
	sound, pictures := randomUnits(4), randomUnits(3)
	var b bytes.Buffer
	w, err := NewVideoWriter(&b, movieOf(stereo48, sound), videoOf(pictures, 30, 1))
	if err != nil {
		f.Fatal(err)
	}
	for _, u := range sound {
		w.WriteUnit(u)
	}
	w.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadPictures(bytes.NewReader(b), int64(len(b)))
		if (p == nil) != (err != nil) {
			t.Errorf("%+v, %v", p, err)
		}
		if p != nil && (p.Rate() < 0 || math.IsNaN(p.Rate())) {
			t.Errorf("%+v", p)
		}
	})
}
