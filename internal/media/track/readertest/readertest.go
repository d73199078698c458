// Package readertest holds the Readers of the formats to what track.Reader
// promises for any input, and damages files the same way for all of them.
package readertest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// Read reads r to its end. It fails the test unless the runs have the units,
// samples and bytes that were read, in order, damaged places do not go back,
// and the end stays the end. each, if set, looks at every unit; what it is
// given is valid during the call. An error of r ends it, and is returned.
func Read(t testing.TB, r track.Reader, each func(p *track.Packet)) (units [][]byte, err error) {
	t.Helper()
	var p track.Packet
	var sum track.Run
	for {
		if err = r.Next(&p); err == io.EOF {
			break
		}
		if err != nil {
			return units, err
		}
		if each != nil {
			each(&p)
		}
		sum.Units++
		sum.Samples += int64(p.Samples)
		sum.Bytes += int64(len(p.Data))
		units = append(units, bytes.Clone(p.Data))
	}
	tr := r.Track()
	var runs track.Run
	for i, run := range tr.Runs {
		if run.FirstUnit != runs.Units {
			t.Fatalf("run %d begins with unit %d, not %d", i, run.FirstUnit, runs.Units)
		}
		runs.Units += run.Units
		runs.Samples += run.Samples
		runs.Bytes += run.Bytes
	}
	if runs != sum {
		t.Fatalf("the runs have %d units, %d samples, %d bytes; read were %d, %d, %d", runs.Units, runs.Samples, runs.Bytes, sum.Units, sum.Samples, sum.Bytes)
	}
	for _, d := range tr.Damage.Places {
		if d.Offset < 0 || d.Bytes < 0 || d.Lost < 0 || d.Unit < 0 || d.Unit > sum.Units {
			t.Fatalf("damage %+v, %d units", d, sum.Units)
		}
	}
	if err := r.Next(&p); err != io.EOF {
		t.Fatalf("Next after the end: %v", err)
	}
	return units, nil
}

// Cut gives read a file cut off at every place.
func Cut(t *testing.T, whole []byte, read func(b []byte)) {
	t.Helper()
	for n := range whole {
		read(whole[:n:n])
	}
}

// Flip gives read a file with every byte inverted in turn, which makes sizes
// and counts as large as they get.
func Flip(t *testing.T, whole []byte, read func(b []byte)) {
	t.Helper()
	b := bytes.Clone(whole)
	for i := range b {
		b[i] ^= 0xFF
		read(b)
		b[i] ^= 0xFF
	}
}

// Spots is in how many places Spoil damages a file.
const Spots = 8

// Spoil damages a copy of whole in Spots places: a bit flips, up to 900 bytes
// are gone, or as many of junk come in.
func Spoil(rnd *rand.Rand, whole []byte, junk func(b []byte)) []byte {
	b := bytes.Clone(whole)
	for range Spots {
		at := rnd.IntN(len(b) - 2000)
		switch rnd.IntN(3) {
		case 0:
			b[at] ^= 1 << rnd.IntN(8)
		case 1:
			b = append(b[:at], b[at+1+rnd.IntN(900):]...)
		case 2:
			more := make([]byte, 1+rnd.IntN(900))
			junk(more)
			b = append(b[:at], append(more, b[at:]...)...)
		}
	}
	return b
}
