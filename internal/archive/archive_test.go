package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// However an archive is packed and re-packed, the same comes out of it.
func TestLayouts(t *testing.T) {
	renamed := func(name func(string) string, change func(*zipMember)) []byte {
		members := standard()
		for i := range members {
			if name != nil {
				members[i].name = name(members[i].name)
			}
			if change != nil {
				change(&members[i])
			}
		}
		return zipBytes(members...)
	}
	zips := map[string][]byte{
		"as sent":      renamed(nil, nil),
		"stored":       renamed(nil, func(m *zipMember) { m.method = 0 }),
		"deflated":     renamed(nil, func(m *zipMember) { m.method = 8 }),
		"descriptors":  renamed(nil, func(m *zipMember) { m.method, m.descriptor = 8, true }),
		"zip64":        renamed(nil, func(m *zipMember) { m.zip64 = true }),
		"parent":       renamed(func(s string) string { return "twitter-2021-06-17/" + s }, nil),
		"back-slashes": renamed(func(s string) string { return strings.ReplaceAll("twitter/"+s, "/", `\`) }, nil),
		"drive":        renamed(func(s string) string { return strings.ReplaceAll("C:/Users/h/"+s, "/", `\`) }, nil),
		"absolute":     renamed(func(s string) string { return "/" + s }, nil),
		"upwards":      renamed(func(s string) string { return "../../" + s }, nil),
		"upper case":   renamed(func(s string) string { return strings.Replace(s, "data/", "DATA/", 1) }, nil),
		"inside data":  renamed(func(s string) string { return strings.TrimPrefix(s, "data/") }, nil),
		"prefixed":     append([]byte("#!/bin/sh junk\n"), renamed(nil, nil)...),
		"suffixed":     append(renamed(nil, nil), "\nnewline by mail\n"...),
		"macOS": zipBytes(standard(
			zipMember{name: "__MACOSX/data/spaces_media/._space-" + idA + "_0.ts", content: "resource fork"},
			zipMember{name: "data/spaces_media/._space-" + idA + "_0.ts", content: "resource fork"},
			zipMember{name: "data/spaces_media/.DS_Store", content: "x"},
			zipMember{name: "data/spaces_media/", mode: 0o40755})...),
	}
	files := map[string]string{}
	for _, m := range standard() {
		files[m.name] = m.content
	}
	folder := writeFolder(t, files)
	wrapped := writeFolder(t, func() map[string]string {
		w := map[string]string{}
		for n, c := range files {
			w["Downloads/twitter/"+n] = c
		}
		return w
	}())
	paths := map[string]string{"folder": folder, "data folder": filepath.Join(folder, "data"), "folder around": wrapped}
	for name, b := range zips {
		paths[name] = writeFile(t, "a.zip", b)
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			kind, err := Detect(path)
			if err != nil || kind != ArchiveZIP && kind != ArchiveFolder {
				t.Errorf("Detect: %v, %v", kind, err)
			}
			a := openPath(t, path)
			if a.Kind() != kind {
				t.Errorf("Kind() = %v, Detect says %v", a.Kind(), kind)
			}
			if m := a.Manifest(); m.Handle != "hostess" || m.PartOf() != "2244994945@2021-06-17" {
				t.Errorf("manifest %+v", m)
			}
			records, section, err := a.Records(t.Context(), nil)
			if err != nil || section != SectionPresent || len(records) != 1 || records[0].ID != idA {
				t.Errorf("records %+v, %v, %v", records, section, err)
			}
			media := a.Media()
			if len(media) != 1 || media[0].SpaceID != idA || media[0].Piece != 0 || media[0].Size != int64(len(audioA0)) {
				t.Fatalf("media %+v", media)
			}
			if got, err := readMember(media[0]); got != audioA0 || err != nil {
				t.Errorf("content %q, %v", got, err)
			}
			for _, p := range a.Problems() {
				if p.Kind != OddName {
					t.Errorf("problem %+v", p)
				}
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	whole := zipBytes(standard()...)
	badDirectory := bytes.Replace(whole, []byte("PK\x01\x02"), []byte("PK\x01\x03"), 1)
	tests := []struct {
		name    string
		content []byte
		want    ProblemKind
		says    string
	}{
		{"empty", nil, EmptyFile, "0 bytes"},
		{"zip of nothing", zipBytes(), EmptyArchive, "empty"},
		{"zip of other things", zipBytes(zipMember{name: "word/document.xml", content: "x"}), NotAnXArchive, "not an account archive"},
		{"cut", whole[:len(whole)/2], IncompleteDownload, "of about 50.0 MB"},
		{"damaged directory", badDirectory, DamagedZIP, "damaged"},
		{"web page", []byte("\n<!DOCTYPE html><html>"), NotAnArchive, "web page"},
		{"json", []byte(`{"errors":[]}`), NotAnArchive, "JSON"},
		{"zeros", make([]byte, 5000), NotAnArchive, "zeros"},
		{"rar", []byte("Rar!\x1a\x07\x01\x00"), NotAnArchive, "RAR"},
		{"playlist", []byte("#EXTM3U\n"), NotAnArchive, "playlist"},
		{"script", []byte(spacesJS), NotAnArchive, "one script"},
		{"audio", []byte("ID3\x04\x00"), NotAnArchive, "audio"},
		{"text", []byte("Grüße"), NotAnArchive, "text"},
		{"noise", []byte("\x01\x02\x80\x81"), NotAnArchive, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "twitter.zip", tt.content)
			_, err := Open(t.Context(), path)
			var p *Problem
			if !errors.As(err, &p) || p.Kind != tt.want || !strings.Contains(p.Message, tt.says) || p.Subject != path {
				t.Errorf("got %#v, want %s that says %q", err, tt.want, tt.says)
			}
		})
	}

	var p *Problem
	missing := filepath.Join(t.TempDir(), "missing.zip")
	if _, err := Open(t.Context(), missing); !errors.As(err, &p) || p.Kind != NotFound || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := Open(t.Context(), t.TempDir()); !errors.As(err, &p) || p.Kind != NotAnXArchive {
		t.Errorf("empty folder: %v", err)
	}
	zips := writeFolder(t, map[string]string{"twitter.zip": string(whole)})
	if _, err := Open(t.Context(), zips); !errors.As(err, &p) || p.Kind != NotAnXArchive || !strings.Contains(p.Hint, "ZIPs") {
		t.Errorf("folder of ZIPs: %#v", err)
	}
	secret := writeFile(t, "secret.zip", whole)
	os.Chmod(secret, 0)
	if f, err := os.Open(secret); err == nil {
		f.Close() // root may read anything, and Windows knows no such mode
	} else if _, err := Open(t.Context(), secret); !errors.As(err, &p) || p.Kind != NoPermission {
		t.Errorf("no permission: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ended, secret); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

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

func TestNames(t *testing.T) {
	long := strings.Repeat("x", 400)
	a := openMembers(t, standard(
		zipMember{name: "data/spaces_media/space-" + idB + "_10.ts", content: "b10"},
		zipMember{name: "data/spaces_media/space-" + idB + "_2.ts", content: "b2"},
		zipMember{name: "data/spaces_media/SPACE-" + strings.ToUpper(idB) + "_0.TS", content: "another Space"},
		zipMember{name: "data/spaces_media/space-" + idA + "_0 (1).ts", content: "not the same"},
		zipMember{name: "backup/data/spaces_media/space-" + idA + "_0.ts", content: audioA0},
		zipMember{name: "data/spaces_media/" + long + ".ts", content: "long"},
		zipMember{name: "data/spaces_media/space-" + idB + "_3.ts\x00.jpg", content: "NUL"},
		zipMember{name: "data/spaces_media/talk.aac", content: "no id"},
		zipMember{name: "data/spaces_media/readme.txt", content: "no audio"},
		zipMember{name: "data/spaces_media/space-" + idB + "_4.ts", content: "/etc/passwd", mode: 0o120777},
	)...)
	var got []string
	for _, m := range a.Media() {
		content, err := readMember(m)
		if err != nil {
			t.Error(err)
		}
		got = append(got, strings.Join([]string{m.SpaceID, string(rune('0' + m.Piece)), string(rune('0' + m.Copy)), content}, " "))
		if len(m.Name) > maxShown+len("…") || strings.ContainsAny(m.Name, "\x00\n") {
			t.Errorf("name %q", m.Name)
		}
	}
	want := []string{
		strings.ToUpper(idB) + " 0 0 another Space",
		idB + " 2 0 b2",
		idB + " 3 0 NUL",
		idB + " : 0 b10", // piece 10
		idA + " 0 0 " + audioA0,
		idA + " 0 1 not the same",
		" 0 0 no id",
		" 0 0 long",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	found := kinds(a.Problems())
	slices.Sort(found)
	if want := []ProblemKind{DuplicateMember, DuplicateMember, OddName, OddName, Symlink}; !slices.Equal(found, want) {
		t.Errorf("problems %v, want %v", a.Problems(), want)
	}
	order := slices.Collect(func(yield func(int) bool) {
		for _, m := range a.Media() {
			if m.SpaceID == idB && !yield(m.Piece) {
				return
			}
		}
	})
	if !slices.Equal(order, []int{2, 3, 10}) {
		t.Errorf("pieces in order %v", order)
	}
}

func TestParseMediaName(t *testing.T) {
	tests := []struct {
		base, id string
		piece    int
		ok       bool
	}{
		{"space-1ypKdEXvkMLGW_0.ts", idA, 0, true},
		{"space-1ypKdEXvkMLGW_12.aac", idA, 12, true},
		{"SPACE-1ypKdEXvkMLGW_0.TS", idA, 0, true},
		{"space-1ypKdEXvkMLGW_0 (1).ts", idA, 0, true},
		{"space-1ypKdEXvkMLGW_0(1).ts", idA, 0, true},
		{"space-1ypKdEXvkMLGW.m4a", idA, 0, true},
		{"space-1ypKdEXvkMLGW_007", idA, 7, true},
		{"space-1ypKdEXvkMLGW_x.ts", "", 0, false},
		{"space-1ypKdEXvkMLGW_0x.ts", "", 0, false},
		{"space-1ypKdEXvkMLGW_99999999999999999999.ts", "", 0, false},
		{"space-short_0.ts", "", 0, false},
		{"space-12345678901234567_0.ts", "", 0, false},
		{"space-1ypKdEXvkMLGé_0.ts", "", 0, false},
		{"spaces-metadata.js", "", 0, false},
		{"space-", "", 0, false},
		{"", "", 0, false},
	}
	for _, tt := range tests {
		id, piece, ok := ParseMediaName(tt.base)
		if id != tt.id || piece != tt.piece || ok != tt.ok {
			t.Errorf("ParseMediaName(%q) = %q, %d, %v", tt.base, id, piece, ok)
		}
	}
}

func TestTypes(t *testing.T) {
	a := openMembers(t, standard(
		zipMember{name: "data/tweets.js", content: "window.YTD.tweets.part0 = [ ]"},
		zipMember{name: "data/tweets-part1.js", content: "window.YTD.tweets.part1 = [ ]"},
		zipMember{name: "data/like.js", content: "12345"},
	)...)
	got := map[string]TypeSummary{}
	for _, s := range a.Types() {
		got[s.Name] = s
	}
	want := map[string]TypeSummary{
		"account":        {"account", 1, 1, int64(len(accountJS))},
		"like":           {"like", 1, -1, 5},
		"lists":          {"lists", 0, 7, 0}, // the manifest names it, the listing does not
		"manifest":       {"manifest", 1, -1, int64(len(manifestJS))},
		"spacesMedia":    {"spacesMedia", 1, -1, int64(len(audioA0))},
		"spacesMetadata": {"spacesMetadata", 1, 99, int64(len(spacesJS))},
		"tweets":         {"tweets", 3, 5, 29 + 29 + 4},
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestGroup(t *testing.T) {
	part := func(day, partial, audio string) *Archive {
		m := strings.Replace(manifestJS, "2021-06-17", day, 1)
		m = strings.Replace(m, `"isPartialArchive" : false`, `"isPartialArchive" : `+partial, 1)
		return openMembers(t, zipMember{name: "data/manifest.js", content: m}, zipMember{name: nameA0, content: audio})
	}
	one, two, other := part("2021-06-17", "true", "1"), part("2021-06-17", `"true"`, "2"), part("2021-07-20", "true", "3")
	bare1 := openMembers(t, zipMember{name: nameA0, content: "4"})
	bare2 := openMembers(t, zipMember{name: nameA0, content: "5"})
	sets := Group([]*Archive{one, other, two, bare1, bare2})
	if len(sets) != 4 || !slices.Equal(sets[0].Archives, []*Archive{one, two}) || sets[0].Missing || !sets[1].Missing || sets[2].Missing {
		t.Errorf("sets %+v", sets)
	}
	if got := kinds(one.Problems()); !slices.Equal(got, []ProblemKind{PartialArchive}) {
		t.Errorf("problems %v", got)
	}
}

func TestFolder(t *testing.T) {
	zips := writeFolder(t, map[string]string{"twitter.zip": string(whole)})
	if _, err := Open(t.Context(), zips); !errors.As(err, &p) || p.Kind != NotAnXArchive || !strings.Contains(p.Hint, "ZIPs") {
		t.Errorf("folder of ZIPs: %#v", err)
	}
	secret := writeFile(t, "secret.ts", []byte("secret"))
	dir := writeFolder(t, map[string]string{
		"data/manifest.js": manifestJS,
		nameA0:             audioA0,
		"data/spaces_media/space-" + idB + "_0.ts": "gone soon",
		"data/spaces_media/space-" + idB + "_1.ts": "cut soon",
	})
	media := filepath.Join(dir, "data", "spaces_media")
	linked := os.Symlink(secret, filepath.Join(media, "space-"+idB+"_2.ts")) == nil
	a := openPath(t, dir)
	want := []ProblemKind(nil)
	if linked {
		want = []ProblemKind{Symlink}
	}
	if got := kinds(a.Problems()); !slices.Equal(got, want) {
		t.Errorf("problems %v, want %v", got, want)
	}
	if err := os.Remove(filepath.Join(media, "space-"+idB+"_0.ts")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(media, "space-"+idB+"_1.ts"), []byte("cut"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantKinds := []ProblemKind{Gone, CutMember, ""}
	for i, m := range a.Media() {
		_, err := readMember(m)
		var p *Problem
		if errors.As(err, &p); err != nil && p.Kind != wantKinds[i] || (err == nil) != (wantKinds[i] == "") {
			t.Errorf("%s: %v, want %q", m.Name, err, wantKinds[i])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	rc, err := a.Media()[2].Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	cancel()
	if _, err := rc.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after cancel: %v", err)
	}
}

func TestDetect(t *testing.T) {
	ts := make([]byte, 188*4)
	for i := 0; i < len(ts); i += 188 {
		ts[i] = 0x47
	}
	files := map[string]struct {
		content string
		want    Kind
	}{
		"renamed":     {string(zipBytes(standard()...)), ArchiveZIP},
		"broken.zip":  {"<html>", ArchiveZIP},
		"empty.zip":   {"", ArchiveZIP},
		"junk+zip":    {"junk" + string(zipBytes(standard()...)), ArchiveZIP},
		"talk":        {string(ts), AudioFile},
		"talk2":       {"\xff\xf1\x50\x80", AudioFile},
		"talk.m4a":    {"<html>", AudioFile},
		"notes.txt":   {"hello", Unrelated},
		"page.html":   {"<html>", Unrelated},
		"talk3":       {"\x00\x00\x00\x20ftypM4A ", AudioFile},
		"nothing.bin": {"", Unrelated},
	}
	for name, tt := range files {
		if got, err := Detect(writeFile(t, name, []byte(tt.content))); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
	}
	folders := []struct {
		files map[string]string
		want  Kind
	}{
		{map[string]string{"a.m4a": "x", "a.json": "{}"}, AudioFolder},
		{map[string]string{"chunk_1655140000_1_a.aac": "x", "chunk_1655140003_2_a.aac": "x", "master.m3u8": "x"}, ChunkFolder},
		{map[string]string{"a.txt": "x"}, Unrelated},
		{map[string]string{"x/y/data/tweets.js": "[]"}, ArchiveFolder},
		{nil, Unrelated},
	}
	for _, tt := range folders {
		if got, err := Detect(writeFolder(t, tt.files)); got != tt.want || err != nil {
			t.Errorf("%v: %v, %v, want %v", tt.files, got, err, tt.want)
		}
	}
	var p *Problem
	if _, err := Detect(filepath.Join(t.TempDir(), "x")); !errors.As(err, &p) || p.Kind != NotFound {
		t.Errorf("missing: %v", err)
	}
}

func TestHash(t *testing.T) {
	files := map[string]string{"data/manifest.js": manifestJS, nameA0: audioA0, "assets/x.svg": "1"}
	hash := func(path string) string {
		h, err := openPath(t, path).Hash(t.Context())
		if err != nil || len(h) != 64 {
			t.Fatal(h, err)
		}
		return h
	}
	dir := writeFolder(t, files)
	first := hash(dir)
	if hash(filepath.Join(dir, "data")) != first {
		t.Error("the data folder has another hash than the folder around it")
	}
	files["assets/x.svg"] = "2"
	if hash(writeFolder(t, files)) != first {
		t.Error("a file that is not read changes the hash")
	}
	files[nameA0] = "other audio"
	if hash(writeFolder(t, files)) == first {
		t.Error("other audio has the same hash")
	}
	b := zipBytes(standard()...)
	if got, want := hash(writeFile(t, "a.zip", b)), fmt.Sprintf("%x", sha256.Sum256(b)); got != want {
		t.Errorf("hash of a ZIP is %s, want %s", got, want)
	}
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

func FuzzMemberName(f *testing.F) {
	for _, s := range []string{nameA0, `C:\data\spaces_media\space-1ypKdEXvkMLGW_0.ts`, "../../etc/passwd", "a\x00b", "//x//", "space-1ypKdEXvkMLGW_1 (2).TS", "é\xff/\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		elems, _ := splitName(name)
		for _, e := range elems {
			if e == "" || e == "." || e == ".." || strings.ContainsAny(e, `/\`) {
				t.Fatalf("element %q of %q", e, name)
			}
		}
		again, _ := splitName(strings.Join(elems, "/"))
		if !slices.Equal(elems, again) {
			t.Fatalf("%q becomes %q becomes %q", name, elems, again)
		}
		shown := showName(name)
		if len(shown) > maxShown+len("…") || strings.ContainsFunc(shown, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("shown as %q", shown)
		}
		if id, piece, ok := ParseMediaName(name); ok && (!IsSpaceID(id) || piece < 0 || !strings.Contains(name, id)) || !ok && id != "" {
			t.Fatalf("%q is piece %d of %q, %v", name, piece, id, ok)
		}
		isIgnored(elems)
		scriptName(name)
		typeName(name)
	})
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
