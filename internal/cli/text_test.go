package cli

import (
	"strings"
	"testing"
)

func TestReadIDs(t *testing.T) {
	got, err := readIDs(strings.NewReader("1ypKdEXvkMLGW\n\n{\"id\":\"1eaJbNqXaXWxX\",\"x\":{}}\r\n" +
		`{"type":"recording","id":"1abcdefghijkl"}` + "\n" + `{"type":"summary"}` + "\n"))
	if want := "1ypKdEXvkMLGW 1eaJbNqXaXWxX 1abcdefghijkl"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"{", `{"ID":1}`, `{"title":"x"}`} {
		if _, err := readIDs(strings.NewReader(in)); classify(err).code != exitUsage {
			t.Errorf("%s: %v", in, err)
		}
	}
}
