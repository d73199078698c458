package consent

import (
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Nobody who has refused is asked again, and no answer is suggested for them.
func TestWaysAfterARefusal(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []Answer
		ask     bool
		record  int
	}{
		{"no answer", []Answer{""}, true, 1},
		{"withdrawn", []Answer{Withdrawn}, false, 0},
		{"declined", []Answer{Declined}, false, 0},
		{"one of each", []Answer{Declined, ""}, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused := &Refused{Finding{Action: Exporting, Recording: &space.Recording{ID: "1ypKdEXvkMLGW"}}}
			for i, a := range c.answers {
				refused.Missing = append(refused.Missing, Missing{Handle: string(rune('a' + i)), Answer: a})
			}
			ways := refused.Ways()
			ask := slices.ContainsFunc(ways, func(w Way) bool { return w.Kind == AskThem })
			record := 0
			for _, w := range ways {
				if w.Kind == RecordAnswer {
					record++
				}
			}
			if ask != c.ask || record != c.record {
				t.Errorf("asks: %v, records %d; want %v, %d", ask, record, c.ask, c.record)
			}
			if !slices.ContainsFunc(ways, func(w Way) bool { return w.Kind == LeaveThemOut }) {
				t.Error("leaving them out is not offered")
			}
		})
	}
}
