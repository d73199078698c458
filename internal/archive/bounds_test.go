package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// longList returns a ZIP whose directory has n headers, each of them with the
// name, extra field and comment, that all point to one empty member. The end
// record says that the directory is as long as it claims.
func longList(n int, name, extra, comment string, claim uint32) []byte {
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			if s, ok := v.(string); ok {
				b.WriteString(s)
				continue
			}
			binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put("PK\x03\x04", uint16(20), [10]byte{}, [12]byte{}, uint16(1), uint16(0), "a")
	start := b.Len()
	for range n {
		put("PK\x01\x02", uint16(20), uint16(20), [8]byte{}, [12]byte{}, uint16(len(name)), uint16(len(extra)), uint16(len(comment)),
			[8]byte{}, uint32(0), name, extra, comment)
	}
	if claim == 0 {
		claim = uint32(b.Len() - start)
	}
	put("PK\x05\x06", uint32(0), uint16(n), uint16(n), claim, uint32(start), uint16(0))
	return b.Bytes()
}

// TestLongListIsRefused: what a ZIP lists is held in memory, so it is bounded,
// in whichever field it is long and whatever the ZIP says of its length.
func TestLongListIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 70 MB")
	}
	long := strings.Repeat("n", 60_000)
	extra := "\x77\x77\x5c\xea" + long[:59_996]
	for _, tt := range []struct {
		name string
		zip  []byte
	}{
		{"names", longList(1200, "data/tweets.js"+long, "", "", 0)},
		{"extra fields", longList(1200, "data/tweets.js", extra, "", 0)},
		{"comments", longList(1200, "data/tweets.js", "", long, 0)},
		{"members", longList(maxMembers+2000, "data/tweets.js", "", "", 0)},
		{"a false length", longList(1200, "data/tweets.js", "", long, 46)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "twitter.zip", tt.zip)
			_, err := Open(t.Context(), path)
			var p *Problem
			if !errors.As(err, &p) || p.Kind != TooMany || p.Subject != path || p.Hint == "" {
				t.Errorf("%s: %v, want too-many", tt.name, err)
			}
			os.Remove(path)
		})
	}
}

// TestTooManyMembers: of more recordings than any archive has, the first are
// read and the rest is counted; so are problems.
func TestTooManyMembers(t *testing.T) {
	members := standard()
	for i := range maxMedia + 50 {
		members = append(members, zipMember{name: fmt.Sprintf("data/spaces_media/space-1%012d_0.ts", i)})
	}
	a := openMembers(t, members...)
	if n := len(a.Media()); n != maxMedia {
		t.Errorf("%d recordings, want %d", n, maxMedia)
	}
	got := a.Problems()
	said := func(kind ProblemKind, words string) {
		t.Helper()
		if !slices.ContainsFunc(got, func(p Problem) bool { return p.Kind == kind && strings.Contains(p.Message, words) && p.Hint != "" }) {
			t.Errorf("nothing says %q of %d problems: %v", words, len(got), got[max(0, len(got)-3):])
		}
	}
	said(TooMany, "51 were not read") // one of the standard ones too
	said(MoreProblems, fmt.Sprintf("%d more problems", maxMedia-1-maxProblems))
	if len(got) > maxProblems+3 {
		t.Errorf("%d problems are told", len(got))
	}
}

// TestSurveyCountsProblems: what a folder holds that cannot be looked into is
// counted where it is not listed.
func TestSurveyCountsProblems(t *testing.T) {
	dir := t.TempDir()
	for i := range maxProblems + 7 {
		if err := os.Symlink("nowhere", filepath.Join(dir, fmt.Sprintf("%d.mp3", i))); err != nil {
			t.Skip(err)
		}
	}
	s, err := LookThrough(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	last := s.Problems[len(s.Problems)-1]
	if len(s.Problems) != maxProblems+1 || last.Kind != MoreProblems || !strings.Contains(last.Message, "7 more") {
		t.Errorf("%d problems, the last %v", len(s.Problems), last)
	}
}
