package gain

import (
	"bytes"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// loudest returns the longest unit of a stream: one that holds sound.
func loudest(s *stream) []byte {
	var best []byte
	for i := range s.at {
		if u := s.unit(i); len(u) > len(best) {
			best = u
		}
	}
	return bytes.Clone(best)
}

// comparer returns a Comparer of the units of s.
func comparer(t testing.TB, c track.Config) *Comparer {
	t.Helper()
	x, err := NewComparer(c)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// mp3Frame is a frame of MPEG-1 Layer III in stereo, 44.1 kHz, 128 kbit/s, with a
// CRC or without, whose four global_gains are those given.
func mp3Frame(t testing.TB, protected bool, gains [4]byte) []byte {
	t.Helper()
	b := make([]byte, 417)
	copy(b, []byte{0xff, 0xfb, 0x90, 0x00})
	side := mp3.HeaderSize
	if protected {
		b[1] &^= 1
		side += 2
	}
	for i := side; i < len(b); i++ {
		b[i] = byte(7 * i)
	}
	for i, g := range gains {
		at := 8*(side+32) - (4-i)*59 + 21
		for k := range 8 {
			bit := byte(0x80 >> ((at + k) & 7))
			b[(at+k)>>3] &^= bit
			if g&(0x80>>k) != 0 {
				b[(at+k)>>3] |= bit
			}
		}
	}
	return b
}

func mp3Config() track.Config {
	return track.Config{Codec: track.MP3, SampleRate: 44100, Channels: 2, UnitSamples: 1152}
}

// Only what a Shifter makes of a unit is the same.
func TestCompare(t *testing.T) {
	talk := speech(t, 1)
	unit := loudest(talk)
	silent := []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c} // a pair without a coefficient
	frame := mp3Frame(t, false, [4]byte{100, 120, 0, 90})
	checked := mp3Frame(t, true, [4]byte{100, 120, 80, 90})
	empty := mp3Frame(t, false, [4]byte{})

	parser, err := adts.NewParser(talk.config.Specific)
	if err != nil {
		t.Fatal(err)
	}
	var parsed syntax.Unit
	if err := parser.Parse(unit, &parsed); err != nil || len(parsed.Streams) < 1 {
		t.Fatal(parsed, err)
	}
	flip := func(b []byte, bit int) []byte {
		b = bytes.Clone(b)
		b[bit>>3] ^= 0x80 >> (bit & 7)
		return b
	}
	moved := func(c track.Config, b []byte, steps int) []byte {
		b = bytes.Clone(b)
		s, err := NewShifter(c, []Run{{0, steps}})
		if err == nil {
			err = s.Shift(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := func(b []byte, at int) []byte { // a step in the lowest bit of one gain
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name           string
		config         track.Config
		unit, original []byte
		steps          int
		silent, same   bool
	}{
		{"AAC as it was", talk.config, unit, unit, 0, false, true},
		{"AAC up", talk.config, moved(talk.config, unit, 5), unit, 5, false, true},
		{"AAC down", talk.config, moved(talk.config, unit, -7), unit, -7, false, true},
		{"AAC, another bit", talk.config, flip(moved(talk.config, unit, 5), parsed.End-3), unit, 0, false, false},
		{"AAC, cut off", talk.config, unit[:len(unit)-1], unit, 0, false, false},
		{"AAC, longer", talk.config, append(bytes.Clone(unit), 0), unit, 0, false, false},
		{"AAC, empty", talk.config, nil, unit, 0, false, false},
		{"AAC of nothing", talk.config, unit, nil, 0, false, false},
		{"AAC, silent", talk.config, silent, silent, 0, true, true},
		{"AAC, silent and a gain", talk.config, flip(silent, 24), silent, 0, true, false},
		{"AAC instead of silence", talk.config, unit, silent, 0, true, false},
		{"AAC, damaged both", talk.config, unit[:40], unit[:40], 0, false, true},
		{"AAC, damaged otherwise", talk.config, flip(unit[:40], 100), unit[:40], 0, false, false},
		{"MP3 as it was", mp3Config(), frame, frame, 0, false, true},
		{"MP3 up", mp3Config(), moved(mp3Config(), frame, 9), frame, 9, false, true},
		{"MP3 down", mp3Config(), moved(mp3Config(), frame, -9), frame, -9, false, true},
		{"MP3, one gain", mp3Config(), mp3Frame(t, false, [4]byte{101, 120, 0, 90}), frame, 0, false, false},
		{"MP3, all but one", mp3Config(), mp3Frame(t, false, [4]byte{101, 121, 0, 90}), frame, 0, false, false},
		{"MP3, an empty granule filled", mp3Config(), mp3Frame(t, false, [4]byte{101, 121, 1, 91}), frame, 0, false, false},
		{"MP3, main data", mp3Config(), one(moved(mp3Config(), frame, 9), 300), frame, 0, false, false},
		{"MP3 with a CRC", mp3Config(), moved(mp3Config(), checked, 3), checked, 3, false, true},
		{"MP3 with the CRC of before", mp3Config(), mp3Frame(t, true, [4]byte{103, 123, 83, 93}), checked, 0, false, false},
		{"MP3, empty", mp3Config(), empty, empty, 0, true, true},
		{"MP3 instead of an empty one", mp3Config(), frame, empty, 0, true, false},
		{"MP3, another header", mp3Config(), one(frame, 3), frame, 0, false, false},
		{"MP3, cut off", mp3Config(), frame[:20], frame, 0, false, false},
		{"MP3 of nothing", mp3Config(), nil, nil, 0, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps, silent, same := comparer(t, c.config).Compare(c.unit, c.original)
			if steps != c.steps || silent != c.silent || same != c.same {
				t.Errorf("%d steps, silent: %t, the same: %t; want %d, %t, %t", steps, silent, same, c.steps, c.silent, c.same)
			}
		})
	}
	if _, err := NewComparer(track.Config{Codec: track.FLAC}); err == nil {
		t.Error("gains of FLAC are compared")
	}
}

// One channel's gain is not the unit's.
func TestCompareStereo(t *testing.T) {
	s := encoded(t, "sine=440:d=1,aformat=channel_layouts=stereo", "-af", "pan=stereo|c0=c0|c1=0.5*c0", "-b:a", "96k")
	original := loudest(s)
	p, err := adts.NewParser(s.config.Specific)
	if err != nil {
		t.Fatal(err)
	}
	var u syntax.Unit
	if err := p.Parse(original, &u); err != nil || len(u.Streams) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	x := comparer(t, s.config)
	for i := range u.Streams {
		unit := bytes.Clone(original)
		last := u.Streams[i].Gain + 7
		unit[last>>3] ^= 0x80 >> (last & 7)
		if steps, _, same := x.Compare(unit, original); same {
			t.Errorf("the gain of channel %d alone: %d steps", i, steps)
		}
	}
}

// What is the same is what a Shifter makes, and all that it makes is the same.
func FuzzCompare(f *testing.F) {
	talk := speech(f, 1)
	unit := loudest(talk)
	frame := mp3Frame(f, true, [4]byte{100, 120, 80, 90})
	f.Add(unit, unit, int8(3), false)
	f.Add(unit[:30], unit, int8(-100), false)
	f.Add(frame, mp3Frame(f, true, [4]byte{101, 121, 81, 91}), int8(1), true)
	f.Add(frame, frame[:100], int8(-3), true)
	f.Fuzz(func(t *testing.T, original, unit []byte, by int8, isMP3 bool) {
		c := talk.config
		if isMP3 {
			c = mp3Config()
		}
		x := comparer(t, c)
		shifted := func(steps int) ([]byte, error) {
			s, err := NewShifter(c, []Run{{0, steps}})
			if err != nil {
				t.Fatal(err)
			}
			b := bytes.Clone(original)
			return b, s.Shift(b)
		}
		before := [2][]byte{bytes.Clone(unit), bytes.Clone(original)}
		if steps, silent, same := x.Compare(unit, original); same && !bytes.Equal(unit, original) {
			if b, err := shifted(steps); err != nil || !bytes.Equal(b, unit) || silent {
				t.Errorf("%d steps, silent: %t, %v", steps, silent, err)
			}
		}
		if !bytes.Equal(before[0], unit) || !bytes.Equal(before[1], original) {
			t.Error("comparing changes a unit")
		}
		if b, err := shifted(int(by)); err == nil {
			if steps, silent, same := x.Compare(b, original); !same || steps != int(by) && !silent && !bytes.Equal(b, original) {
				t.Errorf("shifted by %d: %d, silent: %t, the same: %t", by, steps, silent, same)
			}
		}
	})
}
