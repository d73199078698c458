package ledger

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/faults"
)

// A record that Append has not acknowledged is not there.
func TestAppendFailing(t *testing.T) {
	for _, before := range []int{0, 2} {
		faults.Each(t, func(t *testing.T, trace durable.Trace) error {
			f := open(t, t.TempDir())
			for n := range before {
				if _, err := f.Append(t.Context(), record{"ann", n}); err != nil {
					t.Fatal(err)
				}
			}
			f.Trace = trace
			_, err := f.Append(t.Context(), record{"bob", 1}, record{"bob", 2})
			want := before
			if err == nil {
				want += 2
			}
			if list, torn := read(t, f); len(list) != want || torn != 0 {
				t.Errorf("%d records, want %d, %d bytes torn, after %v", len(list), want, torn, err)
			}
			return err
		})
	}
}

func TestRewriteFailing(t *testing.T) {
	faults.Each(t, func(t *testing.T, trace durable.Trace) error {
		f := open(t, t.TempDir())
		if _, err := f.Append(t.Context(), record{"ann", 1}, record{"bob", 2}); err != nil {
			t.Fatal(err)
		}
		f.Trace = trace
		err := f.Rewrite(t.Context(), func(lines [][]byte) ([][]byte, error) { return lines[:1], nil })
		list, torn := read(t, f)
		if len(list) != 1 && (err == nil || len(list) != 2) || torn != 0 {
			t.Errorf("%v, %d bytes torn, after %v", list, torn, err)
		}
		return err
	})
}
