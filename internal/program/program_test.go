package program

import (
	"strings"
	"testing"
)

// Of what a program says, the error is found among its help and its progress.
func TestTell(t *testing.T) {
	for _, c := range []struct{ name, said, want string }{
		{"last line", "loading\nno memory\n\n", "no memory"},
		{"error before help", "init\nerror: unknown language 'x'\nusage:\n  -h\n", "error: unknown language 'x'"},
		{"error after progress", strings.Repeat("progress = 1%\n", 10_000) + "fatal: out of memory\n", "fatal: out of memory"},
		{"error before progress", "error: bad model\n" + strings.Repeat("progress = 1%\n", 10_000), "error: bad model"},
		{"one long line", strings.Repeat("x", 1000), strings.Repeat("x", 300) + "…"},
		{"colours", "\x1b[1mboom\x1b[0m\r\n", "[1mboom [0m"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w ends
			for b := []byte(c.said); len(b) > 0; {
				n := min(len(b), 1000)
				w.Write(b[:n])
				b = b[n:]
			}
			if got := w.tell(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if len(w.head)+len(w.tail) > 2*mostKept {
				t.Errorf("%d bytes are kept", len(w.head)+len(w.tail))
			}
		})
	}
}
