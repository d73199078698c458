package space

import (
	"strings"
	"testing"
)

func TestStrip(t *testing.T) {
	minute := 60.0
	s := &Space{
		Recording: Recording{Duration: &minute, Speakers: []Speaker{{Handle: "h"}, {Handle: "silent"}, {Handle: "g"}}},
		Timeline:  []Run{{SampleRate: 10, Samples: 200}, {SampleRate: 10, Samples: 400, GapBefore: 17.5}},
	}
	turns := &Turns{Turns: []Turn{{Handle: "h", Start: 0, End: 30}, {Handle: "g", Start: 30, End: 50}, {Handle: "stranger", Start: 52, End: 53.5}}}
	for _, tt := range []struct {
		name  string
		turns *Turns
		width int
		want  string
	}{
		{"nothing tells who speaks", nil, 60, strings.Repeat("=", 20) + "|" + strings.Repeat("=", 39)},
		{"a cell a second", turns, 60, strings.Repeat("A", 20) + "|" + strings.Repeat("A", 9) + strings.Repeat("B", 20) + "--??" + strings.Repeat("-", 6)},
		{"who speaks longest in it", turns, 6, "AA|BB?"},
		{"one", turns, 1, "|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.Strip(tt.turns, tt.width); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if marks := s.Marks(turns); len(marks) != 2 || marks["h"] != 'A' || marks["g"] != 'B' {
		t.Errorf("the marks are %v", marks)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{(&Damage{Places: 1, Bytes: 188, LostSeconds: 0.0213}).String(), "1 place, 188 bytes skipped, 0.021 s lost"},
		{(&Damage{Places: 3, Bytes: 1500, LostSeconds: 3, Kinds: map[string]int{"sync": 2, "crc": 1}}).String(), "3 places, 1.5 kB skipped, 3 s lost (crc 1, sync 2)"},
		{(&Audio{Codec: "aac-lc", SampleRate: 48000, Channels: 2, BitRate: 96400}).String(), "aac-lc, 48 kHz, stereo, 96 kb/s"},
		{(&Audio{Codec: "mp3", SampleRate: 44100, Channels: 1, BitRate: 63500}).String(), "mp3, 44.1 kHz, mono, 64 kb/s"},
		{(&Audio{Codec: "pcm", SampleRate: 8000, Channels: 6, Video: true, OtherTracks: 1}).String(), "pcm, 8 kHz, 6 channels, 0 kb/s, with video, and 1 track more in the original"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("%q, want %q", tt.got, tt.want)
			}
		})
	}
}
