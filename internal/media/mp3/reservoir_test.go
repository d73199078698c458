package mp3

import (
	"bytes"
	"testing"
)

// A carrier is a valid frame, silent, that ends with the bytes given.
func TestCarrier(t *testing.T) {
	for _, h := range []Header{
		{Version: MPEG1, SampleRate: 44100, BitRate: 128000, Mode: JointStereo},
		{Version: MPEG1, SampleRate: 48000, BitRate: 32000, Mode: Mono, Protected: true},
		{Version: MPEG1, SampleRate: 32000, BitRate: 320000, Mode: Stereo, Padded: true},
		{Version: MPEG2, SampleRate: 22050, BitRate: 8000, Mode: Mono},
		{Version: MPEG2, SampleRate: 24000, BitRate: 64000, Mode: DualChannel},
		{Version: MPEG25, SampleRate: 8000, BitRate: 8000, Mode: Stereo},
	} {
		most := 511
		if h.Version != MPEG1 {
			most = 255
		}
		for n := 0; n <= most; n++ {
			data := bytes.Repeat([]byte{0xA5}, n)
			frame, err := Carrier(h, data)
			if err != nil {
				t.Fatalf("%+v, %d bytes: %v", h, n, err)
			}
			got, err := ParseHeader(frame)
			if err != nil || got.FrameSize() != len(frame) || got.SampleRate != h.SampleRate || got.Mode != h.Mode || got.Version != h.Version {
				t.Fatalf("%+v, %d bytes: a frame of %d bytes with header %+v, %v", h, n, len(frame), got, err)
			}
			main, err := MainData(frame)
			if err != nil || !bytes.HasSuffix(main, data) {
				t.Fatalf("%+v, %d bytes: main data %x, %v", h, n, main, err)
			}
			side := frame[HeaderSize : len(frame)-len(main)]
			if len(side) != h.sideInfoSize() || bytes.Count(side, []byte{0}) != len(side) {
				t.Fatalf("%+v: side information %x", h, side)
			}
			if back, err := Reservoir(frame); err != nil || back != 0 {
				t.Fatalf("a carrier takes %d bytes, %v", back, err)
			}
		}
	}
}

func TestReservoir(t *testing.T) {
	for _, tt := range []struct {
		h    Header
		side []byte
		want int
	}{
		{Header{Version: MPEG1, SampleRate: 44100, BitRate: 128000}, []byte{0xFF, 0x80}, 511},
		{Header{Version: MPEG1, SampleRate: 44100, BitRate: 128000}, []byte{0x01, 0x7F}, 2},
		{Header{Version: MPEG1, SampleRate: 44100, BitRate: 128000, Protected: true}, []byte{0x80, 0x00}, 256},
		{Header{Version: MPEG2, SampleRate: 24000, BitRate: 64000}, []byte{0xFE, 0xFF}, 254},
	} {
		head, err := tt.h.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, tt.h.FrameSize())
		copy(frame, head[:])
		copy(frame[tt.h.sideInfoAt():], tt.side)
		if got, err := Reservoir(frame); err != nil || got != tt.want {
			t.Errorf("%+v: %d, %v; want %d", tt.h, got, err, tt.want)
		}
		if _, err := Reservoir(frame[:5]); err == nil {
			t.Error("a cut frame has a reservoir")
		}
	}
}

func FuzzReservoir(f *testing.F) {
	f.Add([]byte("\xFF\xFB\x90\x44\x12\x34"))
	f.Add([]byte("\xFF\xF2\x80\xC4\x12\x34\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := Reservoir(b); err == nil && (n < 0 || n > 511) {
			t.Fatalf("%d bytes", n)
		}
		if main, err := MainData(b); err == nil && len(main) > len(b)-HeaderSize {
			t.Fatalf("%d bytes of %d", len(main), len(b))
		}
	})
}
