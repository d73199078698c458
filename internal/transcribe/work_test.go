package transcribe

import (
	"runtime"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Once the words are kept it is no error that somebody has removed the work, or
// its lock, as whoever forgets a person does.
func TestWorkRemovedMeanwhile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is locked cannot be removed")
	}
	for _, what := range []string{"", "/" + layout.TranscribingLock} {
		for name, end := range map[string]func(*Result) error{"done": (*Result).Done, "closed": (*Result).Close} {
			t.Run(name+what, func(t *testing.T) {
				lib, r := record(t, 10, beeps(10), 0)
				res, err := job(lib, r, new(ear)).Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := durable.RemoveAll(lib.Root(), layout.TranscribingOf(r.Space.ID)+what); err != nil {
					t.Fatal(err)
				}
				if err := end(res); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
