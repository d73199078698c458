package inflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spaces-cli/spaces/internal/archive/inflate"
)

// deflate packs b.
func deflate(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func audio(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// noise is bytes of which each value is as frequent as rank makes it.
func noise(n int, rank float64) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(min(255, rng.ExpFloat64()*rank))
	}
	return b
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"one byte", []byte{7}},
		{"audio", audio(t)},
		{"text", []byte(strings.Repeat(`{"tweet":{"id":"1","full_text":"words, and words"}},`, 9000))},
		{"zeros", make([]byte, 1<<20)},
		{"long codewords", noise(1<<20, 8)},
		{"random", noise(300_000, 1e9)},
		{"copies from afar", bytes.Repeat(noise(32<<10-1, 60), 5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
				packed := deflate(t, c.data, level)
				for name, src := range map[string]io.Reader{
					"whole":  bytes.NewReader(packed),
					"half":   iotest.HalfReader(bytes.NewReader(packed)),
					"at end": iotest.DataErrReader(bytes.NewReader(packed)),
				} {
					got, err := io.ReadAll(inflate.NewReader(src))
					if err != nil || !bytes.Equal(got, c.data) {
						t.Errorf("level %d, %s: %d bytes of %d, %v", level, name, len(got), len(c.data), err)
					}
				}
			}
		})
	}
}

// Callers that stop at the last byte have then been told of a wrong checksum.
func TestEOFComesWithTheLastByte(t *testing.T) {
	data := audio(t)
	r := inflate.NewReader(bytes.NewReader(deflate(t, data, 6)))
	buf := make([]byte, 5000)
	for left := len(data); ; {
		n, err := r.Read(buf)
		left -= n
		if (err == io.EOF) != (left == 0) || n == 0 || err == io.EOF && n > 1 {
			t.Fatalf("%d bytes, %d are left: %v", n, left, err)
		}
		if left == 0 {
			return
		}
	}
}

// The error of the source is handed on behind what could be unpacked.
func TestSourceFails(t *testing.T) {
	data := audio(t)
	packed := deflate(t, data, 6)
	gone := errors.New("the disk is gone")
	got, err := io.ReadAll(inflate.NewReader(io.MultiReader(bytes.NewReader(packed[:50_000]), iotest.ErrReader(gone))))
	if err != gone || len(got) < 40_000 || !bytes.HasPrefix(data, got) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// same holds what comes out of packed against the standard library: the bytes,
// also those before an error, and of which kind that is.
func same(t *testing.T, packed []byte) {
	t.Helper()
	const most = 4 << 20
	want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most))
	for _, src := range []io.Reader{bytes.NewReader(packed), iotest.OneByteReader(bytes.NewReader(packed))} {
		got, err := io.ReadAll(io.LimitReader(inflate.NewReader(src), most))
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d; %v, want %v", len(got), len(want), err, wantErr)
		}
		if corrupt := errors.As(wantErr, new(flate.CorruptInputError)); corrupt != (err == inflate.ErrCorrupt) || !corrupt && err != wantErr {
			t.Fatalf("%v, want %v", err, wantErr)
		}
	}
}

func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	text := strings.Repeat("Some words are said again, and others are not. ", 60)
	for _, packed := range [][]byte{
		deflate(t, audio(t)[:3000], 6), deflate(t, []byte(text), 9), deflate(t, noise(2000, 3), flate.HuffmanOnly), deflate(t, audio(t)[:900], 0),
		deflate(t, []byte("short"), 1), // with the fixed codes
	} {
		for n := range packed {
			same(t, packed[:n])
		}
		for range 3000 {
			b := bytes.Clone(packed)
			for range 1 + rng.IntN(3) {
				at := rng.IntN(8 * min(len(b), 1+rng.IntN(len(b))))
				b[at>>3] ^= 1 << (at & 7)
			}
			same(t, b)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(deflate(f, audio(f)[:2000], 6))
	f.Add(deflate(f, []byte(strings.Repeat("again ", 50)), 9))
	f.Add(deflate(f, noise(500, 3), flate.HuffmanOnly))
	f.Add([]byte{1, 3, 0, 252, 255, 1, 2, 3})
	f.Fuzz(same)
}

// X's recorder writes a stream that can hardly be packed.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"audio", audio(b)},
		{"text", []byte(strings.Repeat(`{"tweet":{"id":"1","full_text":"words, and words"}},`, 9000))},
	} {
		packed := deflate(b, c.data, 6)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				if _, err := io.Copy(io.Discard, inflate.NewReader(bytes.NewReader(packed))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
