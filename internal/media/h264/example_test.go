package h264_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/media/h264"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A line moves over a background, and silence is heard.
func Example() {
	const rate, seconds = 48000, 2
	silence := []byte{0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C} // AAC-LC, stereo
	sound := &mp4.Movie{
		Config: track.Config{Codec: track.AACLC, SampleRate: rate, Channels: 2, UnitSamples: 1024, Specific: "\x11\x90"},
		Units:  95, Size: func(int64) int { return len(silence) },
		Edits: []mp4.Edit{{Start: 1024, Samples: seconds * rate}},
	}

	config := h264.Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1}
	e, err := h264.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The index of the file comes first and has the sizes of all access units,
	// which therefore wait in a file of their own.
	spool, err := os.CreateTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	var sizes []int
	var keys []bool

	img := image.NewRGBA(image.Rect(0, 0, config.Width, config.Height))
	picture := h264.NewPicture(config.Width, config.Height)
	night, line := image.NewUniform(color.RGBA{16, 20, 40, 255}), image.NewUniform(color.White)
	changed := []image.Rectangle{img.Rect}
	draw.Draw(img, img.Rect, night, image.Point{}, draw.Src)
	for i := range int(mp4.FrameCount(seconds*rate, rate, config.Frames, config.Ticks)) {
		if i > 0 {
			before := image.Rect(20*i-20, 200, 20*i-16, 500)
			draw.Draw(img, before, night, image.Point{}, draw.Src)
			changed = []image.Rectangle{before}
		}
		now := image.Rect(20*i, 200, 20*i+4, 500)
		draw.Draw(img, now, line, image.Point{}, draw.Src)
		changed = append(changed, now)

		for _, r := range changed {
			picture.Draw(img, r)
		}
		unit, key, err := e.Frame(picture, changed)
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := spool.Write(unit); err != nil {
			fmt.Println(err)
			return
		}
		sizes, keys = append(sizes, len(unit)), append(keys, key)
	}

	var at int64
	out, err := mp4.NewVideoWriter(io.Discard, sound, &mp4.Video{
		Width: config.Width, Height: config.Height, SPS: e.SPS(), PPS: e.PPS(),
		Frames: config.Frames, Ticks: config.Ticks, Units: int64(len(sizes)),
		Size: func(i int64) int { return sizes[i] },
		Key:  func(i int64) bool { return keys[i] },
		Read: func(i int64) ([]byte, error) {
			unit := make([]byte, sizes[i])
			_, err := spool.ReadAt(unit, at)
			at += int64(sizes[i])
			return unit, err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range sound.Units {
		if err := out.WriteUnit(silence); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(out.Close(), len(sizes), "frames")
	// Output: <nil> 50 frames
}
