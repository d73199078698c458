package hls

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"
	"time"
)

// The walker's word does not depend on how the chunk comes.
func TestWalker(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 4))
	sound := audio(rng, 20)
	box := func(kind string, size int) []byte {
		return append([]byte{0, 0, byte(size >> 8), byte(size), kind[0], kind[1], kind[2], kind[3]}, make([]byte, size-8)...)
	}
	large := append([]byte{0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 0, 0, 0, 0, 20}, 1, 2, 3, 4)
	mp4 := bytes.Join([][]byte{box("styp", 24), box("moof", 300), box("mdat", 9), large}, nil)
	ts := make([]byte, 188*3)
	ts[0] = 0x47
	length := 20 * 1024 * time.Second / 48000
	for name, c := range map[string]struct {
		b    []byte
		want time.Duration
		cut  bool
	}{
		"ADTS":                    {sound, length, false},
		"ADTS, two frames less":   {sound, length + 2*1024*time.Second/48000, false},
		"ADTS, half a second":     {sound, length + time.Second/2, true},
		"ADTS cut":                {sound[:len(sound)-1], length, true},
		"ADTS cut in a head":      {append(bytes.Clone(sound), 0xff, 0xf1), length, true},
		"a tag only":              {append([]byte("ID3\x04\x00\x00\x00\x00\x01\x02"), make([]byte, 130)...), 0, false},
		"cut after a tag":         {append([]byte("ID3\x04\x00\x00\x00\x00\x01\x02"), make([]byte, 130)...), time.Second, true},
		"a tag with a footer":     {append([]byte("ID3\x04\x00\x10\x00\x00\x00\x02"), make([]byte, 12)...), 0, false},
		"a tag cut":               {append([]byte("ID3\x04\x00\x00\x00\x00\x01\x02"), make([]byte, 129)...), 0, true},
		"junk after frames":       {append(bytes.Clone(sound), "junk junk junk"...), length, false},
		"starts inside a frame":   {sound[5:], length, false},
		"MP4":                     {mp4, time.Hour, false},
		"MP4 cut":                 {mp4[:len(mp4)-1], 0, true},
		"MP4 cut in a head":       {mp4[:24+300+3], 0, true},
		"MP4, box up to the end":  {append(box("moof", 16), 0, 0, 0, 0, 'm', 'd', 'a', 't', 9), 0, false},
		"MP4, box of three bytes": {append(box("moof", 16), 0, 0, 0, 3, 'm', 'd', 'a', 't', 9), 0, false},
		"TS":                      {ts, time.Hour, false},
		"TS cut":                  {ts[:len(ts)-1], 0, true},
		"MP3":                     {append([]byte{0xff, 0xfb, 0x90, 0}, make([]byte, 100)...), time.Hour, false},
		"five bytes":              {sound[:5], 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{1, 3, 8, len(c.b)} {
				var w walker
				for rest := c.b; len(rest) > 0; {
					n := min(step, len(rest))
					w.Write(rest[:n])
					rest = rest[n:]
				}
				if got := w.isCut(c.want); got != c.cut {
					t.Errorf("in steps of %d bytes: cut: %t, want %t", step, got, c.cut)
				}
			}
		})
	}
}

// What comes in pieces of any size is decrypted to the same.
func TestDecrypter(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 5))
	key, iv := [16]byte(noise(rng, 16)), [16]byte(noise(rng, 16))
	for size := range 70 {
		plain := noise(rng, size)
		sent := encrypt(plain, key[:], iv)
		for _, step := range []int{1, 7, 15, 16, 17, 64} {
			var out bytes.Buffer
			d := newDecrypter(&out, key, iv)
			for rest := sent; len(rest) > 0; {
				n := min(step, len(rest))
				if k, err := d.Write(rest[:n]); k != n || err != nil {
					t.Fatal(k, err)
				}
				rest = rest[n:]
			}
			if err := d.finish(); err != nil || !bytes.Equal(out.Bytes(), plain) {
				t.Fatalf("%d bytes in steps of %d: %v, %x", size, step, err, out.Bytes())
			}
		}
		var out bytes.Buffer
		d := newDecrypter(&out, key, iv)
		d.Write(sent[:len(sent)-1])
		if d.finish() == nil {
			t.Errorf("%d bytes: one is missing, and no error", size)
		}
	}
	// SP 800-38A, F.2.1, with a block of padding behind.
	key, iv = [16]byte(unhex(t, "2b7e151628aed2a6abf7158809cf4f3c")), [16]byte(unhex(t, "000102030405060708090a0b0c0d0e0f"))
	var out bytes.Buffer
	d := newDecrypter(&out, key, iv)
	d.Write(unhex(t, "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"))
	if want := unhex(t, "6bc1bee22e409f96e93d7e117393172a"); !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%x, want %x", out.Bytes(), want)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A walker takes anything, and says the same however it comes.
func FuzzWalker(f *testing.F) {
	f.Add(audio(rand.New(rand.NewPCG(6, 6)), 3), uint8(5))
	f.Add([]byte("\x00\x00\x00\x08styp\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x18????????"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		var whole, parts walker
		whole.Write(b)
		for rest := b; len(rest) > 0; {
			n := min(int(step)+1, len(rest))
			parts.Write(rest[:n])
			rest = rest[n:]
		}
		if whole.isCut(time.Second) != parts.isCut(time.Second) || whole.isPage() != parts.isPage() || whole.total != parts.total {
			t.Errorf("%+v\n%+v", whole, parts)
		}
		if whole.skip < 0 || len(whole.head) > 16 {
			t.Errorf("%+v", whole)
		}
	})
}
