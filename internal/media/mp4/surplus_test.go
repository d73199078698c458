package mp4

import (
	"bytes"
	"slices"
	"testing"
)

func TestSurplus(t *testing.T) {
	units := randomUnits(50)
	file := write(t, movieOf(stereo48, units), units)
	free := slices.Concat([]byte{0, 0, 0, 20}, []byte("free"), []byte("not all zero"))
	for _, c := range []struct {
		name string
		file []byte
		want int64
	}{
		{"as it is written", file, 0},
		{"the beginning of a second file behind it", slices.Concat(file, file[:64]), 64},
		{"a free box with content", slices.Concat(file, free), 20},
		{"bytes that are no box", slices.Concat(file, []byte("\x00\x00\x00\x03abcd....")), 12},
		{"nothing", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Surplus(bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil || got != c.want {
				t.Errorf("%d bytes, %v; want %d", got, err, c.want)
			}
		})
	}
}
