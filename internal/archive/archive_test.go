package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
		{"zeros", make([]byte, 5000), NotAnArchive, "zero bytes"},
		{"rar", []byte("Rar!\x1a\x07\x01\x00"), NotAnArchive, "RAR"},
		{"playlist", []byte("#EXTM3U\n"), NotAnArchive, "playlist"},
		{"script", []byte(spacesJS), NotAnArchive, "a single script"},
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
	if _, err := Open(t.Context(), zips); !errors.As(err, &p) || p.Kind != NotAnXArchive || !strings.Contains(p.Hint, "ZIP files") {
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
		want    PathKind
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
		"talk4":       {"\x1a\x45\xdf\xa3\x80", AudioFile},
		"talk5":       {"FORM\x00\x00\x00\x04AIFC", AudioFile},
		"talk6":       {"FLV\x01\x05\x00\x00\x00\x09", AudioFile},
		"talk.webm":   {"\x00\x01", AudioFile},
		"talk3":       {"\x00\x00\x00\x20ftypM4A ", AudioFile},
		"nothing.bin": {"", Unrelated},
	}
	for name, tt := range files {
		t.Run(name, func(t *testing.T) {
			if got, err := Detect(writeFile(t, name, []byte(tt.content))); got != tt.want || err != nil {
				t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
			}
		})
	}
	folders := []struct {
		files map[string]string
		want  PathKind
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
		h, err := openPath(t, path).Hash(t.Context(), nil)
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
