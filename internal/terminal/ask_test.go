package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	for in, want := range map[string]bool{
		"y\n": true, "yes\n": true, " YES \r\n": true, "y": true,
		"\n": false, "": false, "n\n": false, "yess\n": false, "sure\n": false,
	} {
		t.Run(in, func(t *testing.T) {
			var out strings.Builder
			got, err := Confirm(context.Background(), strings.NewReader(in), &out, "Remove it?")
			if got != want || err != nil {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
			if out.String() != "Remove it? [y/N] " {
				t.Errorf("it asks %q", out.String())
			}
		})
	}
}

func TestReadLineEndsWithItsContext(t *testing.T) {
	in, w := io.Pipe() // nobody types
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out strings.Builder
	if text, err := ReadLine(ctx, in, &out); text != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", text, err)
	}
	if out.String() != "\n" {
		t.Errorf("the screen's line ends with %q", out.String())
	}
}

func TestReadLineFails(t *testing.T) {
	broken := errors.New("broken")
	in, w := io.Pipe()
	w.CloseWithError(broken)
	if _, err := ReadLine(context.Background(), in, io.Discard); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
