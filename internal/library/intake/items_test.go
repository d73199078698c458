package intake

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// The id that is made of content is that of the whole: what could be read of a
// failing disk has none.
func TestContentID(t *testing.T) {
	broken := errors.New("broken")
	open := func(r io.Reader) func(context.Context) (io.ReadCloser, error) {
		return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(r), nil }
	}
	t.Run("whole", func(t *testing.T) {
		const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
		id, err := contentID(t.Context(), open(strings.NewReader("abc")))
		if err != nil || id != space.ContentID(sum) {
			t.Errorf("%q, %v", id, err)
		}
	})
	t.Run("failing", func(t *testing.T) {
		id, err := contentID(t.Context(), open(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))))
		if id != "" || !errors.Is(err, broken) {
			t.Errorf("%q, %v", id, err)
		}
	})
}
