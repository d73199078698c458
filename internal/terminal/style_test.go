package terminal

import "testing"

func TestPalette(t *testing.T) {
	for _, tt := range []struct {
		name, mode string
		terminal   bool
		env        map[string]string
		want       bool
	}{
		{"on a terminal", Auto, true, nil, true},
		{"into a pipe", Auto, false, nil, false},
		{"nothing said", "", true, nil, true},
		{"NO_COLOR", Auto, true, map[string]string{"NO_COLOR": "1"}, false},
		{"an empty NO_COLOR counts as none", Auto, true, map[string]string{"NO_COLOR": ""}, true},
		{"a terminal without colour", Auto, true, map[string]string{"TERM": "dumb"}, false},
		{"always, into a pipe", Always, false, nil, true},
		{"always goes before NO_COLOR", Always, true, map[string]string{"NO_COLOR": "1"}, true},
		{"never", Never, true, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewPalette(tt.mode, tt.terminal, func(name string) (string, bool) {
				v, ok := tt.env[name]
				return v, ok
			})
			want := "saved"
			if tt.want {
				want = "\x1b[32msaved\x1b[0m"
			}
			if got := p.Paint(Good, "saved"); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := p.Paint(Plain, "saved"); got != "saved" {
				t.Errorf("plain: %q", got)
			}
			if got := p.Paint(Bad, ""); got != "" {
				t.Errorf("nothing: %q", got)
			}
		})
	}
}
