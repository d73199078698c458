package feed

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/episode/cover"
)

// picture writes a square PNG into a new folder.
func picture(t *testing.T, side int) string {
	t.Helper()
	var b bytes.Buffer
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range m.Pix {
		m.Pix[i] = byte(side)
	}
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "art.png")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// covers lists the covers beside the feed.
func covers(t *testing.T, root *os.Root) []string {
	t.Helper()
	list, err := fs.Glob(root.FS(), "feed/cover-*")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A cover file is copied into the library, lies beside every feed, and has a
// new address when it changes.
func TestCoverFile(t *testing.T) {
	lib, s := testLibrary(t), testShow()
	set := func(value string) {
		t.Helper()
		if _, err := s.Set("image", value); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(lib); err != nil {
			t.Fatal(err)
		}
	}
	set(picture(t, 1400))
	first := s.Cover
	if s.Image != "" || s.ImageURL() != "https://example.com/show/"+first {
		t.Errorf("image %q at %q", s.Image, s.ImageURL())
	}
	loaded, err := LoadValid(lib, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range []Site{nil, noPages{}} {
		b, out, text := build(t, lib, loaded, Options{Site: site})
		if !strings.Contains(text, `<itunes:image href="`+s.ImageURL()+`">`) {
			t.Errorf("the feed does not point to %s", s.ImageURL())
		}
		if _, err := out.Stat(first); err != nil {
			t.Error(err)
		}
		if a := b.Files[0]; a.Path != "feed/"+first || a.URL != s.ImageURL() {
			t.Errorf("site %v: the first file is %+v", site, a)
		}
	}
	set(picture(t, 1500))
	if s.Cover == first {
		t.Error("another picture has the same name")
	}
	if got := covers(t, lib); len(got) != 1 || got[0] != "feed/"+s.Cover {
		t.Errorf("covers %v", got)
	}
	if err := lib.Remove("feed/" + s.Cover); err != nil {
		t.Fatal(err)
	}
	var gone *ProblemError
	if _, err := LoadValid(lib, ""); !errors.As(err, &gone) || gone.Cause != NoCover {
		t.Errorf("a cover that is gone: %v", err)
	}
	set("https://example.com/art.jpg")
	if s.Cover != "" || s.ImageURL() != "https://example.com/art.jpg" || len(covers(t, lib)) != 0 {
		t.Errorf("after a URL: %q, %q, %v", s.Cover, s.ImageURL(), covers(t, lib))
	}
}

// Pictures that directories refuse are refused, and change nothing.
func TestCoverFileRefused(t *testing.T) {
	s := testShow()
	for _, c := range []struct {
		name, file string
		want       error
	}{{"small", picture(t, 1399), cover.ErrSize}, {"missing", filepath.Join(t.TempDir(), "none.png"), fs.ErrNotExist}, {"no picture", "image_test.go", cover.ErrFormat}} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := s.Set("image", c.file); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if s.Image != testShow().Image || s.Cover != "" {
				t.Errorf("image %q, cover %q", s.Image, s.Cover)
			}
		})
	}
	for _, name := range []string{"../show.json", "cover-1.png", "feed.xml"} {
		s.Image, s.Cover = "", name
		if _, err := s.Check(); err == nil {
			t.Errorf("a show.json with the cover %q passes", name)
		}
	}
}

// A cover below the base URL is the owner's to send; any other is not.
func TestOwnImage(t *testing.T) {
	s := testShow()
	for image, want := range map[string]string{
		s.BaseURL + "cover.jpg": "cover.jpg", s.BaseURL + "art/cover.jpg": "", "https://elsewhere.example/cover.jpg": "", "": "", s.BaseURL: "",
	} {
		if s.Image = image; s.OwnImage() != want {
			t.Errorf("%q: %q, want %q", image, s.OwnImage(), want)
		}
	}
}

// Only clips of 15 to 120 s become soundbites, as the podcast namespace says.
func TestSoundbiteLength(t *testing.T) {
	s := testShow()
	e := &Episode{Record: *record("1ypKdEXvkMLGW", "a.mp3", time.Unix(0, 0))}
	for _, seconds := range []float64{5, 14.999, 15, 60, 120, 120.001} {
		e.Clips = append(e.Clips, Clip{Start: 1, Seconds: seconds})
	}
	var got []string
	for _, bite := range s.item(e, false).Soundbites {
		got = append(got, bite.Duration)
	}
	if strings.Join(got, " ") != "15 60 120" {
		t.Errorf("soundbites of %v s", got)
	}
}
