// Package blank makes films with nothing in them, for tests.
package blank

import (
	"bytes"

	"github.com/spaces-cli/spaces/internal/media/h264"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Film returns an MP4 file of black pictures and silence, one second long or
// little more, with so many bytes of padding behind its boxes.
func Film(width, height, padding int) (film []byte, err error) {
	const frames, units = 25, 47
	silence := []byte{0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C} // a stereo raw_data_block of AAC-LC
	e, err := h264.New(h264.Config{Width: width, Height: height, Frames: frames, Ticks: 1})
	if err != nil {
		return nil, err
	}
	picture := h264.NewPicture(width, height)
	config := track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024, Specific: "\x11\x90"}
	n := mp4.FrameCount(units*1024, config.SampleRate, frames, 1)
	var pictures [][]byte
	var keys []bool
	for i := range n {
		unit, key, err := e.Frame(picture, nil)
		if err != nil {
			return nil, err
		}
		pictures, keys = append(pictures, bytes.Clone(unit)), append(keys, key || i == 0)
	}
	var b bytes.Buffer
	w, err := mp4.NewVideoWriter(&b, &mp4.Movie{Config: config, Units: units, Size: func(int64) int { return len(silence) }}, &mp4.Video{
		Width: width, Height: height, SPS: e.SPS(), PPS: e.PPS(), Frames: frames, Ticks: 1, Units: n,
		Size: func(i int64) int { return len(pictures[i]) },
		Key:  func(i int64) bool { return keys[i] },
		Read: func(i int64) ([]byte, error) { return pictures[i], nil },
	})
	for range units {
		if err == nil {
			err = w.WriteUnit(silence)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if padding > 0 { // a box that everybody passes over (ISO/IEC 14496-12, 8.1.2)
		n := padding + 8
		b.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		b.WriteString("free")
		b.Write(bytes.Repeat([]byte{0xA5}, padding))
	}
	return b.Bytes(), err
}
