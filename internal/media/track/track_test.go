package track

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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

// An index with lengths finds every unit and every sample, also of units that
// are too large for one without.
func TestListingFindsEverySample(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		sizes := make(Sizes, n)
		lengths := Lengths{Usual: 4096}
		var want []int
		for i := range sizes {
			sizes[i] = uint32(rnd.IntN(MaxListedSize + 1))
			want = append(want, []int{4096, 1152, 0, 65535}[rnd.IntN(4)])
			lengths.Add(want[i])
		}
		var b bytes.Buffer
		if err := WriteListing(&b, sizes, &lengths, 44100); err != nil {
			t.Fatal(err)
		}
		x, err := OpenIndex(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || !x.Listed || x.Units != int64(n) || x.Bytes != sizes.Sum() || x.Samples != lengths.Total() || x.UnitSamples != 4096 {
			t.Fatalf("%d units: opened as %+v, %v", n, x, err)
		}
		var offset, sample int64
		for i, size := range sizes {
			if at, got, err := x.Extent(int64(i), 1, nil); err != nil || at != offset || len(got) != 1 || got[0] != size {
				t.Fatalf("unit %d of %d: offset %d, %v, %v", i, n, at, got, err)
			}
			if at, got, err := x.Lengths(int64(i), 1, nil); err != nil || at != sample || len(got) != 1 || int(got[0]) != want[i] {
				t.Fatalf("unit %d of %d: sample %d, %v, %v; want %d and %d", i, n, at, got, err, sample, want[i])
			}
			for _, s := range []int64{sample, sample + int64(want[i])/2, sample + int64(want[i]) - 1} {
				if s < sample || s >= sample+int64(want[i]) {
					continue
				}
				if unit, err := x.Find(s); err != nil || unit != int64(i) {
					t.Fatalf("sample %d of %d units is in unit %d, %v, not %d", s, n, unit, err, i)
				}
			}
			offset, sample = offset+int64(size), sample+int64(want[i])
		}
		if unit, err := x.Find(sample); err != nil || unit != int64(n) {
			t.Fatalf("behind the last of %d units is unit %d, %v", n, unit, err)
		}
	}
	if err := WriteIndex(new(bytes.Buffer), Sizes{MaxUnitSize + 1}, 44100, 4096); err == nil {
		t.Error("a unit of 64 KiB fits into an index without lengths")
	}
	if err := WriteListing(new(bytes.Buffer), Sizes{1, 2}, &Lengths{Usual: 4096, Units: 1}, 44100); err == nil {
		t.Error("two units have one length")
	}
}

func TestLengths(t *testing.T) {
	of := func(usual int, list ...int) *Lengths {
		l := &Lengths{Usual: usual}
		for _, n := range list {
			l.Add(n)
		}
		return l
	}
	for _, tt := range []struct {
		l           *Lengths
		total       int64
		even        bool
		least, most int
	}{
		{of(10), 0, true, 0, 0},
		{of(10, 10, 10, 10), 30, true, 10, 10},
		{of(10, 10, 10, 3), 23, true, 10, 10},
		{of(10, 10, 3, 10), 23, false, 3, 10},
		{of(10, 10, 10, 12), 32, false, 10, 12},
		{of(0, 5, 7), 12, false, 5, 7},
		{of(10, 3), 3, true, 3, 3},
	} {
		t.Run(fmt.Sprintf("%d samples, %d to %d", tt.total, tt.least, tt.most), func(t *testing.T) {
			least, most := tt.l.Range()
			if tt.l.Total() != tt.total || tt.l.Even() != tt.even || least != tt.least || most != tt.most {
				t.Errorf("%+v: %d samples, even %t, %d to %d", tt.l, tt.l.Total(), tt.l.Even(), least, most)
			}
		})
	}
	l := of(10, 10, 4)
	l.AddFrom(of(10, 1, 2, 10, 3), 1, 3)
	if want := of(10, 10, 4, 2, 10, 3); l.Units != want.Units || !slices.Equal(l.Odd, want.Odd) {
		t.Errorf("%+v, want %+v", l, want)
	}
}

func FuzzOpenIndex(f *testing.F) {
	var b bytes.Buffer
	WriteListing(&b, Sizes{5, 70000, 7}, &Lengths{Usual: 10, Units: 3, Odd: []Odd{{1, 4}}}, 44100)
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
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
		if unit, err := x.Find(x.Samples / 2); err == nil && (unit < 0 || unit > x.Units) {
			t.Fatalf("unit %d of %d", unit, x.Units)
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
