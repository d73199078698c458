package moments

import (
	"slices"
	"testing"
)

func TestCache(t *testing.T) {
	f := &features{rate: 8000, samples: 8000*3 + 7, hops: make([]hop, 3*hopsASecond+1)}
	for i := range f.hops {
		f.hops[i] = hop{uint8(i), uint8(2 * i), uint8(3 * i), uint8(i % 3)}
	}
	key := [32]byte{1, 2, 3}
	whole := cacheBytes(key, f)
	got, err := parseCache(whole, key, f.rate, f.samples)
	if err != nil || !slices.Equal(got.hops, f.hops) || got.samples != f.samples {
		t.Fatalf("%v, error %v", got, err)
	}
	for i := range whole {
		b := slices.Clone(whole)
		b[i] ^= 4
		if _, err := parseCache(b, key, f.rate, f.samples); err == nil {
			t.Fatalf("byte %d is wrong, and nobody sees it", i)
		}
		if _, err := parseCache(whole[:i], key, f.rate, f.samples); err == nil {
			t.Fatalf("%d of %d bytes are enough", i, len(whole))
		}
	}
	if _, err := parseCache(whole, [32]byte{1, 2}, f.rate, f.samples); err == nil {
		t.Error("the hops of another recording are taken")
	}
}
