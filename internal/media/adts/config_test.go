package adts

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// fields packs values into bytes: pairs of a value and its width in bits.
func fields(pairs ...int) []byte {
	var w bitWriter
	for i := 0; i < len(pairs); i += 2 {
		w.write(pairs[i], pairs[i+1])
	}
	return w.b
}

func TestParseConfig(t *testing.T) {
	cases := []struct {
		name string
		asc  []byte
		want string // Config, UnitSamples follow; or an error
		unit int
	}{
		{"LC 48 kHz stereo", []byte{0x11, 0x90}, "aac-lc 48000 Hz 2 ch", 1024},
		{"LC 44.1 kHz mono, padded", []byte{0x12, 0x08, 0, 0, 0}, "aac-lc 44100 Hz 1 ch", 1024},
		{"LC, escape rate", fields(2, 5, 15, 4, 47999, 24, 2, 4, 0, 3), "aac-lc 47999 Hz 2 ch", 1024},
		{"LC, 960 samples", fields(2, 5, 3, 4, 2, 4, 1, 1, 0, 2), "aac-lc 48000 Hz 2 ch", 960},
		{"LC, core coder", fields(2, 5, 3, 4, 2, 4, 0, 1, 1, 1, 99, 14, 0, 1), "aac-lc 48000 Hz 2 ch", 1024},
		{"7.1", fields(2, 5, 3, 4, 7, 4, 0, 3), "aac-lc 48000 Hz 8 ch", 1024},
		{"Main", fields(1, 5, 3, 4, 2, 4, 0, 3), "aac 48000 Hz 2 ch", 1024},
		{"explicit SBR", fields(5, 5, 6, 4, 2, 4, 3, 4, 2, 5, 0, 3), "he-aac 48000 Hz 2 ch", 2048},
		{"explicit PS", fields(29, 5, 6, 4, 1, 4, 3, 4, 2, 5, 0, 3), "he-aac 48000 Hz 2 ch", 2048},
		{"explicit SBR, one rate", fields(5, 5, 3, 4, 2, 4, 3, 4, 2, 5, 0, 3), "he-aac 48000 Hz 2 ch", 1024},
		{"compatible SBR, as ffmpeg writes it", []byte{0x13, 0x10, 0x56, 0xe5, 0x98}, "he-aac 48000 Hz 2 ch", 2048},
		{"compatible SBR, absent", []byte{0x11, 0x90, 0x56, 0xe5, 0x00}, "aac-lc 48000 Hz 2 ch", 1024},
		{"compatible PS", fields(2, 5, 6, 4, 1, 4, 0, 3, 0x2b7, 11, 5, 5, 1, 1, 3, 4, 0x548, 11, 1, 1), "he-aac 48000 Hz 2 ch", 2048},
		{"ER LC", fields(17, 5, 3, 4, 2, 4, 0, 3, 0, 2), "aac 48000 Hz 2 ch", 1024},
		{"ER LD", fields(23, 5, 3, 4, 2, 4, 1, 1, 0, 2, 0, 2), "aac 48000 Hz 2 ch", 480},
		{"ELD, escaped type", fields(31, 5, 7, 6, 3, 4, 2, 4, 0, 1, 0, 8), "aac 48000 Hz 2 ch", 512},
		{"program config", fields(2, 5, 3, 4, 0, 4, 0, 3,
			0, 4, 1, 2, 3, 4, 1, 4, 1, 4, 0, 4, 1, 2, 0, 3, 0, 4, 0, 3, // counts, no mixdowns
			1, 1, 0, 4, 0, 1, 1, 4, 2, 4, 0, 5, 0, 8), "aac-lc 48000 Hz 4 ch", 1024},

		{"empty", nil, "adts: AudioSpecificConfig: it is cut off after 0 bytes", 0},
		{"cut", []byte{0x11}, "adts: AudioSpecificConfig: it is cut off after 1 bytes", 0},
		{"reserved rate", fields(2, 5, 13, 4, 2, 4, 0, 3), "adts: AudioSpecificConfig: samplingFrequencyIndex 13: reserved value", 0},
		{"rate 0", fields(2, 5, 15, 4, 0, 24, 2, 4, 0, 3), "adts: AudioSpecificConfig: sample rate 0", 0},
		{"reserved channels", fields(2, 5, 3, 4, 9, 4, 0, 3), "adts: AudioSpecificConfig: channelConfiguration 9: reserved value", 0},
		{"MP3 in MP4", fields(31, 5, 2, 6, 3, 4, 2, 4, 0, 8), "adts: AudioSpecificConfig: audio object type 34 is not AAC", 0},
		{"ELD without channels", []byte{0xf8, 0xec, 0x11}, "adts: AudioSpecificConfig: channelConfiguration 0: reserved value", 0},
		{"impossible SBR", fields(5, 5, 3, 4, 2, 4, 11, 4, 2, 5, 0, 3), "adts: AudioSpecificConfig: SBR from 48000 Hz to 8000 Hz is not possible", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseConfig(c.asc)
			if err != nil {
				if err.Error() != c.want {
					t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
				}
				return
			}
			if got.String() != c.want || got.UnitSamples != c.unit || got.Specific != string(c.asc) {
				t.Errorf("%s: %v, %d samples; want %s, %d", c.name, got, got.UnitSamples, c.want, c.unit)
			}
		})
	}
}

// What a header says must be what its AudioSpecificConfig says.
func TestHeaderConfig(t *testing.T) {
	for object := 1; object <= 4; object++ {
		for rate := range sampleRates {
			for channels := 1; channels < 8; channels++ {
				h := Header{ObjectType: object, RateIndex: rate, Channels: channels}
				if got, err := ParseConfig([]byte(h.Config().Specific)); err != nil || got != h.Config() {
					t.Fatalf("%+v: %v, %v", h, got, err)
				}
			}
		}
	}
}

// Without a channel configuration the channels come from the first frame.
func TestProgramConfig(t *testing.T) {
	s := newStream()
	const noChannels = lc48stereo &^ 0x1c0
	first := s.rawFrame(noChannels, 100)
	copy(first[HeaderLen:], fields(5, 3,
		0, 4, 1, 2, 3, 4, 2, 4, 0, 4, 0, 4, 0, 2, 0, 3, 0, 4, 0, 3,
		0, 1, 0, 4, 1, 1, 0, 4, 0, 6, 2, 8, 'h', 8, 'i', 8))
	s.Write(first)
	s.frames(noChannels, 3)
	got := check(t, s.Bytes())
	if len(got.track.Runs) != 1 || got.track.Runs[0].Channels != 3 {
		t.Fatalf("runs: %+v", got.track.Runs)
	}
	c := got.track.Runs[0].Config
	if parsed, err := ParseConfig([]byte(c.Specific)); err != nil || parsed != c {
		t.Errorf("%x: %v, %v; want %v", c.Specific, parsed, err, c)
	}
}

func TestParseHeader(t *testing.T) {
	frame := newStream().rawFrame(lc48stereo, 300)
	h, err := ParseHeader(frame)
	if want := (Header{2, 3, 2, false, 1, 300, 7}); err != nil || h != want {
		t.Errorf("%+v, %v; want %+v", h, err, want)
	}
	if got, want := h.Config().String(), "aac-lc 48000 Hz 2 ch"; got != want {
		t.Errorf("Config is %s, want %s", got, want)
	}
	for _, c := range []struct {
		at   int
		b    byte
		want error
	}{
		{0, 0xfe, ErrSync}, {1, 0xe1, ErrSync}, {1, 0xf3, ErrSync},
		{2, 0x74, ErrRate}, {2, 0x7c, ErrRate}, {4, 0, ErrNoRoom},
	} {
		t.Run(fmt.Sprintf("byte %d is %#x", c.at, c.b), func(t *testing.T) {
			b := bytes.Clone(frame)
			b[c.at] = c.b
			if _, err := ParseHeader(b); err != c.want {
				t.Errorf("byte %d is %#x: %v, want %v", c.at, c.b, err, c.want)
			}
		})
	}
	if _, err := ParseHeader(frame[:6]); err != ErrShort {
		t.Errorf("a cut header: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte{0x11, 0x90})
	f.Add([]byte{0x13, 0x10, 0x56, 0xe5, 0x98})
	f.Add(fields(29, 5, 6, 4, 0, 4, 3, 4, 2, 5, 0, 3))
	f.Fuzz(func(t *testing.T, asc []byte) {
		c, err := ParseConfig(asc)
		if err != nil {
			return
		}
		if c.SampleRate <= 0 || c.Channels <= 0 || c.UnitSamples <= 0 || c.Codec == "" || c.Specific != string(asc) {
			t.Errorf("%x: %+v", asc, c)
		}
		if c.Codec == track.AACLC && c.UnitSamples > 1024 {
			t.Errorf("%x: %+v", asc, c)
		}
	})
}
