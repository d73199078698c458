package x

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/publish/x/xtest"
)

func TestWeigh(t *testing.T) {
	for text, want := range map[string]int{
		"":                    0,
		"hello":               5,
		"Ça va? – «oui»…":     16, // the ellipsis counts 2
		"e\u0301":             1,  // one letter, however it is written
		"Привет":              6,
		"日本語":                 6,
		"안녕":                  4,
		"😀":                   2,
		"👨‍👩‍👧‍👦":             2, // joined
		"👍🏽":                  2,
		"🇫🇷":                  2,
		"1️⃣":                 2,
		"❤️‍🔥":                2,
		"☀":                   2,
		"©":                   1,
		"https://example.com": 23,
		"see https://example.com/a/very/long/path?with=much&more=of%20it#and so on": 4 + 23 + 6,
		"(https://example.com).":  26,
		"http://a.b":              10,
		"example.com":             23,
		"EXAMPLE.COM/x.":          24,
		"mail@example.com":        16,
		"@some.one":               9,
		"v1.2.3 and file.notatld": 23,
		"e.g. this":               9,
		"日本https://example.jp/です": 4 + 23,
		"a.b.co.uk b":             25,
		"co.uk":                   5,
		"$1.50":                   5,
		strings.Repeat("a", 280):  280,
	} {
		t.Run(text, func(t *testing.T) {
			if got := Weigh(text); got != want {
				t.Errorf("%q counts %d, want %d", text, got, want)
			}
		})
	}
}

func TestPrice(t *testing.T) {
	l := Current()
	if l.PriceOf("no link, 3.5 euros") != 0.015 || l.PriceOf("at example.com") != 0.20 || l.PriceOf("http://x.org") != 0.20 {
		t.Error("wrong price")
	}
}

func FuzzWeigh(f *testing.F) {
	f.Add("https://example.com 日本 👍🏽 a.b@c.d")
	f.Add("http://\u200d.com\xff..")
	f.Fuzz(func(t *testing.T, s string) {
		n := Weigh(s)
		if n < 0 || n > 23*len(s)+2 {
			t.Errorf("%q counts %d", s, n)
		}
		for _, l := range links(s) {
			if l[0] < 0 || l[1] <= l[0] || l[1] > len(s) {
				t.Errorf("%q has a link at %v", s, l)
			}
		}
	})
}

func TestInspect(t *testing.T) {
	file := xtest.Clip(t, 720, 1280, 0)
	c, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Video != "H.264" || c.Profile != 66 || c.Width != 720 || c.Height != 1280 || c.Seconds < 1 || c.Seconds > 1.1 || c.Rate < 24 || c.Rate > 26 ||
		c.Audio != track.AACLC || c.Channels != 2 || c.Damaged {
		t.Errorf("%+v", *c)
	}
	cut, err := Inspect(bytes.NewReader(file[:len(file)-20]), int64(len(file)-20))
	if err != nil || !cut.Damaged {
		t.Errorf("%+v, %v", cut, err)
	}
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("this is no video, it is words"), "head": file[:100]} {
		if _, err := Inspect(bytes.NewReader(b), int64(len(b))); !errors.Is(err, ErrNotMP4) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Clip{Bytes: 1 << 20, Seconds: 30, Width: 1280, Height: 720, Rate: 25, Video: "H.264", Profile: 66, Audio: track.AACLC, Channels: 2}
	l := Current()
	for name, c := range map[string]struct {
		change func(*Clip)
		what   string
		want   Result
	}{
		"good":          {func(*Clip) {}, "size", OK},
		"square":        {func(c *Clip) { c.Width = 720 }, "picture", OK},
		"portrait":      {func(c *Clip) { c.Width, c.Height = 720, 1280 }, "picture", Unsure},
		"tall":          {func(c *Clip) { c.Width, c.Height = 300, 1000 }, "picture", Over},
		"tiny":          {func(c *Clip) { c.Width, c.Height = 30, 30 }, "picture", Over},
		"none":          {func(c *Clip) { c.Width, c.Height = 0, 0 }, "picture", Over},
		"1080p":         {func(c *Clip) { c.Width, c.Height = 1920, 1080 }, "picture", Over},
		"three minutes": {func(c *Clip) { c.Seconds = 180 }, "length", Unsure},
		"an hour":       {func(c *Clip) { c.Seconds = 3600 }, "length", Over},
		"no length":     {func(c *Clip) { c.Seconds = 0 }, "length", Over},
		"600 MB":        {func(c *Clip) { c.Bytes = 600 << 20 }, "size", Unsure},
		"9 GB":          {func(c *Clip) { c.Bytes = 9 << 30 }, "size", Over},
		"fast":          {func(c *Clip) { c.Rate = 120 }, "frame rate", Over},
		"H.265":         {func(c *Clip) { c.Video = "H.265" }, "video", Over},
		"4:2:2":         {func(c *Clip) { c.Profile = 122 }, "video", Over},
		"HE-AAC":        {func(c *Clip) { c.Audio = track.HEAAC }, "sound", Over},
		"5.1":           {func(c *Clip) { c.Channels = 6 }, "sound", Over},
		"cut":           {func(c *Clip) { c.Damaged = true }, "file", Over},
	} {
		t.Run(name, func(t *testing.T) {
			clip := good
			c.change(&clip)
			for _, got := range l.Check(&clip) {
				want := OK
				if got.What == c.what {
					want = c.want
				}
				if got.Result != want || got.Is == "" || got.Limit == "" {
					t.Errorf("%s: %+v, want %s", name, got, want)
				}
			}
		})
	}
}

func TestSegments(t *testing.T) {
	l := Current()
	for _, size := range []int64{1, 4 << 20, 4<<20 + 1, 512 << 20, 8 << 30, 16 << 30} {
		s := l.segment(size)
		if n := (size + s - 1) / s; s < 4<<20 || n > 1000 || n < 1 {
			t.Errorf("%d bytes in %d parts of %d", size, n, s)
		}
	}
}
