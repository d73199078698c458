package episode

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Who is left out of an episode is not named in it, whatever is known of them.
func TestNamed(t *testing.T) {
	all := []space.Speaker{{Handle: "host", ID: "1"}, {Handle: "Guest", ID: "2"}, {ID: "3"}, {ID: "4"}, {}}
	e := &export{Request: Request{Unnamed: []string{"guest", "3", ""}}}
	got := e.named(all)
	if len(got) != 3 || got[0].Handle != "host" || got[1].ID != "4" || got[2] != (space.Speaker{}) {
		t.Errorf("named are %+v", got)
	}
}
