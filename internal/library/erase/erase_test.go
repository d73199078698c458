package erase

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestText(t *testing.T) {
	e := New("@Guest", "555000111", "12")
	e.Rename("Talk with guest", "Talk with forgotten")
	e.Rename("guest", "forgotten")
	for in, want := range map[string]string{
		"Our guest of the day":                           "Our guest of the day",
		"guest":                                          "guest",
		"@GUEST, @guests and @aguest":                    "@forgotten, @guests and @aguest",
		"mail joe@guest.com":                             "mail joe@guest.com",
		"(@guest) .@guest’s":                             "(@forgotten) .@forgotten’s",
		"https://x.com/Guest?s=1":                        "https://x.com/forgotten?s=1",
		"http://mobile.twitter.com/guest/status/1":       "http://mobile.twitter.com/forgotten/status/1",
		"https://linux.com/guest":                        "https://linux.com/guest",
		"https://my-x.com/guest":                         "https://my-x.com/guest",
		"?q=%40guest":                                    "?q=%40forgotten",
		"<v guest>hello</v> <v Guest speaker>":           "<v forgotten>hello</v> <v Guest speaker>",
		"id 555000111, not 5550001112":                   "id 0, not 5550001112",
		"12":                                             "12", // too short for an id
		"a/2021 Talk with guest [x]/Talk with guest.m4a": "a/2021 Talk with forgotten [x]/Talk with forgotten.m4a",
		"Talk with guests":                               "Talk with guests",
		"clips/guest.m4a, clips/our guest.m4a":           "clips/forgotten.m4a, clips/our guest.m4a",
		"@guest @guest\n@guest":                          "@forgotten @forgotten\n@forgotten",
		strings.Repeat("x", 9) + "\xff@guest":            strings.Repeat("x", 9) + "\xff@forgotten",
	} {
		if got := e.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Only whole handles in fields that hold handles go, and all else stays to the
// byte.
func TestJSON(t *testing.T) {
	e := New("guest", "555000111")
	for in, want := range map[string]string{
		`{"guest": 1,  "title":"Guest","note":"our guest, @guest"}`:       `{"guest": 1,  "title":"Guest","note":"our guest, @forgotten"}`,
		`{"speakers":[{"handle":"Guest","role":"guest"}],"name":"guest"}`: `{"speakers":[{"handle":"forgotten","role":"guest"}],"name":"guest"}`,
		`{"mentions":["guest","guests"],"hashtags":["guest"]}`:            `{"mentions":["forgotten","guests"],"hashtags":["guest"]}`,
		`{"stage":["@guest"],"x":["guest"],"screen_name":"\u0067uest"}`:   `{"stage":["@forgotten"],"x":["guest"],"screen_name":"forgotten"}`,
		`{"a":"\u0040guest","b":"\n@guest <&>","c":1.50}`:                 `{"a":"@forgotten","b":"\n@forgotten <&>","c":1.50}`,
		`{"id":555000111,"other":5550001112,"u":"555000111"}`:             `{"id":0,"other":5550001112,"u":"0"}`,
		`{"missing":["id 555000111","guest"]}`:                            `{"missing":["id 0","forgotten"]}`,
		"{\"host\":\"guest\"}\n{\"a\":\"guest\"}\n{\"handle\":\"":         "{\"host\":\"forgotten\"}\n{\"a\":\"guest\"}\n{\"handle\":\"",
		`{"host":{"name":"guest"},"handle":["guest"],"title":"guest"}`:    `{"host":{"name":"guest"},"handle":["forgotten"],"title":"guest"}`,
		``: ``,
	} {
		if got := string(e.JSON([]byte(in))); got != want {
			t.Errorf("%s\nis %s\nnot %s", in, got, want)
		}
	}
}

func TestMatching(t *testing.T) {
	e := Matching(func(h string) bool { return h == "ann" || h == "bob" }, func(id string) bool { return id == "777888999" })
	got := string(e.JSON([]byte(`{"handle":"Ann","note":"@bob, @cyd","ids":["777888999",777888998]}`)))
	if want := `{"handle":"forgotten","note":"@forgotten, @cyd","ids":["0",777888998]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestIn(t *testing.T) {
	e := New("ann", "555000111")
	wide := func(order binary.AppendByteOrder, s string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	for _, test := range []struct {
		bytes string
		want  bool
	}{
		{"by @ANN.", true},
		{"by Ann.", false},
		{"@joann, @annabel", false},
		{"\x00\x00555000111\x00", true},
		{"\x0a\x00\x00\x00ARTIST=ann\x31\x00\x00\x00TITLE=" + strings.Repeat("x", 43), true}, // a Vorbis comment of 49 bytes follows
		{"\x0f\x00\x00\x00ALBUMARTIST=Ann", true},
		{"\x12\x00\x00\x00ARTIST=ann and bob", false},
		{"\x09\x00\x00\x00TITLE=ann", false},
		{"TPE1\x00\x00\x00\x04\x00\x00\x00annTALB\x00\x00\x00\x02\x00\x00\x00x", true}, // an ID3 frame follows
		{"TPE1\x00\x00\x00\x0b\x00\x00\x00ann and bobTALB", false},
		{"TIT2\x00\x00\x00\x04\x00\x00\x00ann", false},
		{"TPE1\x00\x00\x00\x09\x00\x00\x01\xff\xfe" + wide(binary.LittleEndian, "ann"), true},
		{"TIT2\x00\x00\x00\x09\x00\x00\x01\xff\xfe" + wide(binary.LittleEndian, "ann"), false},
		{"\x00\x00\x00\x1b\xa9ART\x00\x00\x00\x13data\x00\x00\x00\x01\x00\x00\x00\x00Ann", true},
		{"\x00\x00\x00\x1b\xa9nam\x00\x00\x00\x13data\x00\x00\x00\x01\x00\x00\x00\x00Ann", false},
		{`{"speakers":["ann"]}`, true},
		{wide(binary.LittleEndian, "with @Ann") + "TALB\x00\x00", true},
		{wide(binary.BigEndian, "with @Ann’s"), true},
		{wide(binary.BigEndian, "with Ann’s"), false},
		{wide(binary.LittleEndian, "@annabel"), false},
		{wide(binary.BigEndian, "id 555000111 "), true},
		{"%40ann", true},
		{"https://twitter.com/ann", true},
		{"ann1\x00\x00\x00\x1cdata\x00\x00\x00\x01=", false}, // the end of an MP4 atom
		{"\x01\xf3@ann\x07", false},                          // by chance
		{"", false},
	} {
		t.Run(fmt.Sprintf("%.20q", test.bytes), func(t *testing.T) {
			if got := e.In([]byte(test.bytes)); got != test.want {
				t.Errorf("%q: %v", test.bytes, got)
			}
		})
	}
	if New("").In([]byte("anything")) {
		t.Error("nobody is named")
	}
}

// Where the name was taken out it is not found again, and JSON stays valid.
func FuzzEraser(f *testing.F) {
	f.Add([]byte(`{"handle":"ann","b":[555000111,"\u0040nn","@ann"]}`))
	f.Add([]byte(`"\`))
	f.Add([]byte("@ann %40ann\"@ann\\\"ann"))
	e := New("ann", "555000111")
	f.Fuzz(func(t *testing.T, b []byte) {
		out := e.JSON(bytes.Clone(b))
		if json.Valid(b) && !json.Valid(out) {
			t.Errorf("%q becomes %q", b, out)
		}
		if again := e.JSON(bytes.Clone(out)); !bytes.Equal(again, out) {
			t.Errorf("%q, then %q", out, again)
		}
		e.In(b)
		text := e.Text(string(b))
		if e.Text(text) != text {
			t.Errorf("%q is not done: %q", text, e.Text(text))
		}
	})
}
