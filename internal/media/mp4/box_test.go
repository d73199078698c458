package mp4

import (
	"bytes"
	"testing"
)

func TestEndsWhole(t *testing.T) {
	file := []byte("\x00\x00\x00\x0cftypM4A \x00\x00\x00\x10mdat12345678")
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"whole", file, true},
		{"appended", append(bytes.Clone(file), 'X'), false},
		{"much appended", append(bytes.Clone(file), make([]byte, 20)...), false},
		{"cut off", file[:len(file)-1], false},
		{"cut off in a header", file[:15], false},
		{"empty", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := EndsWhole(bytes.NewReader(c.b), int64(len(c.b))); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
