package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// Where a transcript was put aside for one that could not be kept, the hint tells
// what to do about the cause, and then how to bring it back.
func TestAside(t *testing.T) {
	err := fmt.Errorf("1ypK: %w", &said.AsideError{Name: "transcript-1ypK", Err: words.ErrFull})
	f := Classify(err)
	if f.Kind != "disk-full" || !strings.HasPrefix(f.Hint, "free some disk space") || !strings.HasSuffix(f.Hint, "spaces restore transcript-1ypK") {
		t.Errorf("kind %q, hint %q", f.Kind, f.Hint)
	}
	if f = Classify(&said.AsideError{Name: "transcript-1ypK", Err: fmt.Errorf("unknown")}); f.Hint != "bring the previous transcript back: spaces restore transcript-1ypK" {
		t.Errorf("hint %q", f.Hint)
	}
	if !strings.Contains(f.Error(), "as transcript-1ypK: unknown") {
		t.Errorf("error %q", f.Error())
	}
}
