package publish

import (
	"context"
	"testing"
)

// A cluttered target has leftovers.
type cluttered struct {
	*memoryTarget
	left []Leftover
}

func (c *cluttered) Leftovers(context.Context) ([]Leftover, error) { return c.left, nil }

// What a run is sending is not cleaned away, also where its temporary file has
// another name.
func TestCleanLeavesWhatIsBeingSent(t *testing.T) {
	m := newMemory()
	c := &cluttered{m, []Leftover{
		{Name: "show/a"}, {Name: "show/.1.part", Temporary: true}, {Name: "show/b"}, {Name: ".2.part", Temporary: true}, {Name: "other/.3.part", Temporary: true},
	}}
	s, _ := sender(t, c)
	clean := func() (list []string) {
		t.Helper()
		if err := s.Clean(t.Context(), func(l Leftover) error { list = append(list, l.Name); return nil }); err != nil {
			t.Error(err)
		}
		return list
	}
	var during []string
	m.before = func(*Upload) error { during = clean(); return nil }
	send(t, s, item("show/a", "one"))
	want(t, "while it is sent", during, "show/b", ".2.part", "other/.3.part")
	want(t, "afterwards", clean(), "show/a", "show/.1.part", "show/b", ".2.part", "other/.3.part")

	elsewhere := *s
	elsewhere.Target = &elsewhereTarget{c}
	m.before = func(*Upload) error {
		during = nil
		return elsewhere.Clean(t.Context(), func(l Leftover) error { during = append(during, l.Name); return nil })
	}
	send(t, s, item("show/c", "three"))
	want(t, "at another place", during, "show/a", "show/.1.part", "show/b", ".2.part", "other/.3.part")
}

// An elsewhereTarget is at another place.
type elsewhereTarget struct{ *cluttered }

func (elsewhereTarget) Place() string { return "elsewhere://" }
