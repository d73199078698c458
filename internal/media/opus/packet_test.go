package opus

import (
	"errors"
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
