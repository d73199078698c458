package suggest

import "testing"

func TestClosest(t *testing.T) {
	commands := []string{"extract", "list", "search", "show", "clip", "clips", "episodes", "export", "length", "title", "at"}
	for _, c := range []struct{ word, want string }{
		{"lst", "list"},
		{"lenght", "length"},
		{"lisst", "list"},
		{"Extract", "extract"},
		{"exrtact", "extract"},
		{"epi", "episodes"},
		{"ex", ""}, // extract or export
		{"clp", "clip"},
		{"clips", "clips"},
		{"frobnicate", ""},
		{"x", ""},
		{"", ""},
		{"élist", "list"},
	} {
		t.Run(c.word, func(t *testing.T) {
			if got := Closest(c.word, commands); got != c.want {
				t.Errorf("Closest(%q) = %q, want %q", c.word, got, c.want)
			}
		})
	}
}
