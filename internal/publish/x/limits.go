package x

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Limits are what X takes, as its pages said when this was written. They have
// moved between pages, and nobody has held them against the live service.
type Limits struct {
	// Bytes and Seconds are what every account may send; those of Most are
	// what X gives at most to some.
	Bytes, MostBytes     int64
	Seconds, MostSeconds float64
	LeastSeconds         float64

	LeastSide           int // of a picture, in pixels
	MostWidth, MostTall int
	MostRatio           float64 // of the longer side to the shorter one
	MostRate            float64 // frames a second
	MostChannels        int

	Text int // the weight of a post's text; see Weigh
	Alt  int // characters of a description

	// Prices of a post in US dollars.
	Price, PriceWithURL float64

	// Segment is the least size of the parts that a file is sent in, Segments
	// how many there may be.
	Segment  int64
	Segments int64
	// MediaLife is for how long X keeps what was uploaded and is in no post, where
	// it does not say so itself.
	MediaLife time.Duration
	// Wait is for how long a rate limit is waited for; Processing, for X to make
	// a video ready.
	Wait, Processing time.Duration
}

// Current are the limits as they are known.
func Current() Limits {
	return Limits{
		Bytes: 512e6, MostBytes: 8e9, // it says MB and GB
		Seconds: 140, MostSeconds: 20 * 60, LeastSeconds: 0.5,
		LeastSide: 32, MostWidth: 1280, MostTall: 1024, MostRatio: 3, MostRate: 60, MostChannels: 2,
		Text: 280, Alt: 1000,
		Price: 0.015, PriceWithURL: 0.20,
		Segment: 4 << 20, Segments: 1000,
		MediaLife: time.Hour, Wait: 20 * time.Minute, Processing: 30 * time.Minute,
	}
}

// A Clip is what a file says of itself.
type Clip struct {
	Bytes         int64
	Seconds       float64
	Width, Height int
	Rate          float64 // frames a second
	Video         string  // how the pictures are coded: "H.264"
	Profile       int     // of H.264, profile_idc
	Audio         track.Codec
	Channels      int
	Damaged       bool // it is cut, or contradicts itself
}

// ErrNotMP4 means that a file is no MP4 video with sound.
var ErrNotMP4 = errors.New("not an MP4 video with sound")

// Inspect reads what a file says of its pictures, and looks for every unit of
// its sound.
func Inspect(r io.ReaderAt, size int64) (*Clip, error) {
	p, err := mp4.ReadPictures(r, size)
	if err != nil {
		return nil, explain(err)
	}
	c := &Clip{Bytes: size, Seconds: p.Seconds, Width: p.Width, Height: p.Height, Rate: p.Rate(), Video: p.Coding, Profile: p.Profile}
	switch p.Coding {
	case "avc1", "avc3":
		c.Video = "H.264"
	case "hvc1", "hev1":
		c.Video = "H.265"
	}
	sound, err := mp4.NewReader(r, size, track.Options{})
	if err != nil {
		return nil, explain(err)
	}
	for {
		var unit track.Packet
		err := sound.Next(&unit)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, explain(err)
		}
	}
	t := sound.Track()
	c.Damaged = !t.Damage.Empty()
	if len(t.Runs) > 0 {
		c.Audio, c.Channels = t.Runs[0].Config.Codec, t.Runs[0].Config.Channels
	}
	return c, nil
}

// explain says of what is wrong with a file that it is no video for X.
func explain(err error) error {
	for _, known := range []error{mp4.ErrNotMP4, mp4.ErrNoMoov, mp4.ErrNoVideo, mp4.ErrNoAudio, mp4.ErrCodec, mp4.ErrEncrypted} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %w", ErrNotMP4, err)
		}
	}
	return err
}

// A Result is what came of comparing something with a limit. The words appear
// in JSON.
type Result string

const (
	OK     Result = "ok"
	Unsure Result = "unconfirmed" // beyond what is documented, or not for every account
	Over   Result = "over"        // X refuses it
)

// A Check is something compared with its limit.
type Check struct {
	What   string `json:"what"`
	Is     string `json:"is"`
	Limit  string `json:"limit"`
	Result Result `json:"result"`
}

// Check compares a clip with the limits.
func (l *Limits) Check(c *Clip) []Check {
	two := func(v, least, plain, most float64) Result {
		switch {
		case v < least || v > most || v != v:
			return Over
		case v > plain:
			return Unsure
		}
		return OK
	}
	within := func(ok bool) Result {
		if ok {
			return OK
		}
		return Over
	}
	long, short := max(c.Width, c.Height), max(1, min(c.Width, c.Height))
	picture := within(short >= l.LeastSide && float64(long)/float64(short) <= l.MostRatio)
	if picture == OK && (c.Width > l.MostWidth || c.Height > l.MostTall) {
		// 720×1280 is what phones make; the letter of the limits has no room
		// for it.
		picture = Over
		if c.Height <= l.MostWidth && c.Width <= l.MostTall {
			picture = Unsure
		}
	}
	// ISO/IEC 14496-10, Annex A: of these profiles the pictures are 4:2:0.
	plain := c.Video == "H.264" && (c.Profile == 66 || c.Profile == 77 || c.Profile == 88 || c.Profile == 100)
	return []Check{
		{"size", megabytes(c.Bytes), megabytes(l.Bytes) + ", some accounts " + megabytes(l.MostBytes), two(float64(c.Bytes), 1, float64(l.Bytes), float64(l.MostBytes))},
		{"length", fmt.Sprintf("%.1f s", c.Seconds), fmt.Sprintf("%g to %g s, some accounts %g s", l.LeastSeconds, l.Seconds, l.MostSeconds),
			two(c.Seconds, l.LeastSeconds, l.Seconds, l.MostSeconds)},
		{"picture", fmt.Sprintf("%d×%d", c.Width, c.Height), fmt.Sprintf("%d×%d to %d×%d, at most %g:1", l.LeastSide, l.LeastSide, l.MostWidth, l.MostTall, l.MostRatio), picture},
		{"frame rate", fmt.Sprintf("%.4g fps", c.Rate), fmt.Sprintf("%g", l.MostRate), within(c.Rate > 0 && c.Rate <= l.MostRate+0.5)},
		{"video", c.Video, "H.264, 4:2:0, 8 bits", within(plain)},
		{"sound", fmt.Sprintf("%s, %d channels", c.Audio, c.Channels), "aac-lc, mono or stereo", within(c.Audio == track.AACLC && c.Channels >= 1 && c.Channels <= l.MostChannels)},
		{"file", map[bool]string{false: "whole", true: "cut or damaged"}[c.Damaged], "whole", within(!c.Damaged)},
	}
}

func megabytes(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.4g MB", float64(n)/1e6)
}
