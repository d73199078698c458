package library

import "testing"

func TestLossesString(t *testing.T) {
	for _, c := range []struct {
		n    Losses
		want string
	}{
		{Losses{}, ""},
		{Losses{Missing: 1, kinds: []string{"clip"}}, "1 clip is missing"},
		{Losses{Missing: 2, kinds: []string{"clip", "episode"}}, "2 files are missing"},
		{Losses{Changed: 1, kinds: []string{"episode"}}, "1 episode has changed since it was made"},
		{Losses{Changed: 2, kinds: []string{"clip"}}, "2 clips have changed since they were made"},
		{Losses{Missing: 1, Changed: 1, kinds: []string{"clip"}}, "1 clip is missing, 1 changed since it was made"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := c.n.String(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A record must not lead out of its folder.
func TestParseMade(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ok         bool
		files      int
	}{
		{"a clip", `{"schema":1,"file":"a.m4a","bytes":1,"sha256":"00"}`, true, 1},
		{"an episode", `{"schema":1,"file":"a.m4a","sha256":"00","cover":"a.jpg","sidecars":[{"file":"a.jpg","sha256":"01"},{"file":"../b","sha256":"02"}]}`, true, 2},
		{"chapters", `{"version":"1.2.0","chapters":[]}`, false, 0},
		{"of a newer program", `{"schema":2,"file":"a.m4a","sha256":"00"}`, false, 0},
		{"out of the folder", `{"schema":1,"file":"../a.m4a","sha256":"00"}`, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, ok, err := parseMade([]byte(c.text))
			if err != nil || ok != c.ok {
				t.Fatalf("%v, %v; want %v", ok, err, c.ok)
			}
			if ok && len(r.files("clips")) != c.files {
				t.Errorf("%+v, want %d files", r.files("clips"), c.files)
			}
		})
	}
}
