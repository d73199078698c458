package mp3

import (
	"bytes"
	"fmt"
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

// A header comes out of Header as it went in, and the frames that are made for
// it look to players like its continuation, whatever its flags.
func TestHeaderBits(t *testing.T) {
	n := 0
	for id := range 4 {
		for b3 := range 256 {
			for private := range 2 {
				b := []byte{0xFF, byte(0xE3 | id<<3), byte(5<<4 | private), byte(b3 &^ 0x30)}
				h, err := ParseHeader(b)
				if err != nil {
					continue
				}
				n++
				if got, err := h.Bytes(); err != nil || !bytes.Equal(got[:], b) {
					t.Fatalf("%x became %x, %v", b, got, err)
				}
				carrier, err := Carrier(h, make([]byte, 200))
				if err != nil || !Alike(carrier, b) || carrier[2]&1 != b[2]&1 {
					t.Fatalf("the carrier before %x is %x, %v", b, carrier[:HeaderSize], err)
				}
				info, err := InfoFrame(h, Info{Gapless: true})
				if err != nil || !Alike(info, b) || info[2]&1 != b[2]&1 {
					t.Fatalf("the Info frame before %x is %x, %v", b, info[:HeaderSize], err)
				}
			}
		}
	}
	const want = 3 * 4 * 4 * 3 * 2 // versions, modes, copyright and original, emphases, private
	if n != 4*want {
		t.Errorf("%d headers, not %d", n, 4*want)
	}
	if _, err := (Header{Version: MPEG1, SampleRate: 44100, BitRate: 64000, Emphasis: 2}).Bytes(); err == nil {
		t.Error("there is a header of reserved emphasis")
	}
	for _, other := range []string{"\xFF\xFB\x90\x41", "\xFF\xFB\x90\x48", "\xFF\xFB\x90\x44", "\xFF\xFB\x90\x00", "\xFF\xFB\x94\x40", "\xFF\xF3\x90\x40", "\xFF\xFB\x90"} {
		if Alike([]byte("\xFF\xFB\x90\x40"), []byte(other)) {
			t.Errorf("%x continues ff fb 90 40", other)
		}
	}
	if !Alike([]byte("\xFF\xFB\x90\x40"), []byte("\xFF\xFA\x53\x70")) {
		t.Error("another bit rate, CRC, padding, private bit or mode extension makes a frame junk")
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
		t.Run(fmt.Sprintf("%d Hz, %x", tt.h.SampleRate, tt.side), func(t *testing.T) {
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
		})
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
