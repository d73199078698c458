package xtest

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/media/h264/blank"
)

// Clip is a film for a test.
func Clip(t testing.TB, width, height, padding int) []byte {
	t.Helper()
	b, err := blank.Film(width, height, padding)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
