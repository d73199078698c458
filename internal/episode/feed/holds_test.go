package feed

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/episode"
)

// A clip is in an episode if all of it is heard there: what is silent, or cut out,
// is what somebody says who has not agreed, and the title of the clip may be too.
func TestHolds(t *testing.T) {
	cut := []episode.Kept{{Start: 0, Seconds: 10}, {Start: 15, Seconds: 10, At: 10}}
	silent := []episode.Kept{{Start: 0, Seconds: 10}, {Start: 15, Seconds: 10, At: 15}}
	for _, c := range []struct {
		name        string
		kept        []episode.Kept
		at, seconds float64
		want        bool
	}{
		{"before a cut", cut, 2, 5, true},
		{"behind it", cut, 16, 5, true},
		{"over it", cut, 8, 10, false},
		{"before a silence", silent, 2, 8, true},
		{"behind it", silent, 15, 5, true},
		{"over it", silent, 8, 10, false},
		{"in it", silent, 11, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &Episode{Record: episode.Record{Kept: c.kept}}
			if _, got := e.holds(c.at, c.seconds); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
