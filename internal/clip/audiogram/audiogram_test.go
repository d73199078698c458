package audiogram

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

// request is a clip without sound.
func request(title, host string) *clip.Request {
	s := &space.Space{}
	s.ID, s.Title = "1ypKdEXvkMLGW", title
	if host != "" {
		s.Host = &space.Person{Handle: host}
	}
	s.StartedAt = space.Time{Time: time.Date(2021, 6, 14, 22, 30, 0, 0, time.UTC)}
	r := &recording.Recording{Sound: &library.Sound{Space: s}, Rate: 48000, Samples: 3600 * 48000}
	return &clip.Request{Recording: r, Span: recording.Span{Start: 600 * 48000, Samples: 30 * 48000}, Format: format.MP4}
}

// photo is a picture that has something in every place.
func photo(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 127 + 60*math.Sin(float64(x)/37)*math.Cos(float64(y)/23) + 50*math.Sin(float64(x*y)/9000)
			m.SetRGBA(x, y, color.RGBA{uint8(v), uint8(200 - v/2), uint8(80 + v/2), 255})
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func style(t testing.TB, c Config) *Style {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConfig(t *testing.T) {
	huge := asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	copy(huge[16:], "\x00\x01\x00\x00\x00\x01\x00\x00") // 65536×65536, it says
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for _, c := range []struct {
		name string
		Config
		want string // part of the error
	}{
		{"nothing said", Config{}, ""},
		{"all", Config{Shape: Tall, Theme: Light, Accent: "#D1481c", FPS: 30, Cover: asPNG(t, photo(3, 5)), Background: asJPEG(t, photo(40, 20))}, ""},
		{"no sign", Config{Accent: "00ff00"}, ""},
		{"shape", Config{Shape: "round"}, "wide, square, portrait or tall"},
		{"theme", Config{Theme: "blue"}, "dark or light"},
		{"rate", Config{FPS: 24}, "25, 30 or 60"},
		{"size", Config{Size: 1081}, "720 or 1080"},
		{"look", Config{Look: "grand"}, "clean, bold or card"},
		{"logo", Config{Logo: []byte("GIF89a")}, "the logo"},
		{"face", Config{Pictures: map[string][]byte{"ann": []byte("GIF89a")}}, "the picture of @ann"},
		{"negative rate", Config{FPS: -25}, "25, 30 or 60"},
		{"colour", Config{Accent: "blue"}, "must be a colour"},
		{"short colour", Config{Accent: "#12345"}, "must be a colour"},
		{"signed colour", Config{Accent: "#+12345"}, "must be a colour"},
		{"cover", Config{Cover: []byte("GIF89a")}, "the cover"},
		{"cut", Config{Background: asJPEG(t, photo(40, 20))[:300]}, "the background"},
		{"huge", Config{Background: huge}, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.Config)
			if c.want == "" && err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if c.want != "" && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: %v", c.name, err)
			}
		})
	}
}
