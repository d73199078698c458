package mp4

import (
	"bytes"
	"io"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// hour is about one hour of a Space: 48 kHz, 96 kb/s.
func hour() (*Movie, [][]byte) {
	units := make([][]byte, 3600*48000/1024)
	all := make([]byte, 512)
	for i := range units {
		units[i] = all[:200+i*37%113]
	}
	return movieOf(stereo48, units), units
}

func BenchmarkWriteHour(b *testing.B) {
	m, units := hour()
	b.SetBytes(int64(len(write(b, m, units))))
	b.ReportAllocs()
	for b.Loop() {
		w, err := NewWriter(io.Discard, m)
		if err != nil {
			b.Fatal(err)
		}
		for _, u := range units {
			if err := w.WriteUnit(u); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadHour(b *testing.B) {
	m, units := hour()
	file := write(b, m, units)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)), track.Options{})
		if err != nil {
			b.Fatal(err)
		}
		var p track.Packet
		for err == nil {
			err = r.Next(&p)
		}
		if err != io.EOF || r.Track().Units() != int64(len(units)) {
			b.Fatal(err)
		}
	}
}
