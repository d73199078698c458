package archive

import (
	"slices"
	"strings"
	"testing"
)

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
		t.Run(tt.base, func(t *testing.T) {
			id, piece, ok := ParseMediaName(tt.base)
			if id != tt.id || piece != tt.piece || ok != tt.ok {
				t.Errorf("ParseMediaName(%q) = %q, %d, %v", tt.base, id, piece, ok)
			}
		})
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
