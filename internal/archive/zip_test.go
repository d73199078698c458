package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A download may be cut anywhere.
func TestCutDownload(t *testing.T) {
	for _, descriptor := range []bool{false, true} {
		members := standard(zipMember{name: "data/spaces_media/space-" + idB + "_0.ts", content: strings.Repeat("b", 3000), zip64: !descriptor})
		for i := range members {
			members[i].descriptor = descriptor
		}
		whole := zipBytes(members...)
		directory := bytes.Index(whole, []byte("PK\x01\x02"))
		for n := 4; n < len(whole); n += 7 {
			s := localScan{r: bytes.NewReader(whole[:n]), size: int64(n)}
			if err := s.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n > len(whole)-22 {
				break
			}
			path := writeFile(t, "twitter.zip", whole[:n])
			_, err := Open(t.Context(), path)
			var p *Problem
			if !errors.As(err, &p) || p.Kind != IncompleteDownload {
				t.Fatalf("cut at %d of %d: %v", n, len(whole), err)
			}
		}
		s := localScan{r: bytes.NewReader(whole[:directory]), size: int64(directory)}
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Where a member's size is not told, its end is that of the next one's
		// beginning; the last has none.
		want := len(members)
		if descriptor {
			want--
		}
		if !s.ours || s.stated != 50000000 || s.members != want {
			t.Errorf("descriptor %v: found %+v, want %d members", descriptor, s, want)
		}
		cut := directory - 100
		s = localScan{r: bytes.NewReader(whole[:cut]), size: int64(cut)}
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !descriptor && s.atLeast != int64(directory) {
			t.Errorf("the last member ends at %d, found %d", directory, s.atLeast)
		}
	}
}

func TestUnreadableMembers(t *testing.T) {
	const name = "data/spaces_media/space-" + idB + "_0.ts"
	tests := []struct {
		name   string
		member zipMember
		want   ProblemKind
		early  bool // known from the listing
	}{
		{"encrypted", zipMember{name: name, content: "x", flags: 1}, Encrypted, true},
		{"AES", zipMember{name: name, content: "x", method: 99}, Encrypted, true},
		{"Deflate64", zipMember{name: name, content: "x", method: 9}, Deflate64, true},
		{"bzip2", zipMember{name: name, content: "x", method: 12}, UnknownCompression, true},
		{"empty", zipMember{name: name}, EmptyMember, true},
		{"bad CRC", zipMember{name: name, content: "abc", badCRC: true}, BadCRC, false},
		{"bad CRC deflated", zipMember{name: name, content: "abc", method: 8, badCRC: true}, BadCRC, false},
		{"longer than declared", zipMember{name: name, content: strings.Repeat("abc", 100), method: 8, declare: -50}, TooBig, false},
		{"shorter than declared", zipMember{name: name, content: "abc", method: 8, declare: 50}, CutMember, false},
		{"bomb", zipMember{name: name, content: strings.Repeat("\x00", ratioFree+1<<20), method: 8}, TooBig, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := openMembers(t, standard(tt.member)...)
			media := a.Media()
			if len(media) != 2 {
				t.Fatalf("media %+v", media)
			}
			bad, good := media[0], media[1]
			got, err := readMember(bad)
			var p *Problem
			if !errors.As(err, &p) || p.Kind != tt.want || p.Message == "" || p.Subject != name {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if int64(len(got)) > bad.Size {
				t.Errorf("read %d bytes of %d", len(got), bad.Size)
			}
			if early := bad.Problem != nil; early != tt.early || early != slices.Contains(kinds(a.Problems()), tt.want) {
				t.Errorf("Problem %v, Problems %v", bad.Problem, a.Problems())
			}
			if got, err := readMember(good); got != audioA0 || err != nil {
				t.Errorf("the other member: %q, %v", got, err)
			}
		})
	}

	t.Run("corrupt", func(t *testing.T) {
		b := zipBytes(zipMember{name: name, content: strings.Repeat("abcdefgh", 100), method: 8})
		copy(b[30+len(name):], "\xff\xff\xff\xff")
		a := openPath(t, writeFile(t, "a.zip", b))
		var p *Problem
		if _, err := readMember(a.Media()[0]); !errors.As(err, &p) || p.Kind != DamagedMember {
			t.Errorf("got %v", err)
		}
	})
}

// A ZIP of 60 GB and 200,000 members, almost all of it a hole.
func TestHuge(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("writes a sparse file of 60 GB")
	}
	const members, size = 200_000, 60 << 30
	le := binary.LittleEndian
	var dir []byte
	entry := func(name string, size, offset uint64) {
		dir = append(dir, "PK\x01\x02\x2d\x03\x2d\x00"...)
		dir = append(dir, make([]byte, 12)...) // flags, method, time, CRC
		dir = le.AppendUint32(dir, 1<<32-1)
		dir = le.AppendUint32(dir, 1<<32-1)
		dir = le.AppendUint16(dir, uint16(len(name)))
		dir = le.AppendUint16(dir, 28)
		dir = append(dir, make([]byte, 10)...)
		dir = le.AppendUint32(dir, 1<<32-1)
		dir = append(dir, name...)
		dir = append(dir, 1, 0, 24, 0)
		dir = le.AppendUint64(dir, size)
		dir = le.AppendUint64(dir, size)
		dir = le.AppendUint64(dir, offset)
	}
	for i := range members - 1 {
		entry("data/tweets_media/"+strings.Repeat("1403000000000000000-", 2)+string(rune('a'+i%26))+".jpg", 300_000, uint64(i)*300_000)
	}
	entry(nameA0, 50<<20, size-60<<20)
	path := filepath.Join(t.TempDir(), "huge.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	end := directoryEnd(size, uint64(len(dir)), members, true)
	if _, err := f.WriteAt(append(dir, end...), size); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	dir = nil
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := openPath(t, path)
	runtime.ReadMemStats(&after)
	if len(a.Media()) != 1 || a.Media()[0].Size != 50<<20 {
		t.Errorf("media %+v", a.Media())
	}
	// All that was allocated bounds what was held at any moment.
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 160 {
		t.Errorf("listing allocated %d MB", got)
	} else {
		t.Logf("listing allocated %d MB", got)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 4<<20 {
		t.Errorf("an open archive keeps %d bytes", kept)
	}
}

// Nothing that is found where a ZIP should be may stop the scan from ending.
func FuzzIncomplete(f *testing.F) {
	whole := zipBytes(standard()...)
	f.Add(whole[:len(whole)/2])
	f.Add(zipBytes(zipMember{name: "data/manifest.js", content: manifestJS, method: 8, descriptor: true})[:300])
	f.Add(zipBytes(zipMember{name: nameA0, content: "x", zip64: true})[:90])
	f.Fuzz(func(t *testing.T, b []byte) {
		s := localScan{r: bytes.NewReader(b), size: int64(len(b))}
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.members > len(b)/localHeaderSize || s.spaces > s.members || s.atLeast < 0 || s.atLeast > 0 && s.atLeast <= s.size {
			t.Fatalf("%+v of %d bytes", s, len(b))
		}
		sniff(b)
		hasDirectoryEnd(bytes.NewReader(b), int64(len(b)))
	})
}
