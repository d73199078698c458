package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An archive in another ZIP is read where it lies, as if it had been given itself.
func TestNested(t *testing.T) {
	inner := string(zipBytes(standard()...))
	other := string(zipBytes(zipMember{name: "photo.jpg", content: "x"}))
	second := string(zipBytes(zipMember{name: nameA0, content: audioA0}))
	for _, tt := range []struct {
		name    string
		members []zipMember
		want    []string // names of the archives
	}{
		{"alone", []zipMember{{name: "twitter.zip", content: inner}}, []string{"twitter.zip"}},
		{"streamed", []zipMember{{name: "twitter.zip", content: inner, descriptor: true}}, []string{"twitter.zip"}},
		{"zip64", []zipMember{{name: "twitter.zip", content: inner, zip64: true}}, []string{"twitter.zip"}},
		{"in a folder, by a Mac", []zipMember{{name: "X/.DS_Store", content: "x"}, {name: "X/twitter.zip", content: inner},
			{name: "__MACOSX/X/._twitter.zip", content: "x"}, {name: "X/notes.txt", content: "x"}}, []string{"twitter.zip"}},
		{"beside another ZIP", []zipMember{{name: "photos.zip", content: other}, {name: "a/b/Twitter.ZIP", content: inner}}, []string{"Twitter.ZIP"}},
		{"two", []zipMember{{name: "1.zip", content: inner}, {name: "2.zip", content: second}}, []string{"1.zip", "2.zip"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			outer := writeFile(t, "drive.zip", zipBytes(tt.members...))
			list, err := OpenAll(t.Context(), outer)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, a := range list {
				names = append(names, filepath.Base(a.Path()))
				if !strings.HasPrefix(a.Path(), outer+"/") {
					t.Errorf("the path is %s", a.Path())
				}
			}
			if !slices.Equal(names, tt.want) {
				t.Errorf("archives %q, want %q", names, tt.want)
			}
			a := list[0]
			sum := sha256.Sum256([]byte(inner))
			if got, err := a.Hash(t.Context(), nil); got != hex.EncodeToString(sum[:]) || err != nil {
				t.Errorf("hash %s, %v", got, err)
			}
			if a.Size() != int64(len(inner)) || a.Account().Handle != "hostess" {
				t.Errorf("size %d, account %+v", a.Size(), a.Account())
			}
			for _, a := range list[1:] {
				a.Close() // the others can still be read
			}
			if got, err := readMember(a.Media()[0]); got != audioA0 || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
			a.Close()
			if _, err := readMember(a.Media()[0]); err == nil {
				t.Error("the file is still open")
			}
			one, err := Open(t.Context(), outer)
			var p *Problem
			switch {
			case len(tt.want) == 1 && err != nil:
				t.Error(err)
			case len(tt.want) > 1 && (!errors.As(err, &p) || p.Kind != SeveralArchives || !strings.Contains(p.Message, "1.zip, 2.zip")):
				t.Errorf("opened one of several: %v", err)
			case one != nil:
				one.Close()
			}
		})
	}
}

// What cannot be read of an inner ZIP is told with its name.
func TestNestedRefused(t *testing.T) {
	inner := string(zipBytes(standard()...))
	for _, tt := range []struct {
		name   string
		member zipMember
		want   ProblemKind
	}{
		{"compressed", zipMember{name: "X/twitter.zip", content: inner, method: 8}, NestedZIP},
		{"encrypted", zipMember{name: "X/twitter.zip", content: inner, flags: 1}, Encrypted},
		{"cut", zipMember{name: "X/twitter.zip", content: inner[:len(inner)/2]}, IncompleteDownload},
		{"empty", zipMember{name: "X/twitter.zip"}, NotAnXArchive},
		{"no ZIP of X's", zipMember{name: "X/twitter.zip", content: string(zipBytes(zipMember{name: "a.jpg"}))}, NotAnXArchive},
		{"two deep", zipMember{name: "twitter.zip", content: string(zipBytes(zipMember{name: "twitter.zip", content: inner}))}, NotAnXArchive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := OpenAll(t.Context(), writeFile(t, "drive.zip", zipBytes(tt.member)))
			var p *Problem
			if !errors.As(err, &p) || p.Kind != tt.want {
				t.Fatalf("%v, want %s", err, tt.want)
			}
			named := tt.want == NotAnXArchive || strings.HasSuffix(p.Subject, "drive.zip/twitter.zip")
			if !named || p.Hint == "" {
				t.Errorf("subject %q, hint %q", p.Subject, p.Hint)
			}
		})
	}
}

// A small file that lists one inner ZIP many times over costs no more than one.
func TestNestedOverlap(t *testing.T) {
	inner := string(zipBytes(standard()...))
	b := zipBytes(zipMember{name: "1.zip", content: inner}, zipMember{name: "2.zip", content: inner})
	at := bytes.LastIndex(b, []byte("PK\x01\x02")) // of the second
	binary.LittleEndian.PutUint32(b[at+42:], 0)
	list, err := OpenAll(t.Context(), writeFile(t, "drive.zip", b))
	if err != nil || len(list) != 1 {
		t.Fatalf("%d archives, %v", len(list), err)
	}
	defer list[0].Close()
	if p := list[0].Problems(); !slices.ContainsFunc(p, func(p Problem) bool { return errors.Is(p.Err, errOverlap) }) {
		t.Errorf("problems: %v", p)
	}
}
