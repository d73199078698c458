// Package faults fails the steps that a writer takes on the disk, one after the
// other. It is for tests.
package faults

import (
	"errors"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
)

var errFault = errors.New("no space left on device")

// Each calls run with a trace that lets all steps be taken, and then twice for
// each of them: it fails alone, and with all that come after it, as on a full
// disk. run prepares the disk, writes, looks at what is there then, and returns
// the writer's error, which must be that of the step.
func Each(t *testing.T, run func(t *testing.T, trace durable.Trace) error) {
	t.Helper()
	var steps []string
	if err := run(t, func(step, name string) error {
		steps = append(steps, step+" "+name)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 {
		t.Fatal("the writer has taken no step")
	}
	for n := range steps {
		for _, full := range []bool{false, true} {
			taken := 0
			err := run(t, func(step, name string) error {
				taken++
				if taken == n+1 || full && taken > n {
					return errFault
				}
				return nil
			})
			if !errors.Is(err, errFault) {
				t.Errorf("step %d of %d, %s: it failed (and all after it: %t), and the writer says %v", n+1, len(steps), steps[n], full, err)
			}
		}
	}
}
