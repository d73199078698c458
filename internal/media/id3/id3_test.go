package id3

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestParseHeader(t *testing.T) {
	cases := []struct {
		in   string
		len  int
		want bool
	}{
		{"ID3\x04\x00\x00\x00\x00\x00\x3f", 73, true},
		{"ID3\x04\x00\x10\x00\x00\x02\x01", 10 + 257 + 10, true}, // footer
		{"ID3\x03\x00\xe0\x00\x00\x00\x00", 10, true},
		{"ID3\x02\x00\xc0\x7f\x7f\x7f\x7f", 10 + 1<<28 - 1, true},
		{"ID3\x03\x00\x10\x00\x00\x00\x00", 0, false}, // a footer came with 2.4
		{"ID3\x02\x00\x20\x00\x00\x00\x00", 0, false},
		{"ID3\x04\x00\x01\x00\x00\x00\x00", 0, false},
		{"ID3\x05\x00\x00\x00\x00\x00\x00", 0, false},
		{"ID3\x01\x00\x00\x00\x00\x00\x00", 0, false},
		{"ID3\x04\xff\x00\x00\x00\x00\x00", 0, false},
		{"ID3\x04\x00\x00\x00\x80\x00\x00", 0, false},
		{"ID3\x04\x00\x00\x00\x00\x00", 0, false},
		{"TAG\x04\x00\x00\x00\x00\x00\x00", 0, false},
	}
	for _, c := range cases {
		t.Run(c.in, func(t *testing.T) {
			h, ok := ParseHeader([]byte(c.in))
			if ok != c.want || ok && h.Len() != c.len {
				t.Errorf("ParseHeader(%q) = %v (%d bytes), %v", c.in, h, h.Len(), ok)
			}
		})
	}
}

// tag returns a tag around body.
func tag(version, flags byte, body string) []byte {
	n := len(body)
	head := []byte{'I', 'D', '3', version, 0, flags, byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
	return append(head, body...)
}

// Frames with a size of four bytes: plain, sync-safe, and with flags.
func plainFrame(id, body string) string {
	n := len(body)
	return id + string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 0, 0}) + body
}

func safeFrame(id, body string) string { return flaggedFrame(id, 0, body) }

func flaggedFrame(id string, flags byte, body string) string {
	n := len(body)
	return id + string([]byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f), 0, flags}) + body
}

func v22Frame(id, body string) string {
	n := len(body)
	return id + string([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) + body
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 300)
	cases := []struct {
		name string
		tag  []byte
		want []string // id|name|value
	}{
		{"no tag", []byte("hello, world"), nil},
		{"empty", tag(4, 0, ""), nil},
		{"PRIV", tag(4, 0, safeFrame("PRIV", "com.apple\x00\x00\x01\xff")), []string{"PRIV|com.apple|\x00\x01\xff"}},
		{"sync-safe sizes", tag(4, 0, safeFrame("TXXX", "\x03N\x00"+long+"\x00")+safeFrame("TIT3", "\x03v")), []string{"TXXX|N|" + long, "TIT3||v"}},
		{"plain sizes in 2.4", tag(4, 0, plainFrame("TXXX", "\x03N\x00"+long+"\x00")+plainFrame("TIT3", "\x03v")), []string{"TXXX|N|" + long, "TIT3||v"}},
		{"plain size in 2.4, last frame", tag(4, 0, plainFrame("TXXX", "\x03N\x00"+long)), []string{"TXXX|N|" + long}},
		{"plain size in 2.4, padding", tag(4, 0, plainFrame("TXXX", "\x03N\x00"+long)+strings.Repeat("\x00", 30)), []string{"TXXX|N|" + long}},
		{"plain size in 2.4 with a byte above 0x7f", tag(4, 0, plainFrame("TIT2", "\x03"+long[:199])+plainFrame("TIT3", "\x03v")), []string{"TIT2||" + long[:199], "TIT3||v"}},
		{"sync-safe sizes in 2.3", tag(3, 0, safeFrame("TIT2", "\x00"+long)+safeFrame("TIT3", "\x00v")), []string{"TIT2||" + long, "TIT3||v"}},
		{"2.3", tag(3, 0, plainFrame("TIT2", "\x00"+long)+plainFrame("TIT3", "\x00v")), []string{"TIT2||" + long, "TIT3||v"}},
		{"2.2", tag(2, 0, v22Frame("TT2", "\x00t")+v22Frame("XYZ", "raw")), []string{"TIT2||t", "XYZ||raw"}},
		{"2.2 compressed", tag(2, 0x40, v22Frame("TT2", "\x00t")), nil},
		{"Latin-1", tag(4, 0, safeFrame("TIT2", "\x00\xc9t\xe9")), []string{"TIT2||Été"}},
		{"UTF-16 little", tag(4, 0, safeFrame("TIT2", "\x01\xff\xfe\xc9\x00t\x00\xe9\x00\x00\x00")), []string{"TIT2||Été"}},
		{"UTF-16 big", tag(4, 0, safeFrame("TIT2", "\x01\xfe\xff\x00\xc9\x00t\x00\xe9")), []string{"TIT2||Été"}},
		{"UTF-16 without mark, little", tag(4, 0, safeFrame("TIT2", "\x01A\x00b\x00")), []string{"TIT2||Ab"}},
		{"UTF-16 without mark, big", tag(4, 0, safeFrame("TIT2", "\x01\x00A\x00b")), []string{"TIT2||Ab"}},
		{"UTF-16BE", tag(4, 0, safeFrame("TIT2", "\x02\xd8\x3d\xde\x00\x00!")), []string{"TIT2||😀!"}},
		{"UTF-16 lone surrogate, odd length", tag(4, 0, safeFrame("TIT2", "\x02\xd8\x3d\x00!\x00")), []string{"TIT2||\ufffd!"}},
		{"UTF-16 mark on the description only", tag(3, 0, plainFrame("TXXX", "\x01\xfe\xff\x00N\x00\x00\x00\xc9")), []string{"TXXX|N|É"}},
		{"UTF-8 invalid", tag(4, 0, safeFrame("TIT2", "\x03a\xffb")), []string{"TIT2||a\ufffdb"}},
		{"UTF-8 with mark", tag(4, 0, safeFrame("TIT2", "\x03\xef\xbb\xbfab")), []string{"TIT2||ab"}},
		{"unknown encoding", tag(4, 0, safeFrame("TIT2", "\x09ab")), []string{"TIT2||ab"}},
		{"text without anything", tag(4, 0, safeFrame("TIT2", "")+safeFrame("TXXX", "\x03")), []string{"TIT2||", "TXXX||"}},
		{"several values in 2.4", tag(4, 0, safeFrame("TPE1", "\x03a\x00b\x00\x00")), []string{"TPE1||a\x00b"}},
		{"text after the terminator in 2.3", tag(3, 0, plainFrame("TPE1", "\x00a\x00b")), []string{"TPE1||a"}},
		{"COMM", tag(4, 0, safeFrame("COMM", "\x03engd\x00text")), []string{"COMM|d|text"}},
		{"WXXX, WOAR", tag(4, 0, safeFrame("WXXX", "\x03d\x00http://x\x00y")+safeFrame("WOAR", "http://z")), []string{"WXXX|d|http://x", "WOAR||http://z"}},
		{"extended header 2.3", tag(3, 0x40, "\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00"+plainFrame("TIT2", "\x00t")), []string{"TIT2||t"}},
		{"extended header 2.4", tag(4, 0x40, "\x00\x00\x00\x06\x01\x00"+safeFrame("TIT2", "\x03t")), []string{"TIT2||t"}},
		{"extended header too long", tag(4, 0x40, "\x7f\x00\x00\x06\x01\x00"), nil},
		{"unsynchronised 2.3", tag(3, 0x80, plainFrame("PRIV", "o\x00\xff")[:13]+"\x00"+plainFrame("TIT2", "\x00t")), []string{"PRIV|o|\xff", "TIT2||t"}},
		{"unsynchronised 2.4", tag(4, 0x80, safeFrame("PRIV", "o\x00\xff\x00\xe0")+safeFrame("TIT2", "\x03t")), []string{"PRIV|o|\xff\xe0", "TIT2||t"}},
		{"unsynchronised frame", tag(4, 0, flaggedFrame("PRIV", 2, "o\x00\xff\x00\xe0")), []string{"PRIV|o|\xff\xe0"}},
		{"group and data length", tag(4, 0, flaggedFrame("TIT2", 0x41, "g\x00\x00\x00\x02\x03t")), []string{"TIT2||t"}},
		{"compressed and encrypted", tag(4, 0, flaggedFrame("TIT2", 8, "x")+flaggedFrame("TIT2", 4, "x")+safeFrame("TIT3", "\x03t")), []string{"TIT3||t"}},
		{"frame beyond the end", tag(4, 0, safeFrame("TIT3", "\x03t")+safeFrame("TIT2", "\x03title")[:13]), []string{"TIT3||t"}},
		{"tag cut", tag(4, 0, safeFrame("TIT3", "\x03t")+safeFrame("TIT2", "\x03title"))[:30], []string{"TIT3||t"}},
	}
	var shared Parser
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, frames := range []func([]byte, func(Frame) error) error{Frames, shared.Frames} {
				var got []string
				in := bytes.Clone(c.tag)
				err := frames(in, func(f Frame) error {
					got = append(got, fmt.Sprintf("%s|%s|%s", f.ID, f.Name, f.Value))
					return nil
				})
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s: %q, %v\nwant %q", c.name, got, err, c.want)
				}
				if !bytes.Equal(in, c.tag) {
					t.Errorf("%s: the tag was changed", c.name)
				}
			}
		})
	}
}

func TestFramesStops(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := Frames(tag(4, 0, safeFrame("TIT2", "\x03a")+safeFrame("TIT3", "\x03b")), func(Frame) error { n++; return stop })
	if err != stop || n != 1 {
		t.Errorf("%v after %d frames", err, n)
	}
}

func TestTags(t *testing.T) {
	got := Tags(tag(3, 0, plainFrame("TIT2", "\x00 Title ")+plainFrame("TIT2", "\x00second")+
		plainFrame("TYER", "\x002022")+plainFrame("TDAT", "\x002203")+plainFrame("TALB", "\x00")+
		plainFrame("COMM", "\x00engiTunNORM\x00 0000")+plainFrame("COMM", "\x00eng\x00said")))
	if want := map[string]string{"title": "Title", "date": "2022-03-22", "comment": "said"}; !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = Tags(tag(4, 0, safeFrame("TPE1", "\x03a\x00b")+safeFrame("TDRC", "\x032022-03-22T19:26")+safeFrame("TALB", "\x03Al")))
	if want := map[string]string{"artist": "a; b", "date": "2022-03-22T19:26", "album": "Al"}; !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The tags of a stream of hours must cost nothing but their reading.
func TestParserAllocations(t *testing.T) {
	in := tag(4, 0, safeFrame("TIT3", "\x033856965984.391\x00")+safeFrame("TXXX", "\x03JSONMetadata\x00{}\x00")+
		safeFrame("PRIV", "com.apple.streaming.transportStreamTimestamp\x0012345678"))
	var p Parser
	fn := func(Frame) error { return nil }
	if n := testing.AllocsPerRun(100, func() { p.Frames(in, fn) }); n != 0 {
		t.Errorf("%v allocations a tag", n)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(tag(4, 0x80, safeFrame("PRIV", "o\x00\xff\x00\xe0")+plainFrame("TXXX", "\x01\xff\xfeN\x00\x00\x00x\x00")))
	f.Add(tag(3, 0x40, "\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00"+plainFrame("COMM", "\x00engd\x00t")))
	f.Add(tag(2, 0, v22Frame("TT2", "\x02\x00t")))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		h, ok := ParseHeader(in)
		n := 0
		Frames(in, func(fr Frame) error {
			n += 6
			if len(fr.ID) != 3 && len(fr.ID) != 4 {
				t.Fatalf("id %q", fr.ID)
			}
			// UTF-8 takes at most three bytes for one of the tag's.
			if len(fr.Name)+len(fr.Value) > 3*h.Size {
				t.Fatalf("%d bytes out of a tag of %d", len(fr.Name)+len(fr.Value), h.Size)
			}
			return nil
		})
		if n > 0 && (!ok || n > h.Size) {
			t.Fatalf("frames of %d bytes and more in a tag of %d", n, h.Size)
		}
		if !bytes.Equal(in, before) {
			t.Fatal("the tag was changed")
		}
	})
}
