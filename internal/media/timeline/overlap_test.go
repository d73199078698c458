package timeline

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/track"
)

func TestOverlap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	talk := make([]uint32, 1000)
	for i := range talk {
		talk[i] = rnd.Uint32()
	}
	other := make([]uint32, 300)
	for i := range other {
		other[i] = rnd.Uint32()
	}
	silence := make([]uint32, 300)
	loop := slices.Repeat(talk[:50], 8)
	for _, c := range []struct {
		name     string
		a, b     []uint32
		expected int64
		want     int64
		ok       bool
	}{
		{"the clock says so", talk[:600], talk[400:], 200, 200, true},
		{"the clock is a little off", talk[:600], talk[400:], 180, 200, true},
		{"no clock", talk[:600], talk[400:], -1, 200, true},
		{"one within the other", talk, talk[300:500], 700, 200, true},
		{"one within the other, no clock", talk, talk[300:500], -1, 200, true},
		{"the same twice", talk, talk, 1000, 1000, true},
		{"none", talk[:500], talk[500:], 0, 0, false},
		{"none, no clock", talk[:500], talk[500:], -1, 0, false},
		{"other sound", talk[:500], other, 100, 0, false},
		{"silence", silence, silence, -1, 0, false},
		{"silence at both ends", slices.Concat(talk[:100], silence), slices.Concat(silence, talk[100:200]), -1, 0, false},
		{"silence, and a clock", slices.Concat(talk[:100], silence), slices.Concat(silence, talk[100:200]), 150, 150, true},
		{"the clock is far off", talk[:600], talk[400:], 100, 0, false},
		{"a loop, and a clock", loop, loop, 100, 100, true},
		{"a loop, no clock", loop, loop[:300], -1, 0, false},
		{"too little to prove it", talk[:503], talk[500:], -1, 0, false},
		{"nothing", nil, talk, 5, 0, false},
		{"nothing behind", talk, nil, 5, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n, ok := Overlap(c.a, c.b, c.expected, 24); n != c.want || ok != c.ok {
				t.Errorf("%d, %v; want %d, %v", n, ok, c.want, c.ok)
			}
		})
	}
}

func FuzzOverlap(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{3, 4}, int64(1))
	f.Add([]byte{0, 0, 0}, []byte{0, 0}, int64(-1))
	f.Fuzz(func(t *testing.T, x, y []byte, expected int64) {
		var a, b []uint32
		for _, v := range x {
			a = append(a, uint32(v))
		}
		for _, v := range y {
			b = append(b, uint32(v))
		}
		n, ok := Overlap(a, b, expected, 1<<40)
		if ok != (n > 0) || n > int64(len(b)) {
			t.Fatalf("%d, %v", n, ok)
		}
		if !ok {
			return
		}
		head := b[:n]
		if n < int64(len(b)) && !slices.Equal(a[int64(len(a))-n:], head) {
			t.Fatalf("the last %d of %v are not the first of %v", n, a, b)
		}
	})
}

func TestOrder(t *testing.T) {
	piece := func(start time.Duration) Piece {
		return Piece{Track: file(run(stereo, 94)), Anchors: ticks(0, stereo, 94, start, never, 0), Epoch: epoch}
	}
	mute := Piece{Track: file(run(stereo, 94))}
	s := time.Second
	for _, c := range []struct {
		name string
		in   []Piece
		want []int
	}{
		{"in order", []Piece{piece(100 * s), piece(110 * s)}, []int{0, 1}},
		{"against their numbers", []Piece{piece(110 * s), piece(100 * s)}, []int{1, 0}},
		{"three", []Piece{piece(120 * s), piece(100 * s), piece(110 * s)}, []int{1, 2, 0}},
		{"no clock", []Piece{mute, mute}, []int{0, 1}},
		{"some without a clock", []Piece{piece(110 * s), mute, piece(100 * s)}, []int{2, 0, 1}},
		{"the first without a clock", []Piece{mute, piece(110 * s), piece(100 * s)}, []int{0, 2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Order(c.in); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestDroppedUnitsAreNotOnTheTimeline(t *testing.T) {
	a := Piece{Track: file(run(stereo, 470)), Anchors: ticks(0, stereo, 470, 100*time.Second, never, 0), Epoch: epoch}
	b := Piece{Track: file(run(stereo, 470)), Anchors: ticks(0, stereo, 470, 100*time.Second+duration(400*1024, 48000), never, 0), Epoch: epoch, Drop: 70}
	tl := Build([]Piece{a, b})
	if tl.Samples != 870*1024 || len(tl.Runs) != 2 || tl.Runs[1].FirstUnit != 70 || tl.Runs[1].Units != 400 || tl.Runs[1].Gap != 0 {
		t.Fatalf("%+v", tl)
	}
	want := epoch.Add(100*time.Second + duration(470*1024, 48000))
	if d := tl.Runs[1].Start.Sub(want).Abs(); d > time.Millisecond {
		t.Errorf("the second begins at %v, not %v", tl.Runs[1].Start, want)
	}
	if got := tl.Position(1, 0, 100*1024); got != 500*1024 {
		t.Errorf("sample %d of the second is at %d", 100*1024, got)
	}
	b.Drop = 470
	if tl := Build([]Piece{a, b}); len(tl.Runs) != 1 || tl.Samples != 470*1024 {
		t.Errorf("all of it dropped: %+v", tl)
	}
	b.Track = file(track.Run{Config: stereo, Units: 470, Skip: 2112})
	b.Drop = 1
	if tl := Build([]Piece{b}); tl.Runs[0].Skip != 1088 || tl.Samples != 469*1024-1088 {
		t.Errorf("priming is counted twice: %+v", tl)
	}
}
