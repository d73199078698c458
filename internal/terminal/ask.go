package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Confirm asks a question, and takes everything but yes for no.
func Confirm(ctx context.Context, in io.Reader, out io.Writer, question string) (bool, error) {
	fmt.Fprintf(out, "%s [y/N] ", question)
	text, err := ReadLine(ctx, in, out)
	text = strings.ToLower(text)
	return text == "y" || text == "yes", err
}

// ReadLine reads the line that somebody types, until the context ends. It
// ends the line on the screen that was not typed to its end.
func ReadLine(ctx context.Context, in io.Reader, out io.Writer) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // a read cannot be cancelled
		text, err := bufio.NewReader(in).ReadString('\n')
		answers <- answer{text, err}
	}()
	select {
	case got := <-answers:
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			return "", got.err
		}
		return strings.TrimSpace(got.text), nil
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", ctx.Err()
	}
}
