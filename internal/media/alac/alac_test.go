package alac

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// cookie is that of packets of so many samples.
func cookie(samples, bits, channels int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(samples))
	b = append(b, 0, byte(bits), 40, 10, 14, byte(channels), 0, 255)
	return binary.BigEndian.AppendUint32(append(b, make([]byte, 8)...), 44100)
}

// A writer writes bits.
type writer struct {
	b []byte
	n int
}

func (w *writer) put(v uint32, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// plain writes a packet without prediction, whose elements have one or two
// channels each.
func plain(c Config, samples []int32, elements ...int) []byte {
	var w writer
	w.put(fill, 3)
	w.put(2, 4)
	w.put(0, 16)
	n := len(samples) / c.Channels
	at := 0
	for _, channels := range elements {
		w.put(uint32(channels-1), 3)
		w.put(0, 4+12)
		if n == c.Samples {
			w.put(1, 4)
		} else {
			w.put(9, 4)
			w.put(uint32(n), 32)
		}
		for i := range n {
			for k := range channels {
				w.put(uint32(samples[i*c.Channels+at+k]), c.Bits)
			}
		}
		at += channels
	}
	w.put(end, 3)
	return w.b
}

func TestPlainNumbers(t *testing.T) {
	for _, bits := range []int{16, 20, 24, 32} {
		for _, n := range []int{8, 3} {
			c, err := ParseCookie(cookie(8, bits, 3))
			if err != nil {
				t.Fatal(err)
			}
			var in []int32
			for i := range 3 * n {
				in = append(in, int32(i*i-30)<<(bits-11), -1<<(bits-1))
			}
			in = in[:3*n]
			packet := plain(c, in, 1, 2)
			if got, ok := UnitSamples(packet, c.Samples); got != n || !ok {
				t.Errorf("%d samples, %t, of %d", got, ok, n)
			}
			out := make([]int32, len(in))
			if err := NewDecoder(c).Decode(out, packet); err != nil {
				t.Fatalf("%d bits, %d samples: %v", bits, n, err)
			}
			// The elements are centre, left, right.
			for i := range n {
				if want := []int32{in[3*i+1], in[3*i+2], in[3*i]}; !slices.Equal(out[3*i:3*i+3], want) {
					t.Fatalf("%d bits, sample %d: %v, not %v", bits, i, out[3*i:3*i+3], want)
				}
			}
			for cut := range len(packet) - 1 {
				if err := NewDecoder(c).Decode(out, packet[:cut]); !errors.Is(err, ErrDamaged) {
					t.Fatalf("cut after %d bytes: %v", cut, err)
				}
			}
		}
	}
}

func TestCookies(t *testing.T) {
	inBoxes := slices.Concat([]byte("\x00\x00\x00\x0cfrmaalac"), []byte("\x00\x00\x00\x24alac\x00\x00\x00\x00"), cookie(4096, 16, 2))
	c, err := TrackConfig(inBoxes)
	if err != nil || c.SampleRate != 44100 || c.Channels != 2 || c.UnitSamples != 4096 || c.Specific != string(cookie(4096, 16, 2)) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range [][]byte{nil, cookie(0, 16, 2), cookie(1<<20, 16, 2), cookie(4096, 17, 2), cookie(4096, 16, 0), cookie(4096, 16, 9), bytes.Repeat([]byte{0xFF}, 24)} {
		if _, err := TrackConfig(bad); !errors.Is(err, ErrConfig) {
			t.Errorf("% x: %v", bad, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	c, _ := ParseCookie(cookie(8, 16, 2))
	f.Add(cookie(8, 16, 2), plain(c, make([]int32, 16), 2))
	f.Add(cookie(4096, 24, 2), []byte{0x20, 0, 4, 0, 0, 0x99, 0x55, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add(cookie(64, 16, 1), []byte{0, 0, 0, 0, 0, 0x09, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xE0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, cookie, packet []byte) {
		c, err := ParseCookie(cookie)
		if err != nil {
			return
		}
		n, ok := UnitSamples(packet, c.Samples)
		if !ok {
			n = c.Samples
		}
		if n < 1 || n > c.Samples {
			t.Fatalf("%d samples", n)
		}
		dst := make([]int32, n*c.Channels)
		dst[0] = 99
		if err := NewDecoder(c).Decode(dst, packet); err != nil && slices.ContainsFunc(dst, func(v int32) bool { return v != 0 }) {
			t.Fatalf("%v, and sound", err)
		}
	})
}
