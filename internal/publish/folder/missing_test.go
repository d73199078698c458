package folder

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Where a disk is missing, the error names the folder that is not there, once.
func TestMissingFolder(t *testing.T) {
	above := filepath.Join(t.TempDir(), "disk")
	to := New(filepath.Join(above, "backup"))
	_, err := to.Put(t.Context(), &publish.Upload{Name: "a.txt", Body: strings.NewReader("x"), Size: 1})
	if want := "the folder " + above + " does not exist"; err == nil || err.Error() != want || !errors.Is(err, publish.ErrNotExist) {
		t.Errorf("%v, want %s", err, want)
	}
}
