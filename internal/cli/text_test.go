package cli

import (
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
)

func TestReadIDs(t *testing.T) {
	got, err := app.ReadIDs(strings.NewReader("1ypKdEXvkMLGW\n\n{\"id\":\"1eaJbNqXaXWxX\",\"x\":{}}\r\n" +
		`{"type":"recording","id":"1abcdefghijkl"}` + "\n" + `{"type":"summary"}` + "\n"))
	if want := "1ypKdEXvkMLGW 1eaJbNqXaXWxX 1abcdefghijkl"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"{", `{"ID":1}`, `{"title":"x"}`} {
		if _, err := app.ReadIDs(strings.NewReader(in)); app.Classify(err).Code != app.ExitUsage {
			t.Errorf("%s: %v", in, err)
		}
	}
}
