package ytd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"
)

// readAll returns the elements of the script in src.
func readAll(t testing.TB, src io.Reader) (elements []string, r *Reader, err error) {
	t.Helper()
	r = NewReader(src)
	for {
		e, err := r.Next()
		if err == io.EOF {
			return elements, r, nil
		}
		if err != nil {
			return elements, r, err
		}
		elements = append(elements, string(e))
	}
}

func utf16Text(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestNext(t *testing.T) {
	const script = "window.YTD.a.part0 = "
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	long := `{"k":"` + strings.Repeat("x", MaxElement) + `"}`
	tests := []struct {
		name   string
		in     string
		want   []string
		damage Damage
	}{
		{"as X writes it", script + "[\n  {\n    \"k\" : {\"id\" : \"1\"}\n  },\n  {\"k\" : 2}\n]", []string{"{\n    \"k\" : {\"id\" : \"1\"}\n  }", `{"k" : 2}`}, Damage{}},
		{"empty", script + "[ ]", nil, Damage{}},
		{"bare", `[{"k":1}]`, []string{`{"k":1}`}, Damage{}},
		{"an object", script + `{"k":[1,{"l":2}]}`, []string{`{"k":[1,{"l":2}]}`}, Damage{}},
		{"semicolon, CRLF, BOM", "\ufeff" + script + "[\r\n{\"k\":1},\r\n{\"k\":2}\r\n];\r\n", []string{`{"k":1}`, `{"k":2}`}, Damage{}},
		{"UTF-16 LE", utf16Text(script+`[{"k":"é🎙"}]`, false), []string{`{"k":"é🎙"}`}, Damage{}},
		{"UTF-16 BE", utf16Text(script+`[{"k":"é🎙"}]`, true), []string{`{"k":"é🎙"}`}, Damage{}},
		{"brackets in strings", `[{"k":"]}\"[{"},{"k":"\\"}]`, []string{`{"k":"]}\"[{"}`, `{"k":"\\"}`}, Damage{}},
		{"scalars", `[1, "a,]", null,-2.5e3]`, []string{"1", `"a,]"`, "null", "-2.5e3"}, Damage{}},
		{"commas too many and missing", `[,{"k":1}{"k":2},,{"k":3},]`, []string{`{"k":1}`, `{"k":2}`, `{"k":3}`}, Damage{}},

		{"cut between", script + `[{"k":1},`, []string{`{"k":1}`}, Damage{Cut: true}},
		{"cut inside", script + `[{"k":1},{"k":"abc`, []string{`{"k":1}`}, Damage{Cut: true}},
		{"cut at an escape", `[{"k":1},{"k":"abc\`, []string{`{"k":1}`}, Damage{Cut: true}},
		{"cut object", script + `{"k":{"k":1}`, nil, Damage{Cut: true}},
		{"zeros at the end", script + "[{\"k\":1}\x00\x00\x00\x00", []string{`{"k":1}`}, Damage{Cut: true, Replaced: true}},

		{"bracket missing", `[{"k":[1,2},{"k":2}]`, []string{`{"k":2}`}, Damage{Broken: 1}},
		{"brace missing", `[{"k":1},{"k":{"a":1},{"k":3},{"k":4}]`, []string{`{"k":1}`, `{"k":3}`, `{"k":4}`}, Damage{Broken: 1}},
		{"brace missing in the first", `[{"k":{"a":1},{"k":3}]`, []string{`{"k":3}`}, Damage{Broken: 1}},
		{"bracket too many", `[{"k":[1]],"a":2},{"k":2}]`, []string{`{"k":2}`}, Damage{Broken: 1}},
		{"quote missing", "[{\"k\":\"a},\n{\"k\":2},{\"k\":3}]", []string{`{"k":2}`, `{"k":3}`}, Damage{Broken: 1}},
		{"too deep", `[1,` + deep + `,2]`, []string{"1", "2"}, Damage{TooDeep: 1}},
		{"a million deep", `[{"k":1},` + strings.Repeat(`{"k":[`, 5e5), []string{`{"k":1}`}, Damage{TooDeep: 1, Cut: true}},
		{"too long", `[{"k":1},` + long + `,{"k":2}]`, []string{`{"k":1}`, `{"k":2}`}, Damage{TooLong: 1}},
		{"too long a number", `[` + strings.Repeat("1", MaxElement+10) + `,{"k":2}]`, []string{`{"k":2}`}, Damage{TooLong: 1}},

		{"invalid UTF-8", "[{\"k\":\"a\xff\xfeb\"},{\"k\":\"\xed\xa0\x80\"}]", []string{`{"k":"a` + "\ufffd" + `b"}`, `{"k":"` + "\ufffd" + `"}`}, Damage{Replaced: true}},
		{"control characters", "[{\"k\":\"a\x00b\tc\"\x00}]", []string{`{"k":"a b c" }`}, Damage{Replaced: true}},
		{"surrogate pair", `[{"k":"\ud83c\udf99 \\ud83c"}]`, []string{`{"k":"\ud83c\udf99 \\ud83c"}`}, Damage{}},
		{"high surrogate", `[{"k":"\uD83c!"}]`, []string{`{"k":"\uD83c!"}`}, Damage{Replaced: true}},
		{"low surrogate", `[{"k":"\\\udf99"}]`, []string{`{"k":"\\\udf99"}`}, Damage{Replaced: true}},
		{"half of UTF-16", utf16Text(script+`[{"k":"`, false) + "\x3c\xd8" + utf16Text(`"}]`, false)[2:], []string{`{"k":"` + "\ufffd" + `"}`}, Damage{Replaced: true}},
	}
	for _, tt := range tests {
		for _, mode := range []string{"whole", "byte by byte"} {
			if mode != "whole" && len(tt.in) > 1<<20 {
				continue
			}
			t.Run(tt.name+"/"+mode, func(t *testing.T) {
				var src io.Reader = strings.NewReader(tt.in)
				if mode != "whole" {
					src = iotest.OneByteReader(src)
				}
				got, r, err := readAll(t, src)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if d := r.Damage(); d != tt.damage {
					t.Errorf("damage %+v, want %+v", d, tt.damage)
				}
			})
		}
	}
}

func TestNoJSON(t *testing.T) {
	for _, in := range []string{"", "  ", "<html>", "alert(1); [1]", "hello [1]", strings.Repeat("a", 5000) + "=[1]", "\xff\xfe"} {
		if _, _, err := readAll(t, strings.NewReader(in)); !errors.Is(err, ErrNoJSON) {
			t.Errorf("%.20q: got %v, want ErrNoJSON", in, err)
		}
	}
}

// What was complete before the source failed is handed out before its error.
func TestSourceError(t *testing.T) {
	failed := errors.New("bad disk")
	src := io.MultiReader(strings.NewReader(`[{"k":1},{"k":2},{"k"`), iotest.ErrReader(failed))
	got, _, err := readAll(t, src)
	if !errors.Is(err, failed) || len(got) != 2 {
		t.Errorf("got %q, %v; want two elements and %v", got, err, failed)
	}
}

// repeated is n times s between brackets.
func repeated(s string, n int) io.Reader {
	rs := []io.Reader{strings.NewReader("window.YTD.tweets.part0 = [")}
	chunk := strings.Repeat(s+",\n", 1000)
	for range n / 1000 {
		rs = append(rs, strings.NewReader(chunk))
	}
	return io.MultiReader(append(rs, strings.NewReader("]"))...)
}

// The memory that reading takes must not depend on the length of the script.
func TestMemory(t *testing.T) {
	post := `{"tweet":{"id":"1","full_text":"` + strings.Repeat("x", 900) + `"}}`
	r := NewReader(repeated(post, 20000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		n++
	}
	runtime.ReadMemStats(&after)
	if n != 20000 {
		t.Fatalf("read %d elements", n)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("reading %d bytes allocated %d", n*len(post), used)
	}
}

func BenchmarkNext(b *testing.B) {
	post := `{"tweet" : { "id_str" : "1403000000000000000", "full_text" : "` + strings.Repeat("Apéro audio ", 20) +
		`", "entities" : { "urls" : [ ], "user_mentions" : [ { "name" : "Guest", "screen_name" : "guest1" } ] } } }`
	const n = 20000
	b.SetBytes(n * int64(len(post)))
	for b.Loop() {
		r := NewReader(repeated(post, n))
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{
		"window.YTD.a.part0 = [\n  {\n    \"k\" : 1\n  }\n]", "\ufeff[{\"k\":\"\\ud83c\"}];\r\n",
		`[{"k":{"a":1},{"k":3}]`, `[{"k":[1]],"a":2},{"k":2}]`, "[{\"k\":\"a},\n{\"k\":2}]", `{"k":[`, "[1,\"a\",null",
		utf16Text(`[{"k":1}]`, true),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, r, err := readAll(t, bytes.NewReader(in))
		total := 0
		for _, e := range whole {
			if e == "" || !utf8.ValidString(e) {
				t.Fatalf("element %q", e)
			}
			total += len(e)
		}
		// Replacing a byte triples it; decoding UTF-16 does at most that.
		if total > 3*len(in) {
			t.Fatalf("%d bytes of elements from %d bytes of script", total, len(in))
		}
		// How the bytes arrive must not matter.
		dribbled, r2, err2 := readAll(t, iotest.OneByteReader(bytes.NewReader(in)))
		if !slices.Equal(whole, dribbled) || (err == nil) != (err2 == nil) || r.Damage() != r2.Damage() {
			t.Fatalf("whole: %q %v %+v; byte by byte: %q %v %+v", whole, err, r.Damage(), dribbled, err2, r2.Damage())
		}
		// Valid JSON arrays come out complete.
		var want []json.RawMessage
		if utf8.Valid(in) && json.Unmarshal(in, &want) == nil && want != nil && r.Damage() == (Damage{}) {
			if len(want) != len(whole) {
				t.Fatalf("%d elements, want %d: %q", len(whole), len(want), whole)
			}
			for i := range want {
				if string(want[i]) != whole[i] {
					t.Fatalf("element %d is %q, want %q", i, whole[i], want[i])
				}
			}
		}
	})
}
