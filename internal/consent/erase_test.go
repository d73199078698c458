package consent

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestEraserText(t *testing.T) {
	e := NewEraser("@Ann", "555000111", "12")
	for in, want := range map[string]string{
		"ann":                              "forgotten",
		"@ANN, annabel and joann":          "@forgotten, annabel and joann",
		"https://x.com/ann?s=1":            "https://x.com/forgotten?s=1",
		"?q=%40ann":                        "?q=%40forgotten",
		"ann_b ann-b":                      "ann_b forgotten-b",
		"id 555000111, not 5550001112":     "id 0, not 5550001112",
		"12":                               "12", // too short for an id
		"Ännchen ann’s":                    "Ännchen forgotten’s",
		"annann ann\nann":                  "annann forgotten\nforgotten",
		strings.Repeat("x", 9) + "\xffann": strings.Repeat("x", 9) + "\xffforgotten",
	} {
		if got := e.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What is no name stays to the byte, and what is JSON stays JSON.
func TestEraserJSON(t *testing.T) {
	e := NewEraser("ann", "555000111")
	for in, want := range map[string]string{
		`{"ann": "ann",  "x":[1.50,"\u0041nn\n"]}`:    `{"ann": "forgotten",  "x":["\u0041nn\n"]}`,
		`{"a":"\u0040ann","b":"\nann <&>"}`:           `{"a":"@forgotten","b":"\nforgotten <&>"}`,
		`{"id":555000111,"other":5550001112}`:         `{"id":0,"other":5550001112}`,
		"{\"a\":\"ann\"}\n{\"a\":\"bob\"}\n{\"a\":\"": "{\"a\":\"forgotten\"}\n{\"a\":\"bob\"}\n{\"a\":\"",
		`"\"ann\""`: `"\"forgotten\""`,
		``:          ``,
	} {
		want = strings.Replace(want, `["\u0041nn\n"]`, `[1.50,"forgotten\n"]`, 1)
		if got := string(e.JSON([]byte(in))); got != want {
			t.Errorf("%s\nis %s\nnot %s", in, got, want)
		}
	}
}

func TestEraserIn(t *testing.T) {
	e := NewEraser("ann", "555000111")
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
		{"by ANN.", true},
		{"joann, annabel", false},
		{"\x00\x00555000111\x00", true},
		{"ARTIST=ann\x31\x00\x00\x00TITLE=" + strings.Repeat("x", 43), true},           // a Vorbis comment of 49 bytes follows
		{"TPE1\x00\x00\x00\x04\x00\x00\x00annTALB\x00\x00\x00\x02\x00\x00\x00x", true}, // an ID3 frame follows
		{wide(binary.LittleEndian, "with @Ann") + "TALB\x00\x00", true},
		{wide(binary.BigEndian, "Ann’s"), true},
		{wide(binary.LittleEndian, "joann"), false},
		{wide(binary.LittleEndian, "annabel"), false},
		{wide(binary.BigEndian, "joann "), false},
		{"%40ann", true},
		{"ann1\x00\x00\x00\x1cdata\x00\x00\x00\x01=", false}, // the end of an MP4 atom
		{"annabel\x00\x01\x02", false},
		{"", false},
	} {
		if got := e.In([]byte(test.bytes)); got != test.want {
			t.Errorf("%q: %v", test.bytes, got)
		}
	}
	if NewEraser("").In([]byte("anything")) {
		t.Error("nobody is named")
	}
}

// Where the name was taken out it is not found again, and JSON stays valid.
func FuzzEraser(f *testing.F) {
	f.Add([]byte(`{"a":"@ann","b":[555000111,"\u0061nn"]}`))
	f.Add([]byte(`"\`))
	f.Add([]byte("ann %40ann\"ann\\\"ann"))
	e := NewEraser("ann", "555000111")
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
