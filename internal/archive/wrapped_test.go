package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// wrapZIP writes the sizes and offsets of a ZIP of zipBytes modulo wrap, as
// archivers without Zip64 do with those beyond 4 GiB.
func wrapZIP(b []byte, wrap uint32, reverse bool) []byte {
	b = slices.Clone(b)
	le := binary.LittleEndian
	fold := func(at uint32) { le.PutUint32(b[at:], le.Uint32(b[at:])%wrap) }
	end := uint32(bytes.LastIndex(b, []byte("PK\x05\x06")))
	start := le.Uint32(b[end+16:])
	var headers [][]byte
	for at := start; at < end; {
		n := directoryHeaderSize + uint32(le.Uint16(b[at+28:])) + uint32(le.Uint16(b[at+30:])) + uint32(le.Uint16(b[at+32:]))
		packed, local := le.Uint32(b[at+20:]), le.Uint32(b[at+42:])
		body := local + localHeaderSize + uint32(le.Uint16(b[local+26:])) + uint32(le.Uint16(b[local+28:]))
		fold(local + 18)
		fold(local + 22)
		if le.Uint16(b[local+6:])&flagDescriptor != 0 {
			fold(body + packed + 8)
			fold(body + packed + 12)
		}
		fold(at + 20)
		fold(at + 24)
		fold(at + 42)
		headers = append(headers, slices.Clone(b[at:at+n]))
		at += n
	}
	if reverse {
		slices.Reverse(headers)
	}
	copy(b[start:], bytes.Join(headers, nil))
	fold(end + 16)
	return b
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// noise is text that cannot be packed.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// readAll reads all members of a container by name.
func readAll(t *testing.T, c container) map[string]string {
	t.Helper()
	found := map[string]string{}
	for l := range c.list() {
		r, err := c.file(l).Open(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Errorf("%s: %d bytes, then %v", l.name, len(b), err)
		}
		found[l.name] = string(b)
		r.Close()
	}
	return found
}

// Sizes and offsets that have wrapped are found again: with a wrap of 4 kB, members
// of every length below and above it.
func TestWrapped(t *testing.T) {
	const wrap = 4096
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		var members []zipMember
		for i := range 3 + r.IntN(12) {
			m := zipMember{name: "data/member" + string(rune('a'+i)), content: noise(r, r.IntN(3000)), descriptor: r.IntN(2) == 0}
			if r.IntN(4) == 0 {
				m.content = noise(r, r.IntN(5*wrap))
			}
			switch r.IntN(3) {
			case 0:
				m.method = 8
			case 1:
				// Its packed size says little of its size.
				m.method, m.content = 8, strings.Repeat(noise(r, 40), r.IntN(4*wrap/40))
			}
			members = append(members, m)
		}
		reverse := seed%5 == 4
		b := wrapZIP(zipBytes(members...), wrap, reverse)
		c, err := openWrapped(memory{bytes.NewReader(b)}, int64(len(b)), wrap)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		found := readAll(t, c)
		for _, m := range members {
			if found[m.name] != m.content {
				t.Errorf("seed %d: %s has %d bytes, want %d", seed, m.name, len(found[m.name]), len(m.content))
			}
		}
		if len(found) != len(members) {
			t.Errorf("seed %d: %d members, want %d", seed, len(found), len(members))
		}
		if t.Failed() {
			return
		}
	}
}

// A damaged member of such a ZIP is as damaged as in any other.
func TestWrappedDamage(t *testing.T) {
	const wrap = 4096
	r := rand.New(rand.NewPCG(7, 1))
	text := noise(r, 3*wrap)
	for _, tt := range []struct {
		name string
		m    zipMember
		want ProblemKind
	}{
		{"bad CRC", zipMember{name: "m", content: text, method: 8, badCRC: true}, BadCRC},
		{"bad CRC, stored", zipMember{name: "m", content: text, badCRC: true}, BadCRC},
		{"another size", zipMember{name: "m", content: text, method: 8, declare: 10}, CutMember},
		{"encrypted", zipMember{name: "m", content: text, flags: 1}, Encrypted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := wrapZIP(zipBytes(tt.m, zipMember{name: "n", content: "x"}), wrap, false)
			c, err := openWrapped(memory{bytes.NewReader(b)}, int64(len(b)), wrap)
			if err != nil {
				t.Fatal(err)
			}
			for l := range c.list() {
				rc, err := c.file(l).Open(t.Context())
				if err == nil {
					_, err = io.Copy(io.Discard, rc)
				}
				if p, ok := err.(*Problem); (l.name == "m") != (ok && p.Kind == tt.want) {
					t.Errorf("%s: %v, want %s", l.name, err, tt.want)
				}
			}
		})
	}
}

// The corrected directory is one that other programs read.
func TestUnwrappedElsewhere(t *testing.T) {
	const wrap = 4096
	r := rand.New(rand.NewPCG(3, 1))
	b := wrapZIP(zipBytes(standard(
		zipMember{name: "data/long", content: noise(r, 3*wrap), descriptor: true, method: 8},
		zipMember{name: "data/longer", content: noise(r, 5*wrap+17), descriptor: true},
		zipMember{name: "data/last", content: noise(r, 2*wrap), descriptor: true})...), wrap, false)
	u, err := unwrap(bytes.NewReader(b), int64(len(b)), wrap)
	if err != nil || u == nil {
		t.Fatal(u, err)
	}
	whole, err := io.ReadAll(io.NewSectionReader(u, 0, u.size()))
	if err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, "unwrapped.zip", whole)
	tried := false
	for _, tester := range [][]string{{"unzip", "-tqq", path}, {"python3", "-m", "zipfile", "-t", path}, {"7z", "t", path}} {
		if _, err := exec.LookPath(tester[0]); err != nil {
			continue
		}
		tried = true
		out, err := exec.Command(tester[0], tester[1:]...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "bad file is") {
			t.Errorf("%s: %v\n%s", tester[0], err, out)
		}
	}
	if !tried {
		t.Skip("no other program that reads a ZIP")
	}
}

// An archive of X that macOS's Archive Utility packed again: 13 GiB, almost all of
// it a hole, with a recording behind two films.
func TestArchiveUtility(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("writes a sparse file of 13 GB")
	}
	le := binary.LittleEndian
	f, err := os.Create(filepath.Join(t.TempDir(), "twitter.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var at int64
	var dir []byte
	add := func(name string, crc uint32, size int64, content string) {
		h := le.AppendUint16(nil, 20)
		h = append(h, 0, 0, 0, 0, 0, 0, 0x21, 0x58) // no flags, stored, time
		h = le.AppendUint32(h, crc)
		h = le.AppendUint32(h, uint32(size))
		h = le.AppendUint32(h, uint32(size))
		h = le.AppendUint16(h, uint16(len(name)))
		dir = append(append(append(dir, "PK\x01\x02\x15\x03"...), h...), make([]byte, 12)...)
		dir = append(le.AppendUint32(dir, uint32(at)), name...)
		local := append(append(append([]byte("PK\x03\x04"), h...), 16, 0), name...)
		local = append(local, "UX\x0c\x00------------"...) // longer than in the directory
		if _, err := f.WriteAt(append(local, content...), at); err != nil {
			t.Skip("no sparse files here: ", err)
		}
		at += int64(len(local)) + size
	}
	text := func(name, content string) {
		add(name, crc32.ChecksumIEEE([]byte(content)), int64(len(content)), content)
	}
	text("twitter/data/manifest.js", manifestJS)
	text("twitter/data/account.js", accountJS)
	add("twitter/data/tweets_media/1-a.mp4", 1, 5<<30+17, "film")
	text("twitter/data/spaces-metadata.js", spacesJS)
	add("twitter/data/tweets_media/1-b.mp4", 1, 8<<30, "film")
	text("twitter/"+nameA0, audioA0)
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00"), 6, 0, 6, 0)
	end = le.AppendUint32(end, uint32(len(dir)))
	end = append(le.AppendUint32(end, uint32(at)), 0, 0)
	if _, err := f.WriteAt(append(dir, end...), at); err != nil {
		t.Skip("no sparse files here: ", err)
	}

	a := openPath(t, f.Name())
	if p := a.Problems(); len(p) > 0 {
		t.Errorf("problems %v", p)
	}
	if a.Account().Handle != "hostess" || len(a.Media()) != 1 {
		t.Fatalf("account %+v, media %+v", a.Account(), a.Media())
	}
	if got, err := readMember(a.Media()[0]); got != audioA0 || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// A directory that is beyond repair is left as it is, and everything ends.
func FuzzWrapped(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, reverse := range []bool{false, true} {
		f.Add(wrapZIP(zipBytes(standard(zipMember{name: "data/long", content: noise(r, 3000), method: 8, descriptor: true})...), 256, reverse))
	}
	f.Fuzz(tryWrapped)
}

// Single bytes that are wrong do as much harm as they can.
func TestWrappedDamagedAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	whole := wrapZIP(zipBytes(
		zipMember{name: "a", content: noise(r, 100), method: 8, descriptor: true}, zipMember{name: "data/long", content: noise(r, 900)},
		zipMember{name: "b", content: noise(r, 300), method: 8}), 256, false)
	for range 5000 {
		b := slices.Clone(whole)
		at := len(b) - 1 - r.IntN(250) // most of that is the directory
		for range 1 + r.IntN(3) {
			b[at] = byte(r.Uint32())
			at = len(b) - 1 - r.IntN(len(b))
		}
		tryWrapped(t, b)
	}
}

func tryWrapped(t *testing.T, b []byte) {
	const wrap = 256
	u, err := unwrap(bytes.NewReader(b), int64(len(b)), wrap)
	if err != nil || u == nil {
		return
	}
	zr, err := zip.NewReader(u, u.size())
	if zr == nil {
		t.Fatalf("the corrected directory is refused: %v", err)
	}
	for _, m := range zr.File {
		if m.CompressedSize64 > uint64(u.at) {
			t.Fatalf("%q has %d bytes of %d", m.Name, m.CompressedSize64, u.at)
		}
	}
	c, err := openWrapped(memory{bytes.NewReader(b)}, int64(len(b)), wrap)
	if err != nil {
		return
	}
	for l := range c.list() {
		if rc, err := c.file(l).Open(t.Context()); err == nil {
			io.Copy(io.Discard, io.LimitReader(rc, 1<<20))
		}
	}
}

// Each look at a ZIP on a server is a request, and a server may say what it likes.
func TestWrappedFarAway(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 5000 {
		if f, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%05d", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		} else if _, err := f.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wrapped := wrapZIP(b.Bytes(), 1<<14, true) // in no order: each has to be looked for
	looks := 0
	r := looker{bytes.NewReader(wrapped), &looks}
	if c, err := openWrapped(farSource{r}, int64(len(wrapped)), 1<<14); err == nil {
		c.Close()
	}
	if looks < maxFarProbes/2 || looks > maxFarProbes+100 {
		t.Errorf("%d looks", looks)
	}
}

type looker struct {
	io.ReaderAt
	n *int
}

func (l looker) ReadAt(p []byte, off int64) (int, error) {
	*l.n++
	return l.ReaderAt.ReadAt(p, off)
}
