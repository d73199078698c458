package format

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

func TestOfTrack(t *testing.T) {
	for _, c := range []struct {
		name string
		tr   track.Track
		want Format
	}{
		{"sound in MP4", track.Track{Format: track.MP4}, M4A},
		{"a video", track.Track{Format: track.MP4, Video: true}, MP4},
		{"MP3", track.Track{Format: track.MP3File}, MP3},
		{"bare AAC", track.Track{Format: track.ADTS}, AAC},
		{"Ogg", track.Track{Format: track.Ogg}, Opus},
		{"FLAC", track.Track{Format: track.FLACRaw}, FLAC},
		{"WAV", track.Track{Format: track.WAV}, WAV},
		{"what X sends, which is written nowhere", track.Track{Format: track.MPEGTS}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := OfTrack(&c.tr); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
