package track

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

func TestIndexFindsEveryUnit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 63, 64, 65, 1000} {
		sizes := make(Sizes, n)
		for i := range sizes {
			sizes[i] = uint32(rnd.IntN(MaxUnitSize + 1))
		}
		var b bytes.Buffer
		if err := WriteIndex(&b, sizes, 48000, 1024); err != nil {
			t.Fatal(err)
		}
		x, err := OpenIndex(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatalf("%d units: %v", n, err)
		}
		if x.Units != int64(n) || x.Bytes != sizes.Sum() || x.SampleRate != 48000 || x.UnitSamples != 1024 {
			t.Fatalf("%d units: opened as %+v", n, x)
		}
		var want int64
		for i, s := range sizes {
			off, got, err := x.Extent(int64(i), 1, nil)
			if err != nil || off != want || len(got) != 1 || got[0] != s {
				t.Fatalf("unit %d of %d: offset %d sizes %v err %v, want offset %d size %d", i, n, off, got, err, want, s)
			}
			want += int64(s)
		}
		if off, got, err := x.Extent(0, int64(n), nil); err != nil || off != 0 || Sizes(got).Sum() != want {
			t.Fatalf("all %d units: %d, %v", n, off, err)
		}
		if _, _, err := x.Extent(0, int64(n)+1, nil); err == nil {
			t.Fatalf("a unit behind the last of %d was found", n)
		}
	}
}

func FuzzOpenIndex(f *testing.F) {
	var b bytes.Buffer
	WriteIndex(&b, Sizes{5, 6, 7}, 48000, 1024)
	f.Add(b.Bytes())
	f.Add([]byte(indexMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := OpenIndex(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if x.Units > int64(len(data)) {
			t.Fatalf("%d units in %d bytes", x.Units, len(data))
		}
		off, sizes, err := x.Extent(0, x.Units, nil)
		if err == nil && (off < 0 || int64(len(sizes)) != x.Units) {
			t.Fatalf("extent %d, %d sizes of %d", off, len(sizes), x.Units)
		}
	})
}

func TestAddUnitStartsARunWhereTheConfigChanges(t *testing.T) {
	var tr Track
	a := Config{Codec: AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024}
	b := a
	b.Channels = 1
	for _, c := range []Config{a, a, b, a} {
		if _, err := tr.AddUnit(c, 1024, 10); err != nil {
			t.Fatal(err)
		}
	}
	if len(tr.Runs) != 3 || tr.Runs[1].FirstUnit != 2 || tr.Runs[2].FirstUnit != 3 || tr.Runs[0].Samples != 2048 || tr.Units() != 4 {
		t.Fatalf("runs %+v", tr.Runs)
	}
	var err error
	for i := 0; err == nil && i < 2*MaxRuns; i++ {
		c := a
		c.Channels = i%2 + 1
		_, err = tr.AddUnit(c, 1024, 10)
	}
	if !errors.Is(err, ErrTooManyRuns) || len(tr.Runs) > MaxRuns {
		t.Fatalf("%d runs, err %v", len(tr.Runs), err)
	}
}

func TestDamageListMergesAndIsBounded(t *testing.T) {
	var l DamageList
	l.Add(Damage{Kind: Junk, Offset: 10, Bytes: 5, Unit: 1})
	l.Add(Damage{Kind: Junk, Offset: 15, Bytes: 5, Unit: 1})
	if len(l.Places) != 1 || l.Places[0].Bytes != 10 || l.Count != 1 {
		t.Fatalf("adjoining damage: %+v", l)
	}
	for i := range 3 * MaxDamage {
		l.Add(Damage{Kind: Junk, Offset: int64(100 + 10*i), Bytes: 1, Lost: 1})
	}
	if len(l.Places) != MaxDamage || l.Count != 3*MaxDamage+1 || l.Bytes != 3*MaxDamage+10 || l.Lost != 3*MaxDamage {
		t.Fatalf("%d places, count %d, bytes %d, lost %d", len(l.Places), l.Count, l.Bytes, l.Lost)
	}
}
