package charset

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	long := strings.Repeat("é ü €\n", 3000)
	for _, c := range []struct{ name, in, want, err string }{
		{"nothing", "", "", ""},
		{"one letter", "a", "a", ""},
		{"UTF-8", long, long, ""},
		{"UTF-8 with a mark", "\ufeff" + long, long, ""},
		{"a mark alone", "\ufeff", "", ""},
		{"UTF-16", "\xff\xfe" + encode(t, long, UTF16LE), long, ""},
		{"UTF-16, big-endian", "\xfe\xff" + encode(t, long, UTF16BE), long, ""},
		{"Windows-1252", long + "caf\xe9", long + "caf", "line 3001: byte E9 is not valid UTF-8"},
		{"half a character at the end", "a\n\xe2\x82", "a\n", "line 2: byte E2 is not valid UTF-8"},
		{"half a mark", "\xef\xbb", "", "line 1: byte EF is not valid UTF-8"},
		{"half of UTF-16", "\xff\xfea", "", "line 1: byte 61 is not valid UTF-16LE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole": strings.NewReader(c.in), "bytes": iotest.OneByteReader(strings.NewReader(c.in)), "end with bytes": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				got, err := io.ReadAll(NewReader(r))
				if string(got) != c.want || c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
					t.Errorf("%s: %.40q, %v", name, got, err)
				}
			}
		})
	}
}

// What can be read is read before more comes.
func TestReaderDoesNotWait(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	go out.Write([]byte("{}\n"))
	b := make([]byte, 10)
	if n, err := NewReader(in).Read(b); err != nil || string(b[:n]) != "{}\n" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

func TestReaderFails(t *testing.T) {
	broken := errors.New("broken")
	for _, begin := range []string{"", "a", "\xff", "\xff\xfea\x00"} {
		if _, err := io.ReadAll(NewReader(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(broken)))); !errors.Is(err, broken) {
			t.Errorf("%q: %v", begin, err)
		}
	}
}
