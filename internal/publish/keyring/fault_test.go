package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	system "github.com/zalando/go-keyring"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// The secrets that were there stay, and no copy of the new ones lies about.
func TestSetFailing(t *testing.T) {
	system.MockInitWithError(errors.New("no keyring runs here"))
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		s := &Store{File: filepath.Join(t.TempDir(), "credentials.json"), FileOnly: true}
		if _, err := s.Set("old", Secret{"password": "old"}); err != nil {
			t.Fatal(err)
		}
		s.trace = trace
		_, err := s.Set("new", Secret{"password": "new"})
		if got, gerr := s.Get("old"); gerr != nil || got["password"] != "old" {
			t.Errorf("%v, %v after %v", got, gerr, err)
		}
		if list, rerr := os.ReadDir(filepath.Dir(s.File)); rerr != nil || len(list) != 1 {
			t.Errorf("%v, %v after %v", list, rerr, err)
		}
		return err
	})
}
