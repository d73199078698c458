package id3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// readFrames returns copies of all frames of a tag.
func readFrames(t *testing.T, b []byte) []Frame {
	t.Helper()
	var list []Frame
	if err := Frames(b, func(f Frame) error {
		f.Value = bytes.Clone(f.Value)
		list = append(list, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func sameFrames(t *testing.T, got, want []Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d frames of %d read back: %q", len(got), len(want), got)
	}
	for i := range want {
		if got[i].ID != want[i].ID || got[i].Name != want[i].Name || string(got[i].Value) != string(want[i].Value) {
			t.Errorf("frame %d: %s %q %q, want %s %q %q", i, got[i].ID, got[i].Name, got[i].Value, want[i].ID, want[i].Name, want[i].Value)
		}
	}
}

var someFrames = []Frame{
	{ID: "TIT2", Value: []byte("Débat : l’été 🎙️")},
	{ID: "TPE1", Value: []byte("hostess")},
	{ID: "TALB", Value: []byte(strings.Repeat("long ", 70))},
	{ID: "COMM", Name: "", Value: []byte("Espace é\ntwo lines")},
	{ID: "USLT", Name: "words", Value: []byte("ой")},
	{ID: "TXXX", Name: "Space", Value: []byte("1ypKdEXvkMLGW")},
	{ID: "WXXX", Name: "Écouter", Value: []byte("https://x.com/i/spaces/1ypKdEXvkMLGW")},
	{ID: "WXXX", Name: "слушать", Value: []byte("https://x.com/")},
}

func TestTagReadsBack(t *testing.T) {
	for _, version := range []byte{0, 3, 4} {
		for _, padding := range []int{0, 1, 2048} {
			b, err := (&Tag{Version: version, Frames: someFrames, Padding: padding}).Append([]byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			b = b[len("before"):]
			h, ok := ParseHeader(b)
			if !ok || h.Version != max(3, version) || h.Len() != len(b) || h.Flags != 0 {
				t.Fatalf("header %+v, %v; tag of %d bytes", h, ok, len(b))
			}
			if n := len(b) - len(bytes.TrimRight(b, "\x00")); n < padding {
				t.Errorf("%d bytes of padding, want %d", n, padding)
			}
			sameFrames(t, readFrames(t, b), someFrames)
		}
	}
}

// The bytes themselves, after the specifications.
func TestTagBytes(t *testing.T) {
	wide := func(s string) string {
		var b []byte
		for _, c := range s {
			b = append(b, byte(c), byte(c>>8))
		}
		return "\xff\xfe" + string(b)
	}
	chapters := []Chapter{{0, 90 * time.Second, "Été"}, {90 * time.Second, 100*time.Second + 5*time.Millisecond, "я"}}
	const none = "\xff\xff\xff\xff\xff\xff\xff\xff"
	for _, c := range []struct {
		name string
		tag  Tag
		want []byte
	}{
		{"empty", Tag{}, tag(3, 0, "")},
		{"2.3 text", Tag{Frames: []Frame{{ID: "TIT2", Value: []byte("é")}, {ID: "TIT3", Value: []byte("я")}}},
			tag(3, 0, plainFrame("TIT2", "\x00\xe9")+plainFrame("TIT3", "\x01"+wide("я")))},
		{"2.4 text", Tag{Version: 4, Frames: []Frame{{ID: "TIT2", Value: []byte("é")}}}, tag(4, 0, safeFrame("TIT2", "\x03é"))},
		{"2.4 sizes", Tag{Version: 4, Frames: []Frame{{ID: "TIT2", Value: bytes.Repeat([]byte("x"), 200)}}},
			tag(4, 0, "TIT2\x00\x00\x01\x49\x00\x00\x03"+strings.Repeat("x", 200))},
		{"2.3 comment", Tag{Frames: []Frame{{ID: "COMM", Value: []byte("c")}}}, tag(3, 0, plainFrame("COMM", "\x00und\x00c"))},
		{"2.3 wide comment", Tag{Frames: []Frame{{ID: "COMM", Value: []byte("я")}}},
			tag(3, 0, plainFrame("COMM", "\x01und"+wide("")+"\x00\x00"+wide("я")))},
		{"2.3 several values", Tag{Frames: []Frame{{ID: "TPE1", Value: []byte("a\x00b")}}}, tag(3, 0, plainFrame("TPE1", "\x00a/b"))},
		{"2.4 several values", Tag{Version: 4, Frames: []Frame{{ID: "TPE1", Value: []byte("a\x00b")}}}, tag(4, 0, safeFrame("TPE1", "\x03a\x00b"))},
		{"2.3 date", Tag{Frames: []Frame{{ID: "TDRC", Value: []byte("2021-06-14T18:05:00")}}},
			tag(3, 0, plainFrame("TYER", "\x002021")+plainFrame("TDAT", "\x001406")+plainFrame("TIME", "\x001805"))},
		{"2.3 day", Tag{Frames: []Frame{{ID: "TDRC", Value: []byte("2021-06-14")}}}, tag(3, 0, plainFrame("TYER", "\x002021")+plainFrame("TDAT", "\x001406"))},
		{"2.3 year", Tag{Frames: []Frame{{ID: "TDRC", Value: []byte("2021")}}}, tag(3, 0, plainFrame("TYER", "\x002021"))},
		{"2.4 date", Tag{Version: 4, Frames: []Frame{{ID: "TDRC", Value: []byte("2021-06-14")}}}, tag(4, 0, safeFrame("TDRC", "\x032021-06-14"))},
		{"address", Tag{Frames: []Frame{{ID: "WXXX", Name: "я", Value: []byte("http://x")}}},
			tag(3, 0, plainFrame("WXXX", "\x01"+wide("я")+"\x00\x00http://x"))},
		{"other", Tag{Frames: []Frame{{ID: "PRIV", Value: []byte("o\x00\xff")}}}, tag(3, 0, plainFrame("PRIV", "o\x00\xff"))},
		{"2.3 chapters", Tag{Chapters: chapters}, tag(3, 0,
			plainFrame("CTOC", "toc\x00\x03\x02chp0\x00chp1\x00")+
				plainFrame("CHAP", "chp0\x00\x00\x00\x00\x00\x00\x01\x5f\x90"+none+plainFrame("TIT2", "\x00\xc9t\xe9"))+
				plainFrame("CHAP", "chp1\x00\x00\x01\x5f\x90\x00\x01\x86\xa5"+none+plainFrame("TIT2", "\x01"+wide("я"))))},
		{"2.4 chapters", Tag{Version: 4, Chapters: chapters[:1]}, tag(4, 0,
			safeFrame("CTOC", "toc\x00\x03\x01chp0\x00")+
				safeFrame("CHAP", "chp0\x00\x00\x00\x00\x00\x00\x01\x5f\x90"+none+safeFrame("TIT2", "\x03Été")))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.tag.Append(nil)
			if err != nil || !bytes.Equal(got, c.want) {
				t.Errorf("%s: %q, %v\nwant %q", c.name, got, err, c.want)
			}
		})
	}
}

func TestTagRefuses(t *testing.T) {
	for name, tag := range map[string]Tag{
		"version":             {Version: 2},
		"no id":               {Frames: []Frame{{}}},
		"bad id":              {Frames: []Frame{{ID: "tit2"}}},
		"padding":             {Padding: -1},
		"too long":            {Padding: maxTag, Frames: someFrames},
		"before the start":    {Chapters: []Chapter{{Start: -1}}},
		"ends before it":      {Chapters: []Chapter{{Start: 2, End: 1}}},
		"overlap":             {Chapters: []Chapter{{0, 20, ""}, {10, 30, ""}}},
		"beyond seven weeks":  {Chapters: []Chapter{{0, 1 << 32 * time.Millisecond, ""}}},
		"more than two tiers": {Chapters: make([]Chapter, 255*255+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if b, err := tag.Append(nil); err == nil || !strings.HasPrefix(err.Error(), "id3: ") || b != nil {
				t.Errorf("%s: %d bytes, %v", name, len(b), err)
			}
		})
	}
}

func TestCover(t *testing.T) {
	for image, want := range map[string]string{
		"\xFF\xD8\xFF\xE0 picture":     "\x00image/jpeg\x00\x03\x00",
		"\x89PNG\r\n\x1A\n picture":    "\x00image/png\x00\x03\x00",
		"RIFF\x00\x00\x00\x00WEBPVP8 ": "",
		"":                             "",
	} {
		t.Run(image, func(t *testing.T) {
			f, err := Cover([]byte(image))
			if want == "" {
				if !errors.Is(err, ErrCover) {
					t.Errorf("%q: %v", image, err)
				}
			} else if err != nil || f.ID != "APIC" || string(f.Value) != want+image {
				t.Errorf("%q: %s %q, %v", image, f.ID, f.Value, err)
			}
		})
	}
}

// A chapter as a reader of the Addendum finds it.
type foundChapter struct {
	start, end uint32
	title      string
}

// navigate lists the chapters of a tag in the order of its tables of contents,
// as a player does.
func navigate(t *testing.T, b []byte) []foundChapter {
	t.Helper()
	h, _ := ParseHeader(b)
	chapters := make(map[string]foundChapter)
	tables := make(map[string][]string)
	top := ""
	for _, f := range readFrames(t, b) {
		id, rest, _ := bytes.Cut(f.Value, []byte{0})
		switch f.ID {
		case "CTOC":
			if rest[0]&2 != 0 {
				if top != "" {
					t.Error("two tables at the top")
				}
				top = string(id)
			}
			list := strings.Split(strings.TrimSuffix(string(rest[2:]), "\x00"), "\x00")
			if len(list) != int(rest[1]) || rest[0]&1 == 0 {
				t.Errorf("table %s says %d elements, flags %d, and has %q", id, rest[1], rest[0], list)
			}
			tables[string(id)] = list
		case "CHAP":
			c := foundChapter{start: binary.BigEndian.Uint32(rest), end: binary.BigEndian.Uint32(rest[4:])}
			for _, sub := range readFrames(t, tag(h.Version, 0, string(rest[16:]))) {
				if sub.ID == "TIT2" {
					c.title = string(sub.Value)
				}
			}
			chapters[string(id)] = c
		}
	}
	var list []foundChapter
	var walk func(id string)
	walk = func(id string) {
		if c, ok := chapters[id]; ok {
			list = append(list, c)
			delete(chapters, id)
		}
		for _, e := range tables[id] {
			walk(e)
		}
	}
	walk(top)
	if len(chapters) > 0 {
		t.Errorf("%d chapters are in no table", len(chapters))
	}
	return list
}

func TestChaptersAreNavigable(t *testing.T) {
	for _, version := range []byte{3, 4} {
		for _, n := range []int{0, 1, 2, 254, 255, 256, 700} {
			in := make([]Chapter, n)
			want := make([]foundChapter, n)
			for i := range in {
				in[i] = Chapter{time.Duration(i) * time.Minute, time.Duration(i+1) * time.Minute, fmt.Sprintf("Kapitel №%d", i)}
				want[i] = foundChapter{uint32(i * 60000), uint32((i + 1) * 60000), in[i].Title}
			}
			b, err := (&Tag{Version: version, Chapters: in, Frames: someFrames, Padding: 100}).Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := navigate(t, b); !slices.Equal(got, want) {
				t.Errorf("version 2.%d, %d chapters: found %v", version, n, got)
			}
		}
	}
}

// FuzzTag writes any texts in both versions and reads them back.
func FuzzTag(f *testing.F) {
	f.Add("title", "name", "value", uint32(10), uint16(5))
	f.Add("Été", "я", "a\xffb", uint32(1<<31), uint16(1000))
	f.Add("\ufeffx", "\xff\xfe", "\U0001F600", uint32(0), uint16(0))
	f.Fuzz(func(t *testing.T, title, name, value string, end uint32, padding uint16) {
		if strings.Contains(title+name+value, "\x00") || end == 1<<32-1 {
			t.Skip()
		}
		valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
		for _, version := range []byte{3, 4} {
			in := Tag{Version: version, Padding: int(padding), Frames: []Frame{
				{ID: "TIT2", Value: []byte(title)}, {ID: "TXXX", Name: name, Value: []byte(value)}, {ID: "COMM", Name: name, Value: []byte(value)},
			}, Chapters: []Chapter{{0, time.Duration(end) * time.Millisecond, title}}}
			b, err := in.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := ParseHeader(b); !ok || h.Len() != len(b) {
				t.Fatalf("header %+v, %v of %d bytes", h, ok, len(b))
			}
			got := readFrames(t, b)
			if len(got) != 5 {
				t.Fatalf("2.%d: frames %q", version, got)
			}
			for i, want := range in.Frames {
				// A mark at the front of a text is not part of it; invalid
				// bytes become one character each or one in all.
				if strings.ContainsRune(title+name+value, 0xfeff) || !validUTF8(title, name, value) {
					break
				}
				if got[i].Name != valid(want.Name) || string(got[i].Value) != valid(string(want.Value)) {
					t.Fatalf("2.%d: %q, want %q", version, got[i], want)
				}
			}
			if c := navigate(t, b); len(c) != 1 || c[0].end != end || validUTF8(title) && !strings.ContainsRune(title, 0xfeff) && c[0].title != title {
				t.Fatalf("2.%d: chapters %v", version, c)
			}
		}
	})
}

func validUTF8(list ...string) bool {
	for _, s := range list {
		if s != strings.ToValidUTF8(s, "\ufffd") {
			return false
		}
	}
	return true
}
