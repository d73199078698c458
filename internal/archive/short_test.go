package archive

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/flate"
)

// Of a member that is shorter than declared, or whose checksum is wrong, comes
// what is there, and the error.
func TestDamagedMemberIsReadToItsEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 100_000)
	for i := range data {
		data[i] = byte(rng.IntN(200))
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 6)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	for _, tt := range []struct {
		name     string
		declared uint64
		crc      uint32
		least    int
	}{
		{"sound", 100_000, crc32.ChecksumIEEE(data), 100_000},
		{"shorter than declared", 200_000, crc32.ChecksumIEEE(data), 99_999},
		{"wrong checksum", 100_000, 1, 100_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "a.zip")
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			m, err := z.CreateRaw(&zip.FileHeader{Name: "x", Method: zip.Deflate, CRC32: tt.crc, CompressedSize64: uint64(packed.Len()), UncompressedSize64: tt.declared})
			if err != nil {
				t.Fatal(err)
			}
			m.Write(packed.Bytes())
			z.Close()
			if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := openZIP(f, int64(b.Len()))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for l := range c.list() {
				rc, err := c.file(l).Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(rc)
				rc.Close()
				if (err == nil) != (tt.name == "sound") {
					t.Errorf("error %v", err)
				}
				if len(got) < tt.least || !bytes.HasPrefix(data, got) {
					t.Errorf("%d bytes of %d", len(got), len(data))
				}
			}
		})
	}
}
