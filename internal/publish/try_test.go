package publish

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTry(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name     string
		spoil    func(m *memoryTarget)
		readOnly string
		base     bool // everybody finds it at a server
		hidden   bool // that has nothing
		want     string
		left     int
	}{
		{name: "all is well", want: "connect write read remove"},
		{name: "and public", base: true, want: "connect write read public remove"},
		{name: "nobody else gets it", base: true, hidden: true, want: "connect write read !public remove"},
		{name: "no connection", spoil: func(m *memoryTarget) { m.stat = func(string) error { return broken } }, want: "!connect -write -read -remove"},
		{name: "read-only", spoil: func(m *memoryTarget) { m.before = func(*Upload) error { return ErrDenied } }, want: "connect !write -read -remove"},
		{name: "damage", spoil: func(m *memoryTarget) { m.damage = func(_ string, b []byte) []byte { return b[1:] } }, want: "connect write !read remove"},
		{name: "nothing is to be written", readOnly: "it would stay", want: "connect -write -read -remove"},
		{name: "it cannot be found again", spoil: func(m *memoryTarget) {
			m.stat = func(string) error {
				if len(m.objects) > 0 {
					return broken
				}
				return nil
			}
			m.before = func(*Upload) error { return nil }
		}, want: "connect !write -read -remove", left: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			if c.spoil != nil {
				c.spoil(m)
			}
			tester := &Tester{Target: m, ReadOnly: c.readOnly, Client: http.DefaultClient}
			if c.base {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if b, ok := m.objects[strings.TrimPrefix(r.URL.Path, "/show/")]; ok && !c.hidden {
						w.Write(b)
						return
					}
					http.NotFound(w, r)
				}))
				defer server.Close()
				tester.BaseURL, tester.Public = server.URL+"/show/", true
			}
			var got []string
			tester.Try(t.Context(), func(tr Trial) {
				word := string(tr.Step)
				switch {
				case tr.Skipped != "":
					word = "-" + word
				case tr.Err != nil:
					word = "!" + word
				}
				got = append(got, word)
			})
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
			if len(m.objects) != c.left {
				t.Errorf("left at the target: %v", m.objects)
			}
		})
	}
}
