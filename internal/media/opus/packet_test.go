package opus

import (
	"errors"
	"strings"
	"testing"
)

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		packet string
		want   int
	}{
		{"\x00", 480}, {"\x08", 960}, {"\x10", 1920}, {"\x18", 2880}, {"\x58", 2880},
		{"\x60", 480}, {"\x68", 960}, {"\x78", 960},
		{"\x80", 120}, {"\x88", 240}, {"\x90", 480}, {"\x98", 960}, {"\xF8\xFF\xFE", 960},
		{"\xF9", 1920}, {"\xFA", 1920}, {"\xFB\x03", 2880}, {"\x83\x30", 5760}, {"\x1B\x02", 5760},
		{"", 0}, {"\xFB", 0}, {"\xFB\x00", 0}, {"\x1B\x03", 0}, {"\x83\x31", 0},
	} {
		if n, ok := Samples([]byte(c.packet)); ok != (c.want > 0) || ok && n != c.want {
			t.Errorf("%x lasts %d samples (%t), not %d", c.packet, n, ok, c.want)
		}
	}
}

// What the encoder makes lasts what it was given.
func TestSamplesOfEncodedPackets(t *testing.T) {
	enc, err := NewEncoder(2, 64000)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		packet, err := enc.Encode(make([]float32, 2*Frame))
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := Samples(packet); !ok || n != Frame {
			t.Fatalf("%d samples, %t", n, ok)
		}
	}
}

func TestParseHead(t *testing.T) {
	const stereo = "OpusHead\x01\x02\x38\x01\x80\xBB\x00\x00\x00\xFF\x00"
	h, err := ParseHead([]byte(stereo + "more"))
	if err != nil || h.Channels != 2 || h.PreSkip != 312 || h.InputRate != 48000 || h.Gain != -256 || h.Family != 0 || string(h.Bytes) != stereo {
		t.Fatalf("%+v, %v", h, err)
	}
	const surround = "OpusHead\x01\x06\x38\x01\x80\xBB\x00\x00\x00\x00\x01\x04\x02\x00\x04\x01\x02\x03\x05"
	if h, err := ParseHead([]byte(surround)); err != nil || h.Channels != 6 || h.Family != 1 || string(h.Bytes) != surround {
		t.Fatalf("%+v, %v", h, err)
	}
	for _, bad := range []string{
		"", stereo[:18], "OpusTags" + stereo[8:], stereo[:8] + "\x10" + stereo[9:], stereo[:9] + "\x00" + stereo[10:],
		stereo[:9] + "\x03" + stereo[10:], surround[:26],
	} {
		if _, err := ParseHead([]byte(bad)); !errors.Is(err, ErrHead) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Packets that say where they end lose that and nothing else (RFC 6716, Appendix B).
func TestUndelimit(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ in, packet, rest string }{
		{"\xF8\x03abcrest", "\xF8abc", "rest"},
		{"\xF8\xFC\x0C" + long, "\xF8" + long, ""},
		{"\xF9\x02abcdrest", "\xF9abcd", "rest"},
		{"\xFA\x01\x02abcrest", "\xFA\x01abc", "rest"},
		{"\xFB\x03\x01abcrest", "\xFB\x03abc", "rest"},
		{"\xFB\x82\x01\x02abcrest", "\xFB\x82\x01abc", "rest"},
		{"\xFB\x41\x02\x02ab\x00\x00rest", "\xFB\x41\x02ab\x00\x00", "rest"},
		{"\xF8\x00rest", "\xF8", "rest"},
	} {
		packet, rest, ok := undelimit(nil, []byte(c.in))
		if !ok || string(packet) != c.packet || string(rest) != c.rest {
			t.Errorf("%x: %x and %q, %t", c.in, packet, rest, ok)
		}
	}
	for _, bad := range []string{"", "\xF8", "\xF8\x03ab", "\xF8\xFC", "\xF9\x02abc", "\xFA\x01", "\xFA\x01\x02ab", "\xFB\x00\x01a", "\xFB\x41", "\xFB\x41\xFF", "\xFB\x82\x01"} {
		if packet, _, ok := undelimit(nil, []byte(bad)); ok {
			t.Errorf("%x became %x", bad, packet)
		}
	}
}

// FuzzStreams holds that any packet of several streams ends in samples or an error.
func FuzzStreams(f *testing.F) {
	f.Add([]byte("\xF8\x03\xFF\xFE\x00\xF8\xFF\xFE"), byte(2), byte(1))
	f.Add([]byte("\xFB\x82\x01\x02abc\xF8\xFF\xFE"), byte(3), byte(0))
	f.Fuzz(func(t *testing.T, packet []byte, streams, coupled byte) {
		streams, coupled = streams%5, coupled%5
		head := []byte("OpusHead\x01\x03\x00\x00\x00\x00\x00\x00\x00\x00\x01")
		h, err := ParseHead(append(head, streams, coupled, 0, 1, 255))
		if err != nil {
			t.Fatal(err)
		}
		dec, err := NewStreams(h)
		if err != nil {
			return
		}
		for range 2 {
			if samples, err := dec.Decode(packet); err == nil && (len(samples)%3 != 0 || len(samples) > 3*MaxFrame) {
				t.Fatalf("%d samples", len(samples))
			}
		}
	})
}
